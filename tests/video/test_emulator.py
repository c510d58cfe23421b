"""The emulator: what it demands of requests, what clients meet, the control calls."""

import time
import xml.dom.minidom

import jwt
import pytest
import requests
from opentok import OpenTokException

from parse_shim.testing.opentok_emulator import OpenTokEmulator
from parse_shim.testing.opentok_state import Refused
from parse_shim.video.fake import FAKE_KEY, FAKE_SECRET
from parse_shim.video.tokens import make_jwt, make_session_id


def clock():
    return int(time.time())


def rest_jwt(secret=FAKE_SECRET, **claims):
    usual = {"ist": "project", "iss": FAKE_KEY, "iat": clock(), "exp": clock() + 180, "jti": "0.1"} | claims
    return jwt.encode({name: value for name, value in usual.items() if value is not None}, secret, algorithm="HS256")


def post(emulator, path, json=None, **headers):
    return requests.post(emulator.url + path, json=json, headers={"Accept": "application/json"} | headers, timeout=5)


def control(emulator, call, /, **body):
    answer = requests.post(f"{emulator.url}/_control/{call}", json=body, timeout=5)
    return answer.status_code, answer.json()


def test_the_answer_is_a_list_under_exactly_application_json(emulator):
    answer = post(emulator, "/session/create", **{"X-OPENTOK-AUTH": rest_jwt()})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    [item] = answer.json()
    assert item["session_id"] in emulator.sessions and item["partner_id"] == FAKE_KEY


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x.y.z",
        rest_jwt(secret="f" * 40),
        rest_jwt(iss="99999999"),
        rest_jwt(iss=None),
        rest_jwt(ist="account"),
        rest_jwt(ist=None),
        rest_jwt(iat=clock() + 600, exp=clock() + 700),
        rest_jwt(iat=clock() - 400, exp=clock() - 200),
        rest_jwt(exp=clock() + 301),
        rest_jwt(exp=None),
        jwt.encode({"ist": "project", "iss": FAKE_KEY, "iat": clock(), "exp": clock() + 180}, None, algorithm="none"),
    ],
)
def test_wrong_credentials_are_403(emulator, token):
    answer = post(emulator, "/session/create", **{"X-OPENTOK-AUTH": token})
    assert answer.status_code == 403 and answer.json()["code"] == -1
    assert emulator.sessions == {}


def test_a_path_of_another_project_is_403(emulator, client):
    session_id = client.create_session()
    path = f"/v2/project/99999999/session/{session_id}/signal"
    assert post(emulator, path, {"type": "a", "data": "b"}, **{"X-OPENTOK-AUTH": rest_jwt()}).status_code == 403


def test_signals_that_break_the_limits(emulator, client):
    session_id = client.create_session()
    emulator.state.connect(client.token(session_id, "publisher"))
    path = f"/v2/project/{FAKE_KEY}/session/{session_id}/signal"
    for body, status in (
        ({"type": "t", "data": "d"}, 204),
        ({"type": 5, "data": "d"}, 400),
        ([1], 400),
        ({"type": "t" * 129, "data": "d"}, 413),
        ({"type": "t", "data": "d" * 8193}, 413),
    ):
        assert post(emulator, path, body, **{"X-OPENTOK-AUTH": rest_jwt()}).status_code == status


def test_sdks_that_do_not_ask_for_json_get_xml(emulator):
    good = post(emulator, "/session/create", Accept="*/*", **{"X-OPENTOK-AUTH": rest_jwt()})
    assert good.headers["Content-Type"] == "text/xml"
    found = xml.dom.minidom.parseString(good.text).getElementsByTagName("session_id")[0].firstChild.data
    assert found in emulator.sessions
    bad = post(emulator, "/session/create", Accept="*/*")
    assert bad.status_code == 403 and "<errorPayload><code>-1</code>" in bad.text


def test_the_sdk_itself_mutes_and_finds_a_stream(emulator, client):
    sdk = client._sdk()[1]
    session_id = client.create_session()
    joiner = emulator.state.connect(client.token(session_id, "publisher"))
    stream = emulator.state.publish(joiner.id)
    assert sdk.mute_all(session_id, []).status_code == 200 and emulator.sessions[session_id].muted
    assert sdk.mute_stream(session_id, stream.id).status_code == 200
    assert sdk.get_stream(session_id, stream.id).videoType == "camera"


def test_recorded_answers_reach_the_sdk_as_measured(emulator, client, fixtures):
    sdk = client._sdk()[1]
    for each in fixtures["create_session_responses"]:
        if each.get("content_type") != "application/json":
            continue
        emulator.faults.set("status", status=each["status"], body=each["body"], times=1)
        if "ok" in each["sdk"]:
            assert sdk.create_session().session_id == each["sdk"]["ok"], each["name"]
        else:
            with pytest.raises(OpenTokException) as caught:
                sdk.create_session()
            assert str(caught.value) == each["sdk"]["text"], each["name"]


