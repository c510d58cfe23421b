"""Conditions and updates as MongoDB gets them."""

import math

import pytest

from parse_shim.classes.system import SYSTEM
from parse_shim.query.ast import (
    EVERYTHING,
    NOTHING,
    All,
    And,
    Compare,
    ContainedBy,
    Eq,
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
)  # fmt: skip
from parse_shim.storage.mongo import geo
from parse_shim.storage.mongo.layout import Layout
from parse_shim.storage.mongo.update import compile_update
from parse_shim.storage.mongo.where import compile_where
from parse_shim.testing.contract.common import START, a_class
from parse_shim.update.ops import Add, AddUnique, Increment, Remove, Set, Unset
from parse_shim.values.types import File, GeoPoint, Pointer

LAYOUT = Layout(a_class(n="Number", s="String", p="Pointer<B>", arr="Array", o="Object", at="GeoPoint", f="File", area="Polygon"))
P = Pointer("B", "x")
P_INSIDE = {"__type": "Pointer", "className": "B", "objectId": "x"}
HERE = GeoPoint(51.5, -0.1)
NO_ID = {"_id": {"$in": []}}

WHERE = [
    (EVERYTHING, {}),
    (NOTHING, NO_ID),
    (Not(EVERYTHING), NO_ID),
    (Eq("n", 2), {"n": {"$eq": 2}}),
    (Eq("n", None), {"n": {"$eq": None}}),
    (Eq("objectId", "a"), {"_id": {"$eq": "a"}}),
    (Eq("createdAt", START), {"_created_at": {"$eq": START}}),
    (Eq("p", P), {"_p_p": {"$eq": "B$x"}}),
    (Eq("arr", P), {"arr": {"$eq": P_INSIDE}}),
    (Eq("o.p", P), {"o.p": {"$eq": P_INSIDE}}),
    (Eq("at", HERE), {"at": {"$eq": [-0.1, 51.5]}}),
    (Eq("at", 51.5), NO_ID),
    (Eq("f", File("a")), {"f": {"$eq": "a"}}),
    (Eq("o", {"$gt": 1}), {"o": {"$eq": {"$gt": 1}}}),
    (Not(Eq("n", 2)), {"n": {"$ne": 2}}),
    (Not(In("p", (P,))), {"_p_p": {"$nin": ["B$x"]}}),
    (Not(Exists("n")), {"$nor": [{"n": {"$exists": True}}]}),
    (Not(Not(Eq("n", 2))), {"n": {"$eq": 2}}),
    (In("n", (1, None)), {"n": {"$in": [1, None]}}),
    (Compare("n", "gte", 1), {"n": {"$gte": 1}}),
    (Compare("at", "gt", HERE), NO_ID),
    (And((Compare("n", "gt", 1), Compare("n", "lt", 3))), {"$and": [{"n": {"$gt": 1}}, {"n": {"$lt": 3}}]}),
    (And((Eq("n", 1), Eq("s", "x"))), {"n": {"$eq": 1}, "s": {"$eq": "x"}}),
    (Or((Eq("n", 1), Eq("s", "x"))), {"$or": [{"n": {"$eq": 1}}, {"s": {"$eq": "x"}}]}),
    (Exists("n"), {"n": {"$exists": True}}),
    (Exists("p"), {"$or": [{"_p_p": {"$exists": True}}, {"p": {"$exists": True}}]}),
    (All("arr", (1, P)), {"arr": {"$all": [1, P_INSIDE]}}),
    (ContainedBy("arr", (1,)), {"arr": {"$not": {"$elemMatch": {"$nin": [1]}}}}),
    (Regex("s", "^\\Qa.b\\E", "i"), {"s": {"$regex": "^\\Qa.b\\E", "$options": "i"}}),
    (Regex("s", "^\\Qa.b"), {"s": {"$regex": "^\\Qa.b\\E"}}),
    (Regex("s", "a\\\\Qb", "u"), {"s": {"$regex": "a\\\\Qb"}}),
    (Regex("p", "B"), NO_ID),
    (Text("s", "cake", language="none"), {"$text": {"$search": "cake", "$language": "none"}}),
    (Readable(("*", "u")), {"_rperm": {"$in": [None, "*", "u"]}}),
    (Writable(()), {"_wperm": {"$in": [None]}}),
    (WithinSphere("at", HERE, 0.1), {"at": {"$geoWithin": {"$centerSphere": [[-0.1, 51.5], 0.1]}}}),
    (Near("at", HERE, 0.1), {"at": {"$geoWithin": {"$centerSphere": [[-0.1, 51.5], 0.1]}}}),
    (Near("at", HERE), {"at.1": {"$type": "number"}}),
    (WithinBox("at", GeoPoint(1, 2), GeoPoint(-3, 4)), {"at": {"$geoWithin": {"$box": [[2, -3], [4, 1]]}}}),
    (WithinPolygon("at", (HERE, HERE)), {"at": {"$geoWithin": {"$polygon": [[-0.1, 51.5], [-0.1, 51.5]]}}}),
    (PolygonContains("area", HERE), {"area": {"$geoIntersects": {"$geometry": {"type": "Point", "coordinates": [-0.1, 51.5]}}}}),
]  # fmt: skip


