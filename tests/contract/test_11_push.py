"""Installations, pushes and audiences (contract/11, sections 6 and 7)."""

from collections.abc import Callable
from typing import Any

import pytest

from parse_shim.rest import push as pushing
from parse_shim.testing.adapters import AcceptingPush
from tests.contract.world import Server, has, op

DENIED, MASTERS = (119, "Permission denied"), (None, "Permission denied")


TOKEN = "A" * 64


def phone(**fields: Any) -> dict[str, Any]:
    return {"deviceType": "ios", **fields}


def test_installations(server: Server) -> None:
    at_least = "at least one ID field (deviceToken, installationId) must be specified in this operation"
    kept = lambda name: (136, f"{name} may not be changed in this operation")  # noqa: E731
    unchangeable = (107, "You cannot use [object Object] as a query parameter.")
    server.names["one"] = server.ok("app", "POST", "/installations", phone(installationId="ABC", deviceToken=TOKEN, channels=["a"]))[
        "objectId"
    ]
    one = "/installations/{one}"
    server.expect(
        [
            ("app", "GET", one, None, 200, {"installationId": "abc", "deviceToken": TOKEN.lower(), "channels": ["a"]}),
            ("app", "GET", one, None, 200, lambda body: "ACL" not in body),
            ("app", "POST", "/installations", {"deviceType": "ios"}, 400, (135, at_least)),
            ("app", "POST", "/installations", {"installationId": "new"}, 400, (135, "deviceType must be specified in this operation")),
            ("app", "POST", "/installations", phone(installationId="x", channels="a"), 400, 111),
            ("app", "POST", "/installations", {"installationId": "abc", "badge": 1}, 200, has("updatedAt")),
            ("app", "POST", "/installations", {"installationId": "abc", "deviceType": "android"}, 200, has("updatedAt")),
            ("app", "GET", one, None, 200, {"deviceType": "android", "badge": 1}),
            *(
                ("app", method, path, None, 400, DENIED)
                for method, path in (("GET", "/installations"), ("DELETE", one), ("GET", "/classes/_Installation"))
            ),
            ("master", "GET", "/installations", None, 200, lambda body: len(body["results"]) == 1),
            ("app", "PUT", one, {"installationId": "other"}, 400, kept("installationId")),
            ("app", "PUT", one, {"deviceType": "winrt"}, 400, kept("deviceType")),
            ("app", "PUT", one, {"deviceToken": "fresh"}, 200, has("updatedAt")),
            ("app", "PUT", "/installations/none", {"badge": 1}, 404, (101, "Object not found for update.")),
            ("app", "POST", "/installations", phone(deviceToken="t9"), 201, None),
            ("app", "POST", "/installations", {"deviceToken": "t9", "badge": 2}, 200, has("updatedAt")),
            ("app", "POST", "/installations", phone(deviceToken="t9", installationId="i9"), 200, has("updatedAt")),
            ("master", "GET", '/installations?where={"installationId":"i9"}', None, 200, lambda body: body["results"][0]["badge"] == 2),
            ("app", "POST", "/installations", phone(deviceToken="t9", installationId="i10"), 201, None),
            (
                "master",
                "GET",
                '/installations?where={"deviceToken":"t9"}',
                None,
                200,
                lambda body: [row["installationId"] for row in body["results"]] == ["i10"],
            ),
            ("master", "DELETE", one, None, 200, "{}"),
        ]
    )
    bare = server.ok("app", "POST", "/installations", phone(deviceToken="bare"))["objectId"]
    server.expect(
        [
            ("app", "PUT", f"/installations/{bare}", {"deviceToken": "else"}, 400, kept("deviceToken")),
            ("app", "PUT", f"/installations/{bare}", {"deviceToken": op("Delete")}, 400, unchangeable)
            if False
            else ("app", "GET", f"/installations/{bare}", None, 200, None),
        ]
    )
    header = server("app", "POST", "/installations", phone(), headers={"X-Parse-Installation-Id": "head"})
    assert header.status_code == 201
    assert "installationId" not in server.ok("app", "GET", f"/installations/{header.json['objectId']}")


def test_a_token_on_several_rows(server: Server) -> None:
    ids = [server.create("_Installation", **phone(installationId=f"i{n}", deviceToken=f"t{n}", appIdentifier=f"app{n}")) for n in range(2)]
    server.ok("master", "PUT", f"/installations/{ids[0]}", {"deviceToken": "same"})
    server.ok("master", "POST", "/installations", phone(installationId="i2", deviceToken="same", appIdentifier="another"))
    text = "Must specify installationId when deviceToken matches multiple Installation objects"
    server.expect(
        [
            ("app", "POST", "/installations", {"deviceToken": "same"}, 400, (132, text)),
            ("app", "PUT", f"/installations/{ids[1]}", {"deviceToken": "same"}, 200, None),
            (
                "master",
                "GET",
                '/installations?where={"deviceToken":"same"}',
                None,
                200,
                lambda body: [row["objectId"] for row in body["results"]] == [ids[1]],
            ),
        ]
    )


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({}, [("t", "i1", "token")]),
        ({"duplicateDeviceTokenMergePriority": "installationId"}, [("t", "i1", "id")]),
        (
            {"duplicateDeviceTokenMergePriority": "installationId", "duplicateDeviceTokenAction": "update"},
            [("t", "i1", "id"), (None, None, "token")],
        ),
    ],
)
def test_two_rows_become_one(serve: Callable[..., Server], options: Any, left: Any) -> None:
    server = serve(installation=options)
    server.create("_Installation", **phone(installationId="i1", mark="id"))
    server.create("_Installation", **phone(deviceToken="t", mark="token"))
    server.ok("app", "POST", "/installations", phone(installationId="i1", deviceToken="t"))
    rows = server.ok("master", "GET", "/installations")["results"]
    assert sorted(((row.get("deviceToken"), row.get("installationId"), row["mark"]) for row in rows), key=lambda row: row[2]) == left