class TestConnecting:
    def test_both_tokens_of_a_session_connect(self, emulator, client):
        session_id = client.create_session()
        for role in ("publisher", "subscriber"):
            assert emulator.state.connect(client.token(session_id, role, "me"), session_id).data == "me"
        assert len(emulator.sessions[session_id].clients) == 2

    @pytest.mark.parametrize(
        ("token", "code"),
        [
            (
                lambda session: make_jwt(FAKE_KEY, "f" * 40, session, role="publisher", data=None, now=clock(), ttl_seconds=9),
                1004,
            ),
            (lambda session: token_of(session, now=clock() - 100), 1004),
            (lambda session: token_of(session) + "x", 1004),
            (lambda session: token_of(make_session_id("99999999", 1)), 1004),
            (lambda session: "garbage", 1004),
            (lambda session: token_of(make_session_id(FAKE_KEY, 1)), 1005),
        ],
    )
    def test_client_errors(self, emulator, client, token, code):
        with pytest.raises(Refused) as caught:
            emulator.state.connect(token(client.create_session()))
        assert caught.value.code == code

    def test_the_session_must_be_the_tokens(self, emulator, client):
        token = client.token(client.create_session(), "publisher")
        for session_id, code in ((client.create_session(), 1004), ("garbage", 1005)):
            with pytest.raises(Refused) as caught:
                emulator.state.connect(token, session_id)
            assert caught.value.code == code

    def test_a_subscriber_may_signal_but_not_publish(self, emulator, client):
        session_id = client.create_session()
        joiner = emulator.state.connect(client.token(session_id, "subscriber"))
        with pytest.raises(Refused, match="may not publish"):
            emulator.state.publish(joiner.id)
        assert emulator.state.signal(joiner.id, "t", "d").sender == joiner.id

    def test_publisheronly_may_publish_but_not_signal(self, emulator, client):
        session_id = client.create_session()
        joiner = emulator.state.connect(client.token(session_id, "publisheronly"))
        assert emulator.state.publish(joiner.id)
        with pytest.raises(Refused, match="may not signal"):
            emulator.state.signal(joiner.id, "t", "d")


def token_of(session_id, now=None):
    return make_jwt(FAKE_KEY, FAKE_SECRET, session_id, role="publisher", data=None, now=now or clock(), ttl_seconds=60)


class TestControl:
    def test_a_client_connects_publishes_and_leaves(self, emulator, client):
        session_id = client.create_session()
        status, joined = control(emulator, "connect", token=client.token(session_id, "publisher", "me"))
        assert (status, joined["sessionId"], joined["data"]) == (200, session_id, "me")
        connection_id = joined["connectionId"]
        assert control(emulator, "publish", connectionId=connection_id, name="phone")[1]["videoType"] == "camera"
        [shown] = requests.get(f"{emulator.url}/_control/sessions", timeout=5).json()["sessions"]
        assert (len(shown["connections"]), len(shown["streams"])) == (1, 1)
        assert control(emulator, "disconnect", connectionId=connection_id) == (200, {"done": True})
        assert control(emulator, "disconnect", connectionId=connection_id) == (404, {"done": False})

    def test_errors_carry_the_clients_code(self, emulator, client):
        session_id = client.create_session()
        assert control(emulator, "connect", token="x")[0] == 403
        assert control(emulator, "connect", token=token_of(make_session_id(FAKE_KEY, 1)))[1]["code"] == 1005
        joined = control(emulator, "connect", token=client.token(session_id, "subscriber"))[1]
        assert control(emulator, "publish", connectionId=joined["connectionId"])[0] == 403
        assert control(emulator, "connect")[0] == 400

    def test_the_request_log_has_no_credentials(self, emulator, client):
        client.create_session()
        [seen] = requests.get(f"{emulator.url}/_control/requests", timeout=5).json()["requests"]
        assert (seen["path"], seen["status"]) == ("/session/create", 200)
        assert "<jwt>" in seen["headers"].values() and "eyJ" not in str(seen)

    def test_faults_are_switched_and_cleared(self, emulator, client):
        assert control(emulator, "faults", kind="status", status=500, times=1, path="/session")[0] == 200
        assert post(emulator, "/session/create").status_code == 500
        assert client.create_session()
        assert control(emulator, "faults", kind="empty")[0] == 200
        assert requests.get(f"{emulator.url}/_control/faults", timeout=5).json()["faults"][0]["kind"] == "empty"
        requests.delete(f"{emulator.url}/_control/faults", timeout=5)
        assert client.create_session()

    @pytest.mark.parametrize("body", [{"kind": "flood"}, {"kind": "delay", "minutes": 3}, {}])
    def test_a_wrong_fault_is_400(self, emulator, body):
        assert control(emulator, "faults", **body)[0] == 400

    def test_refusing_ends_by_itself(self, emulator, client):
        assert control(emulator, "faults", kind="refuse", seconds=0.1)[0] == 200
        end = time.monotonic() + 5
        while time.monotonic() < end:
            try:
                assert client.create_session()
                break
            except Exception as error:
                assert "refused" in str(error) or "lost" in str(error)

    def test_reset_forgets_everything(self, emulator, client):
        client.create_session()
        emulator.faults.set("empty")
        assert control(emulator, "reset")[0] == 200
        assert (emulator.sessions, emulator.requests, emulator.faults.active()) == ({}, [], [])

    def test_the_clock_can_be_moved(self, emulator, client):
        assert control(emulator, "clock", offsetSeconds=100_000)[0] == 200
        assert control(emulator, "connect", token=token_of(make_session_id(FAKE_KEY, 1)))[1]["code"] == 1004


def test_sessions_in_the_state_file_survive_a_restart(tmp_path, client_with):
    file = tmp_path / "data" / "sessions"
    with OpenTokEmulator(state_file=file) as first:
        session_id = client_with(api_url=first.url).create_session(routed=True)
    file.write_text(file.read_text() + '{"id": "cut o')
    with OpenTokEmulator(state_file=file) as second:
        assert list(second.sessions) == [session_id] and second.sessions[session_id].routed
        assert second.state.connect(token_of(session_id))
