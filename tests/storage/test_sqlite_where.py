"""What SQLite answers by itself, what it asks the matcher, and which look-ups use an index."""

import time
from datetime import datetime

import orjson
import pytest

from parse_shim.errors import ParseError, Refused
from parse_shim.query.ast import (
    EVERYTHING,
    All,
    And,
    Compare,
    ContainedBy,
    Eq,
    EqFold,
    Exists,
    In,
    Near,
    Not,
    Or,
    PolygonContains,
    Readable,
    Regex,
    Text,
    WithinBox,
    WithinPolygon,
    WithinSphere,
    Writable,
)
from parse_shim.query.options import ALL, FindOptions
from parse_shim.storage.demand import read_keys
from parse_shim.storage.sqlite.engine import SqliteEngine
from parse_shim.storage.sqlite.layout import Table
from parse_shim.storage.sqlite.where import compile_where
from parse_shim.testing.contract.common import a_class, a_doc, fill
from parse_shim.testing.contract.objects import user_class
from parse_shim.values.types import GeoPoint, Pointer

CLASS = a_class("Thing", n="Number", s="String", b="Boolean", d="Date", p="Pointer<B>", arr="Array", o="Object", at="GeoPoint")
DAY, P, HERE = datetime(2020, 1, 2), Pointer("B", "p"), GeoPoint(1, 1)

EXACT = [
    Eq("n", 1), Eq("s", "x"), Eq("b", True), Eq("d", DAY), Eq("p", P), Eq("n", None), Eq("arr", "x"), Eq("arr", P), Eq("arr", DAY),
    Eq("nope", 5), Eq("objectId", "x"), Eq("createdAt", DAY), Not(Eq("n", 1)), Not(Eq("arr", 1)),
    In("n", (1, 2)), In("s", tuple("abcdefghijkl")), In("p", (P, Pointer("C", "q"))), In("arr", (1, "x", None)), In("objectId", ("a",)),
    Compare("n", "gt", 1), Compare("s", "lt", "x"), Compare("d", "gte", DAY), Compare("createdAt", "lt", DAY), Compare("arr", "gt", 5),
    All("arr", (1, "x")), Exists("o"), Exists("createdAt"),
    Regex("s", "^\\Qab\\E"),
    WithinSphere("at", HERE, 0.1), WithinBox("at", HERE, GeoPoint(2, 2)), Near("at", HERE, 0.1),
    Readable(("*", "u")), Writable(("u",)),
    And((Eq("n", 1), Or((Eq("s", "x"), Not(Exists("d")))))),
]  # fmt: skip
MATCHED = [
    Eq("o", {"k": 1}), Eq("o.k", 1), Eq("arr", [1]), Eq("arr.0", 1), Regex("s", "a|b"), Regex("arr", "x"), ContainedBy("arr", (1,)),
    Text("s", "x"), WithinPolygon("at", (HERE, GeoPoint(2, 2), GeoPoint(2, 1))), PolygonContains("area", HERE), Eq("at", HERE),
    EqFold("s", "x"), Compare("o.k", "gt", 1),
]  # fmt: skip


@pytest.fixture
def engine():
    engine = SqliteEngine()
    yield engine
    engine.close()


def steps(engine, cls, where, options=ALL):
    return " | ".join(engine.explain(cls, where, options, "queryPlanner")["queryPlanner"]["winningPlan"]["steps"])


@pytest.mark.parametrize("node", EXACT, ids=repr)
def test_sql_says_it_alone(node):
    assert compile_where(CLASS, Table("Thing", geo={"at"}), node).exact


@pytest.mark.parametrize("node", MATCHED, ids=repr)
def test_the_matcher_is_asked(node):
    assert not compile_where(CLASS, Table("Thing", geo={"at"}), node).exact