@pytest.mark.parametrize(("node", "expected"), WHERE)
def test_condition(node, expected):
    assert compile_where(node, LAYOUT) == expected


def test_an_id_of_24_hex_digits_may_be_an_objectid():
    [ids] = compile_where(Eq("objectId", "6b00043fcdeeb697395721f7"), LAYOUT).values()
    assert [type(one).__name__ for one in ids["$in"]] == ["str", "ObjectId"]


def test_identities_of_users_have_their_own_fields():
    assert compile_where(Eq("authData.anonymous.id", "x"), Layout(SYSTEM["_User"])) == {"_auth_data_anonymous.id": {"$eq": "x"}}


@pytest.mark.parametrize(
    ("point", "radians", "safe"),
    [
        (HERE, 0.1, True),
        (GeoPoint(0, 179.9), 0.1, False),
        (GeoPoint(0, -179.9), 0.1, False),
        (GeoPoint(89.9, 0), 0.1, False),
        (GeoPoint(-90, 0), 0.001, False),
        (HERE, math.pi, False),
        (GeoPoint(80, 170), 0.1, False),
    ],
)
def test_circles_that_touch_an_edge_of_the_map_are_not_left_to_the_index(point, radians, safe):
    assert geo.is_safe(point, radians) is safe
    assert ("$centerSphere" in str(geo.within("at", point, radians))) is safe


UPDATES = [
    ({"n": Set(1), "s": Unset()}, {"$set": {"n": 1}, "$unset": {"s": ""}}),
    ({"n": Increment(2.0)}, {"$inc": {"n": 2}}),
    ({"arr": Add((1, P))}, {"$push": {"arr": {"$each": [1, P_INSIDE]}}}),
    ({"arr": AddUnique((1, 1))}, {"$addToSet": {"arr": {"$each": [1, 1]}}}),
    ({"arr": Remove((P,))}, {"$pullAll": {"arr": [P_INSIDE]}}),
    ({"p": Set(P)}, {"$set": {"_p_p": "B$x"}}),
    ({"p": Set(None)}, {"$unset": {"_p_p": "", "p": ""}}),
    ({"p": Unset()}, {"$unset": {"_p_p": "", "p": ""}}),
    ({"o.a.b": Set(P)}, {"$set": {"o.a.b": P_INSIDE}}),
    ({"at": Set(HERE)}, {"$set": {"at": [-0.1, 51.5]}}),
    ({"updatedAt": Set(START)}, {"$set": {"_updated_at": START}}),
    ({"objectId": Set("a")}, {}),
    ({"ACL": Set({"u": {"read": True}})}, {"$set": {"_wperm": [], "_rperm": ["u"], "_acl": {"u": {"r": True}}}}),
    ({"ACL": Unset()}, {"$set": {"_wperm": [], "_rperm": [], "_acl": {}}}),
]


@pytest.mark.parametrize(("update", "expected"), UPDATES)
def test_update(update, expected):
    assert compile_update(update, LAYOUT) == expected


def test_auth_data_as_a_whole_takes_other_providers_away():
    users = Layout(SYSTEM["_User"])
    stored = {"_id": "u", "_auth_data_a": {"id": 1}, "_auth_data_b": {"id": 2}}
    assert compile_update({"authData": Set({"b": {"id": 3}})}, users, stored) == {
        "$set": {"_auth_data_b": {"id": 3}},
        "$unset": {"_auth_data_a": ""},
    }
