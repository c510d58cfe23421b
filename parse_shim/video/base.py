"""What a video service is to the rest of the server: the protocol, its one error, the small values it answers with."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

# The project of the fake and of the local emulator.
FAKE_KEY = "10000001"
FAKE_SECRET = "0123456789abcdef0123456789abcdef01234567"

ROLES = ("publisher", "subscriber", "moderator", "publisheronly")

MAX_DATA_CHARACTERS = 1000
MAX_SIGNAL_TYPE_BYTES = 128
MAX_SIGNAL_DATA_BYTES = 8192

ConnectionData = str | Mapping[str, object] | None

# ids are put into URL paths unescaped by the SDK
_ID = re.compile(r"[A-Za-z0-9_~.-]{1,255}\Z")


class VideoError(Exception):
    """A video call that did not work; the text says why, may be shown to users and holds no secret.

    `status` is the HTTP status the service answered with, as far as it is known.
    """

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Connection:
    """One client in a session. `state` is `Connected` or `Connecting`; `created_ms` is absent when unreadable."""

    id: str
    state: str
    created_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """One published stream. `video_type` is `camera`, `screen` or `custom`, empty for audio only."""

    id: str
    name: str = ""
    video_type: str = ""


class VideoService(Protocol):
    """OpenTok as cloud code sees it (`request.video`). Every method may raise VideoError and nothing else."""

    @property
    def api_key(self) -> str:
        """What clients pass to `initSession`: the API key, or the application id of the unified environment."""
        ...

    def describe(self) -> str:
        """One line for people: which service this is. No secrets."""
        ...

    def create_session(self, *, routed: bool = False) -> str:
        """A new session id. Relayed by default; `routed` goes through the media server. Costs nothing while unused."""
        ...

    def token(self, session_id: str, role: str, data: ConnectionData = None) -> str:
        """A fresh token; no network. `role` is one of ROLES; `data` (up to 1000 characters) is seen by all clients."""
        ...

    def disconnect(self, session_id: str, connection_id: str) -> bool:
        """Throw a client out; False when it was not connected (any more)."""
        ...

    def connections(self, session_id: str) -> list[Connection]:
        """Who is connected now, at most 1000; [] when nobody is or the session was never used."""
        ...

    def streams(self, session_id: str) -> list[Stream]:
        """What is published now; [] when nothing is. Not promised to be filled for relayed sessions."""
        ...

    def signal(self, session_id: str, type: str, data: str, connection_id: str | None = None) -> bool:
        """Send a signal to one client or to all; False when nobody is there to hear it."""
        ...


def data_text(data: ConnectionData) -> str | None:
    """Connection data as the text that goes into a token, None for nothing: client libraries expect text."""
    if data is None or data == "":
        return None
    text = data if isinstance(data, str) else _compact_json(data)
    if len(text) > MAX_DATA_CHARACTERS:
        raise VideoError(f"the connection data has {len(text)} characters, more than {MAX_DATA_CHARACTERS}")
    return text


def _compact_json(data: object) -> str:
    if not isinstance(data, Mapping):
        raise VideoError(f"connection data must be text or an object, not {type(data).__name__}")
    try:
        return json.dumps(dict(data), separators=(",", ":"), ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise VideoError("the connection data cannot be written as JSON") from error


def check_role(role: str) -> None:
    if role not in ROLES:
        raise VideoError(f"unknown token role {role!r}; roles are {', '.join(ROLES)}")


def check_id(what: str, value: object) -> str:
    """`value` itself when it can be an id of the video service; VideoError naming `what` otherwise."""
    if not isinstance(value, str) or not _ID.match(value):
        raise VideoError(f"not a {what} id")
    return value


def check_signal(type: object, data: object) -> None:
    """The vendor's limits; beyond them it answers 413, which the SDK does not tell from other errors."""
    if not isinstance(type, str) or not isinstance(data, str):
        raise VideoError("type and data of a signal must be text")
    if len(type.encode()) > MAX_SIGNAL_TYPE_BYTES:
        raise VideoError(f"the signal type is longer than {MAX_SIGNAL_TYPE_BYTES} bytes", status=413)
    if len(data.encode()) > MAX_SIGNAL_DATA_BYTES:
        raise VideoError(f"the signal data is longer than {MAX_SIGNAL_DATA_BYTES} bytes", status=413)
