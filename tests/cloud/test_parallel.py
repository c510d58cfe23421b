"""Twenty people call one person at the same moment: one of them gets through. Running servers on both stores."""

import json
import threading
import urllib.error
import urllib.request
import uuid

import pytest

from parse_shim.testing.opentok_emulator import OpenTokEmulator
from parse_shim.video.base import FAKE_KEY, FAKE_SECRET

CALLERS = 20


@pytest.fixture
def emulator():
    with OpenTokEmulator() as running:
        yield running


@pytest.fixture(params=["sqlite", "mongo"])
def server(request, live_server, emulator):
    options = {"databaseURI": request.getfixturevalue("mongo_uri")} if request.param == "mongo" else {}
    env = {"OPENTOK_API_KEY": FAKE_KEY, "OPENTOK_API_SECRET": FAKE_SECRET, "OPENTOK_API_URL": emulator.url}
    return live_server(cloud="cloud.main", schemas="schemas", env=env, workers=2, **options)


def send(server, method, path, body, token="", master=False):
    headers = {"X-Parse-Application-Id": server.app_id, "Content-Type": "application/json"}
    if token:
        headers["X-Parse-Session-Token"] = token
    if master:
        headers["X-Parse-Master-Key"] = server.master_key
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(server.url + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def log_in(server):
    _, user = send(server, "POST", "/users", {"authData": {"anonymous": {"id": str(uuid.uuid4())}}})
    return user["objectId"], user["sessionToken"]


def test_one_of_twenty_callers_gets_through(server, emulator):
    receiver, _ = log_in(server)
    callers = [log_in(server) for _ in range(CALLERS)]
    answers = []

    def dial(caller, token):
        start.wait()
        answers.append(
            send(server, "POST", "/classes/ActiveSessions", {"callerID": caller, "receiverID": receiver}, token)
        )

    start = threading.Barrier(CALLERS)
    threads = [threading.Thread(target=dial, args=caller) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = sorted(status for status, _ in answers)
    assert statuses == [201] + [400] * (CALLERS - 1)
    assert all(body["code"] == 142 and "busy" in body["error"] for status, body in answers if status == 400)
    _, rows = send(server, "GET", "/classes/ActiveSessions", None, master=True)
    _, locks = send(server, "GET", "/classes/LiveCallLock", None, master=True)
    assert len(rows["results"]) == 1
    assert len(locks["results"]) == 2
    assert emulator.count("POST", "/session/create") == 1
