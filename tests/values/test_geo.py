import math
import random

import pytest

from parse_shim.values.geo import Box, bounding_boxes, point_in_polygon, radians_between
from parse_shim.values.types import GeoPoint

SQUARE = [GeoPoint(0, 0), GeoPoint(0, 10), GeoPoint(10, 10), GeoPoint(10, 0)]


def test_a_quarter_of_the_globe_is_half_pi():
    assert radians_between(GeoPoint(0, 0), GeoPoint(0, 90)) == pytest.approx(math.pi / 2)
    assert radians_between(GeoPoint(0, 179.9), GeoPoint(0, -179.9)) == pytest.approx(math.radians(0.2))


@pytest.mark.parametrize(
    "center", [GeoPoint(51.5, -0.1), GeoPoint(10, 179.95), GeoPoint(-20, -179.9), GeoPoint(89.9, 40), GeoPoint(-90, 0)]
)
def test_boxes_cover_every_point_within_the_distance(center):
    chance = random.Random(7)
    boxes = bounding_boxes(center, 0.05)
    assert all(box.west <= box.east for box in boxes)
    for _ in range(500):
        point = GeoPoint(chance.uniform(-90, 90), chance.uniform(-180, 180))
        near = GeoPoint(max(-90, min(90, center.latitude + chance.uniform(-4, 4))), point.longitude)
        if radians_between(center, near) <= 0.05:
            assert any(_holds(box, near) for box in boxes)


def test_a_box_at_the_date_line_is_two():
    assert len(bounding_boxes(GeoPoint(0, 179.99), 0.01)) == 2
    assert len(bounding_boxes(GeoPoint(0, 0), 0.01)) == 1


@pytest.mark.parametrize(
    "lat, lng, inside", [(5, 5, True), (0, 5, True), (10, 10, True), (11, 5, False), (5, -1, False)]
)
def test_a_polygon_holds_its_border(lat, lng, inside):
    assert point_in_polygon(GeoPoint(lat, lng), SQUARE) is inside
    assert point_in_polygon(GeoPoint(lat, lng), [*SQUARE, SQUARE[0]]) is inside


def _holds(box: Box, point: GeoPoint) -> bool:
    return box.south <= point.latitude <= box.north and box.west <= point.longitude <= box.east
