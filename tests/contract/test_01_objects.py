"""Objects (contract/01): writing, reading, names, types, null, operations."""

from collections.abc import Callable
from typing import Any

from tests.contract.world import Server, date, geo, has, op, pointer

W = "/classes/W"


ONE = W + "/{one}"


NOT_FOUND = (101, "Object not found.")


def mismatch(field: str, expected: str, got: str) -> tuple[int, str]:
    return 111, f"schema mismatch for W.{field}; expected {expected} but got {got}"


def test_create(filled: Server) -> None:
    filled.expect(
        [
            ("app", "POST", W, {"n": 1, "tags": ["a"]}, 201, has("objectId", "createdAt")),
            ("app", "POST", W, {}, 201, has("objectId", "createdAt")),
            ("app", "POST", W, None, 201, has("objectId", "createdAt")),
            ("app", "POST", W, {"n": op("Increment", amount=2), "arr": op("AddUnique", objects=[1, 1])}, 201, {"n": 2, "arr": [1, 1]}),
            ("app", "POST", W, {"arr": op("Remove", objects=[1])}, 201, {"arr": []}),
            ("app", "POST", W, {"arr": op("Add", objects=[1, 1])}, 201, {"arr": [1, 1]}),
            ("app", "POST", W, {"createdAt": "2020"}, 400, mismatch("createdAt", "Date", "String")),
            ("app", "POST", W, {"createdAt": date("2020-01-01T00:00:00.000Z")}, 201, lambda body: body["createdAt"] > "2025"),
            ("app", "POST", W, {"objectId": "mine"}, 400, (105, "objectId is an invalid field name.")),
            ("app", "POST", W, {"objectId": ""}, 201, lambda body: len(body["objectId"]) == 10),
            ("app", "POST", W, {"objectId": None}, 201, lambda body: len(body["objectId"]) == 10),
            ("app", "POST", W, {"id": "mine"}, 400, (105, "id is an invalid field name.")),
            ("app", "POST", W, {"id": ""}, 201, None),
            ("app", "POST", W, {"id": None}, 201, None),
            ("app", "POST", "/classes/New", {"a": 1}, 201, None),
        ]
    )


def test_the_maintenance_key_sets_dates(filled: Server) -> None:
    old, older = date("2020-01-01T00:00:00.000Z"), date("2019-01-01T00:00:00.000Z")
    made = filled.ok("keeper", "POST", W, {"createdAt": old})
    got = filled.ok("app", "GET", f"{W}/{made['objectId']}")
    assert (got["createdAt"], got["updatedAt"]) == (old["iso"], old["iso"])
    filled.expect([("keeper", "POST", W, {"createdAt": old, "updatedAt": older}, 400, (142, "updatedAt cannot occur before createdAt"))])


def test_location_names_the_object(filled: Server) -> None:
    made = filled("app", "POST", W, {})
    assert made.headers["Location"] == f"http://localhost/parse/classes/W/{made.json['objectId']}"
    made = filled("master", "POST", "/roles", {"name": "r", "ACL": {}})
    assert made.headers["Location"] == f"http://localhost/parse/classes/_Role/{made.json['objectId']}"
    made = filled("app", "POST", "/users", {"username": "u", "password": "p"})
    assert made.headers["Location"] == f"http://localhost/parse/users/{made.json['objectId']}"
    made = filled("app", "POST", "/installations", {"deviceType": "ios", "installationId": "i"})
    assert made.headers["Location"] == f"http://localhost/parse/classes/_Installation/{made.json['objectId']}"
    made = filled("app", "POST", W, {}, headers={"Host": "example.org:99"})
    assert made.headers["Location"].startswith("http://example.org:99/parse/classes/W/")


