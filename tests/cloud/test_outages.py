"""A video service that is down, slow or talks nonsense: the app's user reads why, nothing stays behind, the next try works.

The real `opentok` SDK against the local emulator.
"""

import time

import pytest

from parse_shim.testing.opentok_emulator import OpenTokEmulator
from parse_shim.video.base import FAKE_KEY, FAKE_SECRET
from parse_shim.video.client import VideoClient
from parse_shim.video.settings import VideoSettings
from tests.cloud.world import error

DEADLINE = 1.0
PREFIX = "could not create opentok session for activeSession: "

FAULTS = {
    "403": {"kind": "status", "status": 403},
    "500": {"kind": "status", "status": 500},
    "429 empty": {"kind": "empty", "status": 429},
    "garbage": {"kind": "garbage"},
    "object": {"kind": "object"},
    "reset": {"kind": "reset"},
    "hang": {"kind": "hang"},
    "slow": {"kind": "delay", "seconds": 5.0},
    "drip": {"kind": "drip", "seconds": 0.2},
}


@pytest.fixture
def emulator():
    with OpenTokEmulator() as running:
        yield running


@pytest.fixture
def house(new_house, emulator):
    options = {"api_key": FAKE_KEY, "api_secret": FAKE_SECRET, "api_url": emulator.url, "deadline": DEADLINE}
    house = new_house(video=VideoClient(VideoSettings(**options)))
    house.now = time.time()  # the SDK and the emulator go by the machine's clock
    return house


def refused(house, ann, bob):
    started = time.monotonic()
    status, code, text = error(ann.dial(bob))
    assert (status, code) == (400, 141)
    assert text.startswith(PREFIX) and len(text) > len(PREFIX)
    assert FAKE_SECRET not in text
    assert time.monotonic() - started < DEADLINE + 1.0
    for name in ("ActiveSessions", "LiveCall", "LiveCallLock"):
        assert house.rows(name) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_an_outage_refuses_the_call_in_time(house, emulator, fault):
    ann, bob = house.phone(), house.phone()
    emulator.faults.set(**FAULTS[fault])
    refused(house, ann, bob)
    emulator.faults.clear()
    ann.call(bob)


def test_a_closed_port_refuses_the_call(house, emulator):
    ann, bob = house.phone(), house.phone()
    emulator.refuse()
    refused(house, ann, bob)
    emulator.start()
    ann.call(bob)


def test_both_tokens_connect_and_a_changed_one_does_not(house, emulator):
    from parse_shim.testing.opentok_state import Refused

    ann, bob = house.phone(), house.phone()
    call = ann.call(bob)
    bob.take()
    for name in ("publisherToken", "subscriberToken"):
        assert emulator.state.connect(call[name], call["sessionID"]).session_id == call["sessionID"]
    with pytest.raises(Refused):
        emulator.state.connect(call["publisherToken"][:-6] + "AAAAAA", call["sessionID"])
    assert emulator.count("POST", "/session/create") == 1


def test_without_credentials_the_text_says_what_to_set(new_house):
    house = new_house(video=VideoClient(VideoSettings()))
    text = error(house.phone().dial(house.phone()))[2]
    assert text.startswith(PREFIX) and "OPENTOK_API_KEY" in text
