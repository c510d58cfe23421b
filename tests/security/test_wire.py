"""Malformed and half-sent HTTP against the real server (advisories, section 4: slowloris and smuggling)."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from tests.support.live import LiveServer

SHORT_BODY = b'{"a":1}'


@pytest.fixture(scope="module")
def live(module_live_server: Callable[..., LiveServer]) -> LiveServer:
    return module_live_server(workers=2, allowClientClassCreation=True)


def connect(live: LiveServer) -> socket.socket:
    parts = urlsplit(live.url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5)


def head(live: LiveServer, method: str = "POST", path: str = "/parse/classes/Wire") -> bytes:
    """A request's first lines, without the empty one."""
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nX-Parse-Application-Id: {live.app_id}\r\n".encode()


def sent(live: LiveServer, data: bytes) -> bytes:
    """All that the server answers until it closes the connection or says nothing more."""
    with connect(live) as wire:
        wire.sendall(data)
        with contextlib.suppress(OSError):
            wire.shutdown(socket.SHUT_WR)
        found = b""
        wire.settimeout(5)
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while chunk := wire.recv(65536):
                found += chunk
        return found


def answer_seconds(live: LiveServer) -> float:
    began = time.monotonic()
    request = urllib.request.Request(live.url + "/classes/Wire", headers={"X-Parse-Application-Id": live.app_id})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert "results" in json.load(answer)
    return time.monotonic() - began


@pytest.fixture(autouse=True)
def next_request_is_answered(live: LiveServer) -> Iterator[None]:
    yield
    assert answer_seconds(live) < 3


# HARD-smuggling
SMUGGLED = b"DELETE /parse/schemas/X HTTP/1.1\r\nHost: x\r\n\r\n"
FRAMINGS: dict[str, bytes] = {
    "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two lengths": b"Content-Length: 7\r\nContent-Length: 60\r\n\r\n" + SHORT_BODY + SMUGGLED,
    "two lengths in one": b"Content-Length: 7, 60\r\n\r\n" + SHORT_BODY + SMUGGLED,
    "a signed length": b"Content-Length: +7\r\n\r\n" + SHORT_BODY + SMUGGLED,
    "a negative length": b"Content-Length: -7\r\n\r\n" + SHORT_BODY + SMUGGLED,
    "a length in hex": b"Content-Length: 0x7\r\n\r\n" + SHORT_BODY + SMUGGLED,
    "a length with a line in it": b"Content-Length: 7_0\r\n\r\n" + SHORT_BODY + SMUGGLED,
    "a length that is a word": b"Content-Length: seven\r\n\r\n" + SHORT_BODY + SMUGGLED,
    "another coding": b"Transfer-Encoding: xchunked\r\n\r\n" + SHORT_BODY + SMUGGLED,
    "identity": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a blank before the colon": b"Content-Length : 7\r\n\r\n" + SHORT_BODY + SMUGGLED,
    "a folded header": b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a bad chunk": b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a negative chunk": b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n",
    "a chunk with a sign": b"Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n",
    "a chunk without its end": b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n" + SMUGGLED,
    "a huge chunk": b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}",
    "NUL in a header": b"X-Odd: a\0b\r\nContent-Length: 0\r\n\r\n",
    "CR in a header": b"X-Odd: a\rX-Parse-Master-Key: x\r\nContent-Length: 0\r\n\r\n",
    "a header without a colon": b"X-Odd\r\nContent-Length: 0\r\n\r\n",
    "a header without a name": b": x\r\nContent-Length: 0\r\n\r\n",
    "a blank in a name": b"X Odd: a\r\nContent-Length: 0\r\n\r\n",
}
LINES: dict[str, bytes] = {
    "no version": b"GET /parse/health\r\n\r\n",
    "another version": b"GET /parse/health HTTP/9.9\r\n\r\n",
    "no path": b"GET  HTTP/1.1\r\nHost: x\r\n\r\n",
    "a bad method": b"G\0T /parse/health HTTP/1.1\r\nHost: x\r\n\r\n",
    "a bad path": b"GET /parse/\0 HTTP/1.1\r\nHost: x\r\n\r\n",
    "nonsense": b"\x16\x03\x01\x02\x00\x01\x00",
    "nothing": b"",
    "empty lines": b"\r\n\r\n\r\n",
}


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