def test_custom_ids(serve: Callable[..., Server]) -> None:
    server = serve(allowCustomObjectId=True)
    empty = (104, "objectId must not be empty, null or undefined")
    server.expect(
        [
            ("app", "POST", W, {"objectId": "my-id 1"}, 201, {"objectId": "my-id 1"}),
            ("app", "POST", W, {"objectId": "my-id 1"}, 400, (137, "A duplicate value for a field with unique values was provided")),
            ("app", "POST", W, {"objectId": "é/x"}, 201, {"objectId": "é/x"}),
            ("app", "POST", W, {"objectId": ""}, 400, empty),
            ("app", "POST", W, {"objectId": None}, 400, empty),
            ("app", "POST", W, {"objectId": 5}, 400, mismatch("objectId", "String", "Number")),
            ("app", "POST", W, {"id": "x"}, 201, None),
            ("app", "POST", W, {}, 201, lambda body: len(body["objectId"]) == 10),
            ("app", "PUT", f"{W}/none", {"n": 1}, 404, NOT_FOUND),
            ("app", "GET", f"{W}/my-id%201", None, 200, {"objectId": "my-id 1"}),
        ]
    )


def test_read(filled: Server) -> None:
    encode = (102, "Improper encode of parameter")
    filled.expect(
        [
            ("app", "GET", ONE, None, 200, has("objectId", *"nsbopdrg", "arr", "createdAt", "updatedAt")),
            ("app", "GET", ONE + "?keys=n", None, 200, has("objectId", "n", "r", "createdAt", "updatedAt")),
            ("app", "GET", ONE + "?excludeKeys=n,s,b,o,p,d,g,arr", None, 200, has("objectId", "r", "createdAt", "updatedAt")),
            ("app", "GET", ONE + "?keys=n", None, 200, {"r": {"__type": "Relation", "className": "B"}}),
            ("app", "GET", ONE + "?readPreference=NEAREST", None, 200, None),
            ("app", "GET", ONE + "?where={}", None, 400, encode),
            ("app", "GET", ONE + "?limit=1", None, 400, encode),
            ("app", "GET", ONE + "?includeAll=true", None, 400, encode),
            ("app", "GET", ONE + "?foo=1", None, 400, encode),
            ("app", "GET", W + "/none", None, 404, NOT_FOUND),
            ("app", "GET", "/classes/None/none", None, 404, NOT_FOUND),
            ("app", "GET", "/classes/bad-name/none", None, 404, NOT_FOUND),
        ]
    )


def test_update(filled: Server) -> None:
    filled.expect(
        [
            (
                "app",
                "PUT",
                ONE,
                {"n": op("Increment", amount=2), "s": "y"},
                200,
                lambda body: body["n"] == 3 and set(body) == {"n", "updatedAt"},
            ),
            ("app", "PUT", ONE, {"o.a": op("Increment", amount=6)}, 200, {"o": {"a": 7}}),
            ("app", "PUT", ONE, {"arr.1.k": op("Increment", amount=2)}, 200, {"arr": [1, {"k": 7}]}),
            ("app", "PUT", ONE, {"s": op("Delete")}, 200, has("updatedAt")),
            ("app", "PUT", ONE, {}, 200, has("updatedAt")),
            ("app", "PUT", ONE, {"objectId": "{one}"}, 200, has("updatedAt")),
            ("app", "PUT", ONE, {"objectId": "other"}, 400, None),
            (
                "app",
                "PUT",
                ONE,
                {"createdAt": date("2020-01-01T00:00:00.000Z"), "updatedAt": date("2020-01-01T00:00:00.000Z")},
                200,
                None,
            ),
            ("app", "PUT", ONE, {"o": {}, "o.a": 1}, 400, None),
            ("app", "PUT", W + "/none", {"n": 1}, 404, NOT_FOUND),
            ("app", "PUT", "/classes/Fresh/none", {"x": 1}, 404, NOT_FOUND),
            ("master", "GET", "/schemas/Fresh", None, 200, lambda body: body["fields"]["x"] == {"type": "Number"}),
        ]
    )


