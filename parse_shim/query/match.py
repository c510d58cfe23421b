"""matches(node, doc): what a query means. The memory engine and LiveQuery run on it, SQLite falls back to it.

Source: contract/02, sections 2 to 7; lists are entered as MongoDB does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from parse_shim.errors import Code, ParseError
from parse_shim.ids import now as this_instant
from parse_shim.query import ast
from parse_shim.query.ast import Node
from parse_shim.query.regex import found_in
from parse_shim.query.relative_time import RelativeTime
from parse_shim.query.text import text_matches
from parse_shim.values.compare import compare, equal
from parse_shim.values.geo import point_in_polygon, radians_between
from parse_shim.values.paths import walk
from parse_shim.values.types import MISSING, Doc, GeoPoint, Polygon


def matches(node: Node, doc: Doc, now: datetime | None = None) -> bool:
    """Does `doc` satisfy `node`? `now` is only needed for a `$relativeTime` that was not bound.

    Raises ParseError 102 for a regular expression that takes too long, 107 for nodes that need a query first.
    """
    return _MATCHERS[type(node)](node, doc, now)


def point_at(doc: Doc, path: str) -> list[GeoPoint]:
    """The points stored at `path`, as column or inside Objects."""
    return [point for value in _values(doc, path) if (point := _as_point(value)) is not None]


# -- logic --------------------------------------------------------------------------------------------------------------


def _and(node: ast.And, doc: Doc, now: datetime | None) -> bool:
    for part in node.parts:  # noqa: SIM110 -- half the time of all() over a generator
        if not _MATCHERS[type(part)](part, doc, now):
            return False
    return True


def _or(node: ast.Or, doc: Doc, now: datetime | None) -> bool:
    for part in node.parts:  # noqa: SIM110
        if _MATCHERS[type(part)](part, doc, now):
            return True
    return False


def _not(node: ast.Not, doc: Doc, now: datetime | None) -> bool:
    return not _MATCHERS[type(node.part)](node.part, doc, now)


# -- values -------------------------------------------------------------------------------------------------------------


def _eq(node: ast.Eq, doc: Doc, now: datetime | None) -> bool:
    return _holds(walk(doc, node.path), node.value, _closed(doc, node.path))


def _in(node: ast.In, doc: Doc, now: datetime | None) -> bool:
    found, closed = walk(doc, node.path), _closed(doc, node.path)
    return any(_holds(found, value, closed) for value in node.values)


def _all(node: ast.All, doc: Doc, now: datetime | None) -> bool:
    found, closed = walk(doc, node.path), _closed(doc, node.path)
    return bool(node.values) and all(_holds(found, value, closed) for value in node.values)


def _closed(doc: Doc, path: str) -> list[list[Any]]:
    """Lists that a position in a list leads to: MongoDB does not look into them (`arr.0` is 1 does not find [[1, 2]])."""
    before, dot, last = path.rpartition(".")
    if not dot or not last.isdecimal():
        return []
    outer = [item for item in walk(doc, before) if type(item) is list]
    inner = [item[int(last)] for item in outer if int(last) < len(item)]
    return [item for item in inner if type(item) is list]


def _holds(found: Iterable[Any], value: Any, closed: list[list[Any]]) -> bool:
    """One of the values found is equal to `value`, or is a list (none of the `closed`) with an element equal to it."""
    for item in found:
        if value is None and item is MISSING:
            return True
        if equal(item, value):
            return True
        if type(item) is list and not _is_one_of(item, closed) and any(equal(element, value) for element in item):
            return True
    return False


def _is_one_of(item: list[Any], lists: list[list[Any]]) -> bool:
    return any(item is one for one in lists)


def _eq_fold(node: ast.EqFold, doc: Doc, now: datetime | None) -> bool:
    wanted = node.value.lower()
    return any(isinstance(value, str) and value.lower() == wanted for value in walk(doc, node.path))


def _compare(node: ast.Compare, doc: Doc, now: datetime | None) -> bool:
    value: Any = node.value
    if value is None:
        return node.op in ("lte", "gte") and _holds(walk(doc, node.path), None, _closed(doc, node.path))
    if isinstance(value, RelativeTime):
        value = (now or this_instant()) + timedelta(seconds=value.seconds)
    accepts = _ACCEPTS[node.op]
    return any((sign := compare(item, value)) is not None and accepts(sign) for item in _values(doc, node.path))


_ACCEPTS: dict[str, Callable[[int], bool]] = {
    "lt": lambda sign: sign < 0,
    "lte": lambda sign: sign <= 0,
    "gt": lambda sign: sign > 0,
    "gte": lambda sign: sign >= 0,
}


def _contained_by(node: ast.ContainedBy, doc: Doc, now: datetime | None) -> bool:
    return all(
        any(equal(element, value) for value in node.values) for item in walk(doc, node.path) if type(item) is list for element in item
    )


def _exists(node: ast.Exists, doc: Doc, now: datetime | None) -> bool:
    return any(item is not MISSING for item in walk(doc, node.path))


def _regex(node: ast.Regex, doc: Doc, now: datetime | None) -> bool:
    return any(isinstance(value, str) and found_in(node.pattern, node.options, value) for value in _values(doc, node.path))


def _text(node: ast.Text, doc: Doc, now: datetime | None) -> bool:
    return text_matches(node, [value for value in _values(doc, node.path) if isinstance(value, str)])


def _values(doc: Doc, path: str) -> list[Any]:
    """Every value at the path, lists and their elements."""
    found, closed = walk(doc, path), _closed(doc, path)
    for item in list(found):
        if type(item) is list and not _is_one_of(item, closed):
            found = [*found, *item]
    return found


# -- geo ----------------------------------------------------------------------------------------------------------------


def _near(node: ast.Near, doc: Doc, now: datetime | None) -> bool:
    points = point_at(doc, node.path)
    if node.max_radians is None:
        return bool(points)
    return any(radians_between(node.point, point) <= node.max_radians for point in points)


def _sphere(node: ast.WithinSphere, doc: Doc, now: datetime | None) -> bool:
    return any(radians_between(node.point, point) <= node.radians for point in point_at(doc, node.path))


def _box(node: ast.WithinBox, doc: Doc, now: datetime | None) -> bool:
    low, high = node.south_west, node.north_east
    return any(
        low.latitude <= point.latitude <= high.latitude and low.longitude <= point.longitude <= high.longitude
        for point in point_at(doc, node.path)
    )


def _polygon(node: ast.WithinPolygon, doc: Doc, now: datetime | None) -> bool:
    return any(point_in_polygon(point, node.points) for point in point_at(doc, node.path))


def _polygon_contains(node: ast.PolygonContains, doc: Doc, now: datetime | None) -> bool:
    return any(
        point_in_polygon(node.point, [GeoPoint(latitude, longitude) for latitude, longitude in value.coordinates])
        for value in _values(doc, node.path)
        if isinstance(value, Polygon)
    )


def _as_point(value: Any) -> GeoPoint | None:
    if type(value) is GeoPoint:
        return value
    if type(value) is dict and value.get("__type") == "GeoPoint":
        latitude, longitude = value.get("latitude"), value.get("longitude")
        if isinstance(latitude, (int, float)) and isinstance(longitude, (int, float)):
            return GeoPoint(latitude, longitude)
    return None


# -- permission ---------------------------------------------------------------------------------------------------------


def _readable(node: ast.Readable, doc: Doc, now: datetime | None) -> bool:
    return _permits(doc, node.subjects, "read")


def _writable(node: ast.Writable, doc: Doc, now: datetime | None) -> bool:
    return _permits(doc, node.subjects, "write")


def _permits(doc: Doc, subjects: tuple[str, ...], right: str) -> bool:
    acl = doc.get("ACL")
    if acl is None:
        return True
    for subject in subjects:
        entry = acl.get(subject)
        if entry and entry.get(right):
            return True
    return False


def _needs_query(node: Any, doc: Doc, now: datetime | None) -> bool:
    raise ParseError(Code.INVALID_JSON, f"bad constraint: {type(node).__name__} cannot be evaluated here")


_MATCHERS: dict[type, Callable[[Any, Doc, datetime | None], bool]] = {
    ast.And: _and,
    ast.Or: _or,
    ast.AnyPattern: _or,
    ast.Not: _not,
    ast.Eq: _eq,
    ast.EqFold: _eq_fold,
    ast.Compare: _compare,
    ast.In: _in,
    ast.All: _all,
    ast.ContainedBy: _contained_by,
    ast.Exists: _exists,
    ast.Regex: _regex,
    ast.Text: _text,
    ast.Near: _near,
    ast.WithinSphere: _sphere,
    ast.WithinBox: _box,
    ast.WithinPolygon: _polygon,
    ast.PolygonContains: _polygon_contains,
    ast.InQuery: _needs_query,
    ast.Select: _needs_query,
    ast.RelatedTo: _needs_query,
    ast.Readable: _readable,
    ast.Writable: _writable,
}
