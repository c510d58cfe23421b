"""Node -> filter document.

Values never become code: every comparison names its operator, so a stored or sent `{"$gt": ...}` stays a value.
"""

from __future__ import annotations

import re
from typing import Any, assert_never

from parse_shim.query.ast import (
    All,
    And,
    Compare,
    ContainedBy,
    Eq,
    EqFold,
    Exists,
    In,
    InQuery,
    Near,
    Node,
    Not,
    Or,
    PolygonContains,
    Readable,
    Regex,
    RelatedTo,
    Select,
    Text,
    WithinBox,
    WithinPolygon,
    WithinSphere,
    Writable,
)
from parse_shim.storage.mongo import geo
from parse_shim.storage.mongo.layout import Layout
from parse_shim.values.types import File, GeoPoint, Pointer, Value

Filter = dict[str, Any]

NOTHING: Filter = {"_id": {"$in": []}}
_LETTERS = "imxs"


def compile_where(node: Node, layout: Layout) -> Filter:
    """The filter for `node`. Near stands for its circle: what orders by nearness is storage/mongo/near.py."""
    match node:
        case And(parts):
            return _all_of([compile_where(part, layout) for part in parts])
        case Or(parts):
            return _any_of([compile_where(part, layout) for part in parts])
        case Not(part):
            return _negate(part, layout)
        case Eq(path, value):
            return _equal(path, value, layout)
        case EqFold(path, text):
            return {layout.path(path): {"$regex": f"^{re.escape(text)}$", "$options": "i"}}
        case Compare(path, op, value):
            return _compare(path, op, value, layout)
        case In(path, values):
            return {layout.path(path): {"$in": operands(path, values, layout)}}
        case All(path, values):
            return _all(path, values, layout)
        case ContainedBy(path, values):
            return _contained_by(path, values, layout)
        case Exists(path):
            return _any_of([{name: {"$exists": True}} for name in _stored(path, layout)])
        case Regex(path, pattern, options):
            return _regex(path, pattern, options, layout)
        case Text():
            return _text(node)
        case Near() | WithinSphere():
            return geo.within(layout.path(node.path), node.point, geo.circle(node))
        case WithinBox(path, south_west, north_east):
            return _box(layout.path(path), south_west, north_east)
        case WithinPolygon(path, points):
            return geo.polygon(layout.path(path), points)
        case PolygonContains(path, point):
            return geo.contains(layout.path(path), point)
        case Readable(subjects):
            return {"_rperm": {"$in": [None, *subjects]}}
        case Writable(subjects):
            return {"_wperm": {"$in": [None, *subjects]}}
        case InQuery() | Select() | RelatedTo():
            raise AssertionError(f"{type(node).__name__} must be replaced before an engine sees it")
        case _:
            assert_never(node)


def operands(path: str, values: tuple[Value, ...], layout: Layout) -> list[Any]:
    """The values of a list condition as they are stored at `path`."""
    if path == "objectId":
        return [one for value in values for one in layout.object_ids(value)]
    return [layout.value(path, value) for value in values if _fits(path, value, layout)]


def uses(node: Node, kinds: type | tuple[type, ...]) -> bool:
    """Does a node of one of these kinds stand anywhere in the tree?"""
    if isinstance(node, And | Or):
        return any(uses(part, kinds) for part in node.parts)
    return uses(node.part, kinds) if isinstance(node, Not) else isinstance(node, kinds)


def _all_of(filters: list[Filter]) -> Filter:
    filters = [one for one in filters if one]
    merged: Filter = {}
    for one in filters:
        if merged.keys() & one.keys():
            return {"$and": filters}
        merged |= one
    return merged


def _any_of(filters: list[Filter]) -> Filter:
    if not filters:
        return dict(NOTHING)
    return filters[0] if len(filters) == 1 else {"$or": filters}


