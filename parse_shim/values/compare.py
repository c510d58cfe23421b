"""Equality, order and type brackets of Values: the one definition (contract/02, sections 1 and 2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from parse_shim.values.paths import walk
from parse_shim.values.types import MISSING, File, GeoPoint, Included, Pointer, Polygon, Relation

Bracket = Literal["null", "number", "text", "object", "array", "bytes", "boolean", "date", "pointer", "geo"]

_BRACKETS: dict[type, Bracket] = {
    type(None): "null",
    type(MISSING): "null",
    int: "number",
    float: "number",
    str: "text",
    dict: "object",
    list: "array",
    tuple: "array",
    bytes: "bytes",
    bool: "boolean",
    datetime: "date",
    Pointer: "pointer",
    File: "text",
    GeoPoint: "geo",
    Polygon: "geo",
    Relation: "object",
    Included: "object",
}

_RANKS: dict[Bracket, int] = {
    "null": 1,
    "number": 2,
    "text": 3,
    "pointer": 3,
    "object": 4,
    "geo": 5,
    "array": 6,
    "bytes": 7,
    "boolean": 8,
    "date": 9,
}


def bracket(value: Any) -> Bracket:
    """Only values of one bracket are ever equal or comparable."""
    return _BRACKETS.get(type(value), "object")


def equal(a: Any, b: Any) -> bool:
    """Same type and value: 1 is not true, "2" is not 2. Key order does not matter; null and MISSING differ."""
    kind = type(a)
    if kind is not type(b):
        if kind in _NUMBERS and type(b) in _NUMBERS:
            return bool(a == b)
        return _equal_forms(a, b)
    if kind is dict:
        return len(a) == len(b) and all(key in b and equal(item, b[key]) for key, item in a.items())
    if kind is list:
        return len(a) == len(b) and all(map(equal, a, b))
    return bool(a == b)


def same_element(a: Any, b: Any) -> bool:
    """`equal`, but Objects also need one order of keys: what AddUnique and Remove go by (contract/01, section 9)."""
    if type(a) is dict and type(b) is dict:
        return list(a) == list(b) and all(same_element(item, b[key]) for key, item in a.items())
    if type(a) is list and type(b) is list:
        return len(a) == len(b) and all(map(same_element, a, b))
    return equal(a, b)


def compare(a: Any, b: Any) -> int | None:
    """Below 0, 0 or above 0; None when the two are of different brackets or have no order."""
    first = bracket(a)
    if first != bracket(b):
        return None
    if first in ("geo", "null"):
        return 0 if equal(a, b) else None
    left, right = _plain_key(a, first), _plain_key(b, first)
    return int(left > right) - int(left < right)


def sort_key(value: Any, descending: bool = False) -> tuple[Any, ...]:
    """Orders mixed types ascending: null and missing, numbers, text, objects, bytes, booleans, dates.

    An array sorts by its smallest element, by its largest when `descending`; an empty one sorts first.
    """
    if type(value) is list:
        if not value:
            return (0, 0)
        keys = [_inner_key(item) for item in value]
        return max(keys) if descending else min(keys)
    return _element_key(value)


def path_key(doc: Mapping[str, Any], path: str, descending: bool = False) -> tuple[Any, ...]:
    """`sort_key` of what stands at a dotted path; of several values met through lists the smallest or largest.

    Values sort as what MongoDB keeps of them: a point in a column as the array [longitude, latitude], a pointer inside an object as
    an object.
    """
    inside = "." in path
    keys = [_stored_key(value, inside, descending) for value in walk(doc, path)] or [sort_key(None)]
    return max(keys) if descending else min(keys)


_NUMBERS = frozenset((int, float))


def _equal_forms(a: Any, b: Any) -> bool:
    """A GeoPoint, Polygon or File inside an Object is a dict, in a column a value of its class."""
    if type(a) is dict and type(b) in _FORMS:
        a, b = b, a
    if type(b) is not dict or type(a) not in _FORMS:
        return False
    if type(a) is GeoPoint:
        return (
            b.get("__type") == "GeoPoint"
            and equal(b.get("latitude"), a.latitude)
            and equal(b.get("longitude"), a.longitude)
        )
    if type(a) is File:
        return b.get("__type") == "File" and b.get("name") == a.name
    return b.get("__type") == "Polygon" and b.get("coordinates") == [list(point) for point in a.coordinates]


_FORMS = frozenset((GeoPoint, File, Polygon))


def _stored_key(value: Any, inside: bool, descending: bool) -> tuple[Any, ...]:
    if inside and type(value) is Pointer:
        return _inner_key(value)
    if type(value) is GeoPoint:
        return sort_key([value.longitude, value.latitude], descending)
    return sort_key(value, descending)


def _inner_key(value: Any) -> tuple[Any, ...]:
    """The key of a value inside an array or object."""
    if type(value) is Pointer:
        value = {"__type": "Pointer", "className": value.class_name, "objectId": value.object_id}
    return _element_key(value)


def _element_key(value: Any) -> tuple[Any, ...]:
    kind = bracket(value)
    return (_RANKS[kind], _plain_key(value, kind))


def _plain_key(value: Any, kind: Bracket) -> Any:
    match kind:
        case "null":
            return 0
        case "pointer":
            return value.text
        case "text":
            return value.name if type(value) is File else value
        case "bytes":
            return (len(value), value)
        case "array":
            return tuple(_inner_key(item) for item in value)
        case "geo":
            return (0, value.longitude, value.latitude) if type(value) is GeoPoint else (1, value.coordinates)
        case "object":
            return tuple((rank, key, inner) for key, item in _items(value) for rank, inner in (_inner_key(item),))
        case _:
            return value


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if type(value) is dict else []
