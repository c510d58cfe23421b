"""VideoClient when the service is down, slow, dripping or answers nonsense: one error class, in time, no secrets."""

import socket
import subprocess
import sys
import threading
import time

import pytest

from parse_shim.testing.opentok_emulator import OpenTokEmulator
from parse_shim.video.base import VideoError
from parse_shim.video.fake import FAKE_SECRET
from parse_shim.video.tokens import make_session_id

SESSION = make_session_id("10000001", 1)
CALLS = {
    "create_session": lambda client: client.create_session(),
    "disconnect": lambda client: client.disconnect(SESSION, "c1"),
    "signal": lambda client: client.signal(SESSION, "call", "x"),
    "streams": lambda client: client.streams(SESSION),
    "connections": lambda client: client.connections(SESSION),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def failure(call, client):
    with pytest.raises(VideoError) as caught:
        call(client)
    assert FAKE_SECRET not in str(caught.value) and "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"kind": "status", "status": 403}, "refused our credentials (403); check the key and its secret"),
        ({"kind": "status", "status": 400}, "answered with an error"),
        ({"kind": "status", "status": 429}, "answered with an error"),
        ({"kind": "status", "status": 500}, "answered with an error"),
        ({"kind": "status", "status": 502, "body": "<html>"}, "cannot be read"),
        ({"kind": "empty"}, "empty answer"),
        ({"kind": "empty", "status": 429}, "empty answer"),
        ({"kind": "garbage"}, "cannot be read"),
        ({"kind": "object"}, "answered with an error"),
        ({"kind": "charset"}, "cannot be read"),
        ({"kind": "reset"}, "connection to the video service was lost"),
        ({"kind": "status", "status": 500, "body": '[{"session_id": "1_none"}]'}, "session of another project"),
    ],
)
def test_create_session_explains(emulator, client, fault, text):
    emulator.faults.set(**fault)
    assert text in str(failure(CALLS["create_session"], client))
    emulator.faults.clear()
    assert client.create_session()


@every_call
@pytest.mark.parametrize("status", [403, 500])
def test_statuses_are_video_errors(emulator, client, call, status):
    emulator.faults.set("status", status=status)
    error = failure(call, client)
    assert error.status == status or call is CALLS["create_session"]


@pytest.mark.parametrize("call", [CALLS["streams"], CALLS["connections"]])
@pytest.mark.parametrize("fault", [{"kind": "garbage"}, {"kind": "empty"}, {"kind": "garbage", "body": "[]"}])
def test_unreadable_lists_are_video_errors(emulator, client, call, fault):
    emulator.faults.set(**fault)
    assert "cannot be read" in str(failure(call, client))


@every_call
@pytest.mark.parametrize("kind", ["hang", "drip"])
def test_a_slow_service_is_left_at_the_deadline(emulator, client_with, call, kind):
    client = client_with(deadline=0.3)
    # the drops of any answer take more than the deadline, each less than a read time-out
    emulator.faults.set(kind, seconds=0.05)
    begun = time.monotonic()
    error = failure(call, client)
    assert time.monotonic() - begun < 1.0
    assert "within 0.3 seconds" in str(error)


def test_a_read_that_takes_too_long_ends_before_the_deadline(emulator, client_with):
    emulator.faults.set("hang")
    error = failure(CALLS["create_session"], client_with(timeout_read=0.1))
    assert "did not answer in time" in str(error)


@every_call
def test_a_refused_connection_is_a_video_error(emulator, client, call):
    emulator.refuse()
    assert "refused the connection" in str(failure(call, client))


def test_a_refused_connection_is_tried_once_more(emulator, client):
    emulator.refuse()
    threading.Timer(0.05, emulator.start).start()
    assert client.create_session()
    assert emulator.count("POST", "/session/create") == 1


def test_a_request_that_was_sent_is_never_repeated(emulator, client):
    emulator.faults.set("reset", times=1)
    failure(CALLS["create_session"], client)
    assert emulator.requests == []
    assert emulator.faults.active() == []


def test_an_unknown_host_is_named_as_such(client_with):
    error = failure(CALLS["create_session"], client_with(api_url="http://video.invalid"))
    assert "DNS" in str(error) or "proxy" in str(error)


def test_a_wrong_secret_is_a_403(client_with):
    error = failure(CALLS["create_session"], client_with(api_secret="f" * 40))
    assert error.status == 403 and "check the key" in str(error)


@pytest.mark.parametrize(("offset", "text"), [(-300, "ahead of"), (4000, "behind")])
def test_a_clock_difference_is_told(emulator, client, offset, text):
    emulator.clock_offset_seconds = offset
    error = failure(CALLS["create_session"], client)
    assert error.status == 403
    assert f"seconds {text} the service's" in str(error) and str(abs(offset))[:2] in str(error)


def test_a_service_that_closes_at_once_is_a_video_error(client_with):
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=lambda: server.accept()[0].close(), daemon=True).start()
        port = server.getsockname()[1]
        assert "was lost" in str(failure(CALLS["create_session"], client_with(api_url=f"http://127.0.0.1:{port}")))


HANGING = """
{patch}
import sys, time
from parse_shim.video.client import VideoClient
from parse_shim.video.base import VideoError
from parse_shim.video.settings import VideoSettings
client = VideoClient(VideoSettings(api_key="10000001", api_secret={secret!r}, api_url=sys.argv[1], deadline=0.3))
client._sdk()
begun = time.monotonic()
try:
    client.create_session()
except VideoError as error:
    print(round(time.monotonic() - begun, 1), error)
"""


@pytest.mark.parametrize("patch", ["", "from gevent import monkey; monkey.patch_all()"], ids=["threads", "gevent"])
def test_a_dripping_service_holds_up_neither_the_call_nor_the_exit(patch):
    program = HANGING.format(patch=patch, secret=FAKE_SECRET)
    with OpenTokEmulator() as emulator:
        emulator.faults.set("drip", seconds=0.2)
        child = subprocess.run([sys.executable, "-c", program, emulator.url], capture_output=True, text=True, timeout=20, check=True)
    assert float(child.stdout.split()[0]) <= 0.6
    assert "within 0.3 seconds" in child.stdout
