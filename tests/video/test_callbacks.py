"""Monitoring callbacks: what is genuine, what is refused with which status, what has no effect."""

import hashlib
import json

import jwt
import pytest

from parse_shim.video.callbacks import MAX_BODY_BYTES, CallbackKeys, CallbackRefused, read_callback, sign_callback

NOW = 1700000001
PROJECT = "10000001"
SECRET = "made-up-signature-secret-0123456789abcdef"
SIGNED = CallbackKeys(PROJECT, signature_secret=SECRET)
PATH = CallbackKeys(PROJECT, path_secret="unguessable")
OPEN = CallbackKeys(PROJECT, open=True)
BODY = json.dumps(
    {"sessionId": "1_x", "projectId": PROJECT, "event": "connectionCreated", "connection": {"id": "c1", "data": "d"}}
).encode()


def read(body=BODY, keys=OPEN, authorization=None, path_secret=None, now=NOW):
    return read_callback(body, authorization=authorization, path_secret=path_secret, keys=keys, now=now)


def refusal(**options):
    with pytest.raises(CallbackRefused) as caught:
        read(**options)
    return caught.value.status


def signature(body=BODY, secret=SECRET, algorithm="HS256", **claims):
    usual = {"iat": NOW, "iss": "Vonage", "api_key": PROJECT, "payload_hash": hashlib.sha256(body).hexdigest()}
    usual |= claims
    given = {name: value for name, value in usual.items() if value is not None}
    return "Bearer " + jwt.encode(given, secret if algorithm != "none" else None, algorithm=algorithm)


def test_recorded_signed_callbacks(fixtures):
    signed = fixtures["signed_callbacks"]
    keys = CallbackKeys(PROJECT, signature_secret=signed["signature_secret"])
    for case in signed["cases"]:
        options = {
            "body": case["body_text"].encode(),
            "keys": keys,
            "authorization": case["header"].get("Authorization"),
        }
        if case["accept"]:
            assert read(**options).kind == "connectionCreated"
        else:
            assert refusal(**options) == 401, case["name"]


def test_our_own_signature_is_accepted():
    assert read(keys=SIGNED, authorization=sign_callback(BODY, SECRET, PROJECT, NOW)).connection_id == "c1"


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x.y.z",
        "Basic " + signature().removeprefix("Bearer "),
        signature(secret="f" * 40),
        signature(algorithm="HS512", secret=SECRET * 2),
        signature(algorithm="none"),
        signature(payload_hash=None),
        signature(payload_hash="0" * 64),
        signature(payload_hash=7),
        signature(iat=None),
        signature(iat=NOW - 26 * 3600),
        signature(iat=NOW + 3600),
        signature(api_key="99999999"),
        signature(application_id="11111111-2222-4333-8444-555555555555"),
    ],
)
def test_what_is_not_signed_for_us_is_401(authorization):
    assert refusal(keys=SIGNED, authorization=authorization) == 401


def test_a_repetition_a_day_later_is_genuine():
    assert read(keys=SIGNED, authorization=signature(), now=NOW + 24 * 3600)
    assert read(keys=SIGNED, authorization=signature(exp=NOW + 300), now=NOW + 3600)


@pytest.mark.parametrize("given", [None, "", "Unguessable", "unguessable2", "é"])
def test_a_wrong_path_is_404(given):
    assert refusal(keys=PATH, path_secret=given) == 404


def test_the_right_path_is_enough_without_a_signature_secret():
    assert read(keys=PATH, path_secret="unguessable").kind == "connectionCreated"


def test_with_both_secrets_both_are_needed():
    both = CallbackKeys(PROJECT, signature_secret=SECRET, path_secret="unguessable")
    assert refusal(keys=both, path_secret="unguessable") == 401
    assert refusal(keys=both, authorization=signature()) == 404
    assert read(keys=both, authorization=signature(), path_secret="unguessable")


def test_without_any_secret_nothing_is_accepted_unless_open():
    assert refusal(keys=CallbackKeys(PROJECT)) == 404
    assert read(keys=OPEN)


@pytest.mark.parametrize("body", [b"", b"  ", b"{}"])
def test_a_bare_probe_is_answered_without_signature(body):
    assert read(body, keys=SIGNED) is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"x" * (MAX_BODY_BYTES + 1), 413),
        (b"not json", 400),
        (b'{"a":', 400),
        (b"\xff\xfe", 400),
        (b"[1]", 400),
        (b"null", 400),
        (b"[" * 50_000, 400),
    ],
)
def test_bad_bodies(body, status):
    assert refusal(body=body) == status


def test_recorded_events_are_read(fixtures):
    for each in fixtures["callbacks"]:
        event = read(json.dumps(each["body"]).encode())
        body = each["body"]
        ignored = str(body["projectId"]) != PROJECT or body.get("event", "call")[:4] in ("call", "some")
        assert (event is None) == ignored, each["name"]
        if event:
            connection = body.get("connection") or body.get("stream", {}).get("connection", {})
            assert (event.kind, event.session_id, event.at_ms) == (body["event"], body["sessionId"], body["timestamp"])
            assert (event.connection_id, event.data) == (connection.get("id", ""), connection.get("data", ""))
            assert (event.stream_id, event.reason) == (body.get("stream", {}).get("id", ""), body.get("reason", ""))


@pytest.mark.parametrize(
    "change",
    [
        {"connection": None},
        {"connection": []},
        {"connection": {"data": "x"}},
        {"connection": {"id": 5}},
        {"sessionId": None},
        {"sessionId": 7},
        {"event": None},
        {"event": ["connectionCreated"]},
        {"event": "streamCreated"},
        {"event": "streamDestroyed", "stream": {"name": "x"}},
        {"projectId": None},
        {"projectId": "99999999"},
    ],
)
def test_malformed_events_have_no_effect(change):
    assert read(json.dumps(json.loads(BODY) | change).encode()) is None


def test_repeated_deliveries_have_one_key(fixtures):
    bodies = {each["name"]: json.dumps(each["body"]).encode() for each in fixtures["callbacks"]}
    keys = {name: event.key for name, body in bodies.items() if (event := read(body))}
    assert read(bodies["connectionCreated-caller"]).key == keys["connectionCreated-caller"]
    distinct = ["sessionCreated", "connectionCreated-caller", "connectionCreated-receiver", "streamCreated-caller"]
    assert len({keys[name] for name in distinct}) == len(distinct)


@pytest.mark.parametrize(
    ("reason", "back"),
    [
        ("networkDisconnected", True),
        ("serverRotation", True),
        ("clientDisconnected", False),
        ("forceDisconnected", False),
        ("mediaIdle", False),
        ("somethingNew", False),
    ],
)
def test_who_was_cut_off_may_come_back(reason, back):
    assert read(json.dumps(json.loads(BODY) | {"reason": reason}).encode()).may_come_back is back
