"""Malformed requests: each gets the contract's answer, none a 5xx, and nothing is stored."""

import json
from typing import Any

import pytest

from parse_shim.storage.open import open_engine
from tests.web.world import APP, MASTER, Web

CLASS = "/classes/W"
TEXT = {"Content-Type": "text/plain"}
OLD_ID = "aaaaaaaaaa"
ONE = f"{CLASS}/{OLD_ID}"


def deep(levels: int, opening: str = "[", closing: str = "]") -> str:
    return '{"a":' + opening * levels + "1" + closing * levels + "}"


def nested_or(levels: int) -> dict[str, Any]:
    where: dict[str, Any] = {"n": 1}
    for _ in range(levels):
        where = {"$or": [where]}
    return where


def query(where: Any, **more: Any) -> dict[str, Any]:
    return {"_method": "GET", "where": where, **more}


def operation(name: Any, **arguments: Any) -> dict[str, Any]:
    return {"__op": name, **arguments}


GEO = {"__type": "GeoPoint", "latitude": 10, "longitude": 20}

WRITES: list[tuple[str, str, Any, int, int | None]] = [
    # JSON
    ("POST", CLASS, "{bad", 400, None),
    ("POST", CLASS, '{"a":1', 400, None),
    ("POST", CLASS, '"text"', 400, None),
    ("POST", CLASS, "5", 400, None),
    ("POST", CLASS, "null", 400, None),
    ("POST", CLASS, '{"a":NaN}', 400, None),
    ("POST", CLASS, '{"a":Infinity}', 400, None),
    ("POST", CLASS, "{'a':1}", 400, None),
    ("POST", CLASS, '{"a":1}}', 400, None),
    ("POST", CLASS, '[{"a":1}]', 400, 105),
    ("POST", CLASS, deep(500), 400, None),
    ("POST", CLASS, deep(2000), 400, None),
    ("POST", CLASS, deep(50_000), 400, None),
    ("POST", CLASS, deep(2000, '{"a":', "}"), 400, None),
    ("POST", CLASS, '{"a":"' + "x" * (21 * 1024 * 1024) + '"}', 413, None),
    # keys
    ("POST", CLASS, {"a-b": 1}, 400, 105),
    ("POST", CLASS, {"": 1}, 400, 105),
    ("POST", CLASS, {"1a": 1}, 400, 105),
    ("POST", CLASS, {"_rperm": ["*"]}, 400, 105),
    ("POST", CLASS, {"_hashed_password": "x"}, 400, 105),
    ("POST", CLASS, {"className": "x"}, 400, 105),
    ("POST", CLASS, {"length": 1}, 400, 105),
    ("POST", CLASS, {"a\0b": 1}, 400, 105),
    ("POST", CLASS, {"o": {"a\0b": 1}}, 400, 105),
    ("POST", CLASS, {"o": {"$x": 1}}, 400, 121),
    ("POST", CLASS, {"o": {"a.b": 1}}, 400, 121),
    ("POST", CLASS, {"o": {"constructor": 1}}, 400, 105),
    ("POST", CLASS, {"__proto__": {"evil": 1}}, 400, 105),
    ("POST", CLASS, {"o": {"_bsontype": "Code"}}, 400, 105),
    # types
    ("POST", CLASS, {"n": "text"}, 400, 111),
    ("POST", CLASS, {"s": True}, 400, 111),
    ("POST", CLASS, {"p": "x"}, 400, 111),
    ("POST", CLASS, {"p": {"__type": "Pointer", "className": "V", "objectId": "x"}}, 400, 111),
    ("POST", CLASS, {"a": {"__type": "Foo"}}, 400, 111),
    ("POST", CLASS, {"a": {"__type": "Date"}}, 400, 111),
    ("POST", CLASS, {"a": {"__type": "Date", "iso": "+012345-01-01T00:00:00.000Z"}}, 400, 111),
    ("POST", CLASS, {"a": {"__type": "Polygon", "coordinates": [[0, 0], [1, 1]]}}, 400, 111),
    ("POST", CLASS, {"a": {"__type": "Polygon", "coordinates": [[0, 0], [0, 200], [1, 1]]}}, 400, 111),
    ("POST", CLASS, {"a": {"__type": "Bytes", "base64": 5}}, 400, 111),
    ("POST", CLASS, {"g": GEO, "h": GEO}, 400, 111),
    ("POST", CLASS, {"createdAt": "yesterday"}, 400, 111),
    ("POST", CLASS, {"ACL": {"*unresolved": {"read": True}}}, 400, 123),
    # operations
    ("POST", CLASS, {"n": operation("Increment", amount="x")}, 400, 107),
    ("PUT", ONE, {"n": operation("Increment", amount="(SELECT 1)")}, 400, 107),
    ("PUT", ONE, {"a": operation("Add", objects="x")}, 400, 107),
    ("PUT", ONE, {"a": operation("Remove")}, 400, 107),
    ("PUT", ONE, {"a": operation("Nope")}, 400, None),
    ("PUT", ONE, {"a": operation({"x": 1})}, 400, None),
    ("PUT", ONE, {"s": operation("Increment", amount=1)}, 400, 111),
    ("PUT", ONE, {"r": operation("AddRelation", objects=[])}, 400, None),
    ("PUT", ONE, {"a": operation("Batch", ops=[operation("Increment", amount=1)])}, 400, 108),
    ("PUT", ONE, {"o": 1, "o.a": 2}, 400, None),
    ("PUT", ONE, {"s.x": 1}, 400, 111),
    # ids and classes
    ("POST", CLASS, {"objectId": "mine"}, 400, 105),
    ("POST", CLASS, {"id": "mine"}, 400, 105),
    ("PUT", "/classes/W/nope", {"n": 1}, 404, 101),
    ("PUT", ONE, {"objectId": "other"}, 400, None),
    ("DELETE", "/classes/W/nope", None, 404, 101),
    ("POST", "/classes/a-b", {"n": 1}, 400, 107),
    ("POST", "/classes/_Foo", {"n": 1}, 400, 107),
    ("POST", "/classes/1a", {"n": 1}, 400, 107),
    ("POST", "/classes/length", {"n": 1}, 400, 107),
    ("POST", "/classes/_Join:users:_Role", {"owningId": "a", "relatedId": "b"}, 400, 119),
    ("POST", "/classes/_Hooks", {"functionName": "f"}, 400, 119),
    ("POST", "/classes/_Product", {}, 400, 111),
    # users and installations
    ("POST", "/users", {}, 400, 200),
    ("POST", "/users", {"username": "a"}, 400, 201),
    ("POST", "/users", {"username": {"$ne": 1}, "password": "x"}, 400, 200),
    ("POST", "/users", {"username": "a", "password": ["x"]}, 400, 201),
    ("POST", "/users", {"authData": {"anonymous": {"id": {"$regex": "^a"}}}}, 400, 162),
    ("POST", "/users", {"authData": {"nosuch": {"id": "1"}}}, 400, 252),
    ("POST", "/users", {"authData": {}}, 400, 200),
    ("POST", "/login", {"username": {"$regex": "."}, "password": "x"}, 404, 101),
    ("POST", "/login", {}, 400, 200),
    ("POST", "/roles", {"name": "x"}, 400, 111),
    ("POST", "/installations", {}, 400, 135),
    ("POST", "/installations", {"deviceType": "ios", "deviceToken": {"$regex": "^x"}}, 400, None),
    # batch
    ("POST", "/batch", {}, 400, 107),
    ("POST", "/batch", {"requests": {"0": {}}}, 400, 107),
    ("POST", "/batch", {"requests": [5]}, 400, 107),
    ("POST", "/batch", {"requests": [{"method": "POST", "path": "/classes/W"}]}, 400, 107),
    ("POST", "/batch", {"requests": [{"method": "post", "path": "/parse/classes/W"}]}, 400, 107),
    ("POST", "/batch", {"requests": [{"method": "POST", "path": "/parse/batch"}]}, 400, 107),
    ("POST", "/batch", {"requests": [{"method": "POST", "path": "/parse/classes/W", "body": "x"}]}, 400, 107),
    ("POST", "/batch", {"requests": [{"method": "POST", "path": "/parse/classes/W"}] * 51}, 400, 107),
    ("POST", "/events/x/y", {}, 404, None),
]