@pytest.mark.parametrize(
    ("where", "word"),
    [
        (Eq("s", "x"), "d:^thing/s"),
        (In("s", ("x", "y")), "d:^thing/s"),
        (In("s", tuple("abcdefghijkl")), "d:^thing/s"),
        (Regex("s", "^\\Qab\\E"), "d:^thing/s"),
        (And((Eq("s", "x"), Readable(("*",)))), "d:^thing/s"),
        (Eq("p", P), "d:^thing/p"),
        (Eq("d", DAY), "d:^thing/d"),
        (Eq("objectId", "x"), "autoindex"),
        (In("objectId", tuple("abcdefghijkl")), "autoindex"),
    ],
    ids=repr,
)
def test_an_index_on_demand_is_used(engine, where, word):
    cls = fill(engine, CLASS, [a_doc(f"d{i}", s=f"s{i}", p=Pointer("B", f"p{i}"), d=DAY) for i in range(50)])
    for column in ("s", "p", "d"):
        assert engine.demand(cls, read_keys(column), "sort") is None
    assert f"{word}" in steps(engine, cls, where)


@pytest.mark.parametrize(
    ("keys", "where", "order"),
    [
        ("n", EVERYTHING, (("n", False),)),
        ("-n", EVERYTHING, (("n", True),)),
        ("s,-createdAt", Eq("s", "x"), (("createdAt", True),)),
        ("n,-s", EVERYTHING, (("n", False), ("s", True))),
    ],
)
def test_an_index_serves_a_sort(engine, keys, where, order):
    cls = fill(engine, CLASS, [a_doc(f"d{i}", n=i, s="x") for i in range(5)])
    engine.demand(cls, read_keys(keys), "sort")
    assert "TEMP B-TREE" not in steps(engine, cls, where, FindOptions(order=order, limit=2))


@pytest.mark.parametrize(
    ("cls", "where", "word"),
    [
        (a_class("_Session", sessionToken="String", user="Pointer<_User>"), Eq("sessionToken", "r:1"), "w:_^session/session^token"),
        (a_class("_Session", sessionToken="String", user="Pointer<_User>"), Eq("user", Pointer("_User", "u")), "w:_^session/user"),
        (a_class("_Installation", installationId="String"), Eq("installationId", "i"), "SEARCH unique_keys USING PRIMARY KEY"),
        (user_class(), Eq("username", "joe"), "unique_keys"),
        (user_class(), EqFold("email", "JOE@x.org"), "unique_keys"),
        (user_class(), Eq("authData.anonymous.id", "x"), "unique_keys"),
        (user_class(), Eq("_perishable_token", "t"), "w:_^user/_perishable_token"),
        (a_class("_Role", name="String"), Eq("name", "Host"), "unique_keys"),
    ],
    ids=lambda part: getattr(part, "name", str(part)),
)
def test_look_ups_of_the_server_never_scan(engine, cls, where, word):
    cls = fill(engine, cls, [a_doc("a")])
    plan = steps(engine, cls, where)
    assert word in plan
    assert "SCAN" not in plan


def test_links_are_found_from_both_ends(engine):
    engine.link("_Role", "users", "r", ["u"])
    join = a_class("_Join:users:_Role", owningId="String", relatedId="String")
    assert "SCAN" not in steps(engine, join, Eq("owningId", "r"))
    assert "SCAN" not in steps(engine, join, In("relatedId", ("u", "v")))


def test_a_search_makes_its_index_once(engine):
    cls = fill(engine, CLASS, [a_doc("a", s="Coffee and cakes"), a_doc("b", s="Tea")])
    assert "t:^thing/s" not in steps(engine, cls, Text("s", "cake"))
    assert [doc["objectId"] for doc in engine.find(cls, Text("s", "cake"))] == ["a"]
    assert "SCAN t:^thing/s. VIRTUAL TABLE" in steps(engine, cls, Text("s", "cake"))
    engine.insert(cls, a_doc("c", s="One more cake"))
    assert [doc["objectId"] for doc in engine.find(cls, Text("s", "cake"))] == ["a", "c"]
    assert [doc["objectId"] for doc in engine.find(cls, Text("s", "cake", language="none"))] == ["a", "c"]


