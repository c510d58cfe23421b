"""Points, circles, boxes and polygons, also where the map ends."""

from __future__ import annotations

import math

import pytest

from parse_shim.query.ast import (
    EVERYTHING,
    And,
    Compare,
    Eq,
    Near,
    Node,
    Not,
    PolygonContains,
    WithinBox,
    WithinPolygon,
    WithinSphere,
)
from parse_shim.storage.base import Engine
from parse_shim.testing.contract.common import a_class, a_doc, fill, found
from parse_shim.update.ops import Set, Unset
from parse_shim.values.types import GeoPoint, Polygon

MILE = 1 / 3959
LONDON = GeoPoint(51.5, -0.1)
CLASS = a_class(at="GeoPoint", n="Number")
PLACES = [
    a_doc("oxford", at=GeoPoint(51.752, -1.258), n=1),
    a_doc("london", at=LONDON, n=2),
    a_doc("paris", at=GeoPoint(48.857, 2.352), n=3),
    a_doc("fiji east", at=GeoPoint(-17.0, 179.9), n=4),
    a_doc("fiji west", at=GeoPoint(-17.0, -179.9), n=5),
    a_doc("north pole", at=GeoPoint(90.0, 0.0), n=6),
    a_doc("svalbard", at=GeoPoint(89.0, 170.0), n=7),
    a_doc("nowhere", n=8),
    a_doc("null", at=None, n=9),
]
UP, DOWN, AROUND = GeoPoint(89.9, -10.0), GeoPoint(-90.0, 50.0), GeoPoint(-17.0, -179.95)


def ring(*pairs: tuple[float, float]) -> tuple[GeoPoint, ...]:
    return tuple(GeoPoint(latitude, longitude) for latitude, longitude in pairs)


NEAR: list[tuple[str, Node, list[str]]] = [
    ("within 10 miles", Near("at", LONDON, 10 * MILE), ["london"]),
    ("within 60 miles", Near("at", LONDON, 60 * MILE), ["london", "oxford"]),
    ("within 250 miles", Near("at", LONDON, 250 * MILE), ["london", "oxford", "paris"]),
    ("radius zero", Near("at", LONDON, 0.0), ["london"]),
    ("across the date line", Near("at", AROUND, 30 * MILE), ["fiji west", "fiji east"]),
    ("around the pole", Near("at", UP, 2 * math.pi / 180), ["north pole", "svalbard"]),
    ("without a radius", Near("at", LONDON),
     ["london", "oxford", "paris", "north pole", "svalbard", "fiji west", "fiji east"]),
    ("half the earth and more", Near("at", DOWN, 7.0),
     ["fiji east", "fiji west", "paris", "london", "oxford", "svalbard", "north pole"]),
]  # fmt: skip

AREAS: list[tuple[str, Node, list[str]]] = [
    ("circle", WithinSphere("at", LONDON, 60 * MILE), ["london", "oxford"]),
    ("circle over the date line", WithinSphere("at", AROUND, 30 * MILE), ["fiji east", "fiji west"]),
    ("box", WithinBox("at", GeoPoint(48, -2), GeoPoint(52, 3)), ["oxford", "london", "paris"]),
    ("box border", WithinBox("at", GeoPoint(51.5, -0.1), GeoPoint(52, 0)), ["london"]),
    ("box does not wrap", WithinBox("at", GeoPoint(-20, -179.95), GeoPoint(-10, 179.95)), ["fiji east", "fiji west"]),
    ("polygon", WithinPolygon("at", ring((50, -3), (53, -3), (53, 0.5), (50, 0.5))), ["oxford", "london"]),
    ("triangle", WithinPolygon("at", ring((51, -1), (53, -3), (53, -1))), ["oxford"]),
    ("not in a circle", Not(WithinSphere("at", LONDON, 250 * MILE)),
     ["fiji east", "fiji west", "north pole", "svalbard", "nowhere", "null"]),
    ("point equal", Eq("at", LONDON), ["london"]),
]  # fmt: skip


