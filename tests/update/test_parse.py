"""Request bodies -> Update."""

from datetime import datetime

import pytest

from parse_shim.errors import ParseError
from parse_shim.update.ops import Add, AddUnique, Increment, Relate, Remove, Set, Unset
from parse_shim.update.parse import parse_update
from parse_shim.values.types import GeoPoint, Pointer


def pointer(object_id, class_name="B"):
    return {"__type": "Pointer", "className": class_name, "objectId": object_id}


@pytest.mark.parametrize(
    ("value", "op"),
    [
        (1.0, Set(1)),
        ("x", Set("x")),
        (None, Set(None)),
        (True, Set(True)),
        ([1, {"a": 2}], Set([1, {"a": 2}])),
        ({"__type": "Date", "iso": "2020-01-02T03:04:05.678Z"}, Set(datetime(2020, 1, 2, 3, 4, 5, 678000))),
        ({"__type": "GeoPoint", "latitude": 1, "longitude": 2}, Set(GeoPoint(1, 2))),
        (pointer("x"), Set(Pointer("B", "x"))),
        ({"__op": "Delete"}, Unset()),
        ({"__op": "Increment", "amount": -1.5}, Increment(-1.5)),
        ({"__op": "Add", "objects": [1, 1]}, Add((1, 1))),
        ({"__op": "AddUnique", "objects": [pointer("x")]}, AddUnique((Pointer("B", "x"),))),
        ({"__op": "Remove", "objects": []}, Remove(())),
        ({"__op": "AddRelation", "objects": [pointer("x"), pointer("y"), pointer("x")]}, Relate("B", add=("x", "y"))),
        ({"__op": "RemoveRelation", "objects": [pointer("x")]}, Relate("B", remove=("x",))),
        (
            {
                "__op": "Batch",
                "ops": [
                    {"__op": "AddRelation", "objects": [pointer("x")]},
                    {"__op": "RemoveRelation", "objects": [pointer("y")]},
                ],
            },
            Relate("B", ("x",), ("y",)),
        ),
    ],
)
def test_each_form_of_value_becomes_one_operation(value, op):
    assert parse_update({"f": value}) == {"f": op}


@pytest.mark.parametrize(
    ("value", "create", "code", "text"),
    [
        ({"__op": "Increment"}, False, 107, "incrementing must provide a number"),
        ({"__op": "Increment", "amount": True}, False, 107, "incrementing must provide a number"),
        ({"__op": "Increment"}, True, 107, "objects to add must be an array"),
        ({"__op": "Add"}, False, 107, "objects to add must be an array"),
        ({"__op": "AddUnique", "objects": "x"}, True, 107, "objects to add must be an array"),
        ({"__op": "Remove"}, False, 107, "objects to remove must be an array"),
        ({"__op": "Remove"}, True, 107, "objects to add must be an array"),
        ({"__op": "Batch", "ops": [{"__op": "Increment", "amount": 1}]}, False, 108, "The Batch operator is not"),
        ({"__op": "SetOnInsert"}, False, 108, "The SetOnInsert operator is not supported yet."),
        ({"__op": ["x"]}, False, 108, "operator is not supported"),
        ({"__op": "AddRelation", "objects": []}, False, 107, "list of pointers"),
        ({"__op": "AddRelation"}, True, 107, "list of pointers"),
        ({"__type": "Foo"}, False, 111, "This is not a valid Foo"),
    ],
)
def test_malformed_operations_are_refused_with_the_peers_texts(value, create, code, text):
    with pytest.raises(ParseError) as caught:
        parse_update({"f": value}, create=create)
    assert caught.value.code == code
    assert text in caught.value.message


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"*": {"read": True}}, {"*": {"read": True}}),
        ({"*": {"read": False}}, {}),
        ({"u": {"read": "yes", "write": 1, "other": True}}, {"u": {"read": True, "write": True}}),
        ("text", {}),
        (7, {}),
        ([], {}),
        ({}, {}),
    ],
)
def test_an_acl_keeps_only_true_flags(sent, stored):
    assert parse_update({"ACL": sent}) == {"ACL": Set(stored)}


def test_a_null_acl_is_left_out():
    assert parse_update({"ACL": None}) == {}


@pytest.mark.parametrize("acl", [{"*unresolved": {"read": True}}, {"*": None}])
def test_an_unusable_acl_is_refused(acl):
    with pytest.raises(ParseError) as caught:
        parse_update({"ACL": acl})
    assert (caught.value.code, caught.value.message) == (123, "Invalid ACL.")


def test_keys_inside_one_another_are_refused_on_update():
    with pytest.raises(ParseError) as caught:
        parse_update({"o": 1, "o.a.b": 2})
    assert caught.value.code == 107


def test_keys_inside_one_another_are_plain_names_on_create():
    assert parse_update({"o": 1, "o.a": 2}, create=True) == {"o": Set(1), "o.a": Set(2)}