def test_delete(filled: Server) -> None:
    filled.expect(
        [
            ("app", "DELETE", W + "/none", None, 404, NOT_FOUND),
            ("app", "DELETE", "/classes/None/none", None, 404, NOT_FOUND),
            ("app", "DELETE", ONE, {"any": 1}, 200, "{}"),
            ("app", "DELETE", ONE, None, 404, NOT_FOUND),
        ]
    )


NESTED = (121, "Nested keys should not contain the '$' or '.' characters")


CLASS_NAME = (107, "schema class name does not revalidate")


def test_names(filled: Server) -> None:
    filled.expect(
        [
            *(
                ("app", "POST", W, {name: 1}, 400, (105, f"Invalid field name: {name}."))
                for name in ("a-b", "", "className", "length", "1a")
            ),
            *(("master", "POST", W, {name: 1}, 400, (105, f"Invalid field name: {name}.")) for name in ("_x", "_rperm", "_id")),
            ("app", "POST", W, {"a" * 130: 1}, 201, None),
            ("app", "POST", W, {"o": {"$x": 1}}, 400, NESTED),
            ("app", "POST", W, {"o": {"a": [{"b.c": 1}]}}, 400, NESTED),
            ("app", "PUT", ONE, {"arr": op("Add", objects=[{"a.b": 1}])}, 200, None),
            ("app", "POST", W, {"o": {"": 1, "_k": 2}}, 201, None),
            ("app", "POST", W, {"o": {"constructor": 1}}, 400, (105, 'Prohibited keyword in request data: {"key":"constructor"}.')),
            ("app", "POST", W, {"o": {"myconstructors": 1}}, 400, 105),
            ("app", "POST", W, {"o": {"_bsontype": "Code"}}, 400, 105),
            *(("app", "POST", f"/classes/{name}", {}, 400, CLASS_NAME) for name in ("_Foo", "1a", "a-b", "length", "className")),
            *(
                ("app", "GET", f"/classes/{name}", None, 200, {"results": []})
                for name in ("_Foo", "a-b", "constructor", "None", "toString")
            ),
            *(("app", "POST", f"/classes/{name}", {}, 400, None) for name in ("constructor", "__proto__")),
        ]
    )


INTERNAL = (
    "_PushStatus",
    "_JobStatus",
    "_JobSchedule",
    "_Audience",
    "_Idempotency",
    "_Hooks",
    "_GlobalConfig",
    "_GraphQLConfig",
    "_Join:users:_Role",
)


def test_internal_classes_are_the_masters(server: Server) -> None:
    denied = (119, "Permission denied")
    server.expect(
        [
            *(
                ("app", method, f"/classes/{name}{end}", {}, 400, denied)
                for name in INTERNAL
                for method, end in [("POST", ""), ("PUT", "/x"), ("DELETE", "/x")]
            ),
            *(("app", "GET", f"/classes/{name}", None, 400, denied) for name in INTERNAL),
            *(("master", "GET", f"/classes/{name}", None, 200, {"results": []}) for name in INTERNAL),
            ("app", "POST", "/classes/_Product", {}, 400, (111, "productIdentifier is required.")),
        ]
    )


