"""Which index a query would be helped by, on SQLite: the counts are real."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from parse_shim.classes.model import BASE_FIELDS, ClassDef, FieldType
from parse_shim.ids import now
from parse_shim.query.ast import EVERYTHING, And, Compare, Eq, In, Not, Or, Readable, Regex
from parse_shim.query.options import FindOptions
from parse_shim.rest.demand_choice import Query, best, may_have_one
from parse_shim.storage.demand import keys_text, read_keys
from parse_shim.storage.sqlite.engine import SqliteEngine
from parse_shim.values.types import Pointer

KINDS = {"name": "String", "group": "String", "half": "String", "n": "Number", "on": "Boolean", "list": "Array", "data": "Object"}
COLUMNS = {name: FieldType(kind) for name, kind in KINDS.items()}  # type: ignore[arg-type]
CLS = ClassDef("Thing", {**BASE_FIELDS, **COLUMNS, "owner": FieldType("Pointer", "_User")})
PAGE = FindOptions(limit=10)
NEWEST = FindOptions(limit=10, order=(("createdAt", True),))


@pytest.fixture(scope="module")
def engine() -> Iterator[SqliteEngine]:
    """6,000 objects: each name once, each group 600 times, each half 3,000 times, one of them on."""
    engine = SqliteEngine()
    cls = engine.save_class(CLS)
    moment = now()
    common = {"createdAt": moment, "updatedAt": moment, "list": [1], "data": {"k": 1}, "owner": Pointer("_User", "u")}
    docs: list[Any] = [
        {"objectId": f"o{i}", "name": f"n{i}", "group": f"g{i % 10}", "half": f"h{i % 2}", "n": i, "on": i == 7, **common}
        for i in range(6000)
    ]
    engine.insert_all(cls, docs)
    yield engine
    engine.close()


def chosen(engine: SqliteEngine, where: Any, options: FindOptions = PAGE) -> list[str] | None:
    choice = best(engine, Query(CLS, where, options), 6000)
    return None if choice is None else [keys_text(keys) for keys in choice.keys]


@pytest.mark.parametrize(
    ("where", "options", "keys"),
    [
        (Eq("name", "n5"), PAGE, ["name"]),
        (Eq("name", "n5"), NEWEST, ["name"]),
        (And((Eq("half", "h1"), Eq("name", "n5"))), PAGE, ["name"]),
        (And((And((In("n", (1, 2)), Readable(("*",)))), Eq("half", "h1"))), PAGE, ["n"]),
        (And((Eq("half", "h1"), Compare("n", "gt", 5990))), PAGE, ["n"]),
        (Eq("on", True), PAGE, ["on"]),
        (Eq("group", "g1"), PAGE, ["group"]),
        (Eq("group", "g1"), NEWEST, ["group,-createdAt"]),
        (And((Eq("owner", Pointer("_User", "u")), Readable(("*",)))), FindOptions(limit=10, order=(("n", False),)), ["owner,n"]),
        (And((Not(Eq("half", "h0")), Readable(("*",)))), NEWEST, ["-createdAt"]),
        (EVERYTHING, NEWEST, ["-createdAt"]),
        (EVERYTHING, FindOptions(limit=10, order=(("n", True), ("name", False))), ["-n,name"]),
        (Regex("name", "^\\Qn599\\E"), PAGE, ["name"]),
        (Or((Eq("name", "n1"), And((Eq("n", 2), Eq("half", "h0"))))), PAGE, ["name", "n"]),
        (Or((Eq("name", "n1"), Eq("name", "n2"))), PAGE, ["name"]),
        (And((Not(Eq("half", "h0")), Eq("name", "n5"))), PAGE, ["name"]),
    ],
    ids=repr,
)
def test_the_shortest_index_that_leaves_little_to_read(engine: SqliteEngine, where: Any, options: FindOptions, keys: list[str]) -> None:
    assert chosen(engine, where, options) == keys


@pytest.mark.parametrize(
    ("where", "options"),
    [
        (Eq("objectId", "o1"), NEWEST),
        (And((Eq("objectId", "o1"), Eq("name", "n1"))), PAGE),
        (Eq("name", None), PAGE),
        (In("name", ("n1", None)), PAGE),
        (Not(Eq("name", "n1")), PAGE),
        (Regex("name", "1$"), PAGE),
        (Regex("name", "^\\Qn5\\E", "i"), PAGE),
        (EVERYTHING, PAGE),
    ],
    ids=repr,
)
def test_nothing_to_look_at(where: Any, options: FindOptions) -> None:
    assert not may_have_one(Query(CLS, where, options))


@pytest.mark.parametrize(
    ("where", "options"),
    [
        (Eq("list", 1), PAGE),
        (Eq("data", {"k": 1}), PAGE),
        (Eq("unknown", 1), PAGE),
        (EVERYTHING, FindOptions(order=(("n", False),))),
        (EVERYTHING, FindOptions(limit=10, order=(("data", False),))),
        (Or((Eq("name", "n1"), Eq("list", 1))), PAGE),
    ],
    ids=repr,
)
def test_no_index_would_help(engine: SqliteEngine, where: Any, options: FindOptions) -> None:
    assert chosen(engine, where, options) is None


def test_what_an_equality_leaves_to_read_is_told(engine: SqliteEngine) -> None:
    choice = best(engine, Query(CLS, Eq("half", "h1"), PAGE), 6000)
    assert choice is not None
    assert choice.rows == 3000


@pytest.mark.parametrize("text", ["name", "group,-createdAt", "-n", "a,-b,-c,d"])
def test_keys_are_written_as_an_order_is(text: str) -> None:
    assert keys_text(read_keys(text)) == text