@pytest.mark.parametrize("framing", FRAMINGS.values(), ids=FRAMINGS.keys())
def test_a_malformed_framing_gets_one_refusal(live: LiveServer, framing: bytes) -> None:
    found = statuses(sent(live, head(live) + framing))
    assert len(found) <= 1, found
    assert all(400 <= status < 502 for status in found), found


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_a_malformed_request_line_gets_one_refusal_or_none(live: LiveServer, line: bytes) -> None:
    found = statuses(sent(live, line))
    assert len(found) <= 1 and all(400 <= status < 506 for status in found), found


def test_two_whole_requests_on_one_line_get_two_answers(live: LiveServer) -> None:
    one = head(live) + b"Content-Length: 7\r\n\r\n" + SHORT_BODY
    last = head(live) + b"Connection: close\r\nContent-Length: 7\r\n\r\n" + SHORT_BODY
    assert statuses(sent(live, one + last)) == [201, 201]


def test_a_chunked_body_is_read_and_bounded(live: LiveServer) -> None:
    start = head(live) + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert statuses(sent(live, start + b"7\r\n" + SHORT_BODY + b"\r\n0\r\n\r\n")) == [201]


def test_a_body_that_is_announced_as_too_large_is_refused_before_it_is_sent(live: LiveServer) -> None:
    began = time.monotonic()
    with connect(live) as wire:
        wire.sendall(head(live) + b"Content-Length: 2400000000\r\n\r\n")
        assert b" 413 " in wire.recv(65536)
    assert time.monotonic() - began < 3


def test_a_chunked_body_without_end_is_cut_off(live: LiveServer) -> None:
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    with connect(live) as wire, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        wire.sendall(head(live) + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(24):
            wire.sendall(chunk)
        wire.sendall(b"0\r\n\r\n")
        assert statuses(wire.recv(65536)) == [413]


@pytest.mark.parametrize("count", [2_000, 10_000])
def test_too_many_headers_are_refused(live: LiveServer, count: int) -> None:
    headers = b"".join(b"X-%d: y\r\n" % number for number in range(count))
    found = statuses(sent(live, head(live) + headers + b"Content-Length: 0\r\n\r\n"))
    assert found in ([], [400], [431])


def test_a_line_without_end_is_refused(live: LiveServer) -> None:
    with connect(live) as wire, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        wire.sendall(b"GET /")
        for _ in range(4):
            wire.sendall(b"x" * 0x100000)
        assert all(400 <= status < 500 for status in statuses(wire.recv(65536)))


# HARD-slowloris
@pytest.mark.parametrize("begun", ["nothing", "head", "body"])
def test_half_sent_requests_hold_nobody_up(live: LiveServer, begun: str) -> None:
    data = {"nothing": b"", "head": head(live)[:-20], "body": head(live) + b"Content-Length: 1000\r\n\r\n{"}[begun]
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            wire = stack.enter_context(connect(live))
            wire.sendall(data)
        assert max(answer_seconds(live) for _ in range(10)) < 3


def test_a_client_that_reads_nothing_holds_nobody_up(live: LiveServer) -> None:
    body = json.dumps({"long": "x" * 1_000_000}).encode()
    assert statuses(sent(live, head(live) + b"Content-Length: %d\r\n\r\n" % len(body) + body)) == [201]
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            wire = stack.enter_context(connect(live))
            wire.sendall(head(live, "GET") + b"\r\n")
        assert max(answer_seconds(live) for _ in range(5)) < 3
