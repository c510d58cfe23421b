"""Geometry on the globe (distances) and on the flat longitude/latitude map (boxes, polygons).

The server divides miles by 3959 and kilometres by 6371 (contract/02, section 6); SDKs send radians
and divide by 3958.8.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from parse_shim.values.types import GeoPoint, Json

EARTH_MILES = 3959.0
EARTH_KILOMETERS = 6371.0
_CROSSING_CHECK = 250
"""Polygons of more points are not checked for crossing themselves: the check is quadratic, 30 ms for 250 points."""


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees; south <= north and west <= east always."""

    south: float
    west: float
    north: float
    east: float


def radians_between(a: GeoPoint, b: GeoPoint) -> float:
    """Angle between two points seen from the middle of the globe (haversine)."""
    lat1, lat2 = math.radians(a.latitude), math.radians(b.latitude)
    h = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin(math.radians(b.longitude - a.longitude) / 2) ** 2
    )
    return 2 * math.asin(math.sqrt(min(1.0, max(0.0, h))))


def in_range(latitude: Json, longitude: Json) -> bool:
    """Numbers, latitude within ±90 and longitude within ±180. Queries ask for it, saves do not."""
    return _is_number(latitude) and _is_number(longitude) and -90 <= latitude <= 90 and -180 <= longitude <= 180


def bounding_boxes(center: GeoPoint, radians: float) -> list[Box]:
    """Boxes that cover every point within `radians` of `center`; two when the date line is crossed.

    A little too large on purpose (1e-4 degrees): R*Tree rounds to 32-bit floats, the exact test follows.
    Source: "Finding points within a distance of a latitude/longitude", Matuschek, section 3.
    """
    pad = 1e-4
    reach = math.degrees(radians) + pad
    south, north = center.latitude - reach, center.latitude + reach
    if south <= -90 or north >= 90 or radians >= math.pi / 2:
        return [Box(max(south, -90.0), -180.0, min(north, 90.0), 180.0)]
    width = math.degrees(math.asin(min(1.0, math.sin(radians) / math.cos(math.radians(center.latitude))))) + pad
    west, east = center.longitude - width, center.longitude + width
    if east - west >= 360:
        return [Box(south, -180.0, north, 180.0)]
    if west < -180:
        return [Box(south, west + 360, north, 180.0), Box(south, -180.0, north, east)]
    if east > 180:
        return [Box(south, west, north, 180.0), Box(south, -180.0, north, east - 360)]
    return [Box(south, west, north, east)]


def point_in_polygon(point: GeoPoint, points: Sequence[GeoPoint]) -> bool:
    """On the flat map, border included. `points` may be closed or open."""
    x, y = point.longitude, point.latitude
    inside = False
    previous = points[-1]
    for current in points:
        x1, y1, x2, y2 = previous.longitude, previous.latitude, current.longitude, current.latitude
        if _on_segment(x, y, x1, y1, x2, y2):
            return True
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
        previous = current
    return inside


def ring(coordinates: Json) -> tuple[tuple[float, float], ...]:
    """A closed ring from a list of [latitude, longitude] lists; a third coordinate is dropped.

    Raises ValueError with a text for people: not a list, out of range, under three different points, crossing itself.
    """
    if not isinstance(coordinates, list):
        raise ValueError("coordinates should be a list")
    points = [_pair(item) for item in coordinates]
    if points[0] != points[-1]:
        points.append(points[0])
    if len(set(points)) < 3:
        raise ValueError("GeoJSON: Loop must have at least 3 different vertices")
    if len(points) <= _CROSSING_CHECK and _crosses_itself(points):
        raise ValueError("edges cross each other")
    return tuple(points)


def _pair(item: Json) -> tuple[float, float]:
    if not isinstance(item, list) or len(item) < 2 or not in_range(item[0], item[1]):
        raise ValueError("each point should be [latitude, longitude] within 90 and 180 degrees")
    return item[0], item[1]


def _is_number(value: Json) -> bool:
    return (type(value) is int or type(value) is float) and value == value


def _on_segment(x: float, y: float, x1: float, y1: float, x2: float, y2: float) -> bool:
    if not (min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2)):
        return False
    return abs((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)) <= 1e-12 * max(1.0, abs(x2 - x1) + abs(y2 - y1))


def _crosses_itself(points: Sequence[tuple[float, float]]) -> bool:
    edges = [(a, b) for a, b in itertools.pairwise(points) if a != b]
    last = len(edges) - 1
    for i, (a, b) in enumerate(edges):
        for j in range(i + 2, len(edges)):
            if not (i == 0 and j == last) and _properly_cross(a, b, *edges[j]):
                return True
    return False


def _properly_cross(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]
) -> bool:
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: tuple[float, float], b: tuple[float, float], p: tuple[float, float]) -> float:
    """Above 0 when `p` is left of the line from `a` to `b`, below 0 when right."""
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
