"""Frames of clients, checked as data; and the frames they get. Source: contract/12, sections 2 to 4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parse_shim.errors import Code, ParseError
from parse_shim.values.codec import dumps, loads
from parse_shim.values.jsontext import TooDeep
from parse_shim.values.types import Json

SCHEMA = 1
UNKNOWN = 2
KEY = 4
"""Codes of this protocol's own errors: a frame that is not as it must be, an unknown client or subscription, a wrong key."""

CREDENTIALS = ("javascriptKey", "masterKey", "clientKey", "windowsKey", "restAPIKey")
_CONNECT: Mapping[str, str] = dict.fromkeys(("applicationId", *CREDENTIALS, "sessionToken", "installationId"), "string")
_SUBSCRIBE: Mapping[str, str] = {"requestId": "number", "query": "object", "sessionToken": "string"}
_NUMBERED: Mapping[str, str] = {"requestId": "number"}
_QUERY: Mapping[str, str] = {"className": "string", "where": "object", "keys": "array", "watch": "array", "fields": "array"}

OPS: Mapping[str, tuple[Mapping[str, str], tuple[str, ...]]] = {
    "connect": (_CONNECT, ("applicationId",)),
    "subscribe": (_SUBSCRIBE, ("requestId", "query")),
    "update": (_SUBSCRIBE, ("requestId", "query")),
    "unsubscribe": (_NUMBERED, ("requestId",)),
    "query": (_NUMBERED, ("requestId",)),
}
"""What each op may carry, and what it must."""


class FrameError(ParseError):
    """An error frame. `reconnect`: the client is to drop the connection and open another one. `request_id` None: of no subscription."""

    def __init__(self, code: int, message: Any, *, reconnect: bool = True, request_id: Json = None) -> None:
        super().__init__(code, message)
        self.reconnect = reconnect
        self.request_id = request_id


@dataclass(frozen=True, slots=True)
class Asked:
    """A subscription as a client asks for it. `keys` and `watch` None: not restricted."""

    request_id: int | float
    class_name: str
    where: dict[str, Json]
    keys: tuple[str, ...] | None
    watch: tuple[str, ...] | None
    session_token: str | None


def read_frame(text: str | bytes) -> dict[str, Json] | None:
    """The frame, checked; None for text that is no JSON, which is passed over. Raises FrameError 1."""
    if isinstance(text, bytes):
        raise FrameError(SCHEMA, "Binary frames are not understood")
    try:
        frame = loads(text)
    except TooDeep:
        raise FrameError(Code.INVALID_QUERY, "The message is nested too deeply", reconnect=False)
    except Exception:  # a lone surrogate: no JSON that anybody means
        return None
    if not isinstance(frame, dict):
        raise _wrong_type(frame, "object")
    if "op" not in frame:
        raise FrameError(SCHEMA, "Missing required property: op")
    op = frame["op"]
    if not isinstance(op, str) or op not in OPS:
        raise FrameError(SCHEMA, f"No enum match for: {dumps(op).decode()}")
    types, required = OPS[op]
    found = _checked({name: value for name, value in frame.items() if name != "op"}, types, required)
    query = found.get("query")
    if isinstance(query, dict):
        found["query"] = _checked(query, _QUERY, ("className", "where"))
    return {"op": op, **found}


def asked_of(frame: Mapping[str, Any]) -> Asked:
    """What a checked `subscribe` or `update` asks for. Android says `fields` for `keys`."""
    query = frame["query"]
    keys = query.get("keys") or query.get("fields")
    watch = query.get("watch")
    return Asked(
        frame["requestId"],
        query["className"],
        query["where"],
        None if keys is None else tuple(keys),
        None if watch is None else tuple(watch),
        frame.get("sessionToken") or None,
    )


def error_frame(error: ParseError, request_id: Json = None) -> dict[str, Json]:
    """An error as the client gets it. Errors of the server's rules and of hooks ask for no new connection."""
    reconnect = False
    if isinstance(error, FrameError):
        reconnect, request_id = error.reconnect, error.request_id
    return {"op": "error", "error": error.message, "code": error.code, "reconnect": reconnect, "requestId": request_id}


def _checked(found: dict[str, Json], types: Mapping[str, str], required: tuple[str, ...]) -> dict[str, Json]:
    """Without what is null: clients send it for what they do not have."""
    for name in required:
        if name not in found:
            raise FrameError(SCHEMA, f"Missing required property: {name}")
    if not found.keys() <= types.keys():
        raise FrameError(SCHEMA, "Additional properties not allowed")
    kept = {name: value for name, value in found.items() if value is not None or name in required}
    for name, value in kept.items():
        if not _is(value, types[name]):
            raise _wrong_type(value, types[name])
        if types[name] == "array":
            _check_names(value)
    return kept


def _check_names(names: Any) -> None:
    if not names:
        raise FrameError(SCHEMA, "Array is too short (0), minimum 1")
    seen: dict[str, int] = {}
    for number, name in enumerate(names):
        if not isinstance(name, str):
            raise _wrong_type(name, "string")
        if name in seen:
            raise FrameError(SCHEMA, f"Array items are not unique (indices {seen[name]} and {number})")
        seen[name] = number


def _is(value: Any, kind: str) -> bool:
    return _kind(value) == kind


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _wrong_type(value: Any, wanted: str) -> FrameError:
    return FrameError(SCHEMA, f"Invalid type: {_kind(value)} (expected {wanted})")
