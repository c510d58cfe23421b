"""The unified environment: application id and private key, RS256, against the emulator with the public key."""

import os
import tempfile
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from parse_shim.testing.opentok_emulator import OpenTokEmulator
from parse_shim.video.base import VideoError
from parse_shim.video.client import VideoClient
from parse_shim.video.settings import VideoSettings
from parse_shim.video.tokens import ProjectKeys, make_session_id, read_token, session_owner

APPLICATION = "11111111-2222-4333-8444-555555555555"


@pytest.fixture(scope="module")
def key_pair():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@pytest.fixture
def unified(key_pair):
    with OpenTokEmulator(application_id=APPLICATION, public_key=key_pair[1]) as emulator:
        yield emulator


def client_of(emulator, private, application=APPLICATION):
    return VideoClient(VideoSettings(application_id=application, private_key=private, api_url=emulator.url))


def test_a_call_with_application_and_key(unified, key_pair):
    client = client_of(unified, key_pair[0])
    session_id = client.create_session()
    assert session_owner(session_id) == APPLICATION == client.api_key
    joiner = unified.state.connect(client.token(session_id, "publisher", {"side": "caller"}))
    assert [each.id for each in client.connections(session_id)] == [joiner.id]
    assert client.signal(session_id, "call", "x") and client.disconnect(session_id, joiner.id)
    assert all("OpenTok-With-Vonage-API-Backend" in each.headers["User-Agent"] for each in unified.requests)
    assert "Authorization" in unified.requests[0].headers


def test_the_token_is_rs256(key_pair):
    client = VideoClient(VideoSettings(application_id=APPLICATION, private_key=key_pair[0]))
    token = client.token(make_session_id(APPLICATION, 1), "moderator")
    keys = ProjectKeys(application_id=APPLICATION, public_key=key_pair[1])
    assert read_token(token, keys, time.time()).role == "moderator"


def test_another_key_is_refused_with_403(unified):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(VideoError) as caught:
        client_of(unified, other.decode()).create_session()
    assert caught.value.status == 403


def test_a_broken_key_is_a_video_error_without_the_key(unified):
    broken = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"
    client = client_of(unified, broken)
    for call in (client.create_session, lambda: client.token(make_session_id(APPLICATION, 1), "publisher")):
        with pytest.raises(VideoError) as caught:
            call()
        assert "c2VjcmV0" not in str(caught.value)


def test_the_key_stays_in_no_file(unified, key_pair, tmp_path, monkeypatch):
    modes = []
    unlink = os.unlink
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "unlink", lambda name: (modes.append(os.stat(name).st_mode & 0o777), unlink(name)))
    client_of(unified, key_pair[0]).create_session()
    assert modes == [0o600] and list(tmp_path.iterdir()) == []
