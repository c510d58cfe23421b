"""The functions for clients that may change, and messages to sleeping phones."""

import pytest

from parse_shim.rest import push as pushing
from parse_shim.video.tokens import read_token
from tests.cloud.world import error

PLACE = {"__type": "GeoPoint", "latitude": 40, "longitude": -30}


@pytest.fixture
def ann(house):
    return house.phone("Ann")


@pytest.fixture
def bob(house):
    return house.phone("Bob")


@pytest.fixture
def eve(house):
    return house.phone("Eve")


@pytest.mark.parametrize("roles, callers", [("literal", "subscriber"), ("two-way", "publisher")])
def test_each_of_the_two_gets_a_fresh_token_of_the_own_role(new_house, roles, callers):
    house = new_house(roles=roles)
    ann, bob = house.phone(), house.phone()
    call = ann.call(bob)
    for phone, role, old in ((ann, callers, "subscriberToken"), (bob, "publisher", "publisherToken")):
        token = phone.function("getActiveSessionsToken", activeSession=call["objectId"]).json["result"]
        read = read_token(token, house.video.keys, house.now)
        assert (read.role, read.session_id) == (role, call["sessionID"])
        assert phone.id in read.data and token != call[old]


def test_tokens_are_given_after_the_row_is_gone_but_not_after_the_call(ann, bob):
    call = ann.call(bob)
    bob.take()
    assert bob.function("getActiveSessionsToken", activeSession=call["objectId"]).status_code == 200
    bob.function("rejectCall", activeSession=call["objectId"])
    assert error(bob.function("getActiveSessionsToken", activeSession=call["objectId"]))[:2] == (404, 101)


@pytest.mark.parametrize(
    "name", ["getActiveSessionsToken", "callStatus", "hangUp", "rejectCall", "cancelCall", "acceptCall"]
)
def test_others_get_nothing(house, ann, bob, eve, name):
    call = ann.call(bob)
    assert error(eve.function(name, activeSession=call["objectId"]))[:2] == (400, 119)
    assert error(house("POST", f"/functions/{name}", {"activeSession": call["objectId"]}))[:2] == (400, 119)
    assert error(ann.function(name, activeSession="unknown"))[:2] == (404, 101)
    assert error(ann.function(name))[:2] == (400, 142)
    assert error(ann.function(name, activeSession=5))[:2] == (400, 142)
    assert house.state(call["objectId"]) == "ringing"


WORDS = {
    "the receiver rejects": ("bob", "rejectCall", "ended rejected"),
    "the receiver accepts": ("bob", "acceptCall", "answered"),
    "the caller cancels": ("ann", "cancelCall", "ended cancelled"),
    "the caller hangs up": ("ann", "hangUp", "ended cancelled"),
    "the receiver hangs up": ("bob", "hangUp", "ended rejected"),
    "the caller cannot reject": ("ann", "rejectCall", "delivered"),
    "the caller cannot accept": ("ann", "acceptCall", "delivered"),
    "the receiver cannot cancel": ("bob", "cancelCall", "delivered"),
}


@pytest.mark.parametrize("case", WORDS)
def test_words_of_the_two(house, ann, bob, case):
    who, name, expected = WORDS[case]
    call = ann.call(bob)
    bob.take()
    answer = {"ann": ann, "bob": bob}[who].function(name, activeSession=call["objectId"])
    assert house.state(call["objectId"]) == expected
    if expected == "delivered":
        assert error(answer)[:2] == (400, 119)
    else:
        assert answer.json["result"]["state"] == expected.split()[0]


def test_hanging_up_an_answered_call_completes_it(house, ann, bob):
    call = ann.call(bob)
    bob.take()
    bob.function("acceptCall", activeSession=call["objectId"])
    ann.function("hangUp", activeSession=call["objectId"])
    assert house.state(call["objectId"]) == "ended completed"


