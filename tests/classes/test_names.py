"""What things may be called."""

import pytest

from parse_shim.classes.check import Denylist, check_class_name, check_keywords, check_names, check_nested_keys
from parse_shim.classes.model import OBJECT, ClassDef
from parse_shim.errors import ParseError
from parse_shim.update.ops import Add, Set
from parse_shim.values.types import GeoPoint


def refusal(function, *args, **named):
    with pytest.raises(ParseError) as caught:
        function(*args, **named)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize("name", ["Post", "a_1", "_User", "_Audience", "_Join:users:_Role", "Constructor"])
def test_good_class_names(name):
    check_class_name(name)


@pytest.mark.parametrize("name", ["_Foo", "1a", "a-b", "length", "className", "", "_Hooks", "_SCHEMA", "Post\n", "é"])
def test_bad_class_names(name):
    assert refusal(check_class_name, name) == (107, "schema class name does not revalidate")


@pytest.mark.parametrize("name", ["x", "X9_", "o.a", "arr.0.k", "o.$x", "a" * 130])
def test_good_field_names(name):
    check_names([name], None, "C")


@pytest.mark.parametrize("name", ["", "_x", "a-b", "length", "className", "1a", "a.", "a..b", "a.$", "a.$[]"])
def test_bad_field_names(name):
    assert refusal(check_names, [name], ClassDef("C"), "C") == (105, f"Invalid field name: {name}.")


def test_hooks_have_a_column_class_name():
    check_names(["className"], None, "_Hooks")


def test_the_maintenance_key_writes_internals():
    check_names(["_hashed_password"], None, "_User", internal=True)


def test_auth_data_is_not_written_by_parts():
    expected = (105, "Invalid field name for update: authData.x")
    assert refusal(check_names, ["authData.x"], ClassDef("_User", {"authData": OBJECT}), "_User") == expected


@pytest.mark.parametrize("value", [{"a.b": 1}, {"x": [{"$y": 1}]}, [[{"a": {"b": {"$": 1}}}]]])
def test_dollars_and_dots_in_nested_keys(value):
    text = "Nested keys should not contain the '$' or '.' characters"
    assert refusal(check_nested_keys, {"o": Set(value)}) == (121, text)


def test_nested_keys_of_added_items_and_the_acl_are_free():
    check_nested_keys({"a": Add(({"$x": 1},)), "ACL": Set({"role:a.b": {"read": True}}), "g": Set(GeoPoint(1, 2))})


@pytest.mark.parametrize(
    ("body", "row"),
    [
        ({"constructor": 1}, '{"key":"constructor"}'),
        ({"a": [{"myconstructors": 1}]}, '{"key":"constructor"}'),
        ({"a": {"__proto__": {}}}, '{"key":"__proto__"}'),
        ({"a": {"_bsontype": "Code"}}, '{"key":"_bsontype","value":"Code"}'),
    ],
)
def test_prohibited_keywords(body, row):
    denylist = Denylist()
    denylist.check({"fine": {"_bsontype": "X", "a": "constructor"}})
    for _ in range(2):
        assert refusal(denylist.check, body) == (105, f"Prohibited keyword in request data: {row}.")


def test_a_keyword_may_be_a_value_alone():
    denylist = Denylist([{"value": "^evil$"}])
    denylist.check({"a": "good"})
    assert refusal(denylist.check, {"a": "evil"})[0] == 105


def test_a_denylist_row_may_be_the_text_of_a_key():
    with pytest.raises(ParseError, match='Prohibited keyword in request data: "foo"'):
        check_keywords({"a": {"foo": 1}}, ["foo"])
    check_keywords({"a": "foo"}, ["foo"])
