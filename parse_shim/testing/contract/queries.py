"""What each node of query/ast.py finds."""

from __future__ import annotations

from datetime import datetime

import pytest

from parse_shim.query.ast import (
    EVERYTHING,
    NOTHING,
    All,
    And,
    Compare,
    ContainedBy,
    Eq,
    EqFold,
    Exists,
    In,
    Node,
    Not,
    Or,
    Regex,
)
from parse_shim.storage.base import Engine
from parse_shim.testing.contract.common import START, a_class, a_doc, fill, found
from parse_shim.values.types import Pointer

DAY = datetime(2020, 1, 2)
OTHER_DAY = datetime(2021, 1, 2)
P, Q = Pointer("B", "p"), Pointer("B", "q")

CLASS = a_class(n="Number", s="String", b="Boolean", d="Date", p="Pointer<B>", arr="Array", o="Object")
DOCS = [
    a_doc("full", n=2, s="Apple", b=True, d=DAY, p=P, arr=[1, 2, "x"], o={"k": 1, "deep": {"x": "y"}, "list": [1, 2]}),
    a_doc("other", n=2.5, s="apple", b=False, d=OTHER_DAY, p=Q, arr=[3], o={"k": 2}),
    a_doc("zero", n=0, s="", arr=[], o={}),
    a_doc("one", n=1, s="1", arr=[True, None], o={"k": None}),
    a_doc("nulls", n=None, s=None, b=None, d=None, p=None, arr=None, o=None),
    a_doc("bare"),
    a_doc("nested", arr=[[1, 2], {"k": 1}, P, DAY], o={"items": [{"k": 1}, {"k": 5}], "p": Q, "d": DAY}),
]
EMPTY = ["nulls", "bare", "nested"]

