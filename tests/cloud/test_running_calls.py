"""Calls on a running server with a real (emulated) video service that posts signed callbacks; kills and restarts."""

import json
import urllib.request

import pytest

from parse_shim.testing.opentok_callbacks import CallbackPlan
from parse_shim.testing.opentok_emulator import OpenTokEmulator
from parse_shim.testing.opentok_state import Refused
from parse_shim.video.base import FAKE_KEY, FAKE_SECRET
from tests.cloud.live import User, wait_until

SIGNATURE = "made-up-signature-secret-for-tests-0123456789"


@pytest.fixture
def emulator():
    with OpenTokEmulator() as running:
        yield running


@pytest.fixture
def start(live_server, emulator, tmp_path):
    """Starts the server, again and again on the same data; the emulator posts to it."""

    def run(plan=None, **env):
        usual = {
            "OPENTOK_API_KEY": FAKE_KEY,
            "OPENTOK_API_SECRET": FAKE_SECRET,
            "OPENTOK_API_URL": emulator.url,
            "OPENTOK_SIGNATURE_SECRET": SIGNATURE,
            "LIVESESSIONS_RING_SECONDS": "4",
        }
        server = live_server(tmp_path / "server", cloud="cloud.main", schemas="schemas", env={**usual, **env})
        url = server.url.removesuffix("/parse") + "/opentok/callback"
        emulator.callbacks.plan = CallbackPlan(url=url, signature_secret=SIGNATURE, **(plan or {}))
        return server

    return run


PLANS = {
    "in order": {},
    "twice": {"duplicate": 1},
    "backwards": {"reorder": True, "hold_seconds": 0.3},
    "late": {"delay_seconds": 0.5},
}


@pytest.mark.parametrize("plan", PLANS)
def test_a_whole_call_however_callbacks_arrive(start, emulator, plan):
    server = start(PLANS[plan])
    ann, bob = User(server), User(server)
    _, call = ann.dial(bob)
    row = bob.take()
    caller = emulator.state.connect(call["subscriberToken"])
    receiver = emulator.state.connect(row["publisherToken"])
    ann.waits_for(call["objectId"], "answered")
    emulator.state.disconnect(receiver.id)
    emulator.state.disconnect(caller.id)
    ann.waits_for(call["objectId"], "ended completed")
    assert ann.dial(bob)[0] == 201


def test_a_missed_call_throws_the_caller_out(start, emulator):
    server = start()
    ann, bob, eve = User(server), User(server), User(server)
    _, call = ann.dial(bob)
    caller = emulator.state.connect(call["subscriberToken"])
    assert eve.dial(bob)[1]["code"] == 142
    ann.waits_for(call["objectId"], "ended missed")
    eve_hears = eve.dial(bob)
    assert eve_hears[0] == 201
    wait_until(lambda: emulator.count("DELETE", f"/connection/{caller.id}") == 1)
    assert caller.id not in emulator.sessions[call["sessionID"]].clients


def test_lost_callbacks_do_not_end_a_call(start, emulator):
    server = start({"drop": ("*",)})
    ann, bob = User(server), User(server)
    _, call = ann.dial(bob)
    row = bob.take()
    for token in (call["subscriberToken"], row["publisherToken"]):
        emulator.state.connect(token)
    ann.waits_for(call["objectId"], "answered")
    assert not emulator.count("DELETE", "/v2/project")


def test_a_kill_while_ringing_keeps_the_deadline(start, emulator):
    server = start()
    ann, bob = User(server), User(server)
    _, call = ann.dial(bob)
    caller = emulator.state.connect(call["subscriberToken"])
    server.kill()
    ann.server = bob.server = start()
    ann.waits_for(call["objectId"], "ended missed", seconds=25)
    assert bob.poll() == [] and bob.dial(ann)[0] == 201
    wait_until(lambda: caller.id not in emulator.sessions[call["sessionID"]].clients)


def test_forged_callbacks_are_refused(start, emulator):
    server = start()
    ann, bob = User(server), User(server)
    _, call = ann.dial(bob)
    forger = OpenTokEmulator()
    forger.callbacks.plan = CallbackPlan(url=emulator.callbacks.plan.url, signature_secret="another secret, not the right one")
    event = {"sessionId": call["sessionID"], "projectId": FAKE_KEY, "event": "sessionDestroyed", "timestamp": 1}
    forger.callbacks.tell(event)
    assert forger.callbacks.idle()
    assert [delivery.status for delivery in forger.callbacks.sent] == [401]
    assert ann.status(call["objectId"]) == "ringing"


def test_tokens_of_buddytok_connect_and_nobody_publishes_in_presence(start, emulator):
    server = start(BUDDYTOK_ENABLED="1")

    def ask(method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(server.url.removesuffix("/parse") + path, data, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    made = ask("POST", "/chats", {})
    joined = ask("GET", f"/chats?sessionId={made['sessionId']}")
    assert {emulator.state.connect(each["token"]).session_id for each in (made, joined)} == {made["sessionId"]}
    present = emulator.state.connect(ask("POST", "/users", {"name": "Ann"})["token"])
    with pytest.raises(Refused, match="may not publish"):
        emulator.state.publish(present.id)
    assert all("p2p.preference=enabled" in each.body for each in emulator.requests if each.path == "/session/create")