def test_call_status_follows_the_call(house, ann, bob):
    call = ann.call(bob)
    house.now += 10
    status = ann.function("callStatus", activeSession=call["objectId"]).json["result"]
    assert status["state"] == "ringing" and status["endReason"] is None
    assert status["connected"] == {"caller": False, "receiver": False}
    assert status["secondsLeft"] == 50
    house.callback("connectionCreated", call["sessionID"], "c1", ann.data("caller"))
    house.callback("connectionCreated", call["sessionID"], "c2", bob.data("receiver"))
    status = bob.function("callStatus", sessionID=call["sessionID"]).json["result"]
    assert status["state"] == "answered"
    assert status["connected"] == {"caller": True, "receiver": True}
    ann.function("hangUp", sessionID=call["sessionID"], activeSession=call["objectId"])
    status = bob.function("callStatus", activeSession=call["objectId"]).json["result"]
    assert (status["state"], status["endReason"], status["secondsLeft"]) == ("ended", "completed", 0)


def test_the_config_function_needs_a_user(house, ann):
    assert ann.function("openTokConfig").json["result"] == {"apiKey": house.video.api_key, "ringSeconds": 60}
    assert error(house("POST", "/functions/openTokConfig", {}))[:2] == (400, 142)


def test_who_is_online_lists_others_nearest_first(house, ann, bob, eve):
    ann.here(40, -30)
    eve.here(42, -30)
    bob.here(41, -30)
    found = ann.function("whoIsOnline", near=PLACE).json["result"]
    assert [person["userID"] for person in found] == [bob.id, eve.id]
    assert found[0]["miles"] == pytest.approx(69.1, abs=0.1)
    assert [p["userID"] for p in ann.function("whoIsOnline", near=PLACE, miles=100).json["result"]] == [bob.id]
    house.now += 31
    assert ann.function("whoIsOnline").json["result"] == []


@pytest.mark.parametrize(
    "params", [{"near": "here"}, {"near": {"latitude": 1}}, {"miles": "far"}, {"miles": -1}, {"miles": True}]
)
def test_who_is_online_refuses_nonsense(ann, params):
    assert error(ann.function("whoIsOnline", **params))[:2] == (400, 142)


# -- push ---------------------------------------------------------------------------------------------------------------------


class Sender:
    """Remembers what was pushed."""

    def __init__(self):
        self.sent = []

    def send(self, body, installations, push_status_id):
        self.sent.append((body, [each["installationId"] for each in installations]))
        return [{"transmitted": True, "device": {}, "response": {}} for _ in installations]


@pytest.fixture
def pushed(new_house, monkeypatch):
    monkeypatch.setattr(pushing, "in_background", lambda work: work())
    house, sender = new_house(), Sender()
    house.core.extras["push"] = sender
    return house, sender


def with_device(house, name):
    """A phone that can be pushed to; its login names its installation, as every SDK's does."""
    body = {"installationId": f"{name}-phone", "deviceType": "ios", "deviceToken": name * 20}
    assert house("POST", "/installations", body).status_code == 201
    return house.phone(name, installation=f"{name}-phone")


def test_the_receivers_phone_is_told_without_a_token(pushed):
    house, sender = pushed
    ann, bob = with_device(house, "Ann"), with_device(house, "Bob")
    call = ann.call(bob)
    ((body, devices),) = sender.sent
    assert devices == ["bob-phone"]
    data = body["data"]
    assert data["alert"] == "Incoming call from Ann" and data["activeSession"] == call["objectId"]
    assert not any(call[name] in str(body) for name in ("sessionID", "publisherToken", "subscriberToken"))


def test_a_missed_call_is_told_too(pushed):
    house, sender = pushed
    ann, bob = with_device(house, "Ann"), with_device(house, "Bob")
    ann.here()
    ann.call(bob)
    house.wait(62)
    assert [body["data"]["alert"] for body, _ in sender.sent] == ["Incoming call from Ann", "Missed call from Ann"]


def test_without_push_a_call_is_a_call(house):
    house.phone("Ann").call(with_device(house, "Bob"))