QUERIES: list[tuple[Any, int, int | None]] = [
    ({"where": "{"}, 400, 107),
    ({"where": ""}, 400, 107),
    ({"where": 7}, 400, 107),
    ({"where": None}, 400, 107),
    ({"where": [{"a": 1}]}, 400, 105),
    ({"where": nested_or(30)}, 400, 102),
    ({"where": json.dumps(nested_or(150))}, 400, 102),
    ({"where": {"$where": "sleep(1000)"}}, 400, 105),
    ({"where": {"a": {"$where": "x"}}}, 400, 107),
    ({"where": {"a\0b": 1}}, 400, 105),
    ({"where": {"_hashed_password": {"$regex": "^"}}}, 400, 105),
    ({"where": {"n": {"$foo": 1}}}, 400, 107),
    ({"where": {"objectId": {"$foo": 1}}}, 400, 107),
    ({"where": {"n": {"$gt": {"a": 1}}}}, 400, 107),
    ({"where": {"n": {"$in": 5}}}, 400, 107),
    ({"where": {"n": {"$in": list(range(20_000))}}}, 400, 102),
    ({"where": {"s": {"$regex": "["}}}, 400, 102),
    ({"where": {"s": {"$regex": 5}}}, 400, 102),
    ({"where": {"s": {"$regex": "a", "$options": "g"}}}, 400, 102),
    ({"where": {"s": {"$options": "i"}}}, 400, 102),
    ({"where": {"$or": {"0": {"n": 1}, "length": 1}}}, 400, 102),
    ({"where": {"$or": []}}, 400, 102),
    ({"where": {"$nor": []}}, 400, 102),
    ({"where": {"ACL": {}}}, 400, 102),
    ({"where": {"n": [1, 2]}}, 400, 107),
    ({"where": {"g": {"$nearSphere": {**GEO, "latitude": 91}}}}, 400, 107),
    ({"where": {"g": {"$nearSphere": GEO, "$maxDistance": -1}}}, 400, 107),
    ({"where": {"g": {"$nearSphere": None}}}, 400, 107),
    ({"where": {"g": {"$maxDistance": 1}}}, 400, 107),
    ({"where": {"g": {"$within": {"$box": [1]}}}}, 400, 107),
    ({"where": {"g": {"$geoWithin": {"$polygon": [GEO]}}}}, 400, 107),
    ({"where": {"p": {"$inQuery": {"className": "W"}}}}, 400, 102),
    ({"where": {"p": {"$inQuery": None}}}, 400, 107),
    ({"where": {"d": {"$gt": {"$relativeTime": 5}}}}, 400, 107),
    ({"foo": 1}, 400, 102),
    ({"skip": -5}, 400, None),
    ({"order": "a;--"}, 400, 105),
    ({"order": "_hashed_password"}, 400, 105),
    ({"explain": True}, 400, 102),
    ({"explain": "bogus"}, 400, 102),
    ({"readPreference": "nope"}, 400, 102),
    ({"include": ",".join(f"a{i}" for i in range(400))}, 400, 102),
    ({"include": ".".join(["p"] * 60)}, 400, 102),
    ({"keys": "$score"}, 400, None),
]


