"""Values inside Objects and Arrays to BSON and back. Also reads what other programs may have stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bson import Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from parse_shim.errors import ParseError
from parse_shim.values.codec import decode_nested, encode, number
from parse_shim.values.types import File, GeoPoint, Pointer, Polygon, Relation

_LARGEST_EXACT = 2**53
"""Beyond it a JavaScript server gets an object instead of a number from an int64; a double is what it writes itself."""

_AS_IS = frozenset((str, bool, type(None), datetime, bytes))
_JSON = frozenset((str, int, bool, type(None), datetime, bytes))


def to_bson(value: Any) -> Any:
    """A Value at any depth as the driver takes it. Always a new container."""
    kind = type(value)
    if kind in _AS_IS:
        return value
    if kind is int:
        return value if -_LARGEST_EXACT <= value <= _LARGEST_EXACT else _double(value)
    if kind is dict:
        return {key: item if type(item) in _AS_IS else to_bson(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [item if type(item) in _AS_IS else to_bson(item) for item in value]
    if kind is float:
        return int(value) if value.is_integer() and abs(value) <= _LARGEST_EXACT else number(value)
    if kind is Pointer:
        return {"__type": "Pointer", "className": value.class_name, "objectId": value.object_id}
    if kind in (GeoPoint, File, Polygon, Relation):
        return to_bson(encode(value))
    if isinstance(value, datetime):
        return value
    if isinstance(value, Mapping):
        return {key: to_bson(item) for key, item in value.items()}
    return value


def _double(value: int) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None


def from_bson(value: Any) -> Any:
    """What the driver gives, as a Value: Pointers, Dates and Bytes in REST form too, other people's types as near as JSON can."""
    kind = type(value)
    if kind in _JSON:
        return value
    if kind is dict:
        inner = {key: item if type(item) in _JSON else from_bson(item) for key, item in value.items()}
        return decoded(inner) if "__type" in inner else inner
    if kind is list:
        return [item if type(item) in _JSON else from_bson(item) for item in value]
    if kind is float:
        return number(value)
    reader = _FOREIGN.get(kind)
    if reader is not None:
        return reader(value)
    if isinstance(value, bytes):
        return bytes(value)
    return from_bson(dict(value)) if isinstance(value, Mapping) else str(value)


def decoded(value: Any) -> Any:
    """REST forms to Values; a date beyond Python's years stays as it is stored."""
    try:
        return decode_nested(value)
    except ParseError:
        return value


_FOREIGN: Mapping[type, Callable[[Any], Any]] = {
    Int64: int,
    ObjectId: str,
    Decimal128: lambda value: number(float(value.to_decimal())),
    Timestamp: lambda value: value.as_datetime().replace(tzinfo=None),
    Regex: lambda value: value.pattern,
    Code: str,
    DBRef: lambda value: {"$ref": value.collection, "$id": from_bson(value.id)},
    MinKey: lambda _: None,
    MaxKey: lambda _: None,
}
