"""The senders: what goes to APNs and FCM, what comes back, and the option `push`."""

import json
from typing import Any

import httpx
import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from parse_shim.rest import push_apns, push_fcm
from parse_shim.rest.push_apns import Apns
from parse_shim.rest.push_fcm import Fcm
from parse_shim.rest.push_senders import BySystem, LogSender, open_sender
from parse_shim.rest.push_status import Tally
from parse_shim.testing.adapters import AcceptingPush

KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
APP = {"token": {"key": PEM, "keyId": "K", "teamId": "T"}, "topic": "org.x", "production": True}
PHONE = {"deviceType": "ios", "deviceToken": "abc1"}
DROID = {"deviceType": "android", "deviceToken": "d1"}


class TestApns:
    def test_a_message_is_posted_with_a_signed_token(self) -> None:
        seen: list[httpx.Request] = []
        found = Apns([APP], httpx.MockTransport(lambda request: seen.append(request) or httpx.Response(200)))
        results = found.send({"data": {"alert": "hi"}, "expiration_time": 5000}, [PHONE], "p1")
        assert results == [{"device": PHONE, "transmitted": True, "response": {"status": 200}}]
        assert str(seen[0].url) == "https://api.push.apple.com/3/device/abc1"
        assert (seen[0].headers["apns-topic"], seen[0].headers["apns-expiration"]) == ("org.x", "5")
        claims = jwt.decode(seen[0].headers["authorization"].removeprefix("bearer "), KEY.public_key(), algorithms=["ES256"])
        assert claims["iss"] == "T"

    def test_a_refusal_names_its_reason(self) -> None:
        found = Apns([APP], httpx.MockTransport(lambda _: httpx.Response(410, json={"reason": "Unregistered"})))
        assert found.send({"data": {}}, [PHONE], "p")[0]["response"] == {"status": 410, "error": "Unregistered"}

    def test_a_network_that_fails_is_a_result(self) -> None:
        def fail(_request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("no route")

        assert Apns([APP], httpx.MockTransport(fail)).send({"data": {}}, [PHONE], "p")[0]["response"] == {"error": "ConnectError"}

    def test_no_token_becomes_a_path(self) -> None:
        found = Apns([APP], httpx.MockTransport(lambda _: pytest.fail("called")))
        assert found.send({"data": {}}, [{**PHONE, "deviceToken": "../x"}], "p")[0]["response"] == {"error": "BadDeviceToken"}

    def test_the_app_of_the_installation_sends(self) -> None:
        topics: list[str] = []
        transport = httpx.MockTransport(lambda r: topics.append(r.headers["apns-topic"]) or httpx.Response(200))
        Apns([APP, {**APP, "topic": "org.y"}], transport).send({"data": {}}, [{**PHONE, "appIdentifier": "org.y"}], "p")
        assert topics == ["org.y"]

    @pytest.mark.parametrize(
        ("data", "payload"),
        [
            ({"alert": "a", "badge": 2, "sound": "s", "uri": "u"}, {"aps": {"alert": "a", "badge": 2, "sound": "s"}, "uri": "u"}),
            ({"alert": "a", "title": "t"}, {"aps": {"alert": {"title": "t", "body": "a"}}}),
            ({"alert": {"body": "b"}, "title": "t"}, {"aps": {"alert": {"body": "b", "title": "t"}}}),
            ({"content-available": 1}, {"aps": {"content-available": 1}}),
        ],
    )
    def test_data_in_the_words_of_apple(self, data: dict[str, Any], payload: dict[str, Any]) -> None:
        assert push_apns.message({"data": data})[0] == payload

    def test_silent_pushes_have_low_priority(self) -> None:
        assert push_apns.message({"data": {"content-available": 1}})[1] == {"apns-push-type": "background", "apns-priority": "5"}


class Session:
    """Answers every post alike and remembers it."""

    def __init__(self, status: int, body: Any) -> None:
        self.answer = requests.Response()
        self.answer.status_code = status
        self.answer._content = json.dumps(body).encode()
        self.posted: list[tuple[str, Any]] = []

    def post(self, url: str, json: Any, timeout: float) -> requests.Response:
        self.posted.append((url, json))
        return self.answer


class TestFcm:
    ACCOUNT = {"firebaseServiceAccount": {"project_id": "my-app"}}

    def test_a_message_holds_what_the_android_sdk_reads(self) -> None:
        session = Session(200, {})
        results = Fcm(self.ACCOUNT, session).send({"data": {"alert": "hi", "notification": {"title": "t"}}}, [DROID], "p1")  # type: ignore[arg-type]
        url, sent = session.posted[0]
        assert url == "https://fcm.googleapis.com/v1/projects/my-app/messages:send"
        assert (sent["message"]["token"], sent["message"]["notification"]) == ("d1", {"title": "t"})
        assert sent["message"]["data"]["push_id"] == "p1"
        assert json.loads(sent["message"]["data"]["data"]) == {"alert": "hi"}
        assert results[0]["transmitted"] is True

    def test_a_dead_token_is_told(self) -> None:
        error = {"error": {"status": "NOT_FOUND", "details": [{"errorCode": "UNREGISTERED"}]}}
        results = Fcm(self.ACCOUNT, Session(404, error)).send({"data": {}}, [DROID], "p")  # type: ignore[arg-type]
        assert results[0]["response"] == {"status": 404, "error": "UNREGISTERED"}

    def test_the_time_left_is_bounded(self) -> None:
        assert push_fcm.message({"data": {}, "expiration_time": 9e15}, "p")["android"]["ttl"] == "2419200s"
        assert push_fcm.message({"data": {}, "expiration_time": 1}, "p")["android"]["ttl"] == "0s"


@pytest.mark.parametrize(
    ("response", "dead"),
    [
        ({"status": 410}, True),
        ({"status": 400, "error": "BadDeviceToken"}, True),
        ({"error": "UNREGISTERED"}, True),
        ({"error": {"code": "messaging/registration-token-not-registered"}}, True),
        ({"status": 500, "error": "InternalServerError"}, False),
        (None, False),
    ],
)
def test_which_answers_mean_a_dead_token(response: Any, dead: bool) -> None:
    tally = Tally()
    tally.count([{"device": DROID, "transmitted": False, "response": response}])
    assert (tally.failed["android"], tally.dead) == (1, ["d1"] if dead else [])


@pytest.mark.parametrize("results", [None, [None], [{}], [{"device": 5}], ["x"]])
def test_results_that_are_none_count_as_nothing(results: Any) -> None:
    tally = Tally()
    tally.count(results)
    assert (tally.sent, tally.failed) == ({}, {})


def test_each_system_has_its_sender_and_others_are_left_out() -> None:
    ios, android = AcceptingPush(), AcceptingPush()
    rows = [PHONE, DROID, {"deviceType": "embedded", "deviceToken": "e"}, {"deviceType": "x", "pushType": "android", "deviceToken": "p"}]
    results = BySystem({"ios": ios, "android": android}).send({"data": {}}, rows, "p")
    assert [r["device"]["deviceToken"] for r in results] == ["abc1", "d1", "p"]


class TestOption:
    def test_nothing_is_no_sender(self) -> None:
        assert open_sender({}) is None

    @pytest.mark.parametrize(
        ("adapter", "kind"),
        [
            ("log", LogSender),
            ("parse_shim.testing.adapters:AcceptingPush", AcceptingPush),
            ({"module": "parse_shim.testing.adapters:AcceptingPush", "options": {"a": 1}}, AcceptingPush),
            (AcceptingPush(), AcceptingPush),
        ],
    )
    def test_adapters(self, adapter: Any, kind: type) -> None:
        assert isinstance(open_sender({"adapter": adapter}), kind)

    def test_credentials_make_a_sender_for_each_system(self) -> None:
        assert isinstance(open_sender({"ios": APP}), BySystem)

    @pytest.mark.parametrize(
        "options",
        [
            {"adapter": 5}, {"nokia": {}}, {"ios": {"topic": "x"}}, {"ios": "x"}, {"ios": []}, {"android": {}}, {"android": "x"},
            {"android": {"firebaseServiceAccount": "missing.json"}},
            {"ios": {**APP, "token": {"key": "missing.p8", "keyId": "K", "teamId": "T"}}},
        ],
    )  # fmt: skip
    def test_what_cannot_be_used_stops_the_start(self, options: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="push"):
            open_sender(options)


def test_the_log_sender_calls_everything_sent() -> None:
    assert LogSender().send({"data": {"alert": "x"}}, [PHONE], "p")[0]["transmitted"] is True