@pytest.mark.parametrize("name", ["a b", "x'", 'x"', "x;drop", "é", "x\x00", "$where", "x" * 300, ""])
def test_names_never_become_sql(engine, name):
    fill(engine, CLASS, [a_doc("a", s="x")])
    assert engine.find(CLASS, Eq(name, 1)) == []
    assert engine.find(CLASS, Eq(f"o.{name}", 1)) == []
    assert engine.find(a_class(name), EVERYTHING) == []
    with pytest.raises(Refused):
        engine.insert(a_class(name), a_doc("a"))
    assert engine.find(CLASS, EVERYTHING, FindOptions(order=((name, True),))) != []


def test_a_slow_pattern_is_stopped_by_the_time_of_all_texts_together(engine):
    cls = fill(engine, CLASS, [a_doc(f"d{i}", s="a" * 26 + "!") for i in range(400)])
    start = time.monotonic()
    with pytest.raises(ParseError) as refused:
        engine.find(cls, Regex("s", "^(a|a|aa)+$"))
    assert refused.value.code == 102
    assert time.monotonic() - start < 2
    assert engine.count(cls, Regex("s", "^a+!")) == 400


def test_a_condition_of_many_parts_is_carried_out_or_refused(engine):
    cls = fill(engine, CLASS, [a_doc("a", n=1)])
    try:
        found = engine.find(cls, Or(tuple(Eq("n", number) for number in range(5000))))
        assert len(found) == 1
    except Refused as refused:
        assert "database" in refused.text or "query" in refused.text


def test_stored_json_is_the_answer(engine):
    cls = fill(engine, CLASS, [a_doc("a", n=1, d=DAY, p=P, at=HERE, ACL={"*": {"read": True}})])
    found = engine.find_json(cls, Eq("n", 1))
    assert orjson.dumps(found).decode() == (
            '[{"objectId":"a","n":1,"d":{"__type":"Date","iso":"2020-01-02T00:00:00.000Z"},'
            '"p":{"__type":"Pointer","className":"B","objectId":"p"},"at":{"__type":"GeoPoint","latitude":1,"longitude":1},'
            '"createdAt":"2026-01-02T03:04:05.678Z","updatedAt":"2026-01-02T03:04:05.678Z","ACL":{"*":{"read":true}}}]'
    )
    assert engine.find_json(cls, EVERYTHING, FindOptions(order=(("o", False),))) is None
    assert engine.find_json(a_class("Nowhere"), EVERYTHING) == []


def test_a_fresh_start_is_quick_and_complete(engine):
    for number in range(10):
        fill(engine, a_class(f"C{number}", at="GeoPoint"), [a_doc(f"d{i}", at=HERE) for i in range(20)])
    start = time.perf_counter()
    engine.clear()
    assert time.perf_counter() - start < 0.05
    assert engine.load_classes() == {}


@pytest.mark.parametrize(
    ("latitude", "longitude", "place"),
    [(91, 0, GeoPoint(89, 180)), (-100.5, 10, GeoPoint(-79.5, -170)), (10, 200, GeoPoint(10, -160)), (51.5, -541, GeoPoint(51.5, 179))],
)
def test_a_point_off_the_map_is_near_its_place(engine, latitude, longitude, place):
    cls = fill(engine, CLASS, [a_doc("a", at=GeoPoint(latitude, longitude)), a_doc("b", at=HERE)])
    assert [doc["objectId"] for doc in engine.find(cls, Near("at", place, 1e-6))] == ["a"]
    assert engine.count(cls, WithinSphere("at", place, 1e-6)) == 1
    assert [doc["objectId"] for doc in engine.find(cls, Near("at", HERE))] == ["b", "a"]
