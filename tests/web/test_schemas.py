"""/schemas and /purge, with the master key."""

import pytest

from tests.web.world import Web, error

BASE = {"objectId": {"type": "String"}, "createdAt": {"type": "Date"}, "updatedAt": {"type": "Date"}, "ACL": {"type": "ACL"}}


def fields(answer):
    return {name: column for name, column in answer.json["fields"].items() if name not in BASE}


def change(web, **columns):
    return web.master("PUT", "/schemas/S", {"fields": columns})


@pytest.fixture
def schema(web):
    web.master("POST", "/schemas/S", {"fields": {"a": {"type": "String"}}})
    return web


def test_a_new_class_shows_its_columns_and_public_permissions(web):
    answer = web.master("POST", "/schemas/S", {"fields": {"a": {"type": "String"}}})
    assert (answer.status_code, answer.json["className"]) == (200, "S")
    assert answer.json["fields"] == {**BASE, "a": {"type": "String"}}
    permissions = answer.json["classLevelPermissions"]
    assert permissions["find"] == {"*": True}
    assert permissions["protectedFields"] == {"*": []}
    assert "indexes" not in answer.json


def test_the_name_may_stand_in_the_body(web):
    assert web.master("POST", "/schemas", {"className": "T"}).json["className"] == "T"


def test_all_classes_are_listed_once_they_exist(web):
    web.create("W", n=1)
    web.master("PUT", "/config", {"params": {"a": 1}})
    names = {row["className"] for row in web.master("GET", "/schemas").json["results"]}
    assert {"W", "_User", "_Role"} <= names
    assert not names & {"_GlobalConfig", "_Hooks"}
    assert web.master("GET", "/schemas/_Hooks").json["classLevelPermissions"] == {}


def test_columns_are_added_replaced_and_dropped_with_their_data(schema):
    object_id = schema.create("S", a="x")
    answer = change(schema, a={"__op": "Delete"}, b={"type": "Number", "defaultValue": 5, "required": True})
    assert fields(answer) == {"b": {"type": "Number", "defaultValue": 5, "required": True}}
    assert "a" not in schema.master("GET", f"/classes/S/{object_id}").json
    assert fields(change(schema, b={"type": "Number"})) == {"b": {"type": "Number"}}


@pytest.mark.parametrize(
    "column, code, text",
    [
        ({"type": "Foo"}, 111, "invalid field type: Foo"),
        ({"type": "ACL"}, 111, "invalid field type: ACL"),
        ({}, 107, "invalid JSON"),
        ("String", 107, "invalid JSON"),
        ({"type": 5}, 107, "invalid JSON"),
        ({"type": "Pointer"}, 135, "type Pointer needs a class name"),
        ({"type": "Relation", "targetClass": 5}, 107, "invalid JSON"),
        ({"type": "String", "defaultValue": 5}, 111, "schema mismatch for S.x default value; expected String but got Number"),
        (
            {"type": "Relation", "targetClass": "A", "required": True},
            111,
            "The 'required' option is not applicable for Relation<A>",
        ),
        ({"__op": "Delete"}, 255, "Field x does not exist, cannot delete."),
    ],
)
def test_a_malformed_column_changes_nothing(schema, column, code, text):
    assert error(change(schema, x=column, good={"type": "Number"})) == (400, code, text)
    assert fields(schema.master("GET", "/schemas/S")) == {"a": {"type": "String"}}


@pytest.mark.parametrize(
    "name, column, code, text",
    [
        ("a-b", {"type": "String"}, 105, "invalid field name: a-b"),
        ("objectId", {"type": "String"}, 136, "field objectId cannot be added"),
        ("ACL", {"__op": "Delete"}, 136, "field ACL cannot be changed"),
        ("a", {"type": "Number"}, 255, "Field a exists, cannot update."),
        (
            "bad",
            {"type": "Pointer", "targetClass": "a-b"},
            103,
            "Invalid classname: a-b, classnames can only have alphanumeric characters and _, and must start with an alpha character ",
        ),
    ],
)
def test_names_and_types_are_kept(schema, name, column, code, text):
    assert error(change(schema, **{name: column})) == (400, code, text)


def test_a_pointer_keeps_its_target_and_a_class_one_point(schema):
    change(schema, p={"type": "Pointer", "targetClass": "A"}, g={"type": "GeoPoint"})
    text = "schema mismatch for S.p; expected Pointer<A> but got Pointer<B>"
    assert error(change(schema, p={"type": "Pointer", "targetClass": "B"})) == (400, 111, text)
    text = "currently, only one GeoPoint field may exist in an object. Adding h when g already exists."
    assert error(change(schema, h={"type": "GeoPoint"})) == (400, 111, text)


def test_permissions_are_replaced_as_a_whole(schema):
    answer = schema.master("PUT", "/schemas/S", {"classLevelPermissions": {"find": {"*": True}}})
    assert answer.json["classLevelPermissions"]["create"] == {}
    assert error(schema("POST", "/classes/S", {"a": "x"})) == (400, 119, "Permission denied")
    schema.master("PUT", "/schemas/S", {"classLevelPermissions": None})
    assert schema("POST", "/classes/S", {"a": "x"}).status_code == 201


def test_indexes_are_named_once(schema):
    body = {"indexes": {"i": {"a": 1}}}
    assert schema.master("PUT", "/schemas/S", body).json["indexes"] == {"_id_": {"_id": 1}, "i": {"a": 1}}
    assert error(schema.master("PUT", "/schemas/S", body)) == (400, 102, "Index i exists, cannot update.")
    assert error(schema.master("PUT", "/schemas/S", {"indexes": {"j": {"zzz": 1}}})) == (
        400,
        102,
        "Field zzz does not exist, cannot add index.",
    )
    gone = {"indexes": {"i": {"__op": "Delete"}}}
    assert schema.master("PUT", "/schemas/S", gone).json["indexes"] == {"_id_": {"_id": 1}}
    assert error(schema.master("PUT", "/schemas/S", gone)) == (400, 102, "Index i does not exist, cannot delete.")


def test_only_an_empty_class_can_be_dropped(schema):
    schema.create("S", a="x")
    text = "Class S is not empty, contains 1 objects, cannot drop schema."
    assert error(schema.master("DELETE", "/schemas/S")) == (400, 255, text)
    assert schema.master("DELETE", "/purge/S").json == {}
    assert schema.master("DELETE", "/schemas/S").json == {}
    assert error(schema.master("GET", "/schemas/S")) == (400, 103, "Class S does not exist.")
    assert schema.master("DELETE", "/schemas/Nope").json == {}


@pytest.mark.parametrize("name", ["_GlobalConfig", "_Hooks", "_GraphQLConfig"])
def test_the_servers_own_classes_cannot_be_dropped(schema, name):
    assert error(schema.master("DELETE", f"/schemas/{name}"))[:2] == (400, 103)


def test_existing_and_missing_classes_are_told_apart(schema):
    assert error(schema.master("POST", "/schemas/S", {})) == (400, 103, "Class S already exists.")
    assert error(schema.master("PUT", "/schemas/Nope", {})) == (400, 103, "Class Nope does not exist.")
    assert error(schema.master("POST", "/schemas/A", {"className": "B"})) == (
        400,
        103,
        "Class name mismatch between B and A.",
    )
    assert error(schema.master("POST", "/schemas", {})) == (400, 135, "POST /schemas needs a class name.")


def test_locked_schemas_stay_as_they_are():
    web = Web(schema={"lockSchemas": True})
    text = "Cannot perform this operation when schemas options is used."
    assert error(web.master("POST", "/schemas/S", {})) == (400, 119, text)
