"""What the emulated video service knows: sessions, who is connected, what is published, which signals were sent.

Each change tells the monitoring callbacks that the vendor would post about it.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from parse_shim.video.tokens import BadToken, ProjectKeys, Token, make_session_id, read_token, session_owner

AUTHENTICATION_ERROR = 1004
BAD_SESSION = 1005
NOT_CONNECTED = 1010
MAY_NOT_PUBLISH = 1500
MAY_NOT_SIGNAL = 1510

_PUBLISHERS = ("publisher", "publisheronly", "moderator")
_SIGNALLERS = ("publisher", "subscriber", "moderator")

Event = dict[str, object]


class Refused(Exception):
    """What a client library would report: `code` is the vendor's number for it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(slots=True)
class Client:
    """A connected client; `data` is the connection data of its token."""

    id: str
    session_id: str
    role: str
    data: str
    created_ms: int

    def shape(self) -> dict[str, object]:
        return {"id": self.id, "createdAt": self.created_ms, "data": self.data}


@dataclass(slots=True)
class Published:
    """A stream; `video_type` is empty for audio only."""

    id: str
    client: Client
    name: str
    video_type: str
    created_ms: int

    def shape(self) -> dict[str, object]:
        shape: dict[str, object] = {
            "id": self.id,
            "connection": self.client.shape(),
            "createdAt": self.created_ms,
            "name": self.name,
        }
        return shape | ({"videoType": self.video_type} if self.video_type else {})


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal somebody sent: `sender` is a connection id, empty for the REST call; `to` is empty for everybody."""

    session_id: str
    type: str
    data: str
    sender: str = ""
    to: str = ""


@dataclass(slots=True)
class Session:
    id: str
    routed: bool
    clients: dict[str, Client] = field(default_factory=dict)
    streams: dict[str, Published] = field(default_factory=dict)
    muted: bool = False


class State:
    """All sessions of the project. Thread-safe. With a `file`, known session ids survive a restart.

    `tell` learns of every change, `heard` of every signal, both in order and under the lock."""

    def __init__(
        self,
        keys: ProjectKeys,
        clock: Callable[[], float],
        tell: Callable[[Event], None],
        file: Path | None = None,
        heard: Callable[[Signal], None] = lambda signal: None,
    ) -> None:
        self.keys = keys
        self._heard = heard
        self._clock = clock
        self._tell = tell
        self._file = file
        self._lock = threading.RLock()
        self.sessions: dict[str, Session] = {}
        self.signals: list[Signal] = []
        for session_id, routed in _saved(file):
            self.sessions[session_id] = Session(session_id, routed)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nothing happens inside the block but what its owner does."""
        with self._lock:
            yield

    def create(self, project: str, *, routed: bool) -> Session:
        session = Session(make_session_id(project, self._now_ms()), routed)
        with self._lock:
            self.sessions[session.id] = session
            if self._file:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                with self._file.open("a", encoding="utf-8") as out:
                    out.write(json.dumps({"id": session.id, "routed": routed}) + "\n")
        return session

    def connect(self, token: str, session_id: str | None = None) -> Client:
        """A client joins, as `session.connect(token)` does. Raises Refused(1004 or 1005)."""
        checked = self._check(token, session_id)
        with self._lock:
            session = self.sessions.get(checked.session_id)
            if session is None:
                raise Refused(BAD_SESSION, "Session is not known")
            client = Client(str(uuid.uuid4()), session.id, checked.role, checked.data, self._now_ms())
            first = not session.clients
            session.clients[client.id] = client
            if first:
                self._event(session.id, "sessionCreated")
            self._event(session.id, "connectionCreated", connection=client.shape())
        return client

    def publish(self, connection_id: str, name: str = "", video_type: str = "camera") -> Published:
        """A client publishes. Raises Refused for a role that may not: on today's platform that is `subscriber`."""
        with self._lock:
            client = self.client(connection_id)
            if client.role not in _PUBLISHERS:
                raise Refused(MAY_NOT_PUBLISH, f"The token's role {client.role} may not publish")
            stream = Published(str(uuid.uuid4()), client, name, video_type, self._now_ms())
            self.sessions[client.session_id].streams[stream.id] = stream
            self._event(client.session_id, "streamCreated", stream=stream.shape())
        return stream

    def unpublish(self, stream_id: str, reason: str = "clientDisconnected") -> bool:
        """False when there is no such stream."""
        with self._lock:
            for session in self.sessions.values():
                if stream := session.streams.pop(stream_id, None):
                    self._event(session.id, "streamDestroyed", reason=reason, stream=stream.shape())
                    return True
        return False

    def signal(self, connection_id: str, type: str, data: str, to: str = "") -> Signal:
        """A client sends a signal. Raises Refused for `publisheronly`."""
        with self._lock:
            client = self.client(connection_id)
            if client.role not in _SIGNALLERS:
                raise Refused(MAY_NOT_SIGNAL, f"The token's role {client.role} may not signal")
            signal = Signal(client.session_id, type, data, connection_id, to)
            self.signals.append(signal)
            self._heard(signal)
        return signal

    def signal_from_server(self, session_id: str, type: str, data: str, to: str = "") -> bool:
        """The REST call; False when nobody is there to hear it."""
        with self._lock:
            session = self.sessions.get(session_id)
            if session is None or not session.clients or (to and to not in session.clients):
                return False
            signal = Signal(session_id, type, data, "", to)
            self.signals.append(signal)
            self._heard(signal)
        return True

    def disconnect(self, connection_id: str, reason: str = "clientDisconnected") -> bool:
        """A client leaves or is thrown out; False when it is not there. The session ends with its last client."""
        with self._lock:
            for session in self.sessions.values():
                if client := session.clients.pop(connection_id, None):
                    self._gone(session, client, reason)
                    if not session.clients:
                        self._event(session.id, "sessionDestroyed", reason=reason)
                    return True
        return False

    def close(self, session_id: str, reason: str = "forceDisconnected") -> bool:
        """The whole session dies, as when a media server does. The id can be used again. False when unknown."""
        with self._lock:
            session = self.sessions.get(session_id)
            if session is None:
                return False
            for client in list(session.clients.values()):
                del session.clients[client.id]
                self._gone(session, client, reason)
            self._event(session_id, "sessionDestroyed", reason=reason)
        return True

    def client(self, connection_id: str) -> Client:
        with self._lock:
            for session in self.sessions.values():
                if connection_id in session.clients:
                    return session.clients[connection_id]
        raise Refused(NOT_CONNECTED, "Not connected")

    def clear(self) -> None:
        """Forget everything, the file included. Nothing is told."""
        with self._lock:
            self.sessions.clear()
            self.signals.clear()
            if self._file:
                self._file.unlink(missing_ok=True)

    def _check(self, token: str, session_id: str | None) -> Token:
        try:
            checked = read_token(token, self.keys, self._clock())
        except BadToken as error:
            raise Refused(AUTHENTICATION_ERROR, f"{error} ({AUTHENTICATION_ERROR})") from error
        if session_id is not None and session_owner(session_id) is None:
            raise Refused(BAD_SESSION, "Invalid session id")
        if session_id is not None and session_id != checked.session_id:
            raise Refused(AUTHENTICATION_ERROR, "The token is for another session")
        return checked

    def _gone(self, session: Session, client: Client, reason: str) -> None:
        for stream in [each for each in session.streams.values() if each.client is client]:
            del session.streams[stream.id]
            self._event(session.id, "streamDestroyed", reason=reason, stream=stream.shape())
        self._event(session.id, "connectionDestroyed", reason=reason, connection=client.shape())

    def _event(self, session_id: str, event: str, **members: object) -> None:
        project = session_owner(session_id)
        self._tell({"sessionId": session_id, "projectId": project, "event": event, "timestamp": self._now_ms()} | members)

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _saved(file: Path | None) -> Iterator[tuple[str, bool]]:
    """Session ids of an earlier run; a line that was cut off by a kill is skipped."""
    if file is None or not file.exists():
        return
    for line in file.read_text("utf-8").splitlines():
        try:
            saved = json.loads(line)
            yield str(saved["id"]), bool(saved["routed"])
        except (ValueError, KeyError, TypeError):
            continue
