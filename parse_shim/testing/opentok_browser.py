"""The browser half of the local OpenTok: a stand-in for OpenTok.js, and the WebSocket it talks to.

The library is served under the vendor's paths (`/v2/js/opentok.min.js`, `/webrtc/v2.2/js/opentok.min.js`), so a page needs only
another host name. Messages are JSON objects. From the client: `do` is connect, signal, publish, unpublish or
disconnect; `id` comes back with the answer. To the client: `event` is connected, done, error, disconnected, signal, or
one of the monitoring events that concern everybody in the session.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request
from simple_websocket import ConnectionClosed, Server

from parse_shim.testing.opentok_state import Client, Event, Published, Refused, Signal, State

SOCKET = "/_socket"
SCRIPTS = ("/v2/js/opentok.min.js", "/v2/js/opentok.js", "/v2.2/js/opentok.min.js", "/webrtc/v2.2/js/opentok.min.js")
BROWSER = (SOCKET, *SCRIPTS)
LIBRARY = Path(__file__).with_name("opentok_browser.js")

BAD_MESSAGE = 1461
_CLEAN = (1000, 1001)
_TELLING = ("connectionCreated", "connectionDestroyed", "streamCreated", "streamDestroyed")

Message = dict[str, Any]


class Socket:
    """One page's connection to one session. Messages come from several threads; frames must not mix."""

    def __init__(self, wire: Server) -> None:
        self.client: Client | None = None
        self._wire = wire
        self._sending = threading.Lock()

    def send(self, message: Message) -> None:
        with self._sending:
            try:
                self._wire.send(json.dumps(message))
            except ConnectionClosed:
                pass  # its own thread finds out

    def close(self) -> None:
        try:
            self._wire.close()
        except ConnectionClosed:
            pass


class Sockets:
    """All sockets that are in a session, told of what happens there."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._joined: dict[str, Socket] = {}

    def join(self, socket: Socket, client: Client) -> None:
        with self._lock:
            socket.client = client
            self._joined[client.id] = socket

    def leave(self, client: Client) -> None:
        with self._lock:
            self._joined.pop(client.id, None)

    def tell(self, event: Event) -> None:
        """An event of the service. The client that was disconnected hears that instead."""
        if event["event"] not in _TELLING:
            return
        gone = self._own_end(event)
        for socket in self._in(str(event["sessionId"])):
            socket.send({"event": event["event"], **{k: event[k] for k in ("connection", "stream", "reason") if k in event}})
        if gone is not None:
            gone.send({"event": "disconnected", "reason": event.get("reason", "")})
            gone.close()

    def heard(self, signal: Signal) -> None:
        for socket in self._in(signal.session_id):
            assert socket.client is not None
            if signal.to in ("", socket.client.id):
                socket.send({"event": "signal", "type": signal.type, "data": signal.data, "from": signal.sender})

    def close(self) -> None:
        with self._lock:
            sockets = list(self._joined.values())
            self._joined.clear()
        for socket in sockets:
            socket.close()

    def _own_end(self, event: Event) -> Socket | None:
        connection: Any = event.get("connection")
        if event["event"] != "connectionDestroyed" or connection is None:
            return None
        with self._lock:
            return self._joined.pop(str(connection["id"]), None)

    def _in(self, session_id: str) -> list[Socket]:
        with self._lock:
            return [socket for socket in self._joined.values() if socket.client and socket.client.session_id == session_id]


def browser_routes(state: State, sockets: Sockets) -> Blueprint:
    routes = Blueprint("browser", __name__)
    for number, path in enumerate(SCRIPTS):
        routes.add_url_rule(path, f"library{number}", _library)

    @routes.route(SOCKET, websocket=True)
    def socket() -> Response:
        wire = Server.accept(request.environ, ping_interval=20)
        talk(Socket(wire), wire, state, sockets)
        return Upgraded()

    return routes


class Upgraded(Response):
    """No answer: the socket had it. werkzeug takes a ConnectionError for a client that went away, and writes nothing."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionError


def _library() -> Response:
    return Response(LIBRARY.read_bytes(), mimetype="text/javascript", headers={"Access-Control-Allow-Origin": "*"})


def talk(socket: Socket, wire: Server, state: State, sockets: Sockets) -> None:
    """Until the page goes."""
    reason = "networkDisconnected"
    try:
        while True:
            message = _read(wire.receive())
            if message.get("do") == "disconnect":
                reason = "clientDisconnected"
                break
            _answer(socket, message, state, sockets)
    except ConnectionClosed as closed:
        if closed.reason in _CLEAN:
            reason = "clientDisconnected"
    finally:
        if socket.client is not None:
            state.disconnect(socket.client.id, reason)
            sockets.leave(socket.client)
        socket.close()


def _read(text: Any) -> Message:
    try:
        message = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return message if isinstance(message, dict) else {}


def _answer(socket: Socket, message: Message, state: State, sockets: Sockets) -> None:
    action = ACTIONS.get(str(message.get("do")))
    try:
        if action is None:
            raise Refused(BAD_MESSAGE, "Unknown message")
        found = action(socket, message, state, sockets)
    except Refused as refused:
        socket.send({"event": "error", "id": message.get("id"), "code": refused.code, "text": str(refused)})
    else:
        socket.send({"event": "done", "id": message.get("id"), **found})


def _connect(socket: Socket, message: Message, state: State, sockets: Sockets) -> Message:
    """The page learns who is there before anything else happens in the session."""
    if socket.client is not None:
        raise Refused(BAD_MESSAGE, "Already connected")
    with state.locked():
        client = state.connect(str(message.get("token")), str(message.get("sessionId")))
        session = state.sessions[client.session_id]
        socket.send(
            {
                "event": "connected",
                "connection": client.shape(),
                "role": client.role,
                "connections": [other.shape() for other in session.clients.values()],
                "streams": [stream.shape() for stream in session.streams.values()],
            }
        )
        sockets.join(socket, client)
    return {}


def _publish(socket: Socket, message: Message, state: State, sockets: Sockets) -> Message:
    stream: Published = state.publish(_id(socket), str(message.get("name") or ""), str(message.get("videoType") or ""))
    return {"stream": stream.shape()}


def _unpublish(socket: Socket, message: Message, state: State, sockets: Sockets) -> Message:
    state.unpublish(str(message.get("streamId")))
    return {}


def _signal(socket: Socket, message: Message, state: State, sockets: Sockets) -> Message:
    state.signal(_id(socket), str(message.get("type") or ""), str(message.get("data") or ""), str(message.get("to") or ""))
    return {}


def _id(socket: Socket) -> str:
    return socket.client.id if socket.client is not None else ""


ACTIONS: dict[str, Callable[[Socket, Message, State, Sockets], Message]] = {
    "connect": _connect,
    "publish": _publish,
    "unpublish": _unpublish,
    "signal": _signal,
}
