import math
from datetime import datetime
from typing import get_args

import pytest

from parse_shim.errors import ParseError
from parse_shim.query import ast, match
from parse_shim.query.match import matches
from parse_shim.query.parse import parse_where
from parse_shim.values.types import GeoPoint, Pointer, Polygon

ZERO = {"__type": "GeoPoint", "latitude": 0, "longitude": 0}
EDGE = {"__type": "GeoPoint", "latitude": 0, "longitude": -179.9}
DATE = {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}
P = {"__type": "Pointer", "className": "B", "objectId": "x"}
SQUARE = Polygon(((0, 0), (0, 10), (10, 10), (10, 0), (0, 0)))

CASES = [
    ({"a": 2}, {"a": 2}, True),
    ({"a": 1}, {"a": True}, False),
    ({"a": "2"}, {"a": 2}, False),
    ({"a": None}, {}, True),
    ({"a": None}, {"a": [1, None]}, True),
    ({"a": {}}, {"a": {"b": 1}}, False),
    ({"arr": 2}, {"arr": [1, 2]}, True),
    ({"arr": {"$eq": [2, 3]}}, {"arr": [2, 3]}, True),
    ({"arr": {"$ne": 2}}, {"arr": [1, 2]}, False),
    ({"arr": {"$ne": 2}}, {}, True),
    ({"a": {"$ne": None}}, {"a": None}, False),
    ({"arr": {"$gt": 2}}, {"arr": [1, 3]}, True),
    ({"arr.0": 2}, {"arr": [2, 5]}, True),
    ({"arr.k": 5}, {"arr": [{"k": 4}, {"k": 5}]}, True),
    ({"a": {"$gt": 1}}, {"a": "2"}, False),
    ({"a": {"$gte": None}}, {}, True),
    ({"a": {"$gt": None}}, {"a": None}, False),
    ({"d": {"$lte": DATE}}, {"d": datetime(2019, 1, 1)}, True),
    ({"a": {"$in": [None]}}, {}, True),
    ({"a": {"$in": []}}, {"a": 1}, False),
    ({"a": {"$nin": [1]}}, {}, True),
    ({"p": {"$in": [P]}}, {"p": [Pointer("B", "x")]}, True),
    ({"a": {"$exists": True}}, {"a": None}, True),
    ({"a": {"$exists": False}}, {"a": None}, False),
    ({"arr": {"$all": [1, 2]}}, {"arr": [1, 2, 3]}, True),
    ({"arr": {"$all": []}}, {"arr": []}, False),
    ({"a": {"$all": [1]}}, {"a": 1}, True),
    ({"arr": {"$all": [{"$regex": "^\\Qap\\E"}]}}, {"arr": ["apple"]}, True),
    ({"arr": {"$containedBy": [1, 2]}}, {"arr": [1]}, True),
    ({"arr": {"$containedBy": [1, 2]}}, {"arr": [1, 3]}, False),
    ({"arr": {"$containedBy": [1, 2]}}, {"arr": 9}, True),
    ({"s": {"$regex": "b.d"}}, {"s": "abcd"}, True),
    ({"s": {"$regex": "B", "$options": "i"}}, {"s": "abc"}, True),
    ({"s": {"$regex": "5"}}, {"s": 5}, False),
    ({"s": {"$regex": "^\\Q%\\E"}}, {"s": "abc"}, False),
    ({"$or": [{"a": 1}, {"b": 1}]}, {"b": 1}, True),
    ({"$nor": [{"a": 1}, {"b": 1}]}, {"b": 1}, False),
    ({"g": {"$nearSphere": ZERO, "$maxDistance": 0.02}}, {"g": GeoPoint(0, 1)}, True),
    ({"g": {"$nearSphere": ZERO, "$maxDistance": 0.02}}, {"g": GeoPoint(0, 2)}, False),
    ({"g": {"$nearSphere": EDGE, "$maxDistance": 0.01}}, {"g": GeoPoint(0, 179.9)}, True),
    ({"g": {"$nearSphere": ZERO}}, {}, False),
    ({"g": {"$within": {"$box": [EDGE, ZERO]}}}, {"g": GeoPoint(0, -90)}, True),
    ({"g": {"$geoWithin": {"$polygon": [[0, 0], [0, 10], [10, 10], [10, 0]]}}}, {"g": GeoPoint(5, 10)}, True),
    ({"g": {"$geoWithin": {"$centerSphere": [[0, 0], math.pi]}}}, {"g": GeoPoint(5, 10)}, True),
    ({"pg": {"$geoIntersects": {"$point": ZERO}}}, {"pg": SQUARE}, True),
    ({"o.g": {"$nearSphere": ZERO}}, {"o": {"g": ZERO}}, True),
]


@pytest.mark.parametrize("where, doc, expected", CASES, ids=str)
def test_a_query_means_what_the_contract_says(where, doc, expected):
    assert matches(parse_where(where), doc) is expected


@pytest.mark.parametrize(
    "acl, subjects, readable",
    [(None, ("*",), True), ({}, ("*", "u"), False), ({"*": {"read": True}}, ("*",), True), ({"u": {"write": True}}, ("u",), False)],
)
def test_an_acl_decides_who_may_read(acl, subjects, readable):
    doc = {} if acl is None else {"ACL": acl}
    assert matches(ast.Readable(subjects), doc) is readable


def test_a_slow_pattern_is_stopped():
    node = parse_where({"s": {"$regex": "^(([a-z])+.)+[A-Z]([a-z])+$"}})
    with pytest.raises(ParseError) as caught:
        matches(node, {"s": "a" * 2000})
    assert caught.value.code == 102


def test_every_node_has_a_meaning():
    assert set(match._MATCHERS) == set(get_args(ast.Node))
