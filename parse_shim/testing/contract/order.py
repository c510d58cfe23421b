"""Sorting, also of what does not belong together."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from parse_shim.query.ast import Compare
from parse_shim.storage.base import Engine
from parse_shim.testing.contract.common import a_class, a_doc, fill, found
from parse_shim.values.types import Pointer

DAY = datetime(2020, 1, 2)

ASCENDING: list[tuple[str, str, list[Any]]] = [
    ("numbers", "Number", [None, -5, -0.5, 0, 0.25, 1, 2, 10, 1e300]),
    ("text by code point", "String", [None, "", "1", "A", "Z", "_", "a", "aa", "b", "é", "日", "🎉"]),
    ("booleans", "Boolean", [None, False, True]),
    ("dates", "Date", [None, datetime(1, 1, 1), datetime(1969, 5, 5), DAY, datetime(9999, 12, 31)]),
    ("pointers", "Pointer<B>", [None, Pointer("B", "A"), Pointer("B", "a"), Pointer("B", "ab")]),
    ("arrays by their smallest", "Array", [[], [None], [1, 9], [2], [5, 3], ["a"]]),
]
DESCENDING: list[tuple[str, str, list[Any]]] = [
    ("arrays by their largest", "Array", [["a"], [1, 9], [5, 3], [2]]),
]


class OrderContract:
    @pytest.mark.parametrize(("name", "kind", "values"), ASCENDING, ids=[row[0] for row in ASCENDING])
    def test_ascending(self, engine: Engine, name: str, kind: str, values: list[Any]) -> None:
        docs = [a_doc(f"v{number:02}", v=value) for number, value in enumerate(values)]
        cls = fill(engine, a_class(v=kind), docs[::-1])
        names = [doc["objectId"] for doc in docs]
        assert found(engine, cls, order=(("v", False),)) == names
        if kind != "Array":
            assert found(engine, cls, order=(("v", True),)) == names[::-1]
            assert found(engine, cls, order=(("v", True),), skip=1, limit=2) == names[::-1][1:3]

    @pytest.mark.parametrize(("name", "kind", "values"), DESCENDING, ids=[row[0] for row in DESCENDING])
    def test_descending(self, engine: Engine, name: str, kind: str, values: list[Any]) -> None:
        docs = [a_doc(f"v{number:02}", v=value) for number, value in enumerate(values)]
        cls = fill(engine, a_class(v=kind), docs[::-1])
        assert found(engine, cls, order=(("v", True),)) == [doc["objectId"] for doc in docs]

    def test_mixed_types_have_an_order(self, engine: Engine) -> None:
        values = [None, 5, "text", {"k": 1}, False, True, DAY]
        docs = [a_doc(f"v{number}", o={"v": value}) for number, value in enumerate(values)]
        cls = fill(engine, a_class(o="Object"), docs[::-1])
        names = [doc["objectId"] for doc in docs]
        assert found(engine, cls, order=(("o.v", False),)) == names
        assert found(engine, cls, order=(("o.v", True),)) == names[::-1]

    def test_missing_and_null_stand_together(self, engine: Engine) -> None:
        cls = fill(engine, a_class(v="Number"), [a_doc("a", v=1), a_doc("b"), a_doc("c", v=None), a_doc("d", v=0)])
        assert set(found(engine, cls, order=(("v", False),), limit=2)) == {"b", "c"}
        assert found(engine, cls, order=(("v", False),), skip=2) == ["d", "a"]

    def test_several_keys(self, engine: Engine) -> None:
        rows = [("a", 1, "x"), ("b", 1, "y"), ("c", 0, "z"), ("d", 2, "x")]
        cls = fill(engine, a_class(n="Number", s="String"), [a_doc(name, n=n, s=s) for name, n, s in rows])
        assert found(engine, cls, order=(("n", False), ("s", True))) == ["c", "b", "a", "d"]
        assert found(engine, cls, order=(("s", False), ("n", True))) == ["d", "a", "b", "c"]

    def test_dates_of_the_object(self, engine: Engine) -> None:
        cls = fill(engine, a_class(), [a_doc("a"), a_doc("b"), a_doc("c")])
        assert found(engine, cls, order=(("createdAt", True),)) == ["c", "b", "a"]
        assert found(engine, cls, order=(("objectId", True),)) == ["c", "b", "a"]

    def test_an_unknown_field_orders_nothing(self, engine: Engine) -> None:
        cls = fill(engine, a_class(n="Number"), [a_doc("a", n=2), a_doc("b", n=1)])
        assert sorted(found(engine, cls, order=(("nope", True),))) == ["a", "b"]
        assert found(engine, cls, order=(("nope", True), ("n", False))) == ["b", "a"]

    def test_order_with_a_condition(self, engine: Engine) -> None:
        cls = fill(engine, a_class(n="Number"), [a_doc(f"d{i}", n=i) for i in range(9)])
        assert found(engine, cls, Compare("n", "lt", 5), order=(("n", True),), limit=2) == ["d4", "d3"]
