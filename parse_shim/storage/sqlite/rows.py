"""Docs and rows: `doc` is the object's wire JSON (JSONB), internals included; dates and permissions have columns too."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

from parse_shim.errors import ParseError
from parse_shim.values.codec import decode_column, decode_nested, encode_doc
from parse_shim.values.dates import parse_iso, to_ms
from parse_shim.values.jsontext import dumps
from parse_shim.values.types import Doc, Json

_PLAIN = frozenset((str, int, bool, type(None)))
_DATES = frozenset(("createdAt", "updatedAt"))

Row = tuple[str, int | None, int | None, str | None, str | None, bytes]


def to_row(doc: Doc) -> Row:
    """(oid, created, updated, rperm, wperm, JSON text)."""
    acl = doc.get("ACL")
    return (
        doc["objectId"],
        _ms(doc.get("createdAt")),
        _ms(doc.get("updatedAt")),
        None if acl is None else subjects_text(_with(acl, "read")),
        None if acl is None else subjects_text(_with(acl, "write")),
        dumps(encode_doc(doc, internal=True)),
    )


def from_text(text: str) -> Doc:
    """The Doc of a stored text."""
    wire: dict[str, Json] = orjson.loads(text)
    return {name: value if type(value) in _PLAIN else _decoded(name, value) for name, value in _dated(wire).items()}


def field_value(text: str) -> Any:
    """The Value of a column from its JSON text."""
    return _decoded("", orjson.loads(text))


def subjects_text(subjects: Iterable[str]) -> str:
    """`\\n*\\nu1\\n`: whether a subject is among them is one `instr` for its line."""
    lines = [line(subject) for subject in subjects]
    return "\n" + "".join(lines)


def line(subject: str) -> str:
    return subject.replace("\\", "\\\\").replace("\n", "\\n") + "\n"


def _with(acl: dict[str, Any], right: str) -> list[str]:
    return [subject for subject, rights in acl.items() if rights and rights.get(right)]


def _ms(moment: Any) -> int | None:
    return to_ms(moment) if isinstance(moment, datetime) else None


def _dated(wire: dict[str, Json]) -> dict[str, Any]:
    for name in _DATES:
        if isinstance(text := wire.get(name), str):
            wire[name] = parse_iso(text)
    return wire


def _decoded(name: str, value: Any) -> Any:
    if type(value) is dict and "__type" in value:
        try:
            return decode_column(value)
        except ParseError:
            # an Object column may hold a `__type` of its own making
            return decode_nested(value)
    return value if name == "ACL" or type(value) is datetime else decode_nested(value)
