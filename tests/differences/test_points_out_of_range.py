"""Points out of range and distances below zero in queries: parse-server 500, here 107."""

import pytest

from tests.web.world import error

POINT = {"__type": "GeoPoint", "latitude": 1, "longitude": 2}
AWAY = {**POINT, "latitude": 91}


@pytest.mark.parametrize(
    "condition",
    [
        {"$nearSphere": AWAY},
        {"$nearSphere": None},
        {"$nearSphere": [1, 2]},
        {"$nearSphere": POINT, "$maxDistance": -1},
        {"$nearSphere": POINT, "$maxDistance": "far"},
        {"$maxDistance": 1},
        {"$within": {"$box": [[1, 2], [3, 4]]}},
        {"$geoWithin": {"$centerSphere": [AWAY, 1]}},
        {"$geoWithin": {"$polygon": [AWAY, POINT, {**POINT, "longitude": 50}]}},
        {"$geoIntersects": {"$point": AWAY}},
    ],
    ids=str,
)
def test_a_place_that_is_nowhere(web, condition):
    web.create("A", at=POINT)
    assert error(web("POST", "/classes/A", {"_method": "GET", "where": {"at": condition}}))[:2] == (400, 107)