def test_operations(filled: Server) -> None:
    number, add, remove = (
        (107, "incrementing must provide a number"),
        (107, "objects to add must be an array"),
        (107, "objects to remove must be an array"),
    )
    d, p = date("2020-01-01T00:00:00.000Z"), pointer("B", "x")
    batch = (108, "The Batch operator is not supported yet.")
    rel = op("Batch", ops=[op("AddRelation", objects=[pointer("B", "b2")]), op("RemoveRelation", objects=[pointer("B", "b1")])])
    filled.expect(
        [
            ("app", "PUT", ONE, {"n": op("Increment", amount=-0.5)}, 200, {"n": 0.5}),
            ("app", "PUT", ONE, {"l": op("Add", objects=[1, 1])}, 200, {"l": [1, 1]}),
            ("app", "PUT", ONE, {"l": op("AddUnique", objects=[1, 2, 2])}, 200, {"l": [1, 1, 2]}),
            ("app", "PUT", ONE, {"l": op("Remove", objects=[1])}, 200, {"l": [2]}),
            ("app", "PUT", ONE, {"m": op("AddUnique", objects=[1, 1, True, "1"])}, 200, {"m": [1, True, "1"]}),
            ("app", "PUT", ONE, {"nothing": op("Remove", objects=[1])}, 200, has("updatedAt")),
            ("app", "PUT", ONE, {"k": op("Add", objects=[{"a": 1, "b": 2}, d, p, [1, 2]])}, 200, None),
            (
                "app",
                "PUT",
                ONE,
                {"k": op("AddUnique", objects=[d, p, [1, 2], {"a": 1, "b": 2}])},
                200,
                lambda body: len(body["k"]) == 4,
            ),
            ("app", "PUT", ONE, {"k": op("AddUnique", objects=[{"b": 2, "a": 1}])}, 200, lambda body: len(body["k"]) == 5),
            (
                "app",
                "PUT",
                ONE,
                {"k": op("Remove", objects=[{"a": 1}, d, p, {"a": 1, "b": 2}])},
                200,
                {"k": [[1, 2], {"b": 2, "a": 1}]},
            ),
            ("app", "PUT", ONE, {"r": rel}, 200, has("updatedAt")),
            *(("app", "PUT", ONE, {"n": op("Increment", amount=wrong)}, 400, number) for wrong in ("x", None, [])),
            ("app", "POST", W, {"n": op("Increment")}, 400, add),
            ("app", "PUT", ONE, {"arr": op("Add", objects="x")}, 400, add),
            ("app", "PUT", ONE, {"arr": op("AddUnique")}, 400, add),
            ("app", "PUT", ONE, {"arr": op("Remove")}, 400, remove),
            ("app", "POST", W, {"arr": op("Remove")}, 400, add),
            ("app", "PUT", ONE, {"n": op("Batch", ops=[op("Increment", amount=1)])}, 400, batch),
            ("app", "PUT", ONE, {"n": op("SetOnInsert", amount=1)}, 400, None),
            ("app", "PUT", ONE, {"r": op("AddRelation", objects=[])}, 400, None),
            ("app", "PUT", ONE, {"r": op("RemoveRelation")}, 400, None),
            ("app", "PUT", ONE, {"r": op("Delete")}, 200, None),
            ("app", "GET", ONE, None, 200, lambda body: "r" in body),
        ]
    )


def test_dotted_keys(filled: Server) -> None:
    shown = lambda field, value: ("app", "GET", ONE, None, 200, lambda body: body.get(field) == value)  # noqa: E731
    filled.expect(
        [
            ("app", "PUT", ONE, {"o.a": 2}, 200, None),
            ("app", "PUT", ONE, {"o.x.y": 1}, 200, None),
            shown("o", {"a": 2, "x": {"y": 1}}),
            ("app", "PUT", ONE, {"fresh.a": 2}, 200, None),
            shown("fresh", {"a": 2}),
            ("app", "PUT", ONE, {"o.a": op("Delete")}, 200, None),
            ("app", "PUT", ONE, {"o.l": op("Add", objects=[1])}, 200, None),
            shown("o", {"x": {"y": 1}, "l": [1]}),
            ("app", "PUT", ONE, {"arr.1.k": 9}, 200, None),
            shown("arr", [1, {"k": 9}]),
            ("app", "PUT", ONE, {"news.0": 5}, 200, None),
            shown("news", {"0": 5}),
            ("app", "PUT", ONE, {"o": {}}, 200, None),
            ("app", "PUT", ONE, {"o.d": date("2020-01-01T00:00:00.000Z"), "o.p": pointer("B", "x"), "o.g": geo(1, 2)}, 200, None),
            shown("o", {"d": date("2020-01-01T00:00:00.000Z"), "p": pointer("B", "x"), "g": geo(1, 2)}),
            ("app", "PUT", ONE, {"authData.x": 1}, 400, (105, "Invalid field name for update: authData.x")),
        ]
    )


