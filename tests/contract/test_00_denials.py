"""Texts of denials with `enableSanitizedErrorResponse` off (contract/00, section 4.6), and what options change elsewhere."""

from collections.abc import Callable
from typing import Any

import pytest

from parse_shim.rest import push as pushing
from parse_shim.testing.adapters import AcceptingPush
from tests.contract.world import Server, has, pointer, query

EVERYBODY = {name: {"*": True} for name in ("find", "get", "count", "create", "update", "delete", "addField")}


@pytest.fixture
def plain(serve: Callable[..., Server]) -> Server:
    server = serve(enableSanitizedErrorResponse=False)
    server.sign_up("ann")
    server.sign_up("bob")
    return server


def test_detailed_texts(plain: Server) -> None:
    collection = lambda operation, name: (119, f"Clients aren't allowed to perform the {operation} operation on the {name} collection.")  # noqa: E731
    reader = lambda operation: (119, f"read-only masterKey isn't allowed to {operation}")  # noqa: E731
    plain.names["o"] = plain.create("O", secret=1)
    plain.ok("master", "PUT", "/schemas/O", {"classLevelPermissions": {**EVERYBODY, "protectedFields": {"*": ["secret"]}}})
    plain.expect(
        [
            ("app", "GET", "/schemas", None, 403, (None, "unauthorized: master key is required")),
            ("app", "POST", "/classes/O", query({"secret": 1}), 400, (119, "This user is not allowed to query secret on class O")),
            ("app", "GET", "/classes/O?order=secret", None, 400, (119, "This user is not allowed to sort by secret on class O")),
            ("app", "GET", "/classes/_Hooks", None, 400, collection("find", "_Hooks")),
            ("app", "POST", "/classes/_Hooks", {}, 400, collection("create", "_Hooks")),
            ("app", "GET", "/installations", None, 400, collection("find", "installation")),
            ("app", "DELETE", "/installations/x", None, 400, collection("delete", "installation")),
            *(
                ("reader", method, path, {"n": 1}, 400, reader(f"perform the {operation} operation."))
                for method, path, operation in (
                    ("POST", "/classes/O", "create"),
                    ("PUT", "/classes/O/{o}", "update"),
                    ("DELETE", "/classes/O/{o}", "delete"),
                )
            ),
            ("reader", "POST", "/schemas/N", {}, 400, reader("create a schema.")),
            ("reader", "POST", "/files/a.txt", b"x", 403, (None, "read-only masterKey isn't allowed to create a file.")),
            ("app", "GET", "/sessions", None, 400, (209, "Invalid session token")),
            ("app", "GET", "/users/me", None, 400, (209, "Invalid session token")),
            ("app", "PUT", "/users/{ann}", {"a": 1}, 400, (206, "Cannot modify user {ann}.")),
            ("bob", "PUT", "/users/{ann}", {"a": 1}, 400, (206, "Insufficient auth.")),
            (
                "ann",
                "PUT",
                "/users/{ann}",
                {"emailVerified": True},
                400,
                (119, "Clients aren't allowed to manually update email verification."),
            ),
            ("app", "POST", "/loginAs", {"userId": "{ann}"}, 400, (119, "master key is required")),
            ("none", "GET", "/files/other/a.txt", None, 403, (None, "Invalid application ID.")),
        ]
    )


def test_classes_that_clients_may_not_make(serve: Callable[..., Server]) -> None:
    server = serve(enableSanitizedErrorResponse=False, allowClientClassCreation=False)
    server.expect([("app", "POST", "/classes/N", {}, 400, (119, "This user is not allowed to access non-existent class: N"))])


def test_a_closed_get_on_users(plain: Server) -> None:
    plain.ok("master", "PUT", "/schemas/_User", {"classLevelPermissions": {**EVERYBODY, "get": {}}})
    plain.expect(
        [
            ("app", "GET", "/login?username=ann&password=p1", None, 200, has("objectId", "sessionToken")),
            ("ann", "GET", "/users/me", None, 400, 119),
        ]
    )


def test_users_that_hide_from_themselves_log_in(plain: Server) -> None:
    plain.ok("master", "PUT", "/users/{ann}", {"ACL": {"{bob}": {"write": True}}})
    plain.expect(
        [
            ("app", "GET", "/login?username=ann&password=p1", None, 200, has("objectId", "sessionToken")),
            ("ann", "GET", "/users/me", None, 400, 209),
        ]
    )


def test_deleted_users_have_no_sessions(plain: Server) -> None:
    plain.ok("master", "DELETE", "/users/{ann}")
    plain.expect([("ann", "GET", "/users/me", None, 400, 209), ("ann", "GET", "/classes/O", None, 400, 209)])


def test_sessions_without_an_end(serve: Callable[..., Server]) -> None:
    server = serve(expireInactiveSessions=False)
    server.sign_up("ann")
    server.expect([("ann", "GET", "/sessions/me", None, 200, lambda body: "expiresAt" not in body)])


