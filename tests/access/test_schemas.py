"""Schema routes (contract/04): every rule as a row, on SQLite and MongoDB. A refused change changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.access.conftest import OPEN, OPERATIONS, City, outcome
from tests.web.world import error

DEFAULTS = {"objectId": "String", "createdAt": "Date", "updatedAt": "Date", "ACL": "ACL"}
PUBLIC = {"ACL": {"*": {"read": True, "write": True}}, **OPEN, "protectedFields": {"*": []}}
STRING = {"type": "String"}
MIXED = {"role:X Y": True, "requiresAuthentication": True}
GEO = {"type": "GeoPoint"}
SYSTEM = {
    "_User": {"username": "String", "password": "String", "email": "String", "emailVerified": "Boolean", "authData": "Object"},
    "_Session": {"user": "Pointer", "installationId": "String", "sessionToken": "String", "expiresAt": "Date", "createdWith": "Object"},
    "_Role": {"name": "String", "users": "Relation", "roles": "Relation"},
    "_Installation": {
        "installationId": "String", "deviceToken": "String", "channels": "Array", "deviceType": "String", "pushType": "String",
        "GCMSenderId": "String", "timeZone": "String", "localeIdentifier": "String", "appVersion": "String", "appName": "String",
        "appIdentifier": "String", "parseVersion": "String", "badge": "Number",
    },
    "_Product": {"productIdentifier": "String", "download": "File", "downloadName": "String", "icon": "File", "order": "Number",
                 "title": "String", "subtitle": "String"},
    "_PushStatus": {"pushTime": "String", "source": "String", "query": "String", "payload": "String", "title": "String", "expiry": "Number",
                    "status": "String", "numSent": "Number", "numFailed": "Number", "pushHash": "String", "errorMessage": "Object",
                    "sentPerType": "Object", "failedPerType": "Object", "count": "Number"},
    "_JobStatus": {"jobName": "String", "source": "String", "status": "String", "message": "String", "params": "Object",
                   "finishedAt": "Date"},
    "_JobSchedule": {"jobName": "String", "description": "String", "params": "String", "startAfter": "String", "daysOfWeek": "Array",
                     "timeOfDay": "String", "lastRun": "Number", "repeatMinutes": "Number"},
    "_Hooks": {"functionName": "String", "className": "String", "triggerName": "String", "url": "String"},
    "_GlobalConfig": {"params": "Object", "masterKeyOnly": "Object"},
    "_GraphQLConfig": {"config": "Object"},
    "_Audience": {"name": "String", "query": "String", "lastUsed": "Date", "timesUsed": "Number"},
    "_Idempotency": {"reqId": "String", "expire": "Date"},
}  # fmt: skip


def new(city: City, **body: Any) -> str:
    city._number += 1
    name = f"Schema{city._number}"
    answer = city.master("POST", f"/schemas/{name}", body)
    assert outcome(answer) == 200, answer.data
    return name


def fields(city: City, name: str) -> dict[str, Any]:
    return dict(city.master("GET", f"/schemas/{name}").json["fields"])


@pytest.mark.parametrize(("name", "columns"), SYSTEM.items(), ids=SYSTEM.keys())
def test_columns_of_system_classes(city: City, name: str, columns: dict[str, str]) -> None:
    if name in ("_Product", "_Installation", "_Session"):
        city.master("POST", f"/schemas/{name}", {})
    found = {field: about["type"] for field, about in fields(city, name).items()}
    assert found.items() >= {**DEFAULTS, **columns}.items()


@pytest.mark.parametrize(
    "name", ["_PushStatus", "_Hooks", "_JobStatus", "_GraphQLConfig", "_GlobalConfig", "_JobSchedule", "_Audience", "_Idempotency"]
)
def test_internal_classes_are_shown_without_permissions(city: City, name: str) -> None:
    assert city.master("GET", f"/schemas/{name}").json["classLevelPermissions"] == {}


def test_the_life_of_a_class(city: City) -> None:
    answer = city.master("POST", "/schemas/Life", {"className": "Life", "fields": {"a": STRING}})
    assert (answer.status_code, "Location" in answer.headers) == (200, False)
    assert answer.json == {
        "className": "Life",
        "fields": {**{name: {"type": kind} for name, kind in DEFAULTS.items()}, "a": STRING},
        "classLevelPermissions": PUBLIC,
    }
    assert city.master("GET", "/schemas/Life").json["fields"] == answer.json["fields"]
    assert "Life" in [found["className"] for found in city.master("GET", "/schemas").json["results"]]
    changed = city.master("PUT", "/schemas/Life", {"fields": {"a": {"__op": "Delete"}, "b": {"type": "Number"}}})
    assert set(changed.json["fields"]) == {*DEFAULTS, "b"}
    assert city.master("PUT", "/schemas/Life", {}).json["fields"] == changed.json["fields"]
    city.master("POST", "/classes/Life", {"b": 1})
    assert error(city.master("DELETE", "/schemas/Life")) == (
        400, 255, "Class Life is not empty, contains 1 objects, cannot drop schema."
    )  # fmt: skip
    assert city.master("DELETE", "/purge/Life").json == {}
    assert city.master("GET", "/classes/Life").json["results"] == []
    for _ in range(2):
        assert (city.master("DELETE", "/schemas/Life").status_code, city.master("DELETE", "/purge/Life").json) == (200, {})
    assert error(city.master("GET", "/schemas/Life")) == (400, 103, "Class Life does not exist.")


# method, path below /schemas, body, code, text
REFUSALS: list[tuple[str, str, Any, int, str]] = [
    ("POST", "", {}, 135, "POST /schemas needs a class name."),
    ("POST", "/A", {"className": "B"}, 103, "Class name mismatch between B and A."),
    ("POST", "/_User", {}, 103, "Class _User already exists."),
    ("POST", "/bad-name", {}, 103,
     "Invalid classname: bad-name, classnames can only have alphanumeric characters and _, and must start with an alpha character "),
    ("POST", "/1a", {}, 103,
     "Invalid classname: 1a, classnames can only have alphanumeric characters and _, and must start with an alpha character "),
    ("PUT", "/Nope", {}, 103, "Class Nope does not exist."),
    ("DELETE", "/bad-name", None, 103,
     "Invalid classname: bad-name, classnames can only have alphanumeric characters and _, and must start with an alpha character "),
    ("PUT", "/C", {"fields": {"x": {"type": "Foo"}}}, 111, "invalid field type: Foo"),
    ("PUT", "/C", {"fields": {"x": {"type": "ACL"}}}, 111, "invalid field type: ACL"),
    ("PUT", "/C", {"fields": {"x": {}}}, 107, "invalid JSON"),
    ("PUT", "/C", {"fields": {"x": {"type": 5}}}, 107, "invalid JSON"),
    ("PUT", "/C", {"fields": {"x": "String"}}, 107, "invalid JSON"),
    ("PUT", "/C", {"fields": {"x": {"type": "Pointer", "targetClass": 5}}}, 107, "invalid JSON"),
    ("PUT", "/C", {"fields": {"x": {"type": "Pointer"}}}, 135, "type Pointer needs a class name"),
    ("PUT", "/C", {"fields": {"x": {"type": "Relation"}}}, 135, "type Relation needs a class name"),
    ("PUT", "/C", {"fields": {"a-b": STRING}}, 105, "invalid field name: a-b"),
    ("PUT", "/C", {"fields": {"_x": STRING}}, 105, "invalid field name: _x"),
    ("PUT", "/C", {"fields": {"length": STRING}}, 105, "invalid field name: length"),
    ("PUT", "/C", {"fields": {"className": STRING}}, 105, "invalid field name: className"),
    ("PUT", "/C", {"fields": {"objectId": STRING}}, 136, "field objectId cannot be added"),
    ("PUT", "/C", {"fields": {"createdAt": {"type": "Date"}}}, 136, "field createdAt cannot be added"),
    ("PUT", "/C", {"fields": {"ACL": {"__op": "Delete"}}}, 136, "field ACL cannot be changed"),
    ("PUT", "/_User", {"fields": {"username": {"__op": "Delete"}}}, 136, "field username cannot be changed"),
    ("PUT", "/C", {"fields": {"s": {"type": "Number"}}}, 255, "Field s exists, cannot update."),
    ("PUT", "/C", {"fields": {"p": {"type": "Pointer", "targetClass": "Other"}}}, 111,
     "schema mismatch for C.p; expected Pointer<_User> but got Pointer<Other>"),
    ("PUT", "/C", {"fields": {"nope": {"__op": "Delete"}}}, 255, "Field nope does not exist, cannot delete."),
    ("PUT", "/C", {"fields": {"h": GEO}}, 111,
     "currently, only one GeoPoint field may exist in an object. Adding h when g already exists."),
    ("PUT", "/C", {"fields": {"d": {**STRING, "defaultValue": 5}}}, 111,
     "schema mismatch for C.d default value; expected String but got Number"),
    ("PUT", "/C", {"fields": {"r": {"type": "Relation", "targetClass": "C", "required": True}}}, 111,
     "The 'required' option is not applicable for Relation<C>"),
    ("PUT", "/C", {"fields": {"r": {"type": "Relation", "targetClass": "C", "defaultValue": []}}}, 111,
     "The 'default value' option is not applicable for Relation<C>"),
    ("PUT", "/C", {"indexes": {"one": {"nope": 1}}}, 102, "Field nope does not exist, cannot add index."),
    ("PUT", "/C", {"indexes": {"nope": {"__op": "Delete"}}}, 102, "Index nope does not exist, cannot delete."),
]  # fmt: skip
CLP_REFUSALS: list[tuple[Any, str]] = [
    ({"foo": {}}, "foo is not a valid operation for class level permissions"),
    ({"find": True}, "'true' is not a valid value for class level permissions find - must be an object"),
    ({"find": None}, "'null' is not a valid value for class level permissions find - must be an object"),
    ({"find": {"*": False}}, "'false' is not a valid value for class level permissions acl find:*"),
    ({"find": {"bad key!": True}}, "'bad key!' is not a valid key for class level permissions"),
    ({"find": {"pointerFields": "x"}}, "'x' is not a valid value for find[pointerFields] - expected an array."),
    ({"find": {"pointerFields": ["s"]}}, "'s' is not a valid column for class level pointer permissions [object Object]"),
    ({"readUserFields": ["s"]}, "'s' is not a valid column for class level pointer permissions readUserFields"),
    ({"readUserFields": "x"}, "'x' is not a valid value for class level permissions readUserFields - must be an array"),
    ({"protectedFields": {"*": ["nope"]}}, "Field 'nope' in protectedFields:* does not exist"),
    ({"protectedFields": {"*": ["objectId"]}}, "Default field 'objectId' can not be protected"),
    ({"protectedFields": {"*": "x"}}, "'x' is not a valid value for protectedFields[*] - expected an array."),
    ({"ACL": {"*": {"foo": True}}}, "'foo' is not a valid key for class level permissions acl"),
    ({"ACL": {"*": {"read": 1}}}, "'1' is not a valid value for class level permissions acl"),
    ({"ACL": {"*": True}}, "'true' is not a valid value for class level permissions acl"),
]


@pytest.fixture
def c(city: City) -> str:
    """The class C with a column of several types."""
    if outcome(city.master("GET", "/schemas/C")) != 200:
        columns = {"s": STRING, "g": GEO, "p": {"type": "Pointer", "targetClass": "_User"}, "list": {"type": "Array"}}
        assert outcome(city.master("POST", "/schemas/C", {"fields": columns})) == 200
    return "C"


@pytest.mark.parametrize(("method", "path", "body", "code", "text"), REFUSALS, ids=lambda value: json.dumps(value)[:50])
def test_a_refused_change_changes_nothing(city: City, c: str, method: str, path: str, body: Any, code: int, text: str) -> None:
    before = city.master("GET", "/schemas").json
    assert error(city.master(method, f"/schemas{path}", body)) == (400, code, text)
    if isinstance(body, dict) and "fields" in body:  # also beside a change that is fine
        mixed = {"fields": {"fine": STRING, **body["fields"]}}
        assert error(city.master(method, f"/schemas{path}", mixed))[:2] == (400, code)
    assert city.master("GET", "/schemas").json == before
    assert outcome(city("readonly", method, f"/schemas{path}", body)) == (400, 119)
    for who in ("nobody", "ann", "maintenance"):
        assert outcome(city(who, method, f"/schemas{path}", body)) == (403, None)


@pytest.mark.parametrize(("permissions", "text"), CLP_REFUSALS, ids=str)
def test_a_malformed_permission_is_refused(city: City, c: str, permissions: Any, text: str) -> None:
    before = city.master("GET", f"/schemas/{c}").json
    assert error(city.master("PUT", f"/schemas/{c}", {"classLevelPermissions": permissions})) == (400, 107, text)
    assert city.master("GET", f"/schemas/{c}").json == before


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"find": {"*": True}}, {**{name: {} for name in OPERATIONS}, "find": {"*": True}}),
        ({}, {name: {} for name in OPERATIONS}),
        (None, PUBLIC),
        ({"get": MIXED}, {**{name: {} for name in OPERATIONS}, "get": MIXED}),
        ({"find": {"pointerFields": ["p", "list"]}}, {**{name: {} for name in OPERATIONS}, "find": {"pointerFields": ["p", "list"]}}),
    ],
    ids=str,
)  # fmt: skip
def test_permissions_are_replaced_as_a_whole(city: City, sent: Any, stored: dict[str, Any]) -> None:
    name = new(city, fields={"p": {"type": "Pointer", "targetClass": "_User"}, "list": {"type": "Array"}})
    city.master("PUT", f"/schemas/{name}", {"classLevelPermissions": {"find": {"ann": True}, "addField": {"*": True}}})
    city.master("PUT", f"/schemas/{name}", {"classLevelPermissions": sent})
    found = city.master("GET", f"/schemas/{name}").json["classLevelPermissions"]
    assert {name: found[name] for name in OPERATIONS} == {name: stored[name] for name in OPERATIONS}


OPTIONS: list[tuple[dict[str, Any], Any, Any]] = [
    ({**STRING, "required": True}, {}, (400, 142)),
    ({**STRING, "required": True}, {"x": ""}, (400, 142)),
    ({**STRING, "required": True}, {"x": None}, (400, 142)),
    ({**STRING, "required": True}, {"x": "y"}, 201),
    ({**STRING, "defaultValue": "d"}, {}, "d"),
    ({**STRING, "defaultValue": "d"}, {"x": "y"}, 201),
    ({"type": "Number", "defaultValue": 7}, {}, 7),
    ({"type": "Boolean", "defaultValue": False}, {}, False),
    ({"type": "Array", "defaultValue": []}, {}, []),
    ({**STRING, "required": True, "defaultValue": "d"}, {}, "d"),
]


@pytest.mark.parametrize(("column", "body", "expected"), OPTIONS, ids=str)
def test_options_of_columns(city: City, column: dict[str, Any], body: Any, expected: Any) -> None:
    name = new(city, fields={"x": column})
    assert fields(city, name)["x"] == column
    answer = city("nobody", "POST", f"/classes/{name}", body)
    if isinstance(expected, tuple):
        assert outcome(answer) == expected
    else:
        assert answer.status_code == 201
        if not body:
            assert answer.json["x"] == expected
    assert city.master("PUT", f"/schemas/{name}", {"fields": {"x": {"type": column["type"]}}}).json["fields"]["x"] == {
        "type": column["type"]
    }


def test_dropping_a_column_takes_its_data_along(city: City) -> None:
    name = new(city, fields={"a": STRING, "rel": {"type": "Relation", "targetClass": "_User"}})
    link = {"__op": "AddRelation", "objects": [{"__type": "Pointer", "className": "_User", "objectId": "{ann}"}]}
    row = city.master("POST", f"/classes/{name}", {"a": "x", "rel": link}).json["objectId"]
    gone = {"a": {"__op": "Delete"}, "rel": {"__op": "Delete"}}
    assert set(city.master("PUT", f"/schemas/{name}", {"fields": gone}).json["fields"]) == set(DEFAULTS)
    city.master("PUT", f"/schemas/{name}", {"fields": {"a": {"type": "Number"}, "rel": {"type": "Relation", "targetClass": "_User"}}})
    found = city.master("GET", f"/classes/{name}/{row}").json
    assert "a" not in found
    related = {"$relatedTo": {"object": {"__type": "Pointer", "className": name, "objectId": row}, "key": "rel"}}
    assert city.find("master", "_User", related).json["results"] == []


def test_indexes(city: City) -> None:
    name = new(city, fields={"a": STRING, "p": {"type": "Pointer", "targetClass": "_User"}}, indexes={"one": {"a": 1}})
    answer = city.master("PUT", f"/schemas/{name}", {"indexes": {"two": {"a": -1, "p": 1}, "three": {"_p_p": 1}}}).json
    assert set(answer["indexes"]) == {"_id_", "one", "two", "three"} and answer["indexes"]["one"] == {"a": 1}
    assert error(city.master("PUT", f"/schemas/{name}", {"indexes": {"one": {"a": 1}}})) == (400, 102, "Index one exists, cannot update.")
    answer = city.master("PUT", f"/schemas/{name}", {"indexes": {"one": {"__op": "Delete"}}}).json
    assert set(answer["indexes"]) == {"_id_", "two", "three"}


@pytest.mark.parametrize("body", [{"fields": {"x": None}}, {"fields": 5}, {"classLevelPermissions": 5}, {"indexes": 5},
    {"indexes": {"i": 5}}, {"className": 5}, {"fields": {"x": {"type": "Pointer", "targetClass": "bad-name"}}}], ids=str)  # fmt: skip
def test_malformed_bodies_are_4xx(city: City, c: str, body: Any) -> None:
    before = city.master("GET", "/schemas").json
    assert outcome(city.master("PUT", "/schemas/C", body))[0] == 400
    assert outcome(city.master("POST", "/schemas/Malformed", body))[0] == 400
    assert city.master("GET", "/schemas").json == before