@pytest.fixture(scope="module", params=["memory://", "sqlite://"])
def web(request) -> Web:
    web = Web(engine=open_engine(request.param))
    pointer = {"__type": "Pointer", "className": "B", "objectId": "b"}
    web.create("W", n=1, s="text", p=pointer, o={"a": 1}, a=[1])
    web.master("PUT", "/schemas/W", {"fields": {"r": {"type": "Relation", "targetClass": "W"}}})
    return web


def state(web: Web) -> Any:
    names = [name for name in web.core.classes.names() if not name.startswith("_Idem")]
    return {name: web.rows(name) for name in names}


@pytest.mark.parametrize("method, path, body, status, code", WRITES, ids=lambda value: str(value)[:60])
def test_a_malformed_write_stores_nothing(web, method, path, body, status, code):
    path = path.replace(OLD_ID, web.rows("W")[0]["objectId"])
    before = {name: rows for name, rows in state(web).items() if rows}
    answer = web(method, path, body)
    after = {name: rows for name, rows in state(web).items() if rows}
    assert (answer.status_code, after) == (status, before), answer.data[:300]
    if code is not None:
        assert answer.json["code"] == code, answer.data[:300]
    assert answer.status_code != 400 or "error" in answer.json


@pytest.mark.parametrize("words, status, code", QUERIES, ids=lambda value: str(value)[:60])
def test_a_malformed_query_is_refused_in_the_body_and_in_the_url(web, words, status, code):
    answers = [web("POST", CLASS, {"_method": "GET", **words})]
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in words.items()}
    if len(str(texts)) < 10_000:
        answers.append(web("GET", CLASS, query_string=texts))
    for answer in answers:
        assert answer.status_code == status, answer.data[:300]
        assert code is None or answer.json["code"] == code, answer.data[:300]


