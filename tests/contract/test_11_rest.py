"""Config, installations, pushes, operators' routes (contract/11, sections 5 to 15)."""

from collections.abc import Callable
from typing import Any

from tests.contract.world import APP, Server, op, pointer

DENIED, MASTERS = (119, "Permission denied"), (None, "Permission denied")


EMPTY = (141, "params should be an object with at least one parameter")


def test_config(server: Server) -> None:
    def put(params: Any, status: int = 200, expected: Any = '{"result":true}', who: str = "master", **flags: Any) -> tuple[Any, ...]:
        return (who, "PUT", "/config", {"params": params, **({"masterKeyOnly": flags} if flags else {})}, status, expected)

    def shown(params: Any, flags: Any, who: str = "app") -> tuple[Any, ...]:
        return (who, "GET", "/config", None, 200, lambda body: body == {"params": params, "masterKeyOnly": flags})

    picture = {"__type": "File", "name": "x.png", "url": "http://elsewhere/x.png"}
    day = {"__type": "Date", "iso": "2020-01-02T03:04:05.678Z"}
    odd = {"p": pointer("A", "x"), "n": None, "l": [1, {"a": 1}, picture], "f": picture, "d": day}
    server.expect(
        [
            ("app", "GET", "/config", None, 200, '{"params":{}}'),
            put({"a": 1, "b": 2}, b=True),
            shown({"a": 1}, {"a": False}),
            shown({"a": 1, "b": 2}, {"a": False, "b": True}, "master"),
            shown({"a": 1, "b": 2}, {"a": False, "b": True}, "reader"),
            put({"b": 3}),
            shown({"a": 1, "b": 3}, {"a": False, "b": False}),
            put({"a": op("Increment", amount=2)}),
            shown({"a": 3, "b": 3}, {"a": False, "b": False}),
            put({"a": op("Delete")}),
            shown({"b": 3}, {"a": False, "b": False}),
            *(put(params, 400, EMPTY) for params in ({}, None)),
            ("master", "PUT", "/config", {}, 400, EMPTY),
            put({"a": 1}, 403, MASTERS, "app"),
            put({"a": 1}, 403, MASTERS, "keeper"),
            put({"a": 1}, 400, DENIED, "reader"),
            ("master", "POST", "/config", {"_method": "PUT", "params": {"c": {"x": 1}}}, 200, None),
            ("master", "POST", "/config", {"params": {"a": 1}}, 404, None),
            put({"e.y": 2}),
            put({"a b": 1, "$x": 2, **odd}),
            (
                "app",
                "GET",
                "/config",
                None,
                200,
                lambda body: body["params"] == {"b": 3, "c": {"x": 1}, "e": {"y": 2}, "a b": 1, "$x": 2, **odd},
            ),
        ]
    )


def test_small_routes(server: Server) -> None:
    server.create("P", a=1)
    off = (None, "Enable Parse Server option `security.enableCheck` to run security check.")
    server.expect(
        [
            *(("none", method, "/health", None, 200, '{"status":"ok"}') for method in ("GET", "POST", "PUT")),
            ("app", "POST", "/events/AppOpened", {"at": 1}, 200, "{}"),
            ("app", "POST", "/events/anything", {"dimensions": {"a": "b"}}, 200, "{}"),
            ("master", "GET", "/scriptlog", None, 200, lambda body: isinstance(body, list)),
            (
                "master",
                "GET",
                "/scriptlog?level=error&size=1&order=asc&from=2020-01-01&until=2030-01-01&n=2",
                None,
                200,
                lambda body: isinstance(body, list),
            ),
            *((who, "GET", "/scriptlog", None, 403, MASTERS) for who in ("app", "keeper")),
            ("master", "GET", "/security", None, 409, off),
            ("app", "GET", "/security", None, 403, MASTERS),
            ("master", "GET", "/graphql-config", None, 200, "{}"),
            ("master", "PUT", "/graphql-config", {"params": {"enabledForClasses": ["A"]}}, 200, {"response": {"result": True}}),
            ("master", "GET", "/graphql-config", None, 200, {"enabledForClasses": ["A"]}),
            ("master", "PUT", "/graphql-config", {"params": 5}, 400, None),
            ("app", "POST", "/validate_purchase", {}, 400, (107, "missing receipt or productIdentifier")),
            ("app", "GET", "/nope", None, 404, lambda body: b"Cannot GET /parse/nope" in body),
            ("app", "POST", "/aggregate/P", {}, 404, None),
            ("app", "PATCH", "/classes/P", {}, 404, lambda body: b"Cannot PATCH /parse/classes/P" in body),
            ("master", "GET", "/logs", None, 404, None),
            ("master", "GET", "/cloud_code/jobs", None, 200, "[]"),
            ("master", "GET", "/cloud_code/jobs/data", None, 200, '{"in_use":[],"jobs":[]}'),
            ("master", "POST", "/cloud_code/jobs", {"job_schedule": {"jobName": "none"}}, 400, None),
            ("app", "POST", "/functions/nope", {}, 400, (141, 'Invalid function: "nope"')),
            ("master", "POST", "/jobs/nope", {}, 400, (141, "Invalid job.")),
            ("app", "POST", "/jobs/nope", {}, 403, MASTERS),
        ]
    )


