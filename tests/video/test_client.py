"""VideoClient with the real SDK against the emulator: what goes out, what comes back."""

import json
import logging
import time

import pytest

from parse_shim.video.base import ROLES, Connection, Stream, VideoError, VideoService
from parse_shim.video.client import VideoClient, open_video
from parse_shim.video.settings import MAX_TTL_SECONDS, VideoSettings
from parse_shim.video.tokens import BadToken, make_session_id, read_token, session_owner


def joined(emulator, client, role="publisher", data="x"):
    session_id = client.create_session()
    return session_id, emulator.state.connect(client.token(session_id, role, data))


def test_create_session_is_the_request_of_the_guide(emulator, client):
    session_id = client.create_session()
    assert session_owner(session_id) == client.api_key and session_id in emulator.sessions
    [request] = emulator.requests
    assert (request.method, request.path, request.status) == ("POST", "/session/create", 200)
    assert request.body == "p2p.preference=enabled&archiveMode=manual&e2ee=false"
    assert request.headers["Accept"] == "application/json"


def test_a_routed_session_is_asked_for(emulator, client):
    assert emulator.sessions[client.create_session(routed=True)].routed
    assert "p2p.preference=disabled" in emulator.requests[0].body


def test_a_slash_at_the_end_of_the_address_does_no_harm(emulator, client_with):
    client_with(api_url=emulator.url + "/").create_session()
    assert emulator.requests[0].path == "/session/create"


@pytest.mark.parametrize("format", ["jwt", "t1"])
@pytest.mark.parametrize("role", ROLES)
def test_tokens_of_every_role_and_format_can_be_checked(emulator, client_with, role, format):
    client = client_with(token_format=format)
    session_id = client.create_session()
    token = read_token(client.token(session_id, role, {"userID": "Zoë", "side": "caller"}), emulator.state.keys, time.time())
    assert (token.session_id, token.role, token.format) == (session_id, role, format)
    assert json.loads(token.data) == {"userID": "Zoë", "side": "caller"}
    assert token.expires_at - token.issued_at == 7200


def test_connection_data_is_text_in_the_claim(emulator, client):
    token = client.token(make_session_id(client.api_key, 1), "publisher", {"userID": "u", "side": "caller"})
    assert read_token(token, emulator.state.keys, time.time()).data == '{"userID":"u","side":"caller"}'


def test_the_longest_life_of_a_token_is_30_days(emulator, client_with):
    token = client_with(token_ttl_seconds=MAX_TTL_SECONDS).token(make_session_id("10000001", 1), "publisher")
    read = read_token(token, emulator.state.keys, time.time())
    assert read.expires_at - read.issued_at == MAX_TTL_SECONDS
    with pytest.raises(BadToken, match="expired"):
        read_token(token, emulator.state.keys, time.time() + MAX_TTL_SECONDS + 2)


def test_tokens_need_no_network(client_with):
    nowhere = client_with(api_url="http://127.0.0.1:9")
    assert nowhere.token(make_session_id(nowhere.api_key, 1), "subscriber")


@pytest.mark.parametrize(
    ("session_id", "role", "data", "text"),
    [
        (make_session_id("10000001", 1), "host", None, "role"),
        (make_session_id("10000001", 1), "", None, "role"),
        (make_session_id("99999999", 1), "publisher", None, "does not belong"),
        ("garbage", "publisher", None, "does not belong"),
        ("", "publisher", None, "session id"),
        (None, "publisher", None, "session id"),
        (make_session_id("10000001", 1), "publisher", "x" * 1001, "1001 characters"),
        (make_session_id("10000001", 1), "publisher", 5, "connection data"),
        (make_session_id("10000001", 1), "publisher", {"a": {1}}, "connection data"),
    ],
    ids=["role host", "no role", "foreign session", "garbage", "empty", "none", "too much data", "a number", "not JSON"],
)
def test_a_token_that_cannot_be_made_is_a_video_error(client, session_id, role, data, text):
    with pytest.raises(VideoError, match=text):
        client.token(session_id, role, data)


def test_a_thousand_characters_of_data_are_taken(client):
    assert client.token(make_session_id(client.api_key, 1), "publisher", "x" * 1000)


def test_connections_and_streams_are_listed(emulator, client):
    session_id, joiner = joined(emulator, client)
    stream = emulator.state.publish(joiner.id, "iPhone")
    assert client.connections(session_id) == [Connection(joiner.id, "Connected", joiner.created_ms)]
    assert client.streams(session_id) == [Stream(stream.id, "iPhone", "camera")]


def test_an_unknown_session_has_nobody_in_it(client):
    unknown = make_session_id(client.api_key, 1)
    assert client.connections(unknown) == [] and client.streams(unknown) == []


def test_disconnect_throws_out_once(emulator, client):
    session_id, joiner = joined(emulator, client)
    assert client.disconnect(session_id, joiner.id) is True
    assert emulator.sessions[session_id].clients == {}
    assert client.disconnect(session_id, joiner.id) is False


def test_signals_reach_one_or_all_or_nobody(emulator, client):
    session_id, joiner = joined(emulator, client)
    assert client.signal(session_id, "call", "héllo") is True
    assert client.signal(session_id, "call", "x", joiner.id) is True
    assert [(each.data, each.to) for each in emulator.state.signals] == [("héllo", ""), ("x", joiner.id)]
    assert client.signal(session_id, "call", "x", "nobody") is False
    assert client.signal(client.create_session(), "call", "x") is False


@pytest.mark.parametrize(("type", "data"), [("t" * 129, "x"), ("t", "x" * 8193), ("t", "é" * 4097), (None, "x")])
def test_too_long_signals_are_refused_before_sending(emulator, client, type, data):
    with pytest.raises(VideoError):
        client.signal(make_session_id(client.api_key, 1), type, data)
    assert emulator.requests == []


@pytest.mark.parametrize("bad", ["../../archive", "a/b", "a?b", "", "x" * 256, None])
def test_ids_cannot_lead_to_other_paths(emulator, client, bad):
    good = make_session_id(client.api_key, 1)
    for call in (
        lambda: client.disconnect(good, bad),
        lambda: client.disconnect(bad, "c"),
        lambda: client.streams(bad),
    ):
        with pytest.raises(VideoError, match=r"not a (session|connection) id"):
            call()
    assert emulator.requests == []


def test_a_proxy_of_the_environment_does_not_catch_a_loopback_host(monkeypatch, client):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    session_id = client.create_session()
    assert client.connections(session_id) == []


def test_a_proxy_that_would_catch_the_vendor_is_named(monkeypatch, caplog):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with caplog.at_level(logging.WARNING):
        VideoClient(VideoSettings(api_key="1", api_secret="s"))
    assert "api.opentok.com" in caplog.text and "proxy" in caplog.text


def test_the_log_of_the_sdk_stays_above_debug(client, caplog):
    with caplog.at_level(logging.DEBUG):
        client.create_session()
    assert not [record for record in caplog.records if record.name == "opentok"]


def test_without_credentials_every_call_says_what_to_set():
    video: VideoService = open_video(VideoSettings.from_env({}))
    with pytest.raises(VideoError, match="OPENTOK_API_KEY"):
        video.create_session()
    assert "none" in video.describe()


def test_describe_tells_the_service_without_secrets(client_with, emulator):
    text = client_with().describe()
    assert "10000001" in text and emulator.url in text and "0123456789abcdef" not in text and "\n" not in text
