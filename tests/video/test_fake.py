"""FakeVideo is a VideoService: real ids and tokens, remembered calls, failures on demand."""

import pytest

from parse_shim import ids
from parse_shim.video.base import VideoError, VideoService
from parse_shim.video.client import VideoClient
from parse_shim.video.fake import FakeCall, FakeVideo
from parse_shim.video.settings import VideoSettings
from parse_shim.video.tokens import read_token, session_owner


def test_tokens_are_signed_and_follow_the_settable_clock():
    video: VideoService = FakeVideo()
    ids.set_clock(lambda: 1700000000.5)
    try:
        token = read_token(video.token(video.create_session(), "subscriber", {"a": 1}), video.keys, 1700000001)
    finally:
        ids.set_clock(None)
    assert (token.role, token.data, token.issued_at, token.expires_at) == (
        "subscriber",
        '{"a":1}',
        1700000000,
        1700007200,
    )


def test_calls_are_remembered():
    video = FakeVideo()
    session_id = video.create_session(routed=True)
    video.token(session_id, "publisher")
    assert video.calls == [FakeCall("create_session", (True,)), FakeCall("token", (session_id, "publisher", None))]
    assert video.count("create_session") == 1 and video.sessions[session_id].routed


def test_the_next_calls_fail_as_told():
    video = FakeVideo()
    video.fail_next("it is down", times=2, on="create_session", status=500)
    assert video.describe()
    for _ in range(2):
        with pytest.raises(VideoError, match="it is down") as caught:
            video.create_session()
    assert caught.value.status == 500
    assert session_owner(video.create_session()) == video.api_key
    assert video.count("create_session") == 3


def test_clients_come_and_go():
    video = FakeVideo()
    session_id = video.create_session()
    assert video.connections(session_id) == [] and video.signal(session_id, "t", "d") is False
    joiner = video.connect(session_id, {"userID": "u"})
    video.publish(session_id, "phone")
    assert [each.id for each in video.connections(session_id)] == [joiner]
    assert [each.name for each in video.streams(session_id)] == ["phone"]
    assert video.signal(session_id, "t", "d", joiner) and video.signals == [(session_id, "t", "d", joiner)]
    assert video.disconnect(session_id, joiner) is True
    assert video.disconnect(session_id, joiner) is False


def test_foreign_sessions_and_wrong_roles_are_refused():
    video = FakeVideo()
    with pytest.raises(VideoError, match="does not belong"):
        video.token(FakeVideo("99999999").create_session(), "publisher")
    with pytest.raises(VideoError, match="role"):
        video.token(video.create_session(), "host")


def test_the_real_client_makes_tokens_for_sessions_of_the_fake():
    fake = FakeVideo()
    client = VideoClient(VideoSettings(api_key=fake.api_key, api_secret=fake.api_secret))
    assert client.token(fake.create_session(), "publisher")
