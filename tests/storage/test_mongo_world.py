"""Circles and nearness all over the globe, against plain geometry."""

import math
import random

import pytest

from parse_shim.query.ast import Near, WithinSphere
from parse_shim.query.options import FindOptions
from parse_shim.storage.mongo.engine import MongoEngine
from parse_shim.testing.contract.common import a_class, a_doc, fill, found
from parse_shim.values.geo import radians_between
from parse_shim.values.types import GeoPoint


@pytest.fixture(scope="module")
def one_engine(module_mongo_uri):
    engine = MongoEngine(module_mongo_uri)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def world(one_engine):
    chance = random.Random(7)
    points = [
        GeoPoint(math.degrees(math.asin(chance.uniform(-1, 1))), chance.uniform(-180, 180)) for _ in range(1500)
    ] + [GeoPoint(10, 180), GeoPoint(10, -180), GeoPoint(90, 0), GeoPoint(-90, 40), GeoPoint(89.9, -170)]
    docs = [a_doc(f"p{i}", at=point, n=i) for i, point in enumerate(points)]
    return fill(one_engine, a_class("World", at="GeoPoint", n="Number"), docs), docs


CENTERS = [(51.5, -0.1), (10, 179.95), (-17, -179.9), (80, 170), (89.99, 10), (90, 0), (-90, 5), (0, 100), (60, 140), (-70, -100)]


@pytest.mark.parametrize("center", CENTERS)
def test_circles_hold_what_geometry_says_wherever_they_lie(one_engine, world, center):
    cls, docs = world
    point = GeoPoint(*center)
    for radians in (0.02, 0.1, 0.3, 0.5, 1.0, 1.5, 2.5, 3.2):
        distances = sorted((radians_between(point, doc["at"]), doc["objectId"]) for doc in docs)
        expected = [name for distance, name in distances if distance <= radians]
        assert sorted(found(one_engine, cls, WithinSphere("at", point, radians))) == sorted(expected)
        near = found(one_engine, cls, Near("at", point, radians))
        assert one_engine.count(cls, Near("at", point, radians)) == len(expected)
        assert sorted(near) == sorted(expected)
        assert near[:1] in ([], expected[:1], expected[1:2])


@pytest.mark.parametrize("center", CENTERS)
def test_the_nearest_come_first_without_a_maximum(one_engine, world, center):
    cls, docs = world
    point = GeoPoint(*center)
    expected = sorted(radians_between(point, doc["at"]) for doc in docs)
    for limit, skip in ((5, 0), (100, 20), (None, 1400)):
        docs_found = one_engine.find(cls, Near("at", point), FindOptions(limit=limit, skip=skip))
        distances = [radians_between(point, doc["at"]) for doc in docs_found]
        assert distances == pytest.approx(expected[skip:][:limit], abs=1e-9)
        assert "__distance" not in docs_found[0]