ROWS: list[tuple[str, Node, list[str]]] = [
    ("everything", EVERYTHING, [doc["objectId"] for doc in DOCS]),
    ("nothing", NOTHING, []),
    ("number", Eq("n", 2), ["full"]),
    ("number as float", Eq("n", 2.0), ["full"]),
    ("fraction", Eq("n", 2.5), ["other"]),
    ("zero is not false", Eq("n", 0), ["zero"]),
    ("one is not true", Eq("n", 1), ["one"]),
    ("true is not one", Eq("n", True), []),
    ("text is not a number", Eq("n", "2"), []),
    ("huge number", Eq("n", 1e300), []),
    ("text is case-sensitive", Eq("s", "apple"), ["other"]),
    ("digits stay text", Eq("s", "1"), ["one"]),
    ("empty text", Eq("s", ""), ["zero"]),
    ("true", Eq("b", True), ["full"]),
    ("false", Eq("b", False), ["other"]),
    ("a boolean is not a number", Eq("b", 1), []),
    ("date", Eq("d", DAY), ["full"]),
    ("pointer", Eq("p", P), ["full"]),
    ("pointer to another class", Eq("p", Pointer("C", "p")), []),
    ("null and missing", Eq("n", None), EMPTY),
    ("null in a pointer column", Eq("p", None), ["zero", "one", *EMPTY]),
    ("unknown field", Eq("nope", 1), []),
    ("unknown field is null", Eq("nope", None), [doc["objectId"] for doc in DOCS]),
    ("object id", Eq("objectId", "one"), ["one"]),
    ("object id of another type", Eq("objectId", 1), []),
    ("folded", EqFold("s", "APPLE"), ["full", "other"]),
    ("element", Eq("arr", 2), ["full"]),
    ("element text", Eq("arr", "x"), ["full"]),
    ("element true", Eq("arr", True), ["one"]),
    ("element 1 is not true", Eq("arr", 1), ["full"]),
    ("element null", Eq("arr", None), ["one", "nulls", "bare"]),
    ("element pointer", Eq("arr", P), ["nested"]),
    ("element date", Eq("arr", DAY), ["nested"]),
    ("whole array", Eq("arr", [3]), ["other"]),
    ("whole empty array", Eq("arr", []), ["zero"]),
    ("array as element", Eq("arr", [1, 2]), ["nested"]),
    ("array by position", Eq("arr.0", 1), ["full"]),
    ("scalar by position", Eq("arr.0", 3), ["other"]),
    ("array by second position", Eq("arr.1", 2), ["full"]),
    ("beyond the array", Eq("arr.7", 1), []),
    ("key of elements", Eq("arr.k", 1), ["nested"]),
    ("nested key", Eq("o.k", 1), ["full"]),
    ("nested null and missing", Eq("o.k", None), ["zero", "one", *EMPTY]),
    ("two levels", Eq("o.deep.x", "y"), ["full"]),
    ("list in an object", Eq("o.list", 2), ["full"]),
    ("objects in a list in an object", Eq("o.items.k", 5), ["nested"]),
    ("position in a list in an object", Eq("o.items.1.k", 5), ["nested"]),
    ("pointer in an object", Eq("o.p", Q), ["nested"]),
    ("date in an object", Eq("o.d", DAY), ["nested"]),
    ("object equal", Eq("o", {}), ["zero"]),
    ("inner object equal", Eq("o.deep", {"x": "y"}), ["full"]),
    ("not equal finds missing", Not(Eq("n", 2)), ["other", "zero", "one", *EMPTY]),
    ("not equal on arrays", Not(Eq("arr", 2)), ["other", "zero", "one", "nulls", "bare", "nested"]),
    ("not null", Not(Eq("n", None)), ["full", "other", "zero", "one"]),
    ("not not", Not(Not(Eq("n", 2))), ["full"]),
    ("greater", Compare("n", "gt", 1), ["full", "other"]),
    ("greater or equal", Compare("n", "gte", 1), ["full", "other", "one"]),
    ("less", Compare("n", "lt", 1), ["zero"]),
    ("less or equal", Compare("n", "lte", 1.0), ["zero", "one"]),
    ("number against text", Compare("n", "gt", ""), []),
    ("text against number", Compare("s", "gt", 0), []),
    ("text greater", Compare("s", "gt", "Z"), ["other"]),
    ("text by code point", Compare("s", "gte", "Apple"), ["full", "other"]),
    ("date less", Compare("d", "lt", OTHER_DAY), ["full"]),
    ("date created", Compare("createdAt", "lte", START), ["full"]),
    ("date equal created", Eq("createdAt", START), ["full"]),
    ("boolean greater", Compare("b", "gt", False), ["full"]),
    ("gte null", Compare("n", "gte", None), EMPTY),
    ("lte null", Compare("n", "lte", None), EMPTY),
    ("gt null", Compare("n", "gt", None), []),
    ("lt null", Compare("n", "lt", None), []),
    ("element greater", Compare("arr", "gt", 2), ["other"]),
    ("nested greater", Compare("o.k", "gt", 1), ["other"]),
    ("element of nested list", Compare("o.list", "gte", 2), ["full"]),
    ("not greater finds other types", Not(Compare("n", "gt", 1)), ["zero", "one", *EMPTY]),
    ("range", And((Compare("n", "gt", 0), Compare("n", "lt", 2.5))), ["full", "one"]),
    ("two elements satisfy a range", And((Compare("arr", "lt", 2), Compare("arr", "gt", 1))), ["full"]),
    ("in", In("n", (0, 2, 99)), ["full", "zero"]),
    ("in of mixed types", In("n", ("0", 1, True)), ["one"]),
    ("in with null", In("n", (1, None)), ["one", *EMPTY]),
    ("in empty", In("n", ()), []),
    ("in on an array", In("arr", ("x", 3)), ["full", "other"]),
    ("in with objects", In("o", ({"k": 2}, {})), ["other", "zero"]),
    ("in with pointers", In("p", (P, Q)), ["full", "other"]),
    ("in with dates", In("d", (OTHER_DAY,)), ["other"]),
    ("in on ids", In("objectId", ("bare", "zero", "x")), ["zero", "bare"]),
    ("in with many values", In("n", tuple(range(2, 3000))), ["full"]),
    ("in with many ids", In("objectId", (*(f"id{i}" for i in range(3000)), "one")), ["one"]),
    ("not in", Not(In("n", (0, 2))), ["other", "one", *EMPTY]),
    ("not in null", Not(In("n", (None, 2))), ["other", "zero", "one"]),
    ("not in empty", Not(In("n", ())), [doc["objectId"] for doc in DOCS]),
    ("exists", Exists("n"), ["full", "other", "zero", "one", "nulls"]),
    ("exists not", Not(Exists("n")), ["bare", "nested"]),
    ("exists nested", Exists("o.k"), ["full", "other", "one"]),
    ("exists base", Exists("createdAt"), [doc["objectId"] for doc in DOCS]),
    ("all", All("arr", (1, 2)), ["full"]),
    ("all in any order", All("arr", ("x", 1)), ["full"]),
    ("all empty", All("arr", ()), []),
    ("all on a scalar", All("n", (2,)), ["full"]),
    ("all on a scalar, two", All("n", (2, 1)), []),
    ("all pointers", All("arr", (P,)), ["nested"]),
    ("contained by", ContainedBy("arr", (1, 2, 3, "x")), ["full", "other", "zero", "nulls", "bare"]),
    ("contained by nothing", ContainedBy("arr", ()), ["zero", "nulls", "bare"]),
    ("regex", Regex("s", "ppl"), ["full", "other"]),
    ("regex anchored", Regex("s", "^A"), ["full"]),
    ("regex quoted", Regex("s", "^\\QAp\\E"), ["full"]),
    ("regex quoted with signs", Regex("s", "^\\QA.\\E"), []),
    ("regex with options", Regex("s", "^APP", "i"), ["full", "other"]),
    ("regex extended", Regex("s", "^a  p # comment", "x"), ["other"]),
    ("regex matches everything", Regex("s", ""), ["full", "other", "zero", "one"]),
    ("regex never matches numbers", Regex("n", "2"), []),
    ("regex on elements", Regex("arr", "^x$"), ["full"]),
    ("regex in an object", Regex("o.deep.x", "y"), ["full"]),
    ("not regex", Not(Regex("s", "ppl")), ["zero", "one", *EMPTY]),
    ("or", Or((Eq("n", 2), Eq("s", "apple"))), ["full", "other"]),
    ("or of one", Or((Eq("n", 2),)), ["full"]),
    ("and of or", And((Or((Eq("n", 2), Eq("n", 0))), Exists("d"))), ["full"]),
    ("nor", Not(Or((Eq("n", 2), Eq("n", 0), Eq("n", None)))), ["other", "one"]),
    ("not and", Not(And((Exists("n"), Exists("d")))), ["zero", "one", "bare", "nested"]),
]  # fmt: skip