def test_security_check(serve: Callable[..., Server]) -> None:
    report = serve(security={"enableCheck": True}).ok("master", "GET", "/security")["report"]
    assert report["version"] == "1.0.0" and report["state"] in ("success", "fail")
    assert all({"name", "state", "checks"} <= set(group) for group in report["groups"])
    assert all({"title", "state"} <= set(check) for group in report["groups"] for check in group["checks"])


def test_webhooks(server: Server) -> None:
    hook, url = {"functionName": "f", "url": "http://x"}, {"url": "http://y"}
    trigger = {"className": "A", "triggerName": "beforeSave", "url": "http://x"}
    server.expect(
        [
            *(("master", "GET", path, None, 200, "[]") for path in ("/hooks/functions", "/hooks/triggers")),
            ("master", "POST", "/hooks/functions", hook, 200, lambda body: body == hook),
            ("master", "POST", "/hooks/functions", hook, 400, (143, "function name: f already exists")),
            ("master", "GET", "/hooks/functions", None, 200, [hook]),
            ("master", "GET", "/hooks/functions/f", None, 200, hook),
            ("master", "PUT", "/hooks/functions/f", url, 200, {"functionName": "f", **url}),
            ("master", "GET", "/hooks/functions/none", None, 400, (143, "no function named: none is defined")),
            ("master", "POST", "/hooks/functions", {"url": "http://x"}, 400, (143, "invalid hook declaration")),
            ("master", "POST", "/hooks/triggers", trigger, 200, trigger),
            ("master", "POST", "/hooks/triggers", trigger, 400, (143, "class A already has trigger beforeSave")),
            ("master", "GET", "/hooks/triggers/A/beforeSave", None, 200, trigger),
            ("master", "GET", "/hooks/triggers/None/beforeSave", None, 400, (143, "class None does not exist")),
            ("master", "PUT", "/hooks/triggers/A/beforeSave", op("Delete"), 200, "{}"),
            ("master", "PUT", "/hooks/functions/f", op("Delete"), 200, "{}"),
            ("master", "PUT", "/hooks/functions/f", op("Delete"), 404, (101, "Object not found.")),
            *((who, "GET", "/hooks/functions", None, 403, MASTERS) for who in ("app", "keeper")),
        ]
    )


def test_idempotency(serve: Callable[..., Server]) -> None:
    server = serve(idempotencyOptions={"paths": ["classes/.*", "users", "functions/.*", "installations"], "ttl": 60})
    twice = {"code": 159, "error": "Duplicate request"}
    send = lambda method, path, body, number: server("app", method, path, body, headers={"X-Parse-Request-Id": number})  # noqa: E731
    one = send("POST", "/classes/A", {"a": 1}, "r1").json["objectId"]
    for method, path in (("POST", "/classes/A"), ("PUT", f"/classes/A/{one}"), ("POST", "/users"), ("POST", "/functions/f")):
        answer = send(method, path, {}, "r1")
        assert (answer.status_code, answer.json) == (400, twice), path
    assert send("GET", "/classes/A", None, "r1").status_code == 200
    assert send("DELETE", "/classes/A/none", None, "r1").status_code == 404
    assert send("POST", "/classes/A", {}, "").status_code == 201
    assert send("POST", "/classes/A", {"a": "text"}, "r2").json["code"] == 111
    assert send("POST", "/classes/A", {"a": 1}, "r2").json == twice
    rows = server.ok("master", "GET", "/classes/_Idempotency")["results"]
    assert sorted(row["reqId"] for row in rows) == ["r1", "r2"] and all(row["expire"]["__type"] == "Date" for row in rows)


