"""Queries in cloud code: the same tree that a client's where becomes, and back to REST."""

import re

import pytest

from parse_shim.query.ast import EVERYTHING, And, Compare, Eq, Near, Not, Or
from parse_shim.query.parse import parse_where
from parse_shim.sdk.object import Object
from parse_shim.sdk.query import Query
from parse_shim.sdk.query_json import where_json
from parse_shim.values.types import GeoPoint, Pointer

HERE, THERE = GeoPoint(1, 2), GeoPoint(3, 4)


@pytest.mark.parametrize(
    ("build", "where"),
    [
        (lambda q: q, {}),
        (lambda q: q.equal_to("a", 1), {"a": 1}),
        (lambda q: q.equal_to("a", None), {"a": None}),
        (lambda q: q.equal_to("a", Object("B", objectId="x")), {"a": {"__type": "Pointer", "className": "B", "objectId": "x"}}),
        (lambda q: q.not_equal_to("a", 1), {"a": {"$ne": 1}}),
        (lambda q: q.greater_than("a", 1).less_than_or_equal_to("a", 5), {"a": {"$gt": 1, "$lte": 5}}),
        (lambda q: q.exists("a").does_not_exist("b"), {"a": {"$exists": True}, "b": {"$exists": False}}),
        (lambda q: q.contained_in("a", [1, 2]), {"a": {"$in": [1, 2]}}),
        (lambda q: q.not_contained_in("a", [1]), {"a": {"$nin": [1]}}),
        (lambda q: q.contains_all("a", [1]).contained_by("b", [2]), {"a": {"$all": [1]}, "b": {"$containedBy": [2]}}),
        (lambda q: q.starts_with("a", "x."), {"a": {"$regex": "^\\Qx.\\E"}}),
        (lambda q: q.matches("a", "^x", "i"), {"a": {"$regex": "^x", "$options": "i"}}),
        (lambda q: q.matches("a", re.compile("x", re.IGNORECASE)), {"a": {"$regex": "x", "$options": "i"}}),
        (lambda q: q.full_text("a", "word", language="en"), {"a": {"$text": {"$search": {"$term": "word", "$language": "en"}}}}),
        (
            lambda q: q.matches_query("a", Query("B").equal_to("b", 1)),
            {"a": {"$inQuery": {"className": "B", "where": {"b": 1}}}},
        ),
        (
            lambda q: q.does_not_match_key_in_query("a", "k", Query("B")),
            {"a": {"$dontSelect": {"query": {"className": "B", "where": {}}, "key": "k"}}},
        ),
        (
            lambda q: q.within_radians("g", HERE, 0.5),
            {"g": {"$nearSphere": {"__type": "GeoPoint", "latitude": 1, "longitude": 2}, "$maxDistance": 0.5}},
        ),
        (
            lambda q: q.within_radians("g", HERE, 0.5, sorted=False),
            {"g": {"$geoWithin": {"$centerSphere": [{"__type": "GeoPoint", "latitude": 1, "longitude": 2}, 0.5]}}},
        ),
        (
            lambda q: q.related_to(Object("B", objectId="x"), "likes"),
            {"$relatedTo": {"object": {"__type": "Pointer", "className": "B", "objectId": "x"}, "key": "likes"}},
        ),
        (lambda q: q.equal_to("a", 1).not_equal_to("a", 2), {"a": 1, "$and": [{"a": {"$ne": 2}}]}),
        (lambda q: q.where({"a": {"$gt": 1}, "$or": [{"b": 1}, {"c": 2}]}), {"a": {"$gt": 1}, "$or": [{"b": 1}, {"c": 2}]}),
    ],
)
def test_a_query_and_its_where_mean_the_same(build, where):
    query = build(Query("C"))
    assert query.to_json()["where"] == where
    assert parse_where(where, None) == query.node


@pytest.mark.parametrize(
    ("build", "node"),
    [
        (lambda q: q.greater_than("a", 1).greater_than("a", 5), Compare("a", "gt", 5)),
        (lambda q: q.greater_than("a", 1).equal_to("a", 5), Eq("a", 5)),
        (lambda q: q.near("g", HERE).within_miles("g", THERE, 3959), Near("g", THERE, 1.0)),
        (lambda q: q.equal_to("a", 1).equal_to("b", 2), And((Eq("a", 1), Eq("b", 2)))),
        (lambda q: Query.any_of(q.equal_to("a", 1), Query("C").equal_to("a", 2)), Or((Eq("a", 1), Eq("a", 2)))),
        (lambda q: Query.none_of(q.equal_to("a", 1)), Not(Or((Eq("a", 1),)))),
    ],
)
def test_a_condition_replaces_the_one_before_it(build, node):
    assert build(Query("C")).node == node


def test_options():
    query = Query("C").ascending("a").add_descending("b,c").limit(5).skip(1).include("p.q", "r").select("a").exclude("b")
    assert query.to_json() == {
        "where": {},
        "order": "a,-b,-c",
        "limit": 5,
        "skip": 1,
        "include": "p.q,r",
        "keys": "a",
        "excludeKeys": "b",
    }
    assert Query.from_plan(query.plan()).plan() == query.plan()
    assert Query("C").node == EVERYTHING


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda q: q.limit("x"), "limit needs a number of objects, not 'x'"),
        (lambda q: q.limit(None), "limit needs a number of objects, not None"),
        (lambda q: q.limit(True), "limit needs a number of objects, not True"),
        (lambda q: q.limit(float("nan")), "limit needs a number of objects, not nan"),
        (lambda q: q.skip("x"), "skip needs a number of objects, not 'x'"),
        (lambda q: q.skip(-1), "skip needs a number of objects, not -1"),
        (lambda q: q.with_count(1), "with_count needs True or False, not 1"),
    ],
)
def test_what_is_no_number_is_named(build, text):
    with pytest.raises((TypeError, ValueError), match=re.escape(text)):
        build(Query("C"))


def test_numbers_as_requests_bring_them():
    assert Query("C").limit(2.9).skip(1.0).plan() == Query("C").limit(2).skip(1).plan()
    assert Query("C").limit(5).limit(-1).limited is None
    assert Query("C").limit(10**400).limited == Query("C").limit(float("inf")).limited == 2**31 - 1
    assert Query("C").with_count().to_json() == {"where": {}, "count": 1}


@pytest.mark.parametrize(
    "where",
    [
        {"a": {"$in": [{"__type": "Pointer", "className": "B", "objectId": "x"}]}},
        {"$nor": [{"a": 1}, {"b": {"$gt": 2}}]},
        {"a": {"$within": {"$box": [{"__type": "GeoPoint", "latitude": 1, "longitude": 2}] * 2}}},
        {"a": {"$geoIntersects": {"$point": {"__type": "GeoPoint", "latitude": 1, "longitude": 2}}}},
        {"a": {"$notInQuery": {"className": "B", "where": {"$and": [{"x": 1}, {"x": 2}]}}}},
        {"d": {"$gt": {"$relativeTime": "3 days ago"}}},
    ],
)
def test_a_where_survives_the_way_there_and_back(where):
    node = parse_where(where, None)
    assert parse_where(where_json(node), None) == node


def test_queries_of_several_classes_do_not_combine():
    with pytest.raises(TypeError):
        Query.any_of(Query("A"), Query("B"))


def test_a_query_outside_of_a_server_says_so():
    with pytest.raises(RuntimeError, match="no Parse server here"):
        Query("C").find()


def test_pointers_as_values():
    assert Query("C").contained_in("p", [Pointer("B", "x"), Object("B", objectId="y")]).node.values == (
        Pointer("B", "x"),
        Pointer("B", "y"),
    )
