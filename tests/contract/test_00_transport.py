"""Paths, bodies, keys, the order of checks, batches (contract/00, contract/01 section 11)."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from parse_shim.storage.base import Engine
from tests.contract.world import APP, Server, has, op, query

UNAUTHORIZED, DENIED = (None, "unauthorized"), (None, "Permission denied")
JSON = {"Content-Type": "application/json"}


def send(server: Server, body: bytes, content: str | None, who: str = "app", path: str = "/classes/W") -> tuple[int, Any]:
    answer = server(who, "POST", path, body, headers={"Content-Type": content} if content else {})
    return answer.status_code, answer.get_json(silent=True)


def test_paths(server: Server) -> None:
    server.names["one"] = server.create("X", n=1)
    page = lambda method, path: lambda body: f"Cannot {method} /parse{path}".encode() in body  # noqa: E731
    server.expect(
        [
            *(
                ("app", "GET", path, None, 200, lambda body: len(body["results"]) == 1)
                for path in ("/classes/X/", "/Classes/X", "//classes/X")
            ),
            ("app", "GET", "/classes/x", None, 200, {"results": []}),
            ("app", "GET", "/classes/X/%E0%A4%A", None, 400, (None, "Failed to decode param '%E0%A4%A'")),
            ("app", "GET", "/nope", None, 404, page("GET", "/nope")),
            ("app", "PUT", "/classes/X", {}, 404, page("PUT", "/classes/X")),
            ("app", "POST", "/classes/X", {"_method": "FOO"}, 404, page("FOO", "/classes/X")),
            ("app", "POST", "/classes/X", {"_method": 5, "n": 1}, 201, None),
            ("app", "POST", "/classes/X", {"_method": "put"}, 404, page("PUT", "/classes/X")),
            ("app", "POST", "/classes/X/{one}", {"_method": "PUT", "n": 2}, 200, has("updatedAt")),
            ("app", "POST", "/classes/X/{one}", {"_method": "DELETE"}, 200, "{}"),
            ("app", "PUT", "/classes/X/{one}", {"_method": "DELETE"}, 400, (105, "Invalid field name: _method.")),
            ("app", "POST", "/classes/X", {"_noBody": True, "n": 1}, 201, None),
            ("app", "GET", "/users/", None, 200, None),
        ]
    )


def test_heads_and_etags(server: Server) -> None:
    server.names["one"] = server.create("X", n=1)
    whole = server("app", "GET", "/classes/X/{one}")
    head = server("app", "HEAD", "/classes/X/{one}")
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", whole.headers["ETag"])
    assert whole.headers["ETag"].startswith('W/"') and whole.headers["Content-Type"] == "application/json; charset=utf-8"
    again = server("app", "GET", "/classes/X/{one}", headers={"If-None-Match": whole.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert server("app", "GET", "/classes/X/{one}", headers={"If-None-Match": 'W/"x"'}).status_code == 200


def test_bodies(server: Server) -> None:
    made = {"n": 1, "s": "é"}
    for content in ("text/plain", None, "application/octet-stream", "application/json; charset=utf-8"):
        status, body = send(server, json.dumps(made).encode(), content)
        assert status == 201, content
        assert server.ok("app", "GET", f"/classes/W/{body['objectId']}")["n"] == 1
    assert send(server, b"n=1", "application/x-www-form-urlencoded")[1]["code"] == 111
    assert send(server, b"s=1", "application/x-www-form-urlencoded")[0] == 201
    status, body = send(server, b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\n1\r\n--b--\r\n', "multipart/form-data; boundary=b")
    assert status == 201 and "n" not in server.ok("app", "GET", f"/classes/W/{body['objectId']}")
    assert send(server, b"[1]", "application/json") == (400, {"code": 105, "error": "Invalid field name: 0."})
    for text in (b'"x"', b"5", b"null", b"{bad", b'{"a":'):
        status, body = send(server, text, "application/json")
        assert status == 400 and set(body) == {"error"}, text
    assert send(server, b"{bad", "application/json", "none")[0] == 400
    assert send(server, b"{}", "application/json; charset=LATIN1") == (415, {"error": 'unsupported charset "LATIN1"'})
    status, body = send(server, b'{"s":"a\xffb"}', "application/json")
    assert status == 201 and server.ok("app", "GET", f"/classes/W/{body['objectId']}")["s"] == "a�b"


def test_a_body_may_be_too_large(serve: Callable[..., Server]) -> None:
    server = serve(maxUploadSize="1kb")
    assert send(server, json.dumps({"s": "x" * 2000}).encode(), "application/json") == (413, {"error": "request entity too large"})


CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET,PUT,POST,DELETE,OPTIONS",
    "Access-Control-Allow-Headers": "X-Parse-Master-Key, X-Parse-REST-API-Key, X-Parse-Javascript-Key, X-Parse-Application-Id, "
    "X-Parse-Client-Version, X-Parse-Session-Token, X-Requested-With, X-Parse-Revocable-Session, X-Parse-Request-Id, "
    "Content-Type, Pragma, Cache-Control",
    "Access-Control-Expose-Headers": "X-Parse-Job-Status-Id, X-Parse-Push-Status-Id",
}


@pytest.mark.parametrize(
    ("who", "method", "path"),
    [("app", "GET", "/classes/X"), ("none", "GET", "/classes/X"), ("none", "OPTIONS", "/any/path"), ("app", "GET", "/nope")],
)
def test_cors(server: Server, who: str, method: str, path: str) -> None:
    answer = server(who, method, path)
    shown = {name: answer.headers[name] for name in CORS}
    assert {name: value.split(", X-Request-Id")[0] for name, value in shown.items()} == CORS
    if method == "OPTIONS":
        assert (answer.status_code, answer.data) == (200, b"OK") and answer.headers["Content-Type"].startswith("text/plain")


def test_cors_of_ones_own(serve: Callable[..., Server]) -> None:
    server = serve(allowOrigin=["http://a", "http://b"], allowHeaders=["X-Mine"])
    for origin, allowed in (("http://b", "http://b"), ("http://c", "http://a"), (None, "http://a")):
        answer = server("app", "GET", "/classes/X", headers={"Origin": origin} if origin else {})
        assert answer.headers["Access-Control-Allow-Origin"] == allowed
        assert answer.headers["Access-Control-Allow-Headers"].endswith(", X-Mine")


def test_application_ids(server: Server) -> None:
    inside = {"_ApplicationId": "app", "_method": "GET"}
    server.who["bad"] = {"X-Parse-Application-Id": "bad"}
    server.who["bad master"] = {"X-Parse-Master-Key": "wrong"}
    server.who["good master"] = {"X-Parse-Master-Key": "master"}
    server.expect(
        [
            *((who, "GET", "/classes/X", None, 403, UNAUTHORIZED) for who in ("none", "bad")),
            ("none", "GET", "/classes/X?_ApplicationId=app", None, 403, UNAUTHORIZED),
            ("none", "GET", "/health", None, 200, None),
            *((who, "POST", "/classes/X", inside, 200, None) for who in ("none", "bad", "good master")),
            ("bad master", "POST", "/classes/X", inside, 403, UNAUTHORIZED),
            ("none", "POST", "/classes/X", {**inside, "_ApplicationId": "bad"}, 403, UNAUTHORIZED),
            ("none", "POST", "/schemas", {**inside, "_MasterKey": "master"}, 200, None),
            ("none", "POST", "/schemas", {**inside, "_MasterKey": "reader"}, 200, None),
            ("none", "POST", "/schemas", {**inside, "_MasterKey": "wrong"}, 403, DENIED),
            *(
                ("none", "POST", "/classes/X", {**inside, name: 5}, 403, UNAUTHORIZED)
                for name in ("_MasterKey", "_SessionToken", "_InstallationId", "_ContentType", "_ApplicationId")
            ),
            ("none", "POST", "/classes/X", {**inside, "_ClientVersion": "js1", "_RevocableSession": "1"}, 200, None),
            ("none", "POST", "/classes/X", {**inside, "_context": {"a": 1}}, 200, None),
            ("none", "POST", "/classes/X", {**inside, "_context": '{"a":1}'}, 200, None),
            *(
                ("none", "POST", "/classes/X", {**inside, "_context": wrong}, 400, (107, "Invalid object for context."))
                for wrong in (5, "x", "[1]")
            ),
            ("none", "POST", "/classes/X", {**inside, "_SessionToken": "r:x"}, 400, 209),
            ("app", "POST", "/classes/X", {"_SessionToken": "r:x", "x": 1}, 400, (105, "Invalid field name: _SessionToken.")),
        ]
    )
    for text in ("x", "[1]", "5"):
        answer = server("app", "GET", "/classes/X", headers={"X-Parse-Cloud-Context": text})
        assert (answer.status_code, answer.json) == (400, {"code": 107, "error": "Invalid object for context."}), text


BASIC = [
    ("app:master", 200),
    ("app:", 403),
    ("app:wrong", 403),
    ("app:javascript-key=js", 403),
    ("bad:master", None),
    ("app:mas:ter", None),
]


@pytest.mark.parametrize(("text", "status"), BASIC)
def test_basic_authorization(serve: Callable[..., Server], text: str, status: int | None) -> None:
    server = serve(javascriptKey="js")
    for word in ("Basic", "basic"):
        headers = {"Authorization": f"{word} {base64.b64encode(text.encode()).decode()}"}
        schemas = server("none", "GET", "/schemas", headers=headers)
        assert schemas.status_code == (status or 403)
        assert schemas.json == (schemas.json if status == 200 else {"error": "Permission denied" if "key=js" in text else "unauthorized"})
    if "key=js" in text:
        assert server("none", "GET", "/classes/X", headers=headers).status_code == 200
    assert server("none", "GET", "/classes/X", headers={"Authorization": "Bearer app"}).status_code == 403


def test_the_order_of_checks(server: Server) -> None:
    stale = {"X-Parse-Session-Token": "r:none"}
    assert server("app", "GET", "/nonexist", headers=stale).json["code"] == 209
    assert server("app", "GET", "/schemas", headers=stale).json["code"] == 209
    assert server("master", "GET", "/classes/X", headers=stale).status_code == 200
    assert server("none", "POST", "/classes/X", b"{bad").status_code == 400
    assert server("app", "GET", "/schemas").json == {"error": "Permission denied"}
    detailed = Server(server.engine, enableSanitizedErrorResponse=False)
    assert detailed("app", "GET", "/schemas").json == {"error": "unauthorized: master key is required"}


def test_addresses_of_keys(serve: Callable[..., Server]) -> None:
    server = serve(masterKeyIps=["10.0.0.1"], maintenanceKeyIps=["10.0.0.1"], readOnlyMasterKeyIps=["10.0.0.1"])
    for who in ("master", "keeper", "reader"):
        for path in ("/classes/X", "/health", "/files/app/none.txt", "/nope"):
            answer = server(who, "GET", path)
            assert (answer.status_code, answer.json) == (403, {"error": "unauthorized"}), (who, path)
    body = {"_ApplicationId": "app", "_method": "GET", "_MasterKey": "master"}
    server.expect([("none", "POST", "/classes/X", body, 403, UNAUTHORIZED), ("app", "GET", "/classes/X", None, 200, None)])


def test_the_allow_list(serve: Callable[..., Server]) -> None:
    denied = (119, "Permission denied")
    serve(routeAllowList=["classes/A", "login"]).expect(
        [
            ("app", "GET", "/classes/A", None, 200, None),
            *(("app", "GET", path, None, 400, denied) for path in ("/classes/B", "/nope")),
            ("master", "GET", "/classes/B", None, 200, None),
        ]
    )


def test_classes_of_clients(serve: Callable[..., Server]) -> None:
    server = serve(allowClientClassCreation=False)
    denied = (119, "Permission denied")
    server.expect(
        [
            *(("app", method, path, {}, 400, denied) for method, path in (("POST", "/classes/A"), ("PUT", "/classes/A/x"))),
            ("app", "GET", "/classes/A", None, 400, denied),
            ("master", "POST", "/classes/A", {"n": 1}, 201, None),
            ("app", "GET", "/classes/A", None, 200, None),
            ("app", "POST", "/classes/A", {"m": 1}, 201, None),
        ]
    )


def requests(*items: Any, **more: Any) -> dict[str, Any]:
    return {
        "requests": [{"method": item[0], "path": "/parse" + item[1], **({"body": item[2]} if len(item) > 2 else {})} for item in items],
        **more,
    }


def test_batches(server: Server) -> None:
    server.names["one"] = server.create("W", n=1)
    good, bad = ("POST", "/classes/W", {"n": 1}), ("POST", "/classes/W", {"n": "x"})
    wrong = (107, "batch request path must be a string")
    mismatch = {"code": 111, "error": "schema mismatch for W.n; expected Number but got String"}
    raw = lambda **item: {"requests": [item]}  # noqa: E731
    server.expect(
        [
            (
                *(
                    "app",
                    "POST",
                    "/batch",
                    requests(good, bad, ("PUT", "/classes/W/none", {}), ("GET", "/classes/W/{one}"), ("DELETE", "/classes/W/none")),
                    200,
                ),
                lambda body: (
                    set(body[0]["success"]) == {"objectId", "createdAt"}
                    and body[1] == {"error": mismatch}
                    and body[2]["error"]["code"] == body[4]["error"]["code"] == 101
                    and body[3]["success"]["n"] == 1
                ),
            ),
            ("app", "POST", "/batch", {"requests": []}, 200, "[]"),
            *(("app", "POST", "/batch", body, 400, (107, "requests must be an array")) for body in ({}, {"requests": 5}, {"requests": {}})),
            *(("app", "POST", "/batch", {"requests": [item]}, 400, wrong) for item in (5, None, {}, {"path": 5})),
            ("app", "POST", "/batch", raw(method="POST", path="/classes/X"), 400, (107, "cannot route batch path /classes/X")),
            ("app", "POST", "/batch", raw(method="POST", path="http://localhost/parse/classes/X"), 400, 107),
            ("app", "POST", "/batch", requests(("POST", "/nope")), 400, (107, "cannot route POST /nope")),
            ("app", "POST", "/batch", requests(("post", "/classes/X")), 400, (107, "cannot route post /classes/X")),
            ("app", "POST", "/batch", raw(path="/parse/classes/X"), 400, (107, "cannot route undefined /classes/X")),
            ("app", "POST", "/batch", requests(("POST", "/batch", {"requests": []})), 400, (107, "nested batch requests are not allowed")),
            *(
                ("app", "POST", "/batch", requests(("GET", path)), 400, 107)
                for path in ("/files/app/a", "/health", "/apps/app/verify_email")
            ),
            ("app", "POST", "/batch", requests(("GET", "/classes/W?limit=1")), 200, [{"success": {"results": []}}]),
            (
                "app",
                "POST",
                "/batch",
                requests(("GET", "/classes/W", {"limit": 1})),
                200,
                lambda body: len(body[0]["success"]["results"]) == 1,
            ),
            ("app", "POST", "/batch", requests(("GET", "//classes//W/")), 200, lambda body: body[0]["success"]["results"]),
            ("app", "POST", "/batch", requests(("GET", "/schemas")), 200, [{"error": {"error": "Permission denied"}}]),
            (
                "app",
                "POST",
                "/batch",
                requests(("POST", "/classes/W", {"_method": "GET"})),
                200,
                lambda body: body[0]["error"]["code"] == 105,
            ),
            ("master", "POST", "/batch", requests(*[good] * 120), 200, lambda body: len(body) == 120),
        ]
    )


def test_transactions(server: Server) -> None:
    server.names["one"] = server.create("W", n=1)
    add = ("PUT", "/classes/W/{one}", {"n": op("Increment", amount=1)})
    good, bad, gone = ("POST", "/classes/W", {"n": 5}), ("POST", "/classes/W", {"n": "x"}), ("PUT", "/classes/W/none", {"n": 1})
    count = lambda number: ("app", "GET", "/classes/W?count=1&limit=0", None, 200, {"count": number})  # noqa: E731
    server.expect(
        [
            ("app", "POST", "/batch", requests(good, add, transaction=True), 200, lambda body: body[1]["success"]["n"] == 2),
            count(2),
            *(
                ("app", "POST", "/batch", requests(good, add, wrong, transaction=True), status, None)
                for wrong, status in ((bad, 400), (gone, 404))
            ),
            count(2),
            ("app", "GET", "/classes/W/{one}", None, 200, {"n": 2}),
            ("app", "POST", "/batch", requests(good, bad, transaction="yes"), 200, None),
            count(3),
            ("app", "POST", "/batch", requests(("DELETE", "/classes/W/{one}"), good, transaction=True), 200, None),
            count(3),
            (
                "app",
                "POST",
                "/batch",
                requests(("POST", "/classes/Fresh", {"a": 1}), ("POST", "/users", {"username": "t", "password": "p"}), transaction=True),
                200,
                None,
            ),
            ("app", "GET", "/classes/Fresh?count=1", None, 200, {"count": 1}),
            ("app", "GET", "/login?username=t&password=p", None, 200, None),
        ]
    )


def test_rate_limits(engine: Engine, serve: Callable[..., Server]) -> None:
    limit = {
        "requestPath": "/classes/*rest",
        "requestTimeWindow": 60000,
        "requestCount": 2,
        "includeInternalRequests": True,
        "errorResponseMessage": "slow down",
    }
    server = serve(rateLimit=[limit])
    refused = {"code": 100, "error": "slow down"}
    for _ in range(2):
        server.ok("app", "GET", "/classes/W")
    answer = server("app", "GET", "/classes/W")
    assert (answer.status_code, answer.json) == (429, refused) and "Retry-After" in answer.headers
    answer = server("app", "POST", "/batch", requests(("GET", "/classes/W")))
    assert (answer.status_code, answer.json) == (400, refused)
    server.ok("master", "GET", "/classes/W")
    server.ok("app", "GET", "/users")
    server.expect([("app", "POST", "/users", query({}), 200, None)])


def test_locations_follow_the_public_address(serve: Callable[..., Server]) -> None:
    server = serve(publicServerURL="https://x.org/api", fileUpload={"enableForPublic": True})
    made = server("app", "POST", "/classes/W", {})
    assert made.headers["Location"] == f"https://x.org/api/classes/W/{made.json['objectId']}"
    assert server("app", "POST", "/files/a.txt", b"x").json["url"].startswith("https://x.org/api/files/app/")
    both = [{"method": "POST", "path": path + "/classes/W"} for path in ("/api", "/parse")]
    assert len(server.ok("app", "POST", "/batch", {"requests": both})) == 2


def test_a_bare_answer_has_its_type(server: Server) -> None:
    assert APP  # the early 403 carries no Content-Type on the peer; a JSON one is as good for every client
    answer = server("none", "GET", "/classes/X")
    assert (answer.status_code, json.loads(answer.data)) == (403, {"error": "unauthorized"})
