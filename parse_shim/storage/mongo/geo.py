"""Circles on the globe for a flat index.

*Measured* on MongoDB 6.0: with a `2d` index, `$nearSphere` loses what lies beyond longitude ±180 and `$centerSphere` finds 911
of 1,249 points, or none, when its circle touches that line. Circles that do are therefore asked for as flat boxes (which
the index answers exactly) together with the distance as an expression.
"""

from __future__ import annotations

import math
from typing import Any

from parse_shim.query.ast import And, Near, Node, WithinSphere
from parse_shim.values.geo import bounding_boxes
from parse_shim.values.types import GeoPoint

Filter = dict[str, Any]

RINGS = (0.02, 0.1, 0.5, math.inf)
"""Radii, in radians, in which a near query without a maximum looks one after the other."""
DISTANCE = "__distance"


def ordering(where: Node) -> Near | None:
    """The nearness that orders a find: it stands alone or inside the topmost And."""
    if isinstance(where, Near):
        return where
    if isinstance(where, And):
        return next((part for part in where.parts if isinstance(part, Near)), None)
    return None


def without(where: Node, near: Near) -> Node:
    """The other conditions."""
    if isinstance(where, And):
        return And(tuple(part for part in where.parts if part is not near))
    return And(())


def is_safe(point: GeoPoint, radians: float) -> bool:
    """Does MongoDB's own bounding box of the circle stay clear of the date line and the poles?

    Its box is wider than need be: the reach in degrees over the cosine of the latitude nearest to a pole."""
    reach = math.degrees(radians)
    latitude = abs(point.latitude) + reach
    return latitude < 89 and abs(point.longitude) + reach / math.cos(math.radians(latitude)) < 179.9


def within(path: str, point: GeoPoint, radians: float | None) -> Filter:
    """Documents with a point at most `radians` away; None: with any point."""
    if radians is None or radians >= math.pi:
        return {f"{path}.1": {"$type": "number"}}
    if is_safe(point, radians):
        return {path: {"$geoWithin": {"$centerSphere": [[point.longitude, point.latitude], radians]}}}
    boxes = [box(path, one.west, one.south, one.east, one.north) for one in bounding_boxes(point, radians)]
    inside = {"$expr": {"$lte": [distance(path, point), radians]}}
    return {"$and": [boxes[0] if len(boxes) == 1 else {"$or": boxes}, inside]}


def near(path: str, point: GeoPoint, radians: float) -> Filter:
    """The filter that the `2d` index answers nearest first; only for circles that are safe."""
    return {path: {"$nearSphere": [point.longitude, point.latitude], "$maxDistance": radians}}


def box(path: str, west: float, south: float, east: float, north: float) -> Filter:
    return {path: {"$geoWithin": {"$box": [[west, south], [east, north]]}}}


def polygon(path: str, points: tuple[GeoPoint, ...]) -> Filter:
    return {path: {"$geoWithin": {"$polygon": [[p.longitude, p.latitude] for p in points]}}}


def contains(path: str, point: GeoPoint) -> Filter:
    shape = {"type": "Point", "coordinates": [point.longitude, point.latitude]}
    return {path: {"$geoIntersects": {"$geometry": shape}}}


def circle(node: Near | WithinSphere) -> float | None:
    """Radius of either node, None for any distance."""
    return node.max_radians if isinstance(node, Near) else node.radians


def distance(path: str, point: GeoPoint) -> Any:
    """Expression: radians from `point` to the stored one (haversine); greater than any distance where there is none."""
    longitude: Any = {"$arrayElemAt": [f"${path}", 0]}
    latitude: Any = {"$arrayElemAt": [f"${path}", 1]}
    numbers = {"$and": [{"$isNumber": longitude}, {"$isNumber": latitude}]}
    half_lat = {"$divide": [{"$degreesToRadians": {"$subtract": [latitude, point.latitude]}}, 2]}
    half_lng = {"$divide": [{"$degreesToRadians": {"$subtract": [longitude, point.longitude]}}, 2]}
    cosines = {"$multiply": [math.cos(math.radians(point.latitude)), {"$cos": {"$degreesToRadians": latitude}}]}
    h = {"$add": [_square({"$sin": half_lat}), {"$multiply": [cosines, _square({"$sin": half_lng})]}]}
    angle = {"$multiply": [2, {"$asin": {"$sqrt": {"$min": [1, {"$max": [0, h]}]}}}]}
    # Nested, not $and: the parts of $and may be computed in any order, and $arrayElemAt fails on what is no array.
    measured = {"$cond": [numbers, angle, 100]}
    return {"$cond": [{"$isArray": f"${path}"}, measured, 100]}


def _square(expression: Any) -> Any:
    return {"$pow": [expression, 2]}