def test_client_keys(serve: Callable[..., Server]) -> None:
    server = serve(restAPIKey="rest", javascriptKey="js", clientKey="client", dotNetKey="net")
    good = {"REST-API": "rest", "Javascript": "js", "Client": "client", "Windows": "net"}
    for name, key in good.items():
        assert server("app", "GET", "/classes/A", headers={f"X-Parse-{name}-Key": key}).status_code == 200
        assert server("app", "GET", "/classes/A", headers={f"X-Parse-{name}-Key": "x" + key}).status_code == 403
    body = {"_method": "GET", "_ApplicationId": "app", "_JavaScriptKey": "js"}
    server.who["twice"] = {**APP, "X-Parse-Javascript-Key": "wrong"}
    server.expect(
        [
            ("app", "GET", "/classes/A", None, 403, (None, "unauthorized")),
            *((who, "GET", "/classes/A", None, 200, None) for who in ("master", "keeper", "reader")),
            ("none", "POST", "/classes/A", body, 200, None),
            ("none", "POST", "/classes/A", {**body, "_JavaScriptKey": "x"}, 403, (None, "unauthorized")),
        ]
    )


def test_aggregates(server: Server) -> None:
    t = pointer("T", "x1")
    for n, fields in enumerate(({"c": "a", "p": t}, {"c": "a"}, {"c": "b", "l": [1, 2]}), 1):
        server.create("A", n=n, d={"__type": "Date", "iso": f"2020-01-0{n}T00:00:00.000Z"}, **fields)
    server.create("B", c="a", extra=7)

    def run(body: Any, expected: Any, status: int = 200, who: str = "master", name: str = "A") -> tuple[Any, ...]:
        return (who, "POST", f"/aggregate/{name}", {"_method": "GET", **body}, status, expected)

    def stages(*pipeline: Any, **more: Any) -> dict[str, Any]:
        return {"pipeline": list(pipeline), **more}

    results = lambda wanted: lambda body: body["results"] == wanted  # noqa: E731
    rows = lambda *numbers: lambda body: [row.get("n") for row in body["results"]] == list(numbers)  # noqa: E731
    by_class = {"$group": {"_id": "$c", "t": {"$sum": "$n"}}}
    in_order = {"$sort": {"n": 1}}
    server.expect(
        [
            run(stages(by_class, {"$sort": {"_id": 1}}), results([{"t": 3, "objectId": "a"}, {"t": 3, "objectId": "b"}])),
            run({"$group": {"_id": None, "t": {"$sum": 1}}}, results([{"t": 3, "objectId": None}])),
            ("master", "GET", '/aggregate/A?$match={"n":{"$gt":1}}&$count="k"', None, 200, results([{"k": 2}])),
            ("master", "GET", '/aggregate/A?pipeline=[{"$match":{"n":1}}]', None, 200, rows(1)),
            run({"pipeline": {"$match": {"n": 1}}}, rows(1)),
            run(stages({"group": {}}), (102, "Invalid aggregate stage 'group'."), 400),
            run(stages({"$group": {"t": {"$sum": 1}}}), (102, "Invalid parameter for query: group. Missing key _id"), 400),
            run(stages({"$group": {"objectId": "$c"}}), (102, "Cannot use 'objectId' in aggregation stage $group."), 400),
            run(stages({"$match": {}, "$limit": 1}), (102, "Pipeline stages should only have one key but found $match, $limit."), 400),
            run(stages({"$foo": {}}), (102, "Unrecognized pipeline stage name: '$foo'"), 400),
            run(stages(in_order, where={"n": 1}, limit=1), rows(1, 2, 3)),
            run({}, lambda body: len(body["results"]) == 3),
            run(
                stages({"$group": {"_id": {"c": "$c"}}}, {"$sort": {"_id.c": 1}}),
                results([{"objectId": {"c": "a"}}, {"objectId": {"c": "b"}}]),
            ),
            run(
                stages({"$match": {"objectId": {"$exists": True}, "createdAt": {"$gt": "2020-01-01T00:00:00.000Z"}}}, {"$count": "k"}),
                results([{"k": 3}]),
            ),
            run(
                stages({"$group": {"_id": None, "first": {"$min": "$createdAt"}}}),
                lambda body: body["results"][0]["first"]["__type"] == "Date",
            ),
            run(stages({"$match": {"p": "x1"}}), rows(1)),
            run(stages({"$group": {"_id": "$p"}}, {"$sort": {"_id": 1}}), results([{"objectId": None}, {"objectId": "x1"}])),
            run(stages({"$match": {"d": {"$gte": "2020-01-02T00:00:00.000Z"}}}, in_order), rows(2, 3)),
            run(
                stages({"$unwind": "$l"}, {"$sort": {"l": -1}}, {"$limit": 1}, {"$project": {"l": 1}}),
                lambda body: body["results"][0]["l"] == 2,
            ),
            run(stages({"$skip": 1}, {"$count": "k"}), results([{"k": 2}])),
            run(
                stages(in_order, {"$limit": 1}, {"$lookup": {"from": "B", "localField": "c", "foreignField": "c", "as": "b"}}),
                lambda body: body["results"][0]["b"][0]["extra"] == 7,
            ),
            run(
                stages({"$project": {"day": {"$dayOfYear": "$d"}}}, {"$sort": {"day": 1}}),
                lambda body: [row["day"] for row in body["results"]] == [1, 2, 3],
            ),
            run(
                stages({"$match": {"n": 1}}),
                lambda body: body["results"][0]["p"] == t and body["results"][0]["d"]["iso"] == "2020-01-01T00:00:00.000Z",
            ),
            run(
                stages({"$match": {"n": 1}}, rawValues=True, rawFieldNames=True),
                lambda body: body["results"][0]["_p_p"] == "T$x1" and "$date" in body["results"][0]["d"],
            ),
            run(stages(in_order, explain=True), lambda body: "queryPlanner" in body["results"][0]),
            run(stages(in_order, comment="c", hint="_id_", readPreference="NEAREST"), rows(1, 2, 3)),
            run(stages(in_order), results([]), name="None"),
            run(stages(in_order), MASTERS, 403, "app"),
            run(stages(in_order), MASTERS, 403, "keeper"),
            run(stages(in_order), rows(1, 2, 3), 200, "reader"),
            # distinct
            run({"distinct": "c"}, lambda body: sorted(body["results"]) == ["a", "b"]),
            run({"distinct": "c", "where": {"n": 3}}, results(["b"])),
            run({"distinct": "l"}, lambda body: sorted(body["results"]) == [1, 2]),
            run({"distinct": "p"}, results([t])),
            run({"distinct": "d", "where": {"n": 1}}, results([{"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}])),
            run({"distinct": "objectId"}, lambda body: len(body["results"]) == 3),
            run({"distinct": "none"}, results([])),
            run({"distinct": "c", "where": "{bad"}, (107, "where parameter is not valid JSON"), 400),
        ]
    )


def test_relations_of_whole_objects(server: Server) -> None:
    relation = {"r": {"__type": "Relation", "className": "T"}}
    server.create("A", n=1, r=op("AddRelation", objects=[pointer("T", "x")]))
    run = lambda stage: ("master", "POST", "/aggregate/A", {"_method": "GET", "pipeline": [stage]}, 200)  # noqa: E731
    server.expect(
        [
            (*run({"$match": {"n": 1}}), lambda body: relation.items() <= body["results"][0].items()),
            (*run({"$group": {"_id": "$n"}}), {"results": [{"objectId": 1}]}),
        ]
    )


def test_aggregates_of_users(server: Server) -> None:
    server.sign_up("ann", authData={"anonymous": {"id": "1"}})
    [row] = server.ok("master", "GET", "/aggregate/_User")["results"]
    assert not [name for name in row if name.startswith("_")] and "ACL" not in row
    assert row["authData"] == {"anonymous": {"id": "1"}}