def test_refused_pushes(serve: Callable[..., Server]) -> None:
    serve().expect(
        [
            ("master", "POST", "/push", {"data": {}}, 400, (115, 'Sending a push requires either "channels" or a "where" query.')),
            ("master", "POST", "/push", {"channels": ["a"], "data": {}}, 400, (115, "Missing push configuration")),
        ]
    )
    server = serve(push={"adapter": AcceptingPush()})
    to = {"where": {}, "data": {"alert": "x"}}
    server.expect(
        [
            ("app", "POST", "/push", to, 403, MASTERS),
            ("keeper", "POST", "/push", to, 403, MASTERS),
            ("reader", "POST", "/push", to, 400, DENIED),
            ("master", "POST", "/push", {"data": {}}, 400, (115, 'Sending a push requires either "channels" or a "where" query.')),
            ("master", "POST", "/push", {**to, "channels": ["a"]}, 400, (115, "Channels and query can not be set at the same time.")),
            ("master", "POST", "/push", {**to, "expiration_time": "zz"}, 400, (115, "zz is not valid time.")),
            *(
                (
                    "master",
                    "POST",
                    "/push",
                    {**to, "expiration_interval": wrong},
                    400,
                    (115, "expiration_interval must be a number greater than 0"),
                )
                for wrong in (0, -1, "x")
            ),
            (
                *("master", "POST", "/push", {**to, "expiration_time": 2000000000, "expiration_interval": 5}, 400),
                (115, "Both expiration_time and expiration_interval cannot be set"),
            ),
            ("master", "POST", "/push", {**to, "push_time": "bad"}, 400, (115, "bad is not valid time.")),
            ("master", "POST", "/push", {**to, "data": {"badge": "many"}}, 400, None),
        ]
    )


def test_a_push(serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "in_background", lambda work: work())
    server = serve(push={"adapter": AcceptingPush()})
    for number, kind in enumerate(("ios", "android", "ios")):
        server.create("_Installation", deviceType=kind, deviceToken=f"t{number}", channels=["c1"] if number < 2 else [])
    answer = server("master", "POST", "/push", {"channels": ["c1"], "data": {"alert": "hi", "badge": "Increment"}})
    assert (answer.status_code, answer.json) == (200, {"result": True})
    row = server.ok("master", "GET", "/classes/_PushStatus/" + answer.headers["X-Parse-Push-Status-Id"])
    wanted = {
        "query": '{"channels":{"$in":["c1"]}}',
        "source": "rest",
        "status": "succeeded",
        "numSent": 2,
        "sentPerType": {"android": 1, "ios": 1},
    }
    wanted |= {"payload": '{"alert":"hi","badge":"Increment"}', "pushHash": "49f68a5c8493ec2c0bf489821c21fc3b", "ACL": {}}
    assert {name: row.get(name) for name in wanted} == wanted and isinstance(row["pushTime"], str)
    assert [(r["deviceToken"], r.get("badge")) for r in server.ok("master", "GET", "/installations?order=deviceToken")["results"]] == [
        ("t0", 1),
        ("t1", 1),
        ("t2", None),
    ]


def test_audiences(server: Server) -> None:
    where = '{"deviceType":"ios"}'
    server.names["a"] = server.ok("master", "POST", "/push_audiences", {"name": "A", "query": where})["objectId"]
    one = "/push_audiences/{a}"
    server.expect(
        [
            ("master", "POST", "/push_audiences", {"name": "B", "query": where}, 201, has("objectId", "createdAt")),
            ("master", "POST", "/push_audiences", {"name": "B", "query": {"a": 1}}, 400, 111),
            ("master", "GET", one, None, 200, {"name": "A", "query": {"deviceType": "ios"}}),
            (
                "master",
                "GET",
                "/push_audiences",
                None,
                200,
                lambda body: [row["query"] for row in body["results"]] == [{"deviceType": "ios"}] * 2,
            ),
            ("master", "GET", "/classes/_Audience/{a}", None, 200, {"query": where}),
            ("master", "PUT", one, {"name": "C"}, 200, has("updatedAt")),
            *((who, "GET", "/push_audiences", None, 403, MASTERS) for who in ("app", "keeper")),
            ("master", "POST", "/classes/_Audience", {"name": "bad", "query": "{"}, 201, None),
            ("master", "GET", "/push_audiences", None, 200, None),
            ("master", "DELETE", one, None, 200, "{}"),
            ("master", "GET", one, None, 404, 101),
        ]
    )
