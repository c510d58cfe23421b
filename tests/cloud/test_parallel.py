"""Twenty people call one person at the same moment: one of them gets through. Running servers on both stores."""

import json
import threading
import urllib.request

import pytest

from parse_shim.testing.opentok_emulator import OpenTokEmulator
from parse_shim.video.base import FAKE_KEY, FAKE_SECRET
from tests.cloud.live import User, as_master

CALLERS = 20


@pytest.fixture
def emulator():
    with OpenTokEmulator() as running:
        yield running


@pytest.fixture(params=["sqlite", "mongo"])
def server(request, live_server, emulator):
    options = {"databaseURI": request.getfixturevalue("mongo_uri")} if request.param == "mongo" else {}
    env = {"OPENTOK_API_KEY": FAKE_KEY, "OPENTOK_API_SECRET": FAKE_SECRET, "OPENTOK_API_URL": emulator.url}
    env["BUDDYTOK_ENABLED"] = "1"
    return live_server(cloud="cloud.main", schemas="schemas", env=env, workers=2, **options)


def test_one_of_twenty_callers_gets_through(server, emulator):
    receiver = User(server)
    callers = [User(server) for _ in range(CALLERS)]
    answers = []

    def dial(caller):
        start.wait()
        answers.append(caller.dial(receiver))

    start = threading.Barrier(CALLERS)
    threads = [threading.Thread(target=dial, args=[caller]) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in answers) == [201] + [400] * (CALLERS - 1)
    assert all(body["code"] == 142 and "busy" in body["error"] for status, body in answers if status == 400)
    assert len(as_master(server, "GET", "/classes/ActiveSessions")[1]["results"]) == 1
    assert len(as_master(server, "GET", "/classes/LiveCallLock")[1]["results"]) == 2
    assert emulator.count("POST", "/session/create") == 1


def test_everybody_meets_in_one_presence_session(server, emulator):
    """Asked of two workers at once, before there is one."""

    def ask():
        start.wait()
        with urllib.request.urlopen(server.url.removesuffix("/parse") + "/presence", timeout=30) as answer:
            sessions.add(json.load(answer)["sessionId"])

    sessions, start = set(), threading.Barrier(8)
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sessions) == 1 and sessions <= set(emulator.sessions)