ACLS: list[tuple[Any, Any]] = [
    (None, "absent"),
    ({}, {}),
    ({"*": {"read": True}}, {"*": {"read": True}}),
    ({"*": {"read": False}}, {}),
    ({"u1": {"read": "yes", "write": 1, "admin": True}}, {"u1": {"read": True, "write": True}}),
    ("text", {}),
    (5, {}),
    ([], {}),
]


def test_acls(filled: Server) -> None:
    for sent, stored in ACLS:
        made = filled.ok("app", "POST", W, {"ACL": sent})
        assert filled.ok("master", "GET", f"{W}/{made['objectId']}").get("ACL", "absent") == stored, sent
    acl = {"*": {"read": True, "write": True}}
    filled.names["guarded"] = filled.create("W", ACL=acl)
    guarded = W + "/{guarded}"
    filled.expect(
        [
            ("app", "POST", W, {"ACL": {"*unresolved": {"read": True}}}, 400, (123, "Invalid ACL.")),
            ("app", "POST", W, {"ACL": {"*": None}}, 400, None),
            ("app", "PUT", guarded, {"ACL": None}, 200, None),
            ("app", "GET", guarded, None, 200, {"ACL": acl}),
            ("app", "GET", guarded + "?excludeKeys=ACL", None, 200, {"ACL": acl}),
            ("app", "PUT", guarded, {"ACL": op("Delete")}, 200, None),
            ("app", "GET", guarded, None, 404, NOT_FOUND),
            ("app", "PUT", guarded, {"n": 1}, 404, NOT_FOUND),
            ("app", "DELETE", guarded, None, 404, NOT_FOUND),
            ("master", "GET", guarded, None, 200, {"ACL": {}}),
        ]
    )


def test_required_fields_and_defaults(server: Server) -> None:
    fields = {"req": {"type": "String", "required": True}, "def": {"type": "String", "defaultValue": "dv"}}
    fields |= {
        "both": {"type": "Number", "required": True, "defaultValue": 7},
        "dd": {"type": "Date", "defaultValue": date("2020-01-01T00:00:00.000Z")},
    }
    fields |= {"list": {"type": "Array", "defaultValue": []}, "no": {"type": "Boolean", "defaultValue": False}}
    server.ok("master", "POST", "/schemas/D", {"fields": fields})
    server.names["one"] = server.ok("app", "POST", "/classes/D", {"req": "x"})["objectId"]
    one = "/classes/D/{one}"
    missing = (142, "req is required")
    filled = {"def": "dv", "both": 7, "dd": date("2020-01-01T00:00:00.000Z"), "list": [], "no": False}
    server.expect(
        [
            ("app", "POST", "/classes/D", {"req": "x"}, 201, filled),
            ("app", "POST", "/classes/D", {"req": "x"}, 201, has("objectId", "createdAt", *filled)),
            *(("app", "POST", "/classes/D", body, 400, missing) for body in ({}, {"req": None}, {"req": ""}, {"req": op("Delete")})),
            *(("app", "PUT", one, {"req": value}, 400, missing) for value in (None, "", op("Delete"))),
            ("app", "PUT", one, {"def": "y"}, 200, has("updatedAt")),
            ("app", "POST", "/classes/D", {"req": "x", "def": ""}, 201, lambda body: "def" not in body),
            ("app", "POST", "/classes/D", {"req": "x", "def": op("Delete")}, 201, {"def": "dv"}),
            ("app", "PUT", one, {"def": op("Delete")}, 200, None),
            ("app", "GET", one, None, 200, lambda body: "def" not in body),
            ("app", "PUT", one, {"both": op("Delete")}, 400, (142, "both is required")),
        ]
    )
