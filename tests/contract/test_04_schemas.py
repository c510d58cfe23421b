"""Schemas (contract/04): routes, fields, class-level permissions, indexes, system classes."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.world import Server, date, geo, op, pointer

PUBLIC = {
    "ACL": {"*": {"read": True, "write": True}},
    **{name: {"*": True} for name in ("find", "count", "get", "create", "update", "delete", "addField")},
    "protectedFields": {"*": []},
}
FIELDS = {"objectId": {"type": "String"}, "updatedAt": {"type": "Date"}, "createdAt": {"type": "Date"}, "ACL": {"type": "ACL"}}
UNKNOWN = (103, "Class C does not exist.")
BAD_NAME = "Invalid classname: {}, classnames can only have alphanumeric characters and _, and must start with an alpha character "


@pytest.fixture
def filled(server: Server) -> Server:
    columns = {
        "a": {"type": "String"},
        "p": {"type": "Pointer", "targetClass": "A"},
        "g": {"type": "GeoPoint"},
        "r": {"type": "Relation", "targetClass": "A"},
    }
    server.ok("master", "POST", "/schemas/S", {"fields": columns})
    return server


def test_routes(server: Server) -> None:
    made = {"className": "S2", "fields": {**FIELDS, "a": {"type": "String"}}, "classLevelPermissions": PUBLIC}
    internal = ("_PushStatus", "_Hooks", "_JobStatus", "_GraphQLConfig", "_GlobalConfig", "_JobSchedule", "_Audience", "_Idempotency")
    denied, refused = (None, "Permission denied"), (119, "Permission denied")
    paths = (
        ("GET", "/schemas"),
        ("GET", "/schemas/S2"),
        ("POST", "/schemas/S2"),
        ("PUT", "/schemas/S2"),
        ("DELETE", "/schemas/S2"),
        ("DELETE", "/purge/S2"),
    )
    server.expect(
        [
            ("master", "GET", "/schemas", None, 200, lambda body: {"_User", "_Role"} <= {row["className"] for row in body["results"]}),
            ("master", "POST", "/schemas/S2", {"fields": {"a": {"type": "String"}}}, 200, lambda body: body == made),
            ("master", "GET", "/schemas/S2", None, 200, made),
            ("master", "GET", "/schemas/S2/", None, 200, made),
            ("master", "POST", "/schemas", {"className": "S3"}, 200, {"className": "S3", "fields": FIELDS}),
            ("master", "PUT", "/schemas/S3", {"className": "S3"}, 200, {"className": "S3"}),
            ("master", "GET", "/schemas/C", None, 400, UNKNOWN),
            *(("master", "GET", f"/schemas/{name}", None, 200, {"className": name, "classLevelPermissions": {}}) for name in internal),
            *((who, method, path, None, 403, denied) for method, path in paths for who in ("app", "keeper")),
            *(
                ("reader", method, path, None, 200 if method == "GET" else 400, None if method == "GET" else refused)
                for method, path in paths
            ),
            ("master", "DELETE", "/schemas/S3", None, 200, "{}"),
            ("master", "GET", "/schemas/S3", None, 400, None),
            ("app", "POST", "/classes/S2", {"a": "x"}, 201, None),
            ("master", "DELETE", "/purge/S2", None, 200, "{}"),
            ("app", "GET", "/classes/S2", None, 200, {"results": []}),
            ("master", "GET", "/schemas/S2", None, 200, made),
            ("master", "DELETE", "/purge/None", None, 200, "{}"),
        ]
    )


def test_fields(filled: Server) -> None:
    def field(value: Any, status: int = 400, expected: Any = None, name: str = "f") -> tuple[Any, ...]:
        return ("master", "PUT", "/schemas/S", {"fields": {name: value}}, status, expected)

    text = {"type": "String"}
    types = ("Number", "String", "Boolean", "Date", "Object", "Array", "File", "Bytes", "Polygon")
    many = {f"t{index}": {"type": kind} for index, kind in enumerate(types)}
    relation = {"type": "Relation", "targetClass": "A"}
    filled.expect(
        [
            ("master", "PUT", "/schemas/S", {"fields": many}, 200, lambda body: many.items() <= body["fields"].items()),
            ("master", "POST", "/schemas", {}, 400, (135, "POST /schemas needs a class name.")),
            *(
                ("master", method, "/schemas/A", {"className": "B"}, 400, (103, "Class name mismatch between B and A."))
                for method in ("POST", "PUT")
            ),
            ("master", "POST", "/schemas/S", {}, 400, (103, "Class S already exists.")),
            ("master", "POST", "/schemas/bad-name", {}, 400, (103, BAD_NAME.format("bad-name"))),
            ("master", "PUT", "/schemas/C", {}, 400, UNKNOWN),
            *(field({"type": kind}, 400, (111, f"invalid field type: {kind}")) for kind in ("Foo", "ACL")),
            *(field(value, 400, (107, "invalid JSON")) for value in ({}, {"type": 5}, "String", {"type": "Pointer", "targetClass": 5})),
            field(None),
            *(field({"type": kind}, 400, (135, f"type {kind} needs a class name")) for kind in ("Pointer", "Relation")),
            field({"type": "Pointer", "targetClass": "bad-name"}, 400, (103, BAD_NAME.format("bad-name"))),
            *(field(text, 400, (105, f"invalid field name: {name}"), name) for name in ("_x", "a-b", "length", "className")),
            *(field(text, 400, (136, f"field {name} cannot be added"), name) for name in ("objectId", "createdAt", "ACL")),
            *(field(op("Delete"), 400, (136, f"field {name} cannot be changed"), name) for name in ("objectId", "createdAt", "ACL")),
            ("master", "PUT", "/schemas/_User", {"fields": {"username": text}}, 400, (136, "field username cannot be added")),
            ("master", "PUT", "/schemas/_User", {"fields": {"username": op("Delete")}}, 400, (136, "field username cannot be changed")),
            field({"type": "Number"}, 400, (255, "Field a exists, cannot update."), "a"),
            field(
                {"type": "Pointer", "targetClass": "B"}, 400, (111, "schema mismatch for S.p; expected Pointer<A> but got Pointer<B>"), "p"
            ),
            field({**text, "required": True}, 200, lambda body: body["fields"]["a"] == {**text, "required": True}, "a"),
            field({**text, "defaultValue": "x"}, 200, lambda body: body["fields"]["a"] == {**text, "defaultValue": "x"}, "a"),
            field(text, 200, lambda body: body["fields"]["a"] == text, "a"),
            field(op("Delete"), 400, (255, "Field new does not exist, cannot delete."), "new"),
            field(
                {"type": "GeoPoint"},
                400,
                (111, "currently, only one GeoPoint field may exist in an object. Adding h when g already exists."),
                "h",
            ),
            field({**text, "defaultValue": 5}, 400, (111, "schema mismatch for S.d default value; expected String but got Number"), "d"),
            field({"type": "Date", "defaultValue": date("2020-01-01T00:00:00.000Z")}, 200, None, "dd"),
            field(
                {"type": "Pointer", "targetClass": "A", "defaultValue": pointer("B", "x")},
                *(400, (111, "schema mismatch for S.d default value; expected Pointer<A> but got Pointer<B>"), "d"),
            ),
            field({**relation, "required": True}, 400, (111, "The 'required' option is not applicable for Relation<A>"), "rr"),
            field({**relation, "defaultValue": "x"}, 400, (111, "The 'default value' option is not applicable for Relation<A>"), "rr"),
            ("master", "PUT", "/schemas/S", {}, 200, lambda body: "a" in body["fields"]),
            ("master", "PUT", "/schemas/S", {"fields": {"good": text, "bad": {"type": "Foo"}}}, 400, 111),
            ("master", "GET", "/schemas/S", None, 200, lambda body: "good" not in body["fields"]),
        ]
    )


def test_dropped_columns_take_their_data(filled: Server) -> None:
    filled.names["one"] = filled.create("S", a="x", r=op("AddRelation", objects=[pointer("A", "1")]), g=geo(1, 2))
    related = {"_method": "GET", "where": {"$relatedTo": {"object": pointer("S", "{one}"), "key": "r"}}}
    filled.create("A")
    filled.expect(
        [
            (
                "master",
                "PUT",
                "/schemas/S",
                {"fields": {name: op("Delete") for name in ("a", "r", "g", "p")}},
                200,
                lambda body: set(body["fields"]) == set(FIELDS),
            ),
            ("app", "GET", "/classes/S/{one}", None, 200, lambda body: set(body) == {"objectId", "createdAt", "updatedAt"}),
            ("master", "GET", "/classes/_Join:r:S", None, 200, {"results": []}),
            ("app", "POST", "/classes/A", related, 200, {"results": []}),
            ("master", "PUT", "/schemas/S", {"fields": {"a": {"type": "Number"}, "g": {"type": "GeoPoint"}}}, 200, None),
            ("app", "GET", "/classes/S/{one}", None, 200, lambda body: "a" not in body and "g" not in body),
        ]
    )


def test_deleting_classes(filled: Server) -> None:
    filled.names["one"] = filled.create("S", r=op("AddRelation", objects=[pointer("A", "1")]))
    filled.expect(
        [
            ("master", "DELETE", "/schemas/S", None, 400, (255, "Class S is not empty, contains 1 objects, cannot drop schema.")),
            ("master", "DELETE", "/classes/S/{one}", None, 200, None),
            ("master", "DELETE", "/schemas/S", None, 200, "{}"),
            ("master", "GET", "/classes/_Join:r:S", None, 200, {"results": []}),
            ("master", "DELETE", "/schemas/None", None, 200, "{}"),
            ("master", "DELETE", "/schemas/bad-name", None, 400, (103, BAD_NAME.format("bad-name"))),
            ("master", "DELETE", "/schemas/_PushStatus", None, 200, "{}"),
        ]
    )


def test_permissions(filled: Server) -> None:
    def put(value: Any, status: int, expected: Any = None) -> tuple[Any, ...]:
        return ("master", "PUT", "/schemas/S", {"classLevelPermissions": value}, status, expected)

    def bad(value: Any, text: str) -> tuple[Any, ...]:
        return put(value, 400, (107, text))

    filled.ok("master", "PUT", "/schemas/S", {"fields": {"owner": {"type": "Pointer", "targetClass": "_User"}, "list": {"type": "Array"}}})
    closed = {name: {} for name in ("find", "count", "get", "create", "update", "delete", "addField")}
    shown = lambda **more: lambda body: {**closed, **more}.items() <= body["classLevelPermissions"].items()  # noqa: E731
    clp, value = "class level permissions", "is not a valid value for"
    good = {
        "find": {"*": True, "requiresAuthentication": True, "role:R x": True, "abc123": True, "pointerFields": ["owner", "list"]},
        "readUserFields": ["owner"],
        "writeUserFields": ["list"],
        "protectedFields": {"*": ["a"], "authenticated": [], "role:R": ["a"], "abc": ["a"], "userField:owner": [], "userField:none": ["a"]},
        "ACL": {"*": {"read": True}, "currentUser": {"read": True, "write": True}, "role:R": {"write": True}, "u1": {"read": True}},
    }
    filled.expect(
        [
            put({"find": {"*": True}}, 200, shown(find={"*": True})),
            put({}, 200, shown()),
            put(good, 200, shown(**good)),
            put(None, 200, {"classLevelPermissions": PUBLIC}),
            bad({"foo": {}}, f"foo is not a valid operation for {clp}"),
            bad({"find": True}, f"'true' {value} {clp} find - must be an object"),
            bad({"find": None}, f"'null' {value} {clp} find - must be an object"),
            bad({"find": {"*": False}}, f"'false' {value} {clp} acl find:*"),
            bad({"find": {"bad key!": True}}, f"'bad key!' is not a valid key for {clp}"),
            bad({"find": {"pointerFields": "x"}}, f"'x' {value} find[pointerFields] - expected an array."),
            bad({"find": {"pointerFields": ["a"]}}, "'a' is not a valid column for class level pointer permissions [object Object]"),
            bad({"readUserFields": ["a"]}, "'a' is not a valid column for class level pointer permissions readUserFields"),
            bad({"readUserFields": "x"}, f"'x' {value} {clp} readUserFields - must be an array"),
            bad({"protectedFields": {"*": ["nope"]}}, "Field 'nope' in protectedFields:* does not exist"),
            bad({"protectedFields": {"*": ["objectId"]}}, "Default field 'objectId' can not be protected"),
            bad({"protectedFields": {"*": "x"}}, f"'x' {value} protectedFields[*] - expected an array."),
            bad({"ACL": {"*": {"foo": True}}}, f"'foo' is not a valid key for {clp} acl"),
            bad({"ACL": {"*": {"read": 1}}}, f"'1' {value} {clp} acl"),
            bad({"ACL": {"*": True}}, f"'true' {value} {clp} acl"),
        ]
    )


def test_indexes(filled: Server) -> None:
    def put(indexes: Any, status: int, expected: Any = None) -> tuple[Any, ...]:
        return ("master", "PUT", "/schemas/S", {"indexes": indexes}, status, expected)

    identity = {"_id_": {"_id": 1}}
    filled.expect(
        [
            ("master", "GET", "/schemas/S", None, 200, lambda body: "indexes" not in body),
            put({"ia": {"a": 1}}, 200, {"indexes": {**identity, "ia": {"a": 1}}}),
            put({"ia": {"a": 1}}, 400, (102, "Index ia exists, cannot update.")),
            put({"iz": {"zzz": 1}}, 400, (102, "Field zzz does not exist, cannot add index.")),
            put({"none": op("Delete")}, 400, (102, "Index none does not exist, cannot delete.")),
            put({"ip": {"p": 1}, "ia2": {"a": -1, "createdAt": 1}}, 200, lambda body: {"ip", "ia", "ia2"} <= set(body["indexes"])),
            put({"ia": op("Delete")}, 200, lambda body: "ia" not in body["indexes"]),
            put({"_p_p_1": {"_p_p": 1}}, 200, None),
            (
                "master",
                "POST",
                "/schemas/T",
                {"fields": {"a": {"type": "String"}}, "indexes": {"i": {"a": 1}}},
                200,
                lambda body: body["indexes"]["i"] == {"a": 1},
            ),
            ("app", "GET", "/classes/S?hint=ia2", None, 200, None),
        ]
    )


def test_an_option_that_is_off_is_shown(filled: Server, serve: Callable[..., Server]) -> None:
    """What was sent stays, as administration tools compare it; columns without options show none."""

    def put(options: dict[str, Any]) -> tuple[Any, ...]:
        wanted = {"type": "String", **options}
        return ("master", "PUT", "/schemas/S", {"fields": {"f": wanted}}, 200, lambda body: body["fields"]["f"] == wanted)

    filled.expect([put({}), put({"required": False}), put({"required": True}), put({"required": False, "defaultValue": "x"})])
    shown = {"type": "String", "required": False, "defaultValue": "x"}
    serve().expect([("master", "GET", "/schemas/S", None, 200, lambda body: body["fields"]["f"] == shown), put({})])


def test_the_last_index_takes_the_list_with_it(filled: Server) -> None:
    """Of a class made with its indexes; where an update made the first one, that of the ids stays listed."""
    made = {"fields": {"a": {"type": "String"}}, "indexes": {"i": {"a": 1}}}
    delete = {"indexes": {"i": op("Delete")}}
    filled.expect(
        [
            ("master", "POST", "/schemas/T", made, 200, {"indexes": {"i": {"a": 1}}}),
            ("master", "PUT", "/schemas/T", delete, 200, lambda body: "indexes" not in body),
            ("master", "GET", "/schemas/T", None, 200, lambda body: "indexes" not in body),
            ("master", "PUT", "/schemas/T", {"indexes": {"i": {"a": 1}}}, 200, {"indexes": {"_id_": {"_id": 1}, "i": {"a": 1}}}),
            ("master", "PUT", "/schemas/T", delete, 200, {"indexes": {"_id_": {"_id": 1}}}),
        ]
    )


def test_indexes_of_system_classes(server: Server) -> None:
    server.ok("app", "POST", "/users", {"authData": {"anonymous": {"id": "1"}}})
    server.ok("master", "POST", "/roles", {"name": "r", "ACL": {}})
    wanted = {"username_1", "email_1", "case_insensitive_username", "case_insensitive_email"}
    wanted |= {"_email_verify_token", "_perishable_token"}
    server.expect(
        [
            ("master", "GET", "/schemas/_User", None, 200, lambda body: wanted <= set(body["indexes"])),
            ("master", "GET", "/schemas/_Role", None, 200, lambda body: "name_1" in body["indexes"]),
        ]
    )


COLUMNS = {
    "_User": "username String,password String,email String,emailVerified Boolean,authData Object",
    "_Session": "user Pointer<_User>,installationId String,sessionToken String,expiresAt Date,createdWith Object",
    "_Role": "name String,users Relation<_User>,roles Relation<_Role>",
    "_Installation": "installationId String,deviceToken String,deviceType String,pushType String,GCMSenderId String,timeZone String,"
    "localeIdentifier String,appVersion String,appName String,appIdentifier String,parseVersion String,channels Array,badge Number",
    "_Product": "productIdentifier String,downloadName String,title String,subtitle String,download File,icon File,order Number",
    "_PushStatus": "pushTime String,source String,query String,payload String,title String,status String,pushHash String,expiry Number,"
    "expiration_interval Number,numSent Number,numFailed Number,count Number,errorMessage Object,sentPerType Object,failedPerType Object,"
    "sentPerUTCOffset Object,failedPerUTCOffset Object",
    "_JobStatus": "jobName String,source String,status String,message String,params Object,finishedAt Date",
    "_JobSchedule": "jobName String,description String,params String,startAfter String,timeOfDay String,daysOfWeek Array,lastRun Number,"
    "repeatMinutes Number",
    "_Hooks": "functionName String,className String,triggerName String,url String",
    "_GlobalConfig": "params Object,masterKeyOnly Object",
    "_GraphQLConfig": "config Object",
    "_Audience": "name String,query String,lastUsed Date,timesUsed Number",
    "_Idempotency": "reqId String,expire Date",
}


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_system_classes(server: Server, name: str) -> None:
    if name in ("_Session", "_Installation", "_Product"):
        server.ok("master", "POST", "/schemas/" + name, {})
    shown = server.ok("master", "GET", "/schemas/" + name)["fields"]
    target = lambda column: f"<{column['targetClass']}>" if "targetClass" in column else ""  # noqa: E731
    own = {key: column["type"] + target(column) for key, column in shown.items() if key not in FIELDS}
    assert own == dict(column.split(" ") for column in COLUMNS[name].split(","))


def test_products_need_their_columns(server: Server) -> None:
    icon = {"__type": "File", "name": "a"}
    values: dict[str, Any] = {"productIdentifier": "p", "icon": icon, "order": 1, "title": "t", "subtitle": "s"}
    names = list(values)
    server.expect(
        [
            *(
                ("app", "POST", "/classes/_Product", {key: values[key] for key in names[:index]}, 400, (111, f"{name} is required."))
                for index, name in enumerate(names)
            ),
            ("app", "POST", "/classes/_Product", values, 201, None),
            ("app", "POST", "/classes/_Product", {**values, "extra": 1}, 201, None),
        ]
    )


def test_system_classes_take_columns(server: Server) -> None:
    server.sign_up("ann", extra=1)
    server.expect(
        [
            (
                "master",
                "PUT",
                "/schemas/_User",
                {"fields": {"more": {"type": "Number"}}},
                200,
                lambda body: {"extra", "more"} <= set(body["fields"]),
            ),
            ("master", "GET", "/schemas/_User", None, 200, lambda body: body["classLevelPermissions"]["protectedFields"] == {"*": []}),
        ]
    )


def test_server_info(server: Server) -> None:
    every = dict.fromkeys(("create", "read", "update", "delete"), True)
    schemas = dict.fromkeys(("addField", "removeField", "addClass", "removeClass", "clearAllDataFromClass"), True)
    schemas |= {"exportClass": False, "editClassLevelPermissions": True, "editPointerPermissions": True}
    features = {
        "globalConfig": every,
        "hooks": every,
        "cloudCode": {"jobs": True},
        "logs": dict.fromkeys(("level", "size", "order", "until", "from"), True),
        "push": {"immediatePush": False, "scheduledPush": False, "storedPushData": False, "pushAudiences": True, "localization": True},
        "schemas": schemas,
        "settings": {"securityCheck": False},
    }
    server.expect(
        [
            ("app", "GET", "/serverInfo", None, 403, (None, "Permission denied")),
            (
                "master",
                "GET",
                "/serverInfo",
                None,
                200,
                lambda body: body["features"] == features and int(body["parseServerVersion"].split(".")[0]) >= 9,
            ),
        ]
    )
