"""Docs to documents exactly as parse-server stores them, and what others stored, read."""

from datetime import datetime

import pytest
from bson import Code, Decimal128, Int64, MaxKey, ObjectId, Regex, Timestamp

from parse_shim.classes.model import BASE_FIELDS, ClassDef
from parse_shim.classes.system import SYSTEM
from parse_shim.storage.mongo.layout import Layout
from parse_shim.testing.contract.common import START, a_class, a_doc
from parse_shim.values.types import File, GeoPoint, Pointer, Polygon, Relation

DAY = datetime(2020, 1, 2, 3, 4, 5, 678000)
ALL = a_class(
    "All", n="Number", i="Number", s="String", b="Boolean", nul="String", arr="Array", obj="Object", d="Date", g="GeoPoint",
    poly="Polygon", by="Bytes", ptr="Pointer<Parent>", f="File", rel="Relation<B>",
)  # fmt: skip
PARENT = Pointer("Parent", "dfWGvy0Zhr")
DOC = a_doc(
    "czvRrAUf8p", n=1.5, i=3, s="x", b=True, nul=None,
    arr=[1, PARENT, DAY, {"__type": "GeoPoint", "latitude": 1, "longitude": 2}],
    obj={"k": {"z": 1}, "d": DAY}, d=DAY, g=GeoPoint(40, -30),
    poly=Polygon(((0, 0), (0, 1), (1, 1), (1, 0), (0, 0))), by=b"hello", ptr=PARENT, f=File("796e_hello.txt"),
    ACL={"Fb1gUNJiE7": {"read": True, "write": True}, "role:Admins": {"write": True}, "*": {"read": True}},
)  # fmt: skip
DOCUMENT = {
    "_id": "czvRrAUf8p", "n": 1.5, "i": 3, "s": "x", "b": True, "nul": None,
    "arr": [1, {"__type": "Pointer", "className": "Parent", "objectId": "dfWGvy0Zhr"}, DAY,
            {"__type": "GeoPoint", "latitude": 1, "longitude": 2}],
    "obj": {"k": {"z": 1}, "d": DAY}, "d": DAY, "g": [-30, 40],
    "poly": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]},
    "by": b"hello", "_p_ptr": "Parent$dfWGvy0Zhr", "f": "796e_hello.txt",
    "_wperm": ["Fb1gUNJiE7", "role:Admins"], "_rperm": ["Fb1gUNJiE7", "*"],
    "_acl": {"Fb1gUNJiE7": {"w": True, "r": True}, "role:Admins": {"w": True}, "*": {"r": True}},
    "_created_at": START, "_updated_at": START,
}  # fmt: skip


def test_every_type_is_stored_as_parse_server_stores_it():
    assert Layout(ALL).write(DOC) == DOCUMENT


def test_every_type_is_read_back():
    assert Layout(ALL).read(DOCUMENT) == DOC


def test_relations_are_not_stored():
    assert "rel" not in Layout(ALL).write(a_doc("a", rel=Relation("B")))
    assert "rel" not in Layout(ALL).read({"_id": "a", "rel": 1})


def test_a_null_pointer_lies_under_the_plain_name():
    assert Layout(ALL).write(a_doc("a", ptr=None))["ptr"] is None
    assert Layout(ALL).read({"_id": "a", "ptr": None, "_p_ptr": "B$x"})["ptr"] == Pointer("B", "x")


def test_a_pointer_needs_no_schema_to_be_read():
    assert Layout(ClassDef("X")).read({"_id": "a", "_p_q": "B$x"})["q"] == Pointer("B", "x")


@pytest.mark.parametrize(
    ("value", "stored", "kind"),
    [
        (5.0, 5, int),
        (-0.0, 0, int),
        (2**53, 2**53, int),
        (2**53 + 2, float(2**53 + 2), float),
        (10**400, None, type(None)),
        (float("nan"), None, type(None)),
        (float("inf"), None, type(None)),
        (1e300, 1e300, float),
        (True, True, bool),
    ],
)
def test_numbers_are_whole_or_double(value, stored, kind):
    found = Layout(ALL).write(a_doc("a", n=value, obj={"k": [value]}))
    assert found["n"] == stored
    assert type(found["n"]) is kind
    assert type(found["obj"]["k"][0]) is kind