def test_open_entries_win_over_pointers(plain: Server) -> None:
    plain.names["o"] = plain.create("O", owner=pointer("_User", plain.names["ann"]), second=pointer("_User", plain.names["bob"]))
    one = "/classes/O/{o}"
    two = {"pointerFields": ["owner", "second"]}
    plain.ok(
        "master",
        "PUT",
        "/schemas/O",
        {"classLevelPermissions": {**EVERYBODY, "get": two, "update": {"*": True, "pointerFields": ["owner"]}}},
    )
    plain.expect(
        [
            *((who, "GET", one, None, 200, None) for who in ("ann", "bob")),
            ("app", "GET", one, None, 404, 101),
            ("app", "PUT", one, {"n": 1}, 200, None),
        ]
    )


def test_protected_fields_of_own_writes(serve: Callable[..., Server]) -> None:
    server = serve(protectedFieldsSaveResponseExempt=False)
    server.names["o"] = server.create("O", secret=1)
    server.ok("master", "PUT", "/schemas/O", {"classLevelPermissions": {**EVERYBODY, "protectedFields": {"*": ["secret"]}}})
    body = {"secret": {"__op": "Increment", "amount": 1}}
    server.expect([("app", "PUT", "/classes/O/{o}", body, 200, has("updatedAt"))])


def test_everybody_may_explain(serve: Callable[..., Server]) -> None:
    server = serve(databaseOptions={"allowPublicExplain": True})
    server.create("O")
    server.expect([("app", "GET", "/classes/O?explain=true", None, 200, lambda body: isinstance(body["results"], dict))])


def test_a_denylist_of_ones_own(serve: Callable[..., Server]) -> None:
    server = serve(requestKeywordDenylist=[{"key": "bad"}, {"value": "worse"}])
    server.expect(
        [
            ("app", "POST", "/classes/O", {"o": {"bad": 1}}, 400, (105, 'Prohibited keyword in request data: {"key":"bad"}.')),
            ("app", "POST", "/classes/O", {"o": "worse"}, 400, (105, 'Prohibited keyword in request data: {"value":"worse"}.')),
            ("app", "POST", "/classes/O", {"o": {"constructor": 1}}, 201, None),
        ]
    )


def test_locked_schemas(serve: Callable[..., Server]) -> None:
    server = serve(schema={"definitions": [{"className": "L"}], "lockSchemas": True})
    locked = (119, "Cannot perform this operation when schemas options is used.")
    server.expect(
        [
            *(("master", method, "/schemas/L", {}, 400, locked) for method in ("POST", "PUT")),
            ("master", "GET", "/schemas/L", None, 200, None),
        ]
    )


def test_features_follow_the_options(serve: Callable[..., Server]) -> None:
    server = serve(push={"adapter": AcceptingPush()}, scheduledPush=True, security={"enableCheck": True})
    features = server.ok("master", "GET", "/serverInfo")["features"]
    assert features["push"] | {"localization": True} == dict.fromkeys(features["push"], True)
    assert features["settings"] == {"securityCheck": True}


def test_pushes_in_languages(serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "in_background", lambda work: work())
    sender = AcceptingPush()
    server = serve(push={"adapter": sender})
    for number, locale in enumerate(("fr-FR", "en-US", None)):
        server.create("_Installation", deviceType="ios", deviceToken=f"t{number}", **({"localeIdentifier": locale} if locale else {}))
    server.names["a"] = server.ok("master", "POST", "/push_audiences", {"name": "A", "query": "{}"})["objectId"]
    data = {"alert": "hello", "alert-fr": "bonjour", "alert-en": "hi"}
    server.ok("master", "POST", "/push", {"where": {}, "data": data, "audience_id": "{a}", "expiration_interval": 60})
    heard = {row["deviceToken"]: body["data"] for body, rows, _ in sender.sent for row in rows}
    assert heard == {"t0": {"alert": "bonjour"}, "t1": {"alert": "hi"}, "t2": {"alert": "hello"}}
    audience: dict[str, Any] = server.ok("master", "GET", "/push_audiences/{a}")
    assert audience["timesUsed"] == 1 and audience["lastUsed"]["__type"] == "Date"


def test_pushes_of_later(serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "in_background", lambda work: work())
    sender = AcceptingPush()
    server = serve(push={"adapter": sender}, scheduledPush=True)
    server.create("_Installation", deviceType="ios", deviceToken="t")
    server.ok("master", "POST", "/push", {"where": {}, "data": {"alert": "x"}, "push_time": "2099-01-01T00:00:00.000Z"})
    [row] = server.ok("master", "GET", "/classes/_PushStatus")["results"]
    assert row["status"] == "scheduled" and row["pushTime"].startswith("2099") and sender.sent == []