DISTINCT = [
    ("n", [2, 2.5, 0, 1]),
    ("s", ["Apple", "apple", "", "1"]),
    ("p", [P, Q]),
    ("d", [DAY, OTHER_DAY]),
    ("b", [True, False]),
    ("objectId", [doc["objectId"] for doc in DOCS]),
    ("o.k", [1, 2]),
    ("nope", []),
]


class QueriesContract:
    @pytest.mark.parametrize(("name", "where", "expected"), ROWS, ids=[row[0] for row in ROWS])
    def test_query(self, engine: Engine, name: str, where: Node, expected: list[str]) -> None:
        cls = fill(engine, CLASS, DOCS)
        assert sorted(found(engine, cls, where)) == sorted(expected)
        assert engine.count(cls, where) == len(expected)

    @pytest.mark.parametrize(("name", "where", "expected"), ROWS, ids=[row[0] for row in ROWS])
    def test_query_on_columns_that_nobody_declared(self, engine: Engine, name: str, where: Node, expected: list[str]) -> None:
        if engine.scheme == "mongodb":
            pytest.skip("MongoDB keeps pointers under names that depend on the class")
        fill(engine, CLASS, DOCS)
        assert sorted(found(engine, a_class(), where)) == sorted(expected)

    @pytest.mark.parametrize(("path", "expected"), DISTINCT)
    def test_distinct(self, engine: Engine, path: str, expected: list[object]) -> None:
        cls = fill(engine, CLASS, DOCS)
        values = engine.distinct(cls, path, EVERYTHING)
        assert len(values) == len(expected)
        assert all(value in values for value in expected)

    def test_distinct_takes_arrays_apart(self, engine: Engine) -> None:
        cls = fill(engine, CLASS, DOCS)
        values = engine.distinct(cls, "arr", In("objectId", ("full", "other", "zero")))
        assert sorted(values, key=str) == [1, 2, 3, "x"]

    def test_distinct_within_a_condition(self, engine: Engine) -> None:
        cls = fill(engine, CLASS, DOCS)
        assert engine.distinct(cls, "n", Compare("n", "gt", 2)) == [2.5]

    def test_limit_and_skip(self, engine: Engine) -> None:
        cls = fill(engine, a_class(n="Number"), [a_doc(f"d{i}", n=i) for i in range(5)])
        order = (("n", False),)
        assert found(engine, cls, order=order, limit=2) == ["d0", "d1"]
        assert found(engine, cls, order=order, limit=2, skip=3) == ["d3", "d4"]
        assert found(engine, cls, order=order, skip=4) == ["d4"]
        assert found(engine, cls, order=order, skip=9, limit=9) == []
        assert found(engine, cls, limit=0) == []
        assert engine.count(cls, EVERYTHING) == 5

    def test_unordered_objects_come_as_stored(self, engine: Engine) -> None:
        names = ["m", "c", "x", "a", "k"]
        cls = fill(engine, a_class(), [a_doc(name) for name in names])
        assert found(engine, cls) == names

    def test_values_are_never_taken_for_code(self, engine: Engine) -> None:
        evil = ["'", '"', "$where", "a' OR 1=1 --", "\\", "%", "[1]", '{"a":1}', "null", "$n", "nul\x00x"]
        cls = fill(engine, a_class(s="String"), [a_doc(f"e{i}", s=text) for i, text in enumerate(evil)])
        for number, text in enumerate(evil):
            assert found(engine, cls, Eq("s", text)) == [f"e{number}"]
            assert found(engine, cls, In("s", (text, 5))) == [f"e{number}"]
            assert found(engine, a_class(), Eq("s", text)) == [f"e{number}"]

    def test_deep_conditions_are_carried_out(self, engine: Engine) -> None:
        cls = fill(engine, a_class(n="Number"), [a_doc("a", n=1), a_doc("b", n=2)])
        where: Node = Eq("n", 1)
        for _ in range(16):
            where = Or((where, And((where,)))) if _ % 8 == 0 else Not(Not(where))
        assert found(engine, cls, where) == ["a"]

    def test_explain_gives_an_object(self, engine: Engine) -> None:
        from parse_shim.query.options import ALL

        cls = fill(engine, CLASS, DOCS)
        assert isinstance(engine.explain(cls, Eq("n", 2), ALL, "queryPlanner"), dict)
