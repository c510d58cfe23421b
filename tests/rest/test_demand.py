"""Queries that read many objects to give few get an index; others do not, and what an operator dropped stays away."""

from __future__ import annotations

import logging

import pytest

from parse_shim.classes.model import BASE_FIELDS, ClassDef, FieldType
from parse_shim.ids import now
from parse_shim.query.ast import And, Compare, Eq, In, Not, Or, Readable
from parse_shim.query.options import FindOptions
from parse_shim.rest import demand, read
from parse_shim.rest.core import Context, build_core
from parse_shim.rest.find_params import find_params
from parse_shim.settings import Settings
from parse_shim.storage.sqlite.engine import SqliteEngine
from tests.rest.world import World

CLS = ClassDef(
    "Thing",
    {**BASE_FIELDS, "name": FieldType("String"), "n": FieldType("Number"), "on": FieldType("Boolean"), "list": FieldType("Array")},
)
ALL = FindOptions()


@pytest.mark.parametrize(
    ("where", "options", "column"),
    [
        (Eq("name", "x"), ALL, "name"),
        (And((Eq("n", 1), Eq("name", "x"))), ALL, "name"),
        (And((And((In("n", (1, 2)), Readable(("*",)))),)), FindOptions(order=(("name", True),)), "n"),
        (And(()), FindOptions(order=(("createdAt", True),)), "createdAt"),
        (Compare("n", "gt", 1), ALL, "n"),
        (Eq("on", True), ALL, None),
        (Eq("list", 1), ALL, None),
        (Eq("unknown", 1), ALL, None),
        (Eq("name", None), ALL, None),
        (And((Eq("objectId", "a"), Eq("name", "x"))), ALL, None),
        (Or((Eq("name", "x"), Eq("n", 1))), ALL, None),
        (Not(Eq("name", "x")), ALL, None),
    ],
)
def test_the_column_that_would_help(where, options, column):
    assert demand.index_for(CLS, where, options) == column


def test_a_shape_holds_no_values():
    where = And((Eq("name", "secret"), Readable(("u1",)), Compare("n", "gt", 7)))
    assert demand.shape(where, FindOptions(order=(("createdAt", True),))) == "name Eq, n Compare, order -createdAt"


def a_world(monkeypatch, objects=1500, **options):
    monkeypatch.setattr(demand, "SUSPECT_SECONDS", 0.0)
    made = World()
    settings = Settings(app_id="app", master_key="key", allow_client_class_creation=True, **options)
    made.core = build_core(settings, engine=SqliteEngine(), hooks=made.hooks)
    made.nobody = Context(made.core)
    made.put("Thing", name="first", n=0, team=0)
    cls = made.core.classes.get("Thing")
    with made.core.engine.transaction():
        moment = now()
        for number in range(objects):
            times = {"createdAt": moment, "updatedAt": moment}
            made.core.engine.insert(cls, {"objectId": f"o{number}", "name": f"n{number}", "n": number, "team": number % 2, **times})
    demand.start(made.core)
    return made


def ask(world, times=demand.TIMES, **words):
    for _ in range(times):
        read.find(world.nobody, "Thing", find_params(words))
    if demand.DEMAND in world.core.extras:
        world.core.extras[demand.DEMAND].wait()


def made(world):
    return [(one.column, one.dropped) for one in world.core.engine.demanded()]


def test_an_equality_that_reads_everything_gets_an_index(monkeypatch):
    world = a_world(monkeypatch)
    ask(world, where={"name": "n7"})
    assert made(world) == [("name", False)]
    assert "objects read for 1" in world.core.engine.demanded()[0].reason
    found = read.find(world.nobody, "Thing", find_params({"where": {"name": "n7"}})).results
    assert [doc["objectId"] for doc in found] == ["o7"]


def test_a_count_and_a_sort_get_theirs(monkeypatch):
    world = a_world(monkeypatch)
    ask(world, where={"n": 5}, count=1, limit=0)
    ask(world, order="-name", limit=3)
    assert made(world) == [("n", False), ("name", False)]


@pytest.mark.parametrize("words", [{"where": {"team": 1}, "limit": 1000}, {"limit": 1000}, {"where": {"objectId": "o1"}}])
def test_what_reads_little_for_what_it_gives_gets_none(monkeypatch, words):
    world = a_world(monkeypatch)
    ask(world, times=10, **words)
    assert made(world) == []


def test_a_small_class_gets_none(monkeypatch):
    world = a_world(monkeypatch, objects=200)
    ask(world, times=10, where={"name": "n7"})
    assert made(world) == []


def test_one_slow_query_alone_makes_none(monkeypatch):
    world = a_world(monkeypatch)
    ask(world, times=demand.TIMES - 1, where={"name": "n7"})
    assert made(world) == []


def test_the_setting_switches_it_off(monkeypatch):
    world = a_world(monkeypatch, indexes_on_demand=False)
    ask(world, times=10, where={"name": "n7"})
    assert made(world) == []


def test_a_dropped_one_is_not_made_again(monkeypatch):
    world = a_world(monkeypatch)
    ask(world, where={"name": "n7"})
    assert world.core.engine.undemand("Thing", "name")
    monkeypatch.setattr(demand, "AGAIN_SECONDS", 0.0)
    world.core.extras[demand.DEMAND]._suspects.clear()
    ask(world, times=5, where={"name": "n8"})
    assert made(world) == [("name", True)]


def test_a_class_has_only_so_many(monkeypatch):
    monkeypatch.setattr(demand, "MOST_PER_CLASS", 1)
    world = a_world(monkeypatch)
    ask(world, where={"name": "n7"})
    ask(world, where={"n": 7})
    assert made(world) == [("name", False)]


def test_a_slow_query_is_logged_with_what_it_read(monkeypatch, caplog):
    monkeypatch.setattr(demand, "perf_counter", lambda: 1e9)
    world = a_world(monkeypatch, slow_query_ms=500)
    with caplog.at_level(logging.WARNING, "parse_shim.slow"):
        ask(world, times=1, where={"name": "n7"})
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("slow query of Thing (name Eq): ")
    assert line.endswith("1 objects given, 1501 read, index none, made an index on name")
    assert "n7" not in line
