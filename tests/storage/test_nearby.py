"""Near queries that remember how dense the points are: the answers stay those of plain geometry."""

import random
from collections.abc import Iterator

import pytest

from parse_shim.query.ast import EVERYTHING, And, Compare, Near, Readable
from parse_shim.query.options import FindOptions
from parse_shim.storage.base import Engine
from parse_shim.storage.mongo.engine import MongoEngine
from parse_shim.storage.nearby import Densities, distances
from parse_shim.storage.sqlite.engine import SqliteEngine
from parse_shim.testing.contract.common import a_class
from parse_shim.values.geo import radians_between
from parse_shim.values.types import GeoPoint

PLACES = a_class("Places", at="GeoPoint", n="Number")
TOWNS = [GeoPoint(40.7, -74.0), GeoPoint(40.1, -74.9), GeoPoint(37.7, -122.4)]


def points() -> list[GeoPoint]:
    """Two towns, crowded, and much of nothing between."""
    chance = random.Random(7)
    crowd = [GeoPoint(town.latitude + chance.gauss(0, 0.1), town.longitude + chance.gauss(0, 0.1)) for town in TOWNS for _ in range(150)]
    return crowd + [GeoPoint(chance.uniform(25, 49), chance.uniform(-124, -67)) for _ in range(150)]


@pytest.fixture(scope="module", params=["sqlite", "mongo"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    made: Engine = SqliteEngine() if request.param == "sqlite" else MongoEngine(request.getfixturevalue("module_mongo_uri"))
    made.save_class(PLACES)
    made.insert_all(PLACES, [{"objectId": f"p{n:03d}", "at": point, "n": n} for n, point in enumerate(points())])
    yield made
    made.close()


@pytest.mark.parametrize("radians", [None, 0.002, 0.05, 0.4])
@pytest.mark.parametrize(("limit", "skip"), [(1, 0), (20, 0), (20, 35), (100, 0), (1000, 0)])
def test_the_nearest_stay_the_nearest_however_often_one_asks(engine, radians, limit, skip):
    for center in [*TOWNS, GeoPoint(40.2, -74.5), GeoPoint(33, -100)] * 3:
        expected = sorted(away for at in points() if (away := radians_between(center, at)) <= (radians or 4))
        where = And((Near("at", center, radians), Readable(("*",))))
        found = [doc["at"] for doc in engine.find(PLACES, where, FindOptions(limit=limit, skip=skip))]
        assert [radians_between(center, at) for at in found] == pytest.approx(expected[skip : skip + limit])


def test_other_conditions_count(engine):
    where = And((Near("at", TOWNS[0], 0.05), Compare("n", "lt", 300)))
    for _ in range(3):
        found = engine.find(PLACES, where, FindOptions(limit=200))
        assert len(found) == 200
        assert all(doc["n"] < 300 for doc in found)


def test_keys_bring_no_more_than_was_asked_for(engine):
    for _ in range(3):
        found = engine.find(PLACES, Near("at", TOWNS[0], 0.05), FindOptions(limit=20, keys=frozenset({"n"})))
        assert len(found) == 20


def test_points_that_went_away_are_not_missed(mongo_uri):
    engine = MongoEngine(mongo_uri)
    engine.save_class(PLACES)
    docs = [{"objectId": f"p{n:03d}", "at": point, "n": n} for n, point in enumerate(points())]
    engine.insert_all(PLACES, docs)
    where = And((Near("at", TOWNS[0], 0.05), Readable(("*",))))
    for _ in range(2):
        assert len(engine.find(PLACES, where, FindOptions(limit=100))) == 100
    other = MongoEngine(mongo_uri)
    other.drop_class("Places")
    assert engine.find(PLACES, where, FindOptions(limit=100)) == []
    other.save_class(PLACES)
    other.insert(PLACES, docs[0])
    other.close()
    assert [doc["objectId"] for doc in engine.find(PLACES, where, FindOptions(limit=100))] == ["p000"]
    assert engine.delete(PLACES, EVERYTHING) == 1
    engine.close()


def test_what_was_learned_holds_around_the_place_alone():
    densities = Densities()
    densities.learn("C", "at", GeoPoint(10, 10), 0.1, 100)
    near = densities.radians("C", "at", GeoPoint(10.5, 10.5), 100)
    assert near is not None
    assert 0.1 < near < 0.15
    assert densities.radians("C", "at", GeoPoint(50, 10), 100) is None
    assert densities.radians("D", "at", GeoPoint(10, 10), 100) is None


@pytest.mark.parametrize(
    ("seconds", "found", "elsewhere_known"),
    [(60, 1000, False), (60, 10, False), (60, 200, True), (5, 1000, True)],
    ids=["grown", "shrunk", "chance", "another town"],
)
def test_a_class_that_has_grown_is_learned_anew(seconds, found, elsewhere_known):
    now = [0.0]
    densities = Densities(lambda: now[0])
    here, elsewhere, later = GeoPoint(10, 10), GeoPoint(50, 10), GeoPoint(-50, 10)
    for point in (elsewhere, here):
        densities.learn("C", "at", point, 0.1, 100)
    densities.learn("D", "at", elsewhere, 0.1, 100)
    now[0] = 1.0
    densities.learn("C", "at", later, 0.1, 100)
    now[0] = seconds
    densities.learn("C", "at", here, 0.1, found)
    assert (densities.radians("C", "at", elsewhere, 100) is not None) == elsewhere_known
    assert densities.radians("C", "at", later, 100) is not None
    assert densities.radians("D", "at", elsewhere, 100) is not None
    if not elsewhere_known:
        fresh = Densities()
        fresh.learn("C", "at", here, 0.1, found)
        assert densities.radians("C", "at", here, 100) == fresh.radians("C", "at", here, 100)


def test_distances_are_those_of_plain_geometry():
    here = GeoPoint(51.5, -0.1)
    others = [*TOWNS, here, GeoPoint(-51.5, 179.9)]
    assert distances(here, [(at.longitude, at.latitude) for at in others]) == [radians_between(here, at) for at in others]


@pytest.mark.parametrize("every", [2, 50])
def test_what_lies_behind_hidden_objects_comes_up(every):
    """Each second or fiftieth object can only be read by its owner."""
    engine = SqliteEngine()
    engine.save_class(PLACES)
    mine = {"ACL": {"me": {"read": True}}}
    places = [{"objectId": f"p{n:03d}", "at": point, "n": n, **({} if n % every else mine)} for n, point in enumerate(points())]
    engine.insert_all(PLACES, places)
    for subjects in [("*",), ("*", "me")] * 3:
        for center in TOWNS:
            seen = [doc for doc in places if "ACL" not in doc or "me" in subjects]
            nearest = sorted(seen, key=lambda doc: radians_between(center, doc["at"]))[5:25]
            where = And((Near("at", center, 4.0), Readable(subjects)))
            found = engine.find(PLACES, where, FindOptions(limit=20, skip=5))
            assert [doc["objectId"] for doc in found] == [doc["objectId"] for doc in nearest]
    engine.close()