@pytest.mark.parametrize(
    ("stored", "value"),
    [
        (Int64(7), 7),
        (12345678901.0, 12345678901),
        (ObjectId("6b00043fcdeeb697395721f7"), "6b00043fcdeeb697395721f7"),
        (Decimal128("2.5"), 2.5),
        (Decimal128("NaN"), None),
        (Timestamp(86400, 1), datetime(1970, 1, 2)),
        (Code("x()"), "x()"),
        (Regex("a+"), "a+"),
        (MaxKey(), None),
        ({"__type": "Date", "iso": "2020-01-02T03:04:05.678Z"}, DAY),
        ({"__type": "Date", "iso": "+012020-01-02T03:04:05.678Z"}, {"__type": "Date", "iso": "+012020-01-02T03:04:05.678Z"}),
        ({"__type": "Pointer", "className": "B", "objectId": "x"}, Pointer("B", "x")),
    ],
)
def test_what_others_stored_is_read_as_near_as_can_be(stored, value):
    doc = Layout(ALL).read({"_id": "a", "x": stored, "obj": {"k": [stored]}, "n": stored})
    assert doc["x"] == doc["n"] == doc["obj"]["k"][0] == value
    assert type(doc["x"]) is type(value)


@pytest.mark.parametrize("column", ["g", "poly", "by", "f", "d", "ptr", "n", "arr"])
def test_a_value_of_the_wrong_type_does_not_stop_a_read(column):
    for wrong in (5, "text", [1], {"a": 1}, None, [[]]):
        assert Layout(ALL).read({"_id": "a", column: wrong})["objectId"] == "a"


def test_auth_data_has_a_field_for_each_provider():
    users = Layout(SYSTEM["_User"])
    raw = users.write(a_doc("u", username="joe", authData={"anonymous": {"id": "x"}, "facebook": None}))
    assert raw["_auth_data_anonymous"] == {"id": "x"}
    assert "authData" not in raw
    assert "_auth_data_facebook" not in raw
    assert users.read(raw)["authData"] == {"anonymous": {"id": "x"}}


def test_users_without_a_name_are_no_duplicates():
    assert "email" not in Layout(SYSTEM["_User"]).write(a_doc("u", email=None))


def test_a_session_has_its_own_names():
    sessions = Layout(SYSTEM["_Session"])
    raw = sessions.write(a_doc("s", sessionToken="r:1", user=Pointer("_User", "u"), expiresAt=DAY))
    assert {"_session_token": "r:1", "_p_user": "_User$u", "expiresAt": DAY}.items() <= raw.items()
    assert sessions.read(raw)["sessionToken"] == "r:1"


def test_the_config_is_number_one_and_kept_in_rest_form():
    config = Layout(SYSTEM["_GlobalConfig"])
    raw = config.write(a_doc("1", params={"d": DAY, "p": PARENT}, masterKeyOnly={"d": True}))
    assert raw == {
        "_id": 1,
        "params": {
            "d": {"__type": "Date", "iso": "2020-01-02T03:04:05.678Z"},
            "p": {"__type": "Pointer", "className": "Parent", "objectId": "dfWGvy0Zhr"},
        },
        "masterKeyOnly": {"d": True},
    }
    assert config.read(raw) == {"objectId": "1", "params": {"d": DAY, "p": PARENT}, "masterKeyOnly": {"d": True}}


def test_names_that_an_update_of_parse_server_writes_are_read():
    doc = Layout(SYSTEM["_Audience"]).read({"_id": "a", "lastUsed": None, "timesUsed": 1, "_last_used": DAY, "times_used": 2})
    assert (doc["lastUsed"], doc["timesUsed"]) == (DAY, 2)


@pytest.mark.parametrize(
    ("path", "stored"),
    [
        ("objectId", "_id"),
        ("createdAt", "_created_at"),
        ("ptr", "_p_ptr"),
        ("obj.k", "obj.k"),
        ("arr.0", "arr.0"),
        ("g.0", "__nothing.0"),
        ("unknown", "unknown"),
    ],
)
def test_paths(path, stored):
    assert Layout(ALL).path(path) == stored


def test_base_fields_are_enough_of_a_class():
    assert Layout(ClassDef("X", dict(BASE_FIELDS))).read({"_id": "a", "_rperm": []})["ACL"] == {}
