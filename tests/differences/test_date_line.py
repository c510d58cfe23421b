"""A near query across longitude ±180: parse-server finds nothing beyond it, here the nearest comes first wherever it is."""

import pytest

from parse_shim.storage.open import open_engine
from tests.web.world import Web


def place(longitude):
    return {"__type": "GeoPoint", "latitude": 0, "longitude": longitude}


@pytest.mark.parametrize("uri", ["memory://", "sqlite://"])
def test_near_crosses_the_date_line(uri):
    web = Web(engine=open_engine(uri))
    for longitude in (170, 179.9):
        web.create("A", at=place(longitude))
    where = {"at": {"$nearSphere": place(-179.9), "$maxDistanceInKilometers": 2000}}
    answer = web("POST", "/classes/A", {"_method": "GET", "where": where, "count": 1})
    assert [row["at"]["longitude"] for row in answer.json["results"]] == [179.9, 170]
    assert answer.json["count"] == 2
