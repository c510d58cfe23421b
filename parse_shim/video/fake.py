"""A video service in memory for tests: well-formed ids, real tokens, every call remembered, failures on demand."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from parse_shim import ids
from parse_shim.video.base import FAKE_KEY as FAKE_KEY
from parse_shim.video.base import FAKE_SECRET as FAKE_SECRET
from parse_shim.video.base import (
    Connection,
    ConnectionData,
    Stream,
    VideoError,
    check_id,
    check_role,
    check_signal,
    data_text,
)
from parse_shim.video.tokens import ProjectKeys, make_jwt, make_session_id, session_owner


@dataclass(frozen=True, slots=True)
class FakeCall:
    """One call: the method's name and its arguments in order, defaults included."""

    name: str
    arguments: tuple[object, ...] = ()


@dataclass(slots=True)
class FakeSession:
    """What the fake knows of a session: connection id -> (connection data, since ms), and streams."""

    routed: bool
    connections: dict[str, tuple[str, int]] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)


class FakeVideo:
    """VideoService without a network. `calls` holds what was asked, `sessions` what exists."""

    def __init__(self, api_key: str = FAKE_KEY, api_secret: str = FAKE_SECRET, *, token_ttl_seconds: int = 7200) -> None:
        self.api_key = api_key
        self.api_secret = api_secret
        self.token_ttl_seconds = token_ttl_seconds
        self.calls: list[FakeCall] = []
        self.sessions: dict[str, FakeSession] = {}
        self.signals: list[tuple[str, str, str, str | None]] = []
        self._failures: list[tuple[str | None, VideoError]] = []

    @property
    def keys(self) -> ProjectKeys:
        """For `tokens.read_token`."""
        return ProjectKeys(api_key=self.api_key, api_secret=self.api_secret)

    def fail_next(
        self,
        text: str = "the video service refused the connection",
        *,
        times: int = 1,
        on: str | None = None,
        status: int | None = None,
    ) -> None:
        """Let the next `times` calls (of the method `on`, or of any) raise VideoError(text, status)."""
        self._failures += [(on, VideoError(text, status))] * times

    def count(self, name: str) -> int:
        """How often the method `name` was called, failures included."""
        return sum(call.name == name for call in self.calls)

    def connect(self, session_id: str, data: ConnectionData = None) -> str:
        """A client appears in the session; returns its connection id."""
        connection_id = str(uuid.uuid4())
        self._session(session_id).connections[connection_id] = (data_text(data) or "", _now_ms())
        return connection_id

    def publish(self, session_id: str, name: str = "", video_type: str = "camera") -> str:
        """A stream appears in the session; returns its id."""
        stream = Stream(id=str(uuid.uuid4()), name=name, video_type=video_type)
        self._session(session_id).streams[stream.id] = stream
        return stream.id

    def describe(self) -> str:
        return f"fake in memory, API key {self.api_key}"

    def create_session(self, *, routed: bool = False) -> str:
        self._note("create_session", routed)
        session_id = make_session_id(self.api_key, _now_ms())
        self.sessions[session_id] = FakeSession(routed)
        return session_id

    def token(self, session_id: str, role: str, data: ConnectionData = None) -> str:
        self._note("token", session_id, role, data)
        check_role(role)
        if session_owner(check_id("session", session_id)) != self.api_key:
            raise VideoError("the session does not belong to this video project")
        return make_jwt(
            self.api_key,
            self.api_secret,
            session_id,
            role=role,
            data=data_text(data),
            now=int(ids.timestamp()),
            ttl_seconds=self.token_ttl_seconds,
        )

    def disconnect(self, session_id: str, connection_id: str) -> bool:
        self._note("disconnect", session_id, connection_id)
        return self._known(session_id).connections.pop(check_id("connection", connection_id), None) is not None

    def connections(self, session_id: str) -> list[Connection]:
        self._note("connections", session_id)
        found = self._known(session_id).connections
        return [Connection(id, "Connected", since) for id, (_, since) in found.items()]

    def streams(self, session_id: str) -> list[Stream]:
        self._note("streams", session_id)
        return list(self._known(session_id).streams.values())

    def signal(self, session_id: str, type: str, data: str, connection_id: str | None = None) -> bool:
        self._note("signal", session_id, type, data, connection_id)
        check_signal(type, data)
        connected = self._known(session_id).connections
        if not connected or (connection_id is not None and connection_id not in connected):
            return False
        self.signals.append((session_id, type, data, connection_id))
        return True

    def _note(self, name: str, *arguments: object) -> None:
        self.calls.append(FakeCall(name, arguments))
        for at, (on, error) in enumerate(self._failures):
            if on is None or on == name:
                del self._failures[at]
                raise error

    def _known(self, session_id: str) -> FakeSession:
        """The session, or an empty one: the real service does not tell an unknown session from an unused one."""
        return self.sessions.get(check_id("session", session_id), FakeSession(False))

    def _session(self, session_id: str) -> FakeSession:
        return self.sessions.setdefault(session_id, FakeSession(False))


def _now_ms() -> int:
    return int(ids.timestamp() * 1000)
