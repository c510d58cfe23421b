"""Indexes on demand in a store: made once, noted, dropped, gone with their class or column; requests go on. On SQLite and MongoDB."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from parse_shim.classes.model import ClassDef
from parse_shim.query.ast import And, Compare, Eq
from parse_shim.query.options import FindOptions
from parse_shim.storage import demand as bounds
from parse_shim.storage.demand import ENOUGH, EXISTS, NO_INDEX, REASONS, TOO_LARGE, keys_text, read_keys
from parse_shim.storage.mongo import demand as mongo_demand
from parse_shim.storage.mongo.engine import MongoEngine
from parse_shim.storage.open import open_engine
from parse_shim.storage.sqlite import demand as sqlite_demand
from parse_shim.testing.contract.common import a_class, a_doc, fill
from parse_shim.update.ops import Set
from parse_shim.values.types import GeoPoint, Pointer

KINDS = {"s": "String", "n": "Number", "b": "Boolean", "d": "Date", "p": "Pointer<B>", "arr": "Array", "o": "Object", "at": "GeoPoint"}
CLASS = a_class("Thing", **KINDS)
PAGE = FindOptions(limit=10)


@pytest.fixture(params=["sqlite", "mongodb"])
def uri(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    return f"sqlite:///{tmp_path / 'p.db'}" if request.param == "sqlite" else str(request.getfixturevalue("mongo_uri"))


@pytest.fixture
def opened(uri: str) -> Iterator[Callable[[], Any]]:
    """`opened()` is one more engine on the same database, as another worker has it."""
    engines: list[Any] = []

    def make() -> Any:
        engines.append(open_engine(uri))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def engine(opened: Callable[[], Any]) -> Any:
    return opened()


@pytest.fixture
def cls(engine: Any) -> ClassDef:
    rows = [a_doc(f"d{i}", s=f"s{i}", n=i, b=False, p=Pointer("B", f"p{i}"), arr=[i], at=GeoPoint(1, 1)) for i in range(40)]
    return fill(engine, CLASS, rows)


def make(engine: Any, cls: ClassDef, keys: str, **more: Any) -> str | None:
    found: str | None = engine.demand(cls, read_keys(keys), "so often asked", **more)
    return found


def known(engine: Any) -> list[str]:
    return [f"{one.class_name}.{keys_text(one.keys)} {one.state}" for one in engine.demanded()]


def used(engine: Any, cls: ClassDef, where: Any, options: FindOptions = PAGE) -> str | None:
    found: str | None = engine.examine(cls, where, options).index
    return found


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ("s", Eq("s", "s7")),
        ("n", Compare("n", "gt", 38)),
        ("b", Eq("b", True)),
        ("p", Eq("p", Pointer("B", "p7"))),
        ("s,-createdAt", Eq("s", "s7")),
        ("createdAt", And(())),
    ],
)
def test_an_index_is_used_and_leads_to_few(engine: Any, cls: ClassDef, keys: str, where: Any) -> None:
    options = FindOptions(limit=1, order=((keys.split(",-")[-1], keys != "createdAt" and "," in keys),))
    assert engine.examine(cls, where, options).rows_read >= 40
    assert make(engine, cls, keys) is None
    examined = engine.examine(cls, where, options)
    assert examined.index == keys
    assert examined.rows_read <= 2
    assert known(engine) == [f"Thing.{keys} made"]


@pytest.mark.parametrize("keys", ["o", "at", "nowhere", "s,o"])
def test_some_columns_have_none(engine: Any, cls: ClassDef, keys: str) -> None:
    assert make(engine, cls, keys) == NO_INDEX
    assert known(engine) == []


def test_an_array_has_one_in_mongodb_only(engine: Any, cls: ClassDef) -> None:
    assert make(engine, cls, "arr") == (None if engine.scheme == "mongodb" else NO_INDEX)
    assert (used(engine, cls, Eq("arr", 7)) == "arr") == (engine.scheme == "mongodb")


def test_what_it_was_made_for_is_told(engine: Any, cls: ClassDef) -> None:
    make(engine, cls, "s")
    make(engine, cls, "n")
    assert [(one.class_name, keys_text(one.keys), one.reason) for one in engine.demanded()] == [
        ("Thing", "n", "so often asked"),
        ("Thing", "s", "so often asked"),
    ]


def test_one_is_not_made_twice(engine: Any, cls: ClassDef) -> None:
    assert make(engine, cls, "s") is None
    assert make(engine, cls, "s") == EXISTS


def test_one_of_the_schema_counts(engine: Any, cls: ClassDef) -> None:
    declared = ClassDef(cls.name, cls.fields, cls.permissions, {"mine": {"s": 1}, "owner": {"_p_p": 1}})
    cls = engine.save_class(declared)
    assert make(engine, cls, "s") == EXISTS
    assert make(engine, cls, "p") == EXISTS
    assert make(engine, cls, "objectId") == EXISTS


def test_a_dropped_one_is_made_again_only_when_the_operator_asks(engine: Any, cls: ClassDef) -> None:
    make(engine, cls, "s")
    assert engine.undemand("Thing", read_keys("s"))
    assert used(engine, cls, Eq("s", "s7")) is None
    assert make(engine, cls, "s") == REASONS["dropped"]
    assert known(engine) == ["Thing.s dropped"]
    assert make(engine, cls, "s", by_operator=True) is None
    assert known(engine) == ["Thing.s made"]
    assert used(engine, cls, Eq("s", "s7")) == "s"


def test_what_was_never_made_cannot_be_dropped(engine: Any, cls: ClassDef) -> None:
    assert not engine.undemand("Thing", read_keys("s"))
    assert not engine.undemand("Nowhere", read_keys("s"))


def test_a_class_has_only_so_many(engine: Any, cls: ClassDef, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_PER_CLASS", 2)
    assert [make(engine, cls, keys) for keys in ("s", "n", "d")] == [None, None, ENOUGH]
    engine.undemand("Thing", read_keys("s"))
    assert make(engine, cls, "d") is None


def test_a_large_class_gets_one_only_when_the_operator_asks(engine: Any, cls: ClassDef, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_demand, "MOST_SECONDS", -1.0)
    monkeypatch.setattr(sqlite_demand, "_STEPS", 1)
    monkeypatch.setattr(mongo_demand, "LARGEST", 10)
    assert make(engine, cls, "s") == TOO_LARGE
    assert used(engine, cls, Eq("s", "s7")) is None
    engine.insert(cls, a_doc("more", s="x"))
    assert make(engine, cls, "s", by_operator=True) is None


def test_several_workers_make_one(opened: Callable[[], Any], engine: Any, cls: ClassDef) -> None:
    workers = [engine, opened(), opened(), opened()]
    start = threading.Barrier(len(workers))

    def work(worker: Any) -> str | None:
        start.wait()
        return make(worker, cls, "s")

    with ThreadPoolExecutor(len(workers)) as pool:
        found = list(pool.map(work, workers))
    assert found.count(None) == 1
    assert known(engine) == ["Thing.s made"]
    assert len(_indexes(engine)) == 1


def test_a_restart_forgets_nothing(opened: Callable[[], Any], engine: Any, cls: ClassDef) -> None:
    make(engine, cls, "s")
    make(engine, cls, "n")
    engine.undemand("Thing", read_keys("n"))
    engine.close()
    later = opened()
    assert known(later) == ["Thing.n dropped", "Thing.s made"]
    assert make(later, cls, "n") == REASONS["dropped"]


def test_a_class_that_goes_takes_them_along(engine: Any, cls: ClassDef) -> None:
    make(engine, cls, "s")
    make(engine, cls, "n")
    engine.undemand("Thing", read_keys("n"))
    engine.drop_class("Thing")
    assert known(engine) == []
    cls = fill(engine, CLASS, [a_doc("a", n=1)])
    assert make(engine, cls, "n") is None


def test_a_column_that_goes_takes_them_along(engine: Any, cls: ClassDef) -> None:
    for keys in ("s", "n,s", "d"):
        make(engine, cls, keys)
    cls = engine.drop_fields(cls, ["s"])
    assert known(engine) == ["Thing.d made"]
    cls = engine.save_class(a_class("Thing", **{**KINDS, "s": "Pointer<B>"}))
    engine.insert(cls, a_doc("a", s=Pointer("B", "x")))
    assert make(engine, cls, "s") is None
    assert used(engine, cls, Eq("s", Pointer("B", "x"))) == "s"


@pytest.mark.parametrize("indexes", [True, False])
def test_a_fresh_start_has_none(engine: Any, cls: ClassDef, indexes: bool) -> None:
    make(engine, cls, "s")
    engine.clear(indexes=indexes)
    assert known(engine) == []
    cls = fill(engine, CLASS, [a_doc("a", s="x")])
    assert used(engine, cls, Eq("s", "x")) is None


def test_the_schema_knows_nothing_of_them(engine: Any, cls: ClassDef) -> None:
    make(engine, cls, "s")
    assert engine.load_classes()["Thing"].indexes == cls.indexes
    saved = engine.save_class(ClassDef(cls.name, cls.fields, cls.permissions, {"mine": {"n": 1}}))
    assert list(saved.indexes) == ["mine"]
    assert used(engine, cls, Eq("s", "s7")) == "s"


def test_one_that_the_user_declares_takes_its_place(engine: Any, cls: ClassDef) -> None:
    make(engine, cls, "s")
    cls = engine.save_class(ClassDef(cls.name, cls.fields, cls.permissions, {"mine": {"s": 1}}))
    engine.undemand("Thing", read_keys("s"))
    assert used(engine, cls, Eq("s", "s7")) == "mine"


def test_requests_go_on_while_one_is_made(opened: Callable[[], Any], engine: Any, cls: ClassDef) -> None:
    engine.insert_all(cls, [a_doc(f"m{i}", s=f"s{i}", n=i) for i in range(20_000)])
    making = threading.Thread(target=make, args=(opened(), cls, "s"))
    making.start()
    seen = 0
    while making.is_alive() or not seen:
        assert engine.find(cls, Eq("objectId", "m5"), PAGE)[0]["n"] == 5 + seen
        engine.update(cls, Eq("objectId", "m5"), {"n": Set(6 + seen)})
        seen += 1
    making.join()
    assert used(engine, cls, Eq("s", "s7")) == "s"


def _indexes(engine: Any) -> list[str]:
    """Names of the indexes on demand that the store really has on the class."""
    if isinstance(engine, MongoEngine):
        return [name for name in engine.connection.collection("Thing").index_information() if name.startswith("demand:")]
    rows = engine._database.read(lambda connection: connection.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'd:%'").fetchall())
    return [name for (name,) in rows]
