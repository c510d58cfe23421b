"""Queries that read many objects to give few get an index; others do not, and what an operator dropped stays away. On both stores."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from parse_shim.errors import Code, ParseError, Refused, Unavailable
from parse_shim.ids import now
from parse_shim.query.ast import And, Compare, Eq, Not, Or, Readable
from parse_shim.query.options import FindOptions
from parse_shim.rest import demand, read
from parse_shim.rest.core import Context, build_core
from parse_shim.rest.find_params import find_params
from parse_shim.settings import Settings
from parse_shim.storage import demand as bounds
from parse_shim.storage.base import Engine
from parse_shim.storage.demand import keys_text, read_keys
from parse_shim.storage.open import open_engine
from tests.rest.world import World

OBJECTS = 3000
Make = Callable[..., World]


@pytest.fixture(scope="module", params=["sqlite in memory", "sqlite", "mongodb"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    if request.param == "mongodb":
        uri = request.getfixturevalue("module_mongo_uri")
    else:
        uri = "sqlite://" if request.param.endswith("memory") else f"sqlite:///{tmp_path_factory.mktemp('demand') / 'p.db'}"
    opened = open_engine(uri)
    yield opened
    opened.close()


@pytest.fixture
def make(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Make:
    """`make(option=...)`: a server with 3,000 objects of class Thing, in 2 teams, whose every query is suspected."""
    monkeypatch.setattr(demand, "SUSPECT_SECONDS", 0.0)
    monkeypatch.setattr(demand, "LOOK_SECONDS", 0.0)

    def make(objects: int = OBJECTS, **options: Any) -> World:
        engine.clear(indexes=True)
        world = World()
        settings = Settings(app_id="app", master_key="key", allow_client_class_creation=True, **options)
        world.core = build_core(settings, engine=engine, hooks=world.hooks)
        world.nobody = Context(world.core)
        world.put("Thing", name="first", n=0, team="t0", on=False, list=["x"])
        began = now()
        docs: list[Any] = [
            {"objectId": f"o{i}", "name": f"n{i}", "n": i, "team": f"t{i % 2}", "list": [f"e{i}"]} for i in range(1, objects)
        ]
        for i, doc in enumerate(docs):
            doc["createdAt"] = doc["updatedAt"] = began + timedelta(seconds=i)
        cls = world.core.classes.get("Thing")
        assert cls is not None
        engine.insert_all(cls, docs)  # type: ignore[attr-defined]
        demand.start(world.core)
        return world

    return make


def ask(world: World, times: int = demand.TIMES, **words: Any) -> None:
    for _ in range(times):
        read.find(world.nobody, "Thing", find_params(words))
    if demand.DEMAND in world.core.extras:
        world.core.extras[demand.DEMAND].wait()


def again(world: World, **words: Any) -> None:
    """Asked as if the time to leave it alone were over."""
    world.core.extras[demand.DEMAND]._suspects.clear()
    ask(world, **words)


def known(world: World) -> list[tuple[str, str]]:
    return [(keys_text(one.keys), one.state) for one in world.core.engine.demanded()]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ({"where": {"name": "n7"}}, "name"),
        ({"where": {"name": {"$in": ["n7", "n8"]}}}, "name"),
        ({"where": {"n": 5}, "count": 1, "limit": 0}, "n"),
        ({"order": "-name", "limit": 3}, "-name"),
        ({"where": {"team": "t1"}, "order": "-createdAt", "limit": 10}, "team,-createdAt"),
        ({"where": {"n": {"$gt": 2990}}, "order": "n"}, "n"),
        ({"where": {"name": {"$regex": "^\\Qn299\\E"}}}, "name"),
    ],
    ids=repr,
)
def test_what_reads_much_to_give_little_gets_an_index(make: Make, words: dict[str, Any], keys: str) -> None:
    world = make()
    before = read.find(world.nobody, "Thing", find_params(words))
    ask(world, **words)
    assert known(world) == [(keys, "made")]
    after = read.find(world.nobody, "Thing", find_params(words))
    assert (after.results, after.count) == (before.results, before.count)
    assert before.results or before.count


def test_the_reason_is_noted(make: Make) -> None:
    world = make()
    ask(world, where={"name": "n7"})
    [one] = world.core.engine.demanded()  # type: ignore[attr-defined]
    assert (one.class_name, one.reason) == ("Thing", f"name Eq: {OBJECTS} objects read for 1")


def test_each_branch_of_an_or_gets_its_own(make: Make) -> None:
    world = make()
    words = {"where": {"$or": [{"name": "n7"}, {"n": 8}]}}
    ask(world, **words)
    assert sorted(known(world)) == [("n", "made"), ("name", "made")]
    assert {doc["objectId"] for doc in read.find(world.nobody, "Thing", find_params(words)).results} == {"o7", "o8"}


def test_arrays_have_indexes_where_the_store_has_them(make: Make) -> None:
    world = make()
    ask(world, where={"list": "e7"})
    assert known(world) == ([("list", "made")] if world.core.engine.scheme == "mongodb" else [])


@pytest.mark.parametrize(
    "words",
    [
        {"where": {"team": "t1"}, "limit": 1000},
        {"where": {"team": "t1"}, "limit": 3},
        {"where": {"name": {"$ne": "n7"}}, "limit": 5},
        {"limit": 1000},
        {"where": {"objectId": "o1"}},
        {"where": {"team": "t1", "unknown": 1}},
    ],
    ids=repr,
)
def test_what_no_index_helps_gets_none(make: Make, words: dict[str, Any]) -> None:
    world = make()
    ask(world, times=10, **words)
    assert known(world) == []


def test_a_small_class_gets_none(make: Make) -> None:
    world = make(objects=200)
    ask(world, times=10, where={"name": "n7"})
    assert known(world) == []


def test_one_slow_query_alone_makes_none(make: Make) -> None:
    world = make()
    ask(world, times=demand.TIMES - 1, where={"name": "n7"})
    assert known(world) == []


def test_quick_queries_are_looked_at_now_and_then(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demand, "LOOK_SECONDS", 1e9)
    monkeypatch.setattr(demand, "LONG_SECONDS", 1e9)
    world = make()
    ask(world, times=10, where={"name": "n7"})
    assert known(world) == []


def test_the_setting_switches_it_off(make: Make) -> None:
    world = make(indexes_on_demand=False)
    ask(world, times=10, where={"name": "n7"})
    assert known(world) == []


def test_a_dropped_one_is_not_made_again(make: Make) -> None:
    world = make()
    ask(world, where={"name": "n7"})
    assert world.core.engine.undemand("Thing", read_keys("name"))  # type: ignore[attr-defined]
    again(world, where={"name": "n8"})
    assert known(world) == [("name", "dropped")]


def test_one_that_did_not_help_is_dropped(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demand, "GAIN", 1e9)
    monkeypatch.setattr(demand, "_wanted", lambda *_: (read_keys("n"),))
    world = make()
    ask(world, where={"name": "n7"})
    again(world, where={"name": "n8"})
    assert known(world) == [("n", "useless")]


def test_a_class_has_only_so_many(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_PER_CLASS", 1)
    world = make()
    ask(world, where={"name": "n7"})
    ask(world, where={"n": 7})
    assert known(world) == [("name", "made")]


@pytest.mark.parametrize(("on", "advice"), [(True, "made"), (False, "add")])
def test_a_slow_query_is_logged_with_what_it_read(
    make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, on: bool, advice: str
) -> None:
    world = make(slow_query_ms=500, indexes_on_demand=on)
    monkeypatch.setattr(demand, "perf_counter", lambda: 1e9)
    with caplog.at_level(logging.WARNING, "parse_shim.slow"):
        ask(world, times=1, where={"name": "n7"})
    [line] = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert line.startswith("slow query of Thing (name Eq): ")
    assert line.endswith(f" ms, 1 objects given, {OBJECTS} read, index none, {advice} an index on name")
    assert "n7" not in line


def test_a_slow_query_is_logged_with_the_index_it_used(
    make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = make(slow_query_ms=500)
    ask(world, where={"name": "n7"})
    monkeypatch.setattr(demand, "perf_counter", lambda: 1e9)
    with caplog.at_level(logging.WARNING, "parse_shim.slow"):
        again(world, times=1, where={"name": "n8"})
        again(world, times=1, where={"objectId": "o8"})
    lines = [record.getMessage().partition(" ms, ")[2] for record in caplog.records if record.levelno == logging.WARNING]
    assert lines == ["1 objects given, 1 read, index name", "1 objects given, 1 read, index objectId"]


@pytest.mark.parametrize("words", [{}, {"count": 1, "limit": 0}])
def test_a_query_that_the_store_gave_up_is_logged(
    make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, words: dict[str, Any]
) -> None:
    def give_up(*_: Any) -> None:
        raise Refused("The query takes too long.", Code.TIMEOUT)

    world = make(slow_query_ms=500)
    monkeypatch.setattr(demand, "perf_counter", lambda: 1e9)
    for name in ("find", "find_json", "count"):
        monkeypatch.setattr(world.core.engine, name, give_up)
    with caplog.at_level(logging.WARNING, "parse_shim.slow"), pytest.raises(ParseError):
        ask(world, times=1, where={"name": "n7"}, **words)
    world.core.extras[demand.DEMAND].wait()
    [line] = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert line.startswith("slow query of Thing (name Eq): ")
    assert f"0 objects given, {OBJECTS} read, index none" in line


def test_a_query_that_cannot_be_looked_at_is_logged_all_the_same(
    make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: Any) -> None:
        raise Unavailable("gone")

    world = make(slow_query_ms=500)
    monkeypatch.setattr(demand, "perf_counter", lambda: 1e9)
    monkeypatch.setattr(world.core.engine, "examine", away)
    with caplog.at_level(logging.WARNING, "parse_shim.slow"):
        ask(world, times=1, where={"name": "n7"})
    assert next(record.getMessage() for record in caplog.records if record.levelno == logging.WARNING).endswith(
        "1 objects given, ? read, index ?"
    )


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (And((Eq("name", "secret"), Readable(("u1",)), Compare("n", "gt", 7))), "name Eq, n Compare, order -createdAt"),
        (Or((Eq("name", "secret"), And((Eq("n", 1), Not(Eq("team", "t")))))), "Or(name Eq; n Eq, Not(team Eq)), order -createdAt"),
        (Eq("a\nb", 1), "a?b Eq, order -createdAt"),
    ],
    ids=repr,
)
def test_a_shape_holds_no_values(where: Any, text: str) -> None:
    assert demand.shape(where, FindOptions(order=(("createdAt", True),))) == text
