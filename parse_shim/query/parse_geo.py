"""The geo words of a where: `$nearSphere`, `$within`, `$geoWithin`, `$geoIntersects` (contract/02, section 6).

Points in queries must lie on the globe; a stored point need not.
"""

from __future__ import annotations

import math

from parse_shim.errors import Code, ParseError
from parse_shim.query.ast import NOTHING, And, Near, Node, PolygonContains, WithinBox, WithinPolygon, WithinSphere
from parse_shim.query.limits import Reader
from parse_shim.values.geo import EARTH_KILOMETERS, EARTH_MILES, in_range
from parse_shim.values.types import GeoPoint, Json

DISTANCES: dict[str, float] = {
    "$maxDistance": 1.0,
    "$maxDistanceInRadians": 1.0,
    "$maxDistanceInMiles": EARTH_MILES,
    "$maxDistanceInKilometers": EARTH_KILOMETERS,
}
"""Word -> how much of its unit is one radian."""


def near_sphere(reader: Reader, path: str, argument: Json, words: dict[str, Json]) -> Node:
    """Near, with the distance words that stand beside it; of several the smallest."""
    point = _point(argument, "bad $nearSphere value", typed=False)
    radii = [_distance(word, words[word]) for word in DISTANCES if word in words]
    if not reader.near_allowed:
        # Inside $or and $nor there is no order to give: it says which objects, no more.
        return WithinSphere(path, point, min(radii, default=math.pi))
    if reader.near_seen:
        raise ParseError(Code.INVALID_QUERY, "only one $nearSphere can be used in a query")
    reader.near_seen = True
    return Near(path, point, min(radii, default=None))


def max_distance(reader: Reader, path: str, argument: Json, words: dict[str, Json]) -> None:
    """Read by near_sphere; alone it is a mistake."""
    if "$nearSphere" not in words:
        raise _bad("$maxDistance can only be used with $nearSphere")


def within(reader: Reader, path: str, argument: Json, words: dict[str, Json]) -> Node:
    box = argument.get("$box") if isinstance(argument, dict) else None
    if not isinstance(box, list) or len(box) != 2:
        raise _bad("malformatted $within arg")
    a, b = (_point(corner, "malformatted $within arg", typed=False) for corner in box)
    return WithinBox(
        path,
        GeoPoint(min(a.latitude, b.latitude), min(a.longitude, b.longitude)),
        GeoPoint(max(a.latitude, b.latitude), max(a.longitude, b.longitude)),
    )


def geo_within(reader: Reader, path: str, argument: Json, words: dict[str, Json]) -> Node:
    if not isinstance(argument, dict):
        raise _bad("bad $geoWithin value")
    parts: list[Node] = []
    if "$polygon" in argument:
        parts.append(WithinPolygon(path, _polygon(argument["$polygon"])))
    if "$centerSphere" in argument:
        parts.append(_center_sphere(path, argument["$centerSphere"]))
    if not parts:
        return NOTHING
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def geo_intersects(reader: Reader, path: str, argument: Json, words: dict[str, Json]) -> Node:
    point = argument.get("$point") if isinstance(argument, dict) else None
    return PolygonContains(path, _point(point, "bad $geoIntersect value; $point should be GeoPoint"))


def _polygon(value: Json) -> tuple[GeoPoint, ...]:
    if isinstance(value, dict) and value.get("__type") == "Polygon":
        coordinates = value.get("coordinates")
        if not isinstance(coordinates, list) or len(coordinates) < 3:
            raise _bad("bad $geoWithin value; Polygon.coordinates should contain at least 3 lon/lat pairs")
    elif isinstance(value, list):
        coordinates = value
        if len(coordinates) < 3:
            raise _bad("bad $geoWithin value; $polygon should contain at least 3 GeoPoints")
    else:
        raise _bad("bad $geoWithin value; $polygon should be Polygon object or Array of Parse.GeoPoint's")
    points = [_point_or_pair(item, "bad $geoWithin value") for item in coordinates]
    if points[0] == points[-1]:
        points.pop()
    if len(set(points)) < 3:
        raise _bad("bad $geoWithin value; $polygon should contain at least 3 GeoPoints")
    return tuple(points)


def _center_sphere(path: str, value: Json) -> Node:
    if not isinstance(value, list) or len(value) != 2:
        raise _bad("bad $geoWithin value; $centerSphere should be an array of Parse.GeoPoint and distance")
    point = _point_or_pair(value[0], "bad $geoWithin value; $centerSphere geo point invalid")
    radians = value[1]
    if not _is_number(radians) or not 0 <= radians < float("inf"):
        raise _bad("bad $geoWithin value; $centerSphere distance invalid")
    return WithinSphere(path, point, radians)


def _distance(word: str, value: Json) -> float:
    if not _is_number(value) or not 0 <= value < float("inf"):
        raise _bad(f"bad {word} value")
    return float(value) / DISTANCES[word]


def _point_or_pair(value: Json, text: str) -> GeoPoint:
    """A GeoPoint object, or [longitude, latitude]."""
    if isinstance(value, list) and len(value) >= 2:
        return _checked(value[1], value[0], text)
    return _point(value, text)


def _point(value: Json, text: str, *, typed: bool = True) -> GeoPoint:
    if not isinstance(value, dict) or (typed and value.get("__type") != "GeoPoint"):
        raise _bad(text)
    return _checked(value.get("latitude"), value.get("longitude"), text)


def _checked(latitude: Json, longitude: Json, text: str) -> GeoPoint:
    if not _is_number(latitude) or not _is_number(longitude):
        raise _bad(text)
    if not in_range(latitude, longitude):
        raise _bad(f"{text}; latitude should be within 90 and longitude within 180 degrees")
    return GeoPoint(latitude, longitude)


def _is_number(value: Json) -> bool:
    return type(value) is int or type(value) is float


def _bad(text: str) -> ParseError:
    return ParseError(Code.INVALID_JSON, text)
