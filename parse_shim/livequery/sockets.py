"""The clients' WebSockets: simple-websocket under gunicorn's gevent worker, gevent's own server, and werkzeug's threads.

A socket has three threads (greenlets under gevent): its request's own, which answers frames, simple-websocket's, which reads
and pings, and one that writes, so that a slow client keeps nobody else waiting.
"""

from __future__ import annotations

import logging
import queue
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from simple_websocket import ConnectionClosed, Server

from parse_shim.livequery.client import Connection
from parse_shim.livequery.hub import Hub
from parse_shim.livequery.subscription import Frame
from parse_shim.values.codec import dumps

log = logging.getLogger("parse_shim.livequery")

LARGEST_MESSAGE = 1 << 20
"""Bytes a client may send in one message."""
MOST_WAITING = 1000
"""Frames that may wait to be written, and messages that may wait to be answered. A client that is slower is cut off."""
PATIENCE = 20.0
"""Seconds one write may take."""

NORMAL, GOING_AWAY, NO_STATUS = 1000, 1001, 1005
"""Why a WebSocket ends (RFC 6455, section 7.4.1)."""

OPEN: set[Callable[[], None]] = set()
"""How to end each socket of this process: for a worker that is to stop."""


def serve(hub: Hub, environ: dict[str, Any], start_response: Any, *, ip: str | None, headers: Any, base_url: str) -> Iterable[bytes]:
    """Talk to one client until either side ends it. The WSGI answer is for the server alone: the client sees nothing of it."""
    try:
        ws = _Server(environ, hub.core.settings.live_query_server_options.websocket_timeout / 1000)
    except Exception as error:  # what is wrong with a handshake is wsproto's to say
        log.info("no WebSocket: %s", error)
        start_response("400 Bad Request", [("Content-Type", "text/plain"), ("Connection", "close")])
        return [b"This is no WebSocket handshake\n"]
    writer = _Writer(ws)
    connection = Connection(hub, writer.send, ip=ip, headers=headers, base_url=base_url)
    close = writer.close
    hub.enter(connection, close)
    OPEN.add(close)
    error_text: str | None = None
    try:
        while True:
            connection.receive(ws.receive())
    except ConnectionClosed as closed:
        if closed.reason not in (NORMAL, GOING_AWAY, NO_STATUS):
            error_text = str(closed.message or closed.reason)
    finally:
        OPEN.discard(close)
        connection.closed(error_text)
        writer.end()
        ws.line.close()
        # The WSGI server closes the socket next, and its number may be another client's at once.
        ws.thread.join(5)
    return _nothing(ws.mode, start_response)


def _nothing(mode: str, start_response: Any) -> Iterable[bytes]:
    """How to tell a WSGI server that the connection has been used up."""
    if mode == "gunicorn":
        raise StopIteration
    if mode == "werkzeug":
        start_response("200 OK", [])
    return []


class _Server(Server):  # type: ignore[misc]
    """One socket of simple-websocket, with whole writes and bounded memory."""

    line: _Line
    sock: Any

    def __init__(self, environ: dict[str, Any], ping_seconds: float) -> None:
        super().__init__(environ, receive_bytes=16384, ping_interval=ping_seconds, max_message_size=LARGEST_MESSAGE)

    def handshake(self) -> None:
        self.line = _Line(self.sock, keep=self.mode != "gevent")
        self.sock = self.line
        self.input_buffer = _Waiting(self)
        super().handshake()

    def _thread(self) -> None:
        """Whoever waits for a message must learn that none will come, whatever ended the reading."""
        try:
            super()._thread()
        except Exception as error:  # of a line that was closed meanwhile, anything
            if not self.line.closed:
                log.info("a LiveQuery client broke the WebSocket protocol: %s", error)
        finally:
            self.connected = False
            self.line.close()
            self.event.set()


class _Waiting(list[Any]):
    """Messages not answered yet; the reader waits while there are many, and the client with it."""

    def __init__(self, ws: _Server) -> None:
        super().__init__()
        self._ws = ws

    def append(self, message: Any) -> None:
        while len(self) >= MOST_WAITING and self._ws.connected:
            time.sleep(0.05)
        super().append(message)


class _Line:
    """The TCP socket: what is sent is sent whole, one sender after the other, and within PATIENCE.

    `keep`: closing it is the WSGI server's; here it is only shut down."""

    def __init__(self, sock: Any, *, keep: bool) -> None:
        self._sock = sock
        self._keep = keep
        self._lock = threading.Lock()
        self.closed = False

    def send(self, data: bytes) -> int:
        """Raises OSError when the client is gone or takes nothing."""
        deadline = time.monotonic() + PATIENCE
        left = memoryview(data)
        with self._lock:
            while left:
                _, ready, _ = select.select([], [self._sock], [], max(0.0, deadline - time.monotonic()))
                if not ready:
                    self.close()
                    raise BrokenPipeError("the client takes nothing")
                left = left[self._sock.send(left) :]
        return len(data)

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        if not self._keep:
            self._sock.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _Writer:
    """Frames on their way to one client."""

    def __init__(self, ws: _Server) -> None:
        self._ws = ws
        self._frames: queue.Queue[Frame | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._write, name="LiveQuery writer", daemon=True)
        self._thread.start()

    def send(self, frame: Frame) -> None:
        """Does not wait. A client with too much unread is cut off."""
        try:
            self._frames.put_nowait(frame)
        except queue.Full:
            log.warning("a LiveQuery client is too slow: cut off")
            self._ws.line.close()

    def end(self) -> None:
        """Nothing more is to be written."""
        with suppress(queue.Full):
            self._frames.put_nowait(None)

    def close(self) -> None:
        """The server ends the connection: it is going away. Does not wait for a client that takes nothing."""
        threading.Thread(target=self._close, name="LiveQuery close", daemon=True).start()

    def _close(self) -> None:
        ws = self._ws
        with suppress(ConnectionClosed, OSError):
            ws.close(GOING_AWAY, "The server stops")
        ws.line.close()
        ws.event.set()

    def _write(self) -> None:
        while (frame := self._frames.get()) is not None:
            try:
                self._ws.send(dumps(frame).decode())
            except (ConnectionClosed, OSError):
                break
            except Exception:
                log.exception("a frame could not be written")