@pytest.mark.parametrize(
    "path, headers, status",
    [
        ("/classes/W", {}, 403),
        ("/classes/W", {"X-Parse-Application-Id": ""}, 403),
        ("/classes/W", {"X-Parse-Application-Id": "constructor"}, 403),
        ("/schemas", {**APP, "X-Parse-Master-Key": "maste"}, 403),
        ("/schemas", {**APP, "X-Parse-Master-Key": "masterr"}, 403),
        ("/schemas", {**APP, "X-Parse-Master-Key": ""}, 403),
        ("/users/me", APP, 400),
        ("/users/me", {**APP, "X-Parse-Session-Token": "r:x"}, 400),
        ("/sessions/me", APP, 400),
        ("/installations", APP, 400),
        ("/classes/W/%00", APP, 404),
        ("/classes/W?limit=1e30&skip=1e30", APP, 200),
        ("/classes/_User%00", APP, 200),
        ("/classes/sqlite_master", APP, 200),
        ("/aggregate/W?pipeline=5", MASTER, 400),
        ("/schemas/Nope", MASTER, 400),
    ],
)
def test_malformed_gets_are_no_fault_of_the_server(web, path, headers, status):
    assert web("GET", path, headers=headers).status_code == status


@pytest.mark.parametrize(
    "method, path, body, code",
    [
        ("POST", "/schemas", {}, 135),
        ("POST", "/schemas/bad-name", {}, 103),
        ("POST", "/schemas/W", {}, 103),
        ("POST", "/schemas/A", {"className": "B"}, 103),
        ("PUT", "/schemas/Nope", {}, 103),
        ("PUT", "/schemas/W", {"fields": {"x": {"type": "Foo"}}}, 111),
        ("PUT", "/schemas/W", {"fields": {"x": None}}, 107),
        ("PUT", "/schemas/W", {"fields": "x"}, 107),
        ("PUT", "/schemas/W", {"fields": {"a-b": {"type": "String"}}}, 105),
        ("PUT", "/schemas/W", {"fields": {"n": {"type": "String"}}}, 255),
        ("PUT", "/schemas/W", {"fields": {"objectId": {"__op": "Delete"}}}, 136),
        ("PUT", "/schemas/W", {"classLevelPermissions": {"foo": {}}}, 107),
        ("PUT", "/schemas/W", {"indexes": {"i": {"zzz": 1}}}, 102),
        ("DELETE", "/schemas/W", None, 255),
        ("PUT", "/config", {}, 141),
        ("PUT", "/config", {"params": {"a": {"__op": "Nope"}}}, None),
        ("POST", "/push", {}, 115),
    ],
)
def test_malformed_administration_changes_nothing(web, method, path, body, code):
    before = web.master("GET", "/schemas").json, web.master("GET", "/config").json
    answer = web.master(method, path, body)
    assert answer.status_code == 400, answer.data[:300]
    assert code is None or answer.json["code"] == code, answer.data[:300]
    assert (web.master("GET", "/schemas").json, web.master("GET", "/config").json) == before


def test_a_pattern_that_backtracks_does_not_hold_the_server_up(web):
    web.create("Texts", s="a" * 34 + "!")
    answer = web("POST", "/classes/Texts", query({"s": {"$regex": "^(([a-z])+.)+[A-Z]([a-z])+$"}}))
    assert answer.status_code in (200, 400)
    web.master("DELETE", "/purge/Texts")


@pytest.mark.parametrize("name", ["_SCHEMA", "fs.files", "a..b", ".a", "a$b", "$cmd", "_User%00", "..%2f_User"])
@pytest.mark.parametrize("ask", [Web.__call__, Web.master], ids=["client", "master"])
def test_what_is_no_class_holds_nothing(web, name, ask):
    assert ask(web, "GET", f"/classes/{name}?count=1").json == {"results": [], "count": 0}
    assert ask(web, "GET", f"/classes/{name}/W").status_code == 404
    assert ask(web, "DELETE", f"/classes/{name}/W").status_code == 404
    assert ask(web, "POST", f"/classes/{name}", {"a": 1}).status_code == 400
    assert web.master("GET", f"/aggregate/{name}?distinct=a").json == {"results": []}
    web.master("DELETE", f"/purge/{name}")
    assert len(web.rows("W")) == 1