def _negate(part: Node, layout: Layout) -> Filter:
    """The short forms can use an index; `$nor` says the same for everything."""
    match part:
        case Not(inner):
            return compile_where(inner, layout)
        case Eq(path, value) if path != "objectId" and _fits(path, value, layout):
            return {layout.path(path): {"$ne": layout.value(path, value)}}
        case In(path, values):
            return {layout.path(path): {"$nin": operands(path, values, layout)}}
    condition = compile_where(part, layout)
    return {"$nor": [condition]} if condition else dict(NOTHING)


def _equal(path: str, value: Value, layout: Layout) -> Filter:
    if path == "objectId":
        ids = layout.object_ids(value)
        return {"_id": {"$eq": ids[0]} if len(ids) == 1 else {"$in": ids}}
    if not _fits(path, value, layout):
        return dict(NOTHING)
    return {layout.path(path): {"$eq": layout.value(path, value)}}


def _fits(path: str, value: Value, layout: Layout) -> bool:
    """Points are stored as arrays and files as texts: a single number, or a text, must not be found in them."""
    kind = _FITTING.get(layout.cls.kind(path) or "")
    return kind is None or value is None or isinstance(value, kind)


_FITTING: dict[str, type] = {"GeoPoint": GeoPoint, "File": File}


def _all(path: str, values: tuple[Value, ...], layout: Layout) -> Filter:
    if not all(_fits(path, value, layout) for value in values):
        return dict(NOTHING)
    return {layout.path(path): {"$all": operands(path, values, layout)}}


def _compare(path: str, op: str, value: Value, layout: Layout) -> Filter:
    kind = layout.cls.kind(path)
    if kind in ("GeoPoint", "Polygon"):
        # They have no order, and MongoDB would compare how they are stored.
        return _equal(path, value, layout) if op in ("lte", "gte") else dict(NOTHING)
    if not _fits(path, value, layout) or (kind == "Pointer" and not isinstance(value, Pointer | None)):
        return dict(NOTHING)
    stored = layout.object_id(value) if path == "objectId" else layout.value(path, value)
    return {layout.path(path): {f"${op}": stored}}


def _contained_by(path: str, values: tuple[Value, ...], layout: Layout) -> Filter:
    if layout.cls.kind(path) == "GeoPoint":
        return {}
    return {layout.path(path): {"$not": {"$elemMatch": {"$nin": operands(path, values, layout)}}}}


def _stored(path: str, layout: Layout) -> tuple[str, ...]:
    if path == "ACL":
        return ("_rperm", "_wperm")
    return (layout.path(path),) if "." in path else layout.paths(path)


def _regex(path: str, pattern: str, options: str, layout: Layout) -> Filter:
    if layout.cls.kind(path) in ("Pointer", "File"):
        return dict(NOTHING)
    letters = "".join(letter for letter in _LETTERS if letter in options)
    # MongoDB puts the pattern in brackets; a comment or quotation at its end would swallow the closing one.
    condition: Filter = {"$regex": _ended(pattern) + ("\n" if "x" in letters else "")}
    if letters:
        condition["$options"] = letters
    return {layout.path(path): condition}


def _ended(pattern: str) -> str:
    """With `\\E` after a `\\Q` that is never closed."""
    at = 0
    while (at := pattern.find("\\", at)) >= 0:
        if pattern[at + 1 : at + 2] != "Q":
            at += 2
        elif (end := pattern.find("\\E", at)) < 0:
            return pattern + "\\E"
        else:
            at = end + 2
    return pattern


def _text(node: Text) -> Filter:
    search: Filter = {"$search": node.term}
    if node.language is not None:
        search["$language"] = node.language
    if node.case_sensitive:
        search["$caseSensitive"] = True
    if node.diacritic_sensitive:
        search["$diacriticSensitive"] = True
    return {"$text": search}


def _box(path: str, one: GeoPoint, other: GeoPoint) -> Filter:
    west, east = sorted((one.longitude, other.longitude))
    south, north = sorted((one.latitude, other.latitude))
    return geo.box(path, west, south, east, north)
