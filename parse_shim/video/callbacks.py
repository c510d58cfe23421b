"""Session monitoring callbacks: is this one genuine, and what does it say? Pure; the route is web's.

Anyone who learns the URL can post "the call ended". So a callback counts only with a valid signature (JWT HS256 over
the body's SHA-256) when a signature secret is set, and with the unguessable part of the path when that is set.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

MAX_BODY_BYTES = 64 * 1024
# the vendor repeats a callback for 24 hours
MAX_AGE_SECONDS = 25 * 3600
MAX_AHEAD_SECONDS = 300

SESSION_EVENTS = ("sessionCreated", "sessionDestroyed", "sessionNotification")
CONNECTION_EVENTS = ("connectionCreated", "connectionDestroyed")
STREAM_EVENTS = ("streamCreated", "streamDestroyed")


class CallbackRefused(Exception):
    """A callback that must not be acted on. `status` is the HTTP answer: 400, 401, 404 or 413."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class CallbackKeys:
    """How callbacks of `project` (API key or application id) are told from forged ones.

    With neither secret everything is refused, unless `open` says that anybody may post.
    """

    project: str
    signature_secret: str = field(default="", repr=False)
    path_secret: str = field(default="", repr=False)
    open: bool = False


@dataclass(frozen=True, slots=True)
class VideoEvent:
    """A genuine callback about our project. The session may be unknown to us, and the event late or repeated.

    `kind` is the vendor's event name; `connection_id`, `data` (the connection data of its token), `stream_id` and
    `reason` are empty where the event has none. `at_ms` is the vendor's time of the event, 0 when it gave none.
    """

    kind: str
    session_id: str
    at_ms: int
    reason: str = ""
    connection_id: str = ""
    data: str = ""
    stream_id: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """The same for repeated deliveries of one event. A session id is used again, so its events carry their time."""
        return self.session_id, self.kind, self.stream_id or self.connection_id or str(self.at_ms)

    @property
    def may_come_back(self) -> bool:
        """Was the client cut off rather than gone? Then the call is given some time to recover."""
        return self.reason in ("networkDisconnected", "serverRotation")


def read_callback(body: bytes, *, authorization: str | None, path_secret: str | None, keys: CallbackKeys, now: float) -> VideoEvent | None:
    """The event in `body`; None for what is answered 200 without an effect (probes, other projects, unknown events).

    `authorization` is the header's text, `path_secret` the last part of the request's path, `now` seconds since 1970.
    Raises CallbackRefused.
    """
    _check_size(body)
    _check_path(path_secret, keys)
    # the dashboard probes the URL without a signature before it accepts it
    if body.strip() in (b"", b"{}"):
        return None
    _check_signature(body, authorization, keys, now)
    message = _message(body)
    # archive callbacks really send a number
    if str(message.get("projectId")) != keys.project:
        return None
    return _event(message)


def sign_callback(body: bytes, secret: str, project: str, now: int) -> str:
    """The Authorization header that goes with `body`, for the emulator and tests."""
    import jwt  # with cryptography 20 ms of a start: only who signs or checks takes them

    claims = {
        "iat": now,
        "jti": str(uuid.uuid4()),
        "iss": "Vonage",
        "application_id" if "-" in project else "api_key": project,
        "payload_hash": hashlib.sha256(body).hexdigest(),
    }
    return "Bearer " + jwt.encode(claims, secret, algorithm="HS256")


def _check_size(body: bytes) -> None:
    if len(body) > MAX_BODY_BYTES:
        raise CallbackRefused(413, "callback body too large")


def _check_path(given: str | None, keys: CallbackKeys) -> None:
    if keys.path_secret:
        if not hmac.compare_digest((given or "").encode(), keys.path_secret.encode()):
            raise CallbackRefused(404, "not found")
    elif not keys.signature_secret and not keys.open:
        raise CallbackRefused(404, "not found")


def _check_signature(body: bytes, authorization: str | None, keys: CallbackKeys, now: float) -> None:
    if not keys.signature_secret:
        return
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise CallbackRefused(401, "callback without signature")
    claims = _claims(token.strip(), keys.signature_secret)
    _check_age(claims.get("iat"), now)
    digest = hashlib.sha256(body).hexdigest()
    if not hmac.compare_digest(str(claims.get("payload_hash", "")).lower().encode(), digest.encode()):
        raise CallbackRefused(401, "callback body does not fit its signature")
    for name in ("api_key", "application_id"):
        if str(claims.get(name, keys.project)) != keys.project:
            raise CallbackRefused(401, "callback signed for another project")


def _claims(token: str, secret: str) -> dict[str, Any]:
    """Claims of a genuine signature. Its own expiry is not asked: a repetition may be a day old."""
    import jwt

    times: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
    try:
        return jwt.decode(token, secret, algorithms=["HS256"], options=times)
    except (jwt.PyJWTError, ValueError):
        raise CallbackRefused(401, "callback signature is not valid") from None


def _check_age(issued_at: object, now: float) -> None:
    if isinstance(issued_at, bool) or not isinstance(issued_at, (int, float)):
        raise CallbackRefused(401, "callback signature has no time")
    if not -MAX_AHEAD_SECONDS <= now - issued_at <= MAX_AGE_SECONDS:
        raise CallbackRefused(401, "callback signature is too old or from the future")


def _message(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise CallbackRefused(400, "callback body is not JSON") from None
    if not isinstance(message, dict):
        raise CallbackRefused(400, "callback body is not an object")
    return message


def _event(message: dict[str, Any]) -> VideoEvent | None:
    """None for events we have no use for and for malformed ones: a refusal would be repeated for a day."""
    kind, session_id = message.get("event"), _text(message, "sessionId")
    stream = _part(message, "stream") if kind in STREAM_EVENTS else {}
    holder = stream if kind in STREAM_EVENTS else message
    connection = {} if kind in SESSION_EVENTS else _part(holder, "connection")
    event = VideoEvent(
        kind=kind if isinstance(kind, str) else "",
        session_id=session_id,
        at_ms=_milliseconds(message.get("timestamp")),
        reason=_text(message, "reason"),
        connection_id=_text(connection, "id"),
        data=_text(connection, "data"),
        stream_id=_text(stream, "id"),
    )
    return event if session_id and _is_whole(event) else None


def _is_whole(event: VideoEvent) -> bool:
    if event.kind in SESSION_EVENTS:
        return True
    if event.kind in CONNECTION_EVENTS:
        return bool(event.connection_id)
    return event.kind in STREAM_EVENTS and bool(event.stream_id)


def _part(message: dict[str, Any], name: str) -> dict[str, Any]:
    part = message.get(name)
    return part if isinstance(part, dict) else {}


def _text(message: dict[str, Any], name: str) -> str:
    value = message.get(name)
    return value if isinstance(value, str) else ""


def _milliseconds(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