class GeoContract:
    @pytest.mark.needs_real_mongo
    @pytest.mark.parametrize(("name", "where", "expected"), NEAR, ids=[row[0] for row in NEAR])
    def test_near(self, engine: Engine, name: str, where: Node, expected: list[str]) -> None:
        cls = fill(engine, CLASS, PLACES)
        assert found(engine, cls, where) == expected
        assert engine.count(cls, where) == len(expected)

    @pytest.mark.needs_real_mongo
    @pytest.mark.parametrize(("name", "where", "expected"), AREAS, ids=[row[0] for row in AREAS])
    def test_area(self, engine: Engine, name: str, where: Node, expected: list[str]) -> None:
        cls = fill(engine, CLASS, PLACES)
        assert sorted(found(engine, cls, where)) == sorted(expected)
        assert engine.count(cls, where) == len(expected)

    @pytest.mark.needs_real_mongo
    def test_near_pages(self, engine: Engine) -> None:
        cls = fill(engine, CLASS, PLACES)
        assert found(engine, cls, Near("at", LONDON), limit=2) == ["london", "oxford"]
        assert found(engine, cls, Near("at", LONDON), skip=1, limit=2) == ["oxford", "paris"]
        assert found(engine, cls, Near("at", LONDON, 250 * MILE), skip=2) == ["paris"]

    @pytest.mark.needs_real_mongo
    def test_nearest_of_many_come_in_order(self, engine: Engine) -> None:
        docs = [a_doc(f"p{i:03}", at=GeoPoint(10 + (i * 37 % 200) / 10, 20.0)) for i in range(200)]
        cls = fill(engine, CLASS, docs)
        by_latitude = sorted(docs, key=lambda doc: doc["at"].latitude)
        expected = [doc["objectId"] for doc in by_latitude]
        assert found(engine, cls, Near("at", GeoPoint(-40.0, 20.0)), limit=5) == expected[:5]
        assert found(engine, cls, Near("at", GeoPoint(-40.0, 20.0)), skip=150, limit=5) == expected[150:155]

    @pytest.mark.needs_real_mongo
    def test_an_order_goes_before_nearness(self, engine: Engine) -> None:
        cls = fill(engine, CLASS, PLACES)
        where = Near("at", LONDON, 250 * MILE)
        assert found(engine, cls, where, order=(("n", True),)) == ["paris", "london", "oxford"]

    @pytest.mark.needs_real_mongo
    def test_near_within_and(self, engine: Engine) -> None:
        cls = fill(engine, CLASS, PLACES)
        where = And((Compare("n", "gte", 2), Near("at", LONDON, 250 * MILE)))
        assert found(engine, cls, where) == ["london", "paris"]
        assert engine.count(cls, where) == 2

    @pytest.mark.needs_real_mongo
    def test_a_moved_point_is_found_where_it_is(self, engine: Engine) -> None:
        cls = fill(engine, CLASS, PLACES)
        engine.update(cls, Eq("objectId", "paris"), {"at": Set(LONDON)})
        engine.update(cls, Eq("objectId", "oxford"), {"at": Unset()})
        engine.delete(cls, Eq("objectId", "london"))
        assert found(engine, cls, Near("at", LONDON, 250 * MILE)) == ["paris"]
        engine.update(cls, Eq("objectId", "oxford"), {"at": Set(LONDON)})
        assert found(engine, cls, WithinSphere("at", LONDON, MILE)) == ["oxford", "paris"]

    @pytest.mark.needs_real_mongo
    def test_a_point_column_may_come_late(self, engine: Engine) -> None:
        fill(engine, a_class(n="Number"), [a_doc("old", n=1)])
        cls = engine.save_class(CLASS)
        engine.insert(cls, a_doc("new", at=LONDON))
        assert found(engine, cls, Near("at", LONDON)) == ["new"]

    def test_near_before_there_is_a_class(self, engine: Engine) -> None:
        assert found(engine, a_class("Nowhere", at="GeoPoint"), Near("at", LONDON, 1.0)) == []
        assert engine.count(a_class("Nowhere", at="GeoPoint"), Near("at", LONDON, 1.0)) == 0

    @pytest.mark.needs_real_mongo
    def test_two_point_columns(self, engine: Engine) -> None:
        cls = fill(engine, a_class(a="GeoPoint", b="GeoPoint"), [a_doc("x", a=LONDON, b=AROUND), a_doc("y", b=LONDON)])
        assert found(engine, cls, WithinSphere("a", LONDON, MILE)) == ["x"]
        assert found(engine, cls, WithinSphere("b", LONDON, MILE)) == ["y"]
        assert found(engine, cls, And((WithinSphere("a", LONDON, MILE), Near("b", AROUND)))) == ["x"]

    @pytest.mark.needs_real_mongo
    def test_stored_polygons_contain_points(self, engine: Engine) -> None:
        square = Polygon(((0, 0), (0, 10), (10, 10), (10, 0), (0, 0)))
        cls = fill(engine, a_class(area="Polygon"), [a_doc("square", area=square), a_doc("none"), a_doc("null", area=None)])
        assert found(engine, cls, PolygonContains("area", GeoPoint(5, 5))) == ["square"]
        assert found(engine, cls, PolygonContains("area", GeoPoint(0, 5))) == ["square"]
        assert found(engine, cls, PolygonContains("area", GeoPoint(5, 11))) == []
        assert engine.count(cls, EVERYTHING) == 3
