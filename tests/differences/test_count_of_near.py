"""Counting a near query with a distance in miles or kilometres, or with none: parse-server 500, here the count."""

import pytest

POINT = {"__type": "GeoPoint", "latitude": 1, "longitude": 2}


@pytest.mark.parametrize("distance", [{}, {"$maxDistanceInKilometers": 50}, {"$maxDistanceInMiles": 50}, {"$maxDistance": 0.01}])
def test_a_near_query_is_counted(web, distance):
    web.create("A", at=POINT)
    where = {"at": {"$nearSphere": POINT, **distance}}
    assert web("POST", "/classes/A", {"_method": "GET", "where": where, "count": 1, "limit": 0}).json["count"] == 1
