"""Users, sessions, roles and permissions (contract/03)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.world import APP, Server, has, op, pointer, query

DENIED = (119, "Permission denied")
NO_SESSION = (209, "Permission denied")
WRONG = (101, "Invalid username/password.")
NOT_FOUND = (101, "Object not found.")
UNSUPPORTED = (252, "This authentication method is unsupported.")
NAMELESS = (200, "bad or missing username")
CLOSED_USER = {"classLevelPermissions": {"find": {}, "create": {"*": True}}}


@pytest.fixture
def users(server: Server) -> Server:
    server.sign_up("ann", email="Ann@x.org", phone="1")
    server.sign_up("bob")
    return server


def test_sign_up(users: Server) -> None:
    users.expect(
        [
            *(("app", "POST", "/users", {"username": name, "password": "p"}, 400, NAMELESS) for name in ("", None, 5)),
            *(("app", "POST", "/users", {"username": "x", "password": word}, 400, (201, "password is required")) for word in ("", None, 5)),
            ("app", "POST", "/users", {"username": "ANN", "password": "p"}, 400, (202, "Account already exists for this username.")),
            ("app", "POST", "/users", {"username": "x", "password": "p", "email": "no"}, 400, (125, "Email address format is invalid.")),
            (
                "app",
                "POST",
                "/users",
                {"username": "x", "password": "p", "email": 5},
                400,
                (111, "schema mismatch for _User.email; expected String but got Number"),
            ),
            (
                "app",
                "POST",
                "/users",
                {"username": "x", "password": "p", "email": "ann@X.org"},
                400,
                (203, "Account already exists for this email address."),
            ),
            ("app", "POST", "/users", {"username": "n1", "password": "p", "email": ""}, 201, None),
            ("app", "POST", "/users", {"username": "x", "password": "p", "emailVerified": True}, 400, DENIED),
            ("master", "POST", "/users", {"username": "m1", "password": "p", "emailVerified": True}, 201, has("objectId", "createdAt")),
            ("bob", "POST", "/users", {"username": " x ", "password": "p"}, 201, has("objectId", "createdAt", "sessionToken")),
            ("app", "GET", "/login?username=%20x%20&password=p", None, 200, {"username": " x "}),
            ("ann", "GET", "/users/{ann}", None, 200, {"ACL": {"{ann}": {"read": True, "write": True}}}),
            ("app", "POST", "/classes/_User", {"username": "c1", "password": "p"}, 201, has("objectId", "createdAt", "sessionToken")),
        ]
    )
    body = {"_ApplicationId": "app", "_MasterKey": "master", "username": "m2", "password": "p"}
    users.expect([("none", "POST", "/users", body, 201, has("objectId", "createdAt", "sessionToken"))])
    made = users("master", "POST", "/users", {"username": "m3", "password": "p"}, headers={"X-Parse-Installation-Id": "i"})
    assert "sessionToken" in made.json
    made = users("app", "POST", "/users", {"username": "m4", "password": "p"}, headers={"X-Parse-Installation-Id": "cloud"})
    assert "sessionToken" not in made.json


def test_given_acls_keep_the_owner(serve: Callable[..., Server]) -> None:
    server = serve(enforcePrivateUsers=False)
    server.sign_up("pub")
    server.sign_up("own", ACL={"*": {"read": True}})
    own = {"read": True, "write": True}
    server.expect(
        [
            ("master", "GET", "/users/{pub}", None, 200, {"ACL": {"{pub}": own, "*": {"read": True}}}),
            ("master", "GET", "/users/{own}", None, 200, {"ACL": {"{own}": own, "*": {"read": True}}}),
        ]
    )


def test_names_in_lower_case(serve: Callable[..., Server]) -> None:
    server = serve(convertUsernameToLowercase=True, convertEmailToLowercase=True)
    server.sign_up("BobA", email="Bob@X.org")
    server.expect(
        [
            ("app", "GET", "/login?username=BobA&password=p1", None, 404, WRONG),
            ("app", "GET", "/login?username=boba&password=p1", None, 200, {"username": "boba", "email": "bob@x.org"}),
        ]
    )


def test_login(users: Server) -> None:
    good = {"username": "ann", "password": "p1"}
    shown = has("objectId", "username", "email", "phone", "createdAt", "updatedAt", "ACL", "sessionToken")
    users.expect(
        [
            ("app", "POST", "/login", good, 200, shown),
            ("app", "GET", "/login?username=ann&password=p1", None, 200, shown),
            ("app", "GET", "/login?email=Ann@x.org&password=p1", None, 200, shown),
            ("app", "GET", "/login?username=Ann@x.org&password=p1", None, 200, shown),
            ("app", "POST", "/login", {"password": "p"}, 400, (200, "username/email is required.")),
            *(("app", "POST", "/login", {"username": "ann", "password": word}, 400, (201, "password is required.")) for word in ("", None)),
            ("app", "POST", "/login", {"username": "ann"}, 400, (201, "password is required.")),
            *(("app", "POST", "/login", {"username": name, "password": "p1"}, 404, WRONG) for name in ("nobody", 5, "ANN")),
            *(("app", "POST", "/login", {"username": "ann", "password": word}, 404, WRONG) for word in ("p2", 5)),
            ("app", "POST", "/login", {**good, "email": "other@x.org"}, 404, WRONG),
            ("master", "PUT", "/users/{ann}", {"ACL": {}}, 200, None),
            ("app", "POST", "/login", good, 404, WRONG),
            ("app", "POST", "/verifyPassword", {"username": "bob", "password": "p1"}, 200, lambda body: "sessionToken" not in body),
            ("app", "GET", "/verifyPassword?username=bob&password=p2", None, 404, WRONG),
            ("app", "POST", "/loginAs", {"userId": "{bob}"}, 400, DENIED),
            ("master", "POST", "/loginAs", {"userId": "{bob}"}, 200, lambda body: body["sessionToken"].startswith("r:")),
            ("master", "POST", "/loginAs?userId={bob}", None, 200, {"objectId": "{bob}"}),
            ("master", "POST", "/loginAs", {}, 400, (162, "userId must not be empty, null, or undefined")),
            ("master", "POST", "/loginAs", {"userId": "none"}, 404, (101, "user not found")),
        ]
    )
    users.who["stale"] = {**APP, "X-Parse-Session-Token": "r:none"}
    bad = (209, "Invalid session token")
    users.expect(
        [
            ("stale", "POST", "/login", {"username": "bob", "password": "p1"}, 200, None),
            ("app", "POST", "/logout", {}, 200, "{}"),
            ("stale", "POST", "/logout", {}, 400, bad),
            ("bob", "GET", "/users/me", None, 200, lambda body: body["sessionToken"] and body["username"] == "bob"),
            ("app", "GET", "/users/me", None, 400, NO_SESSION),
            ("master", "GET", "/users/me", None, 400, NO_SESSION),
            ("stale", "GET", "/users/me", None, 400, bad),
            ("stale", "GET", "/nonexist", None, 400, bad),
            ("bob", "POST", "/upgradeToRevocableSession", {}, 200, lambda body: body["createdWith"]["action"] == "upgrade"),
            ("app", "POST", "/upgradeToRevocableSession", {}, 404, (101, "invalid session")),
            ("bob", "POST", "/logout", {}, 200, "{}"),
            ("bob", "GET", "/users/me", None, 400, bad),
        ]
    )
    token = users.ok("app", "POST", "/login", {"username": "bob", "password": "p1"})["sessionToken"]
    both = {"X-Parse-Session-Token": token}
    assert users("master", "GET", "/users/me", headers=both).json["username"] == "bob"


def test_one_session_an_installation(users: Server) -> None:
    phone = {"X-Parse-Installation-Id": "phone"}
    tokens = [users("app", "POST", "/login", {"username": "bob", "password": "p1"}, headers=phone).json["sessionToken"] for _ in range(2)]
    assert users("app", "GET", "/users/me", headers={"X-Parse-Session-Token": tokens[0]}).status_code == 400
    assert users("app", "GET", "/users/me", headers={"X-Parse-Session-Token": tokens[1]}).status_code == 200
    assert users("bob", "GET", "/users/me").status_code == 200


def test_a_user_that_may_not_read_himself_logs_in(users: Server) -> None:
    users.ok("master", "PUT", "/users/{bob}", {"ACL": {"{bob}": {"write": True}}})
    users.expect([("app", "POST", "/login", {"username": "bob", "password": "p1"}, 200, None)])


def test_reading_and_changing_users(users: Server) -> None:
    insufficient, modify = (206, "Permission denied"), (206, "Insufficient auth to delete user")
    users.sign_up("eve")
    full = has("objectId", "username", "email", "phone", "createdAt", "updatedAt", "ACL")
    users.expect(
        [
            *((who, "GET", "/users/{ann}", None, 404, NOT_FOUND) for who in ("app", "bob")),
            ("ann", "GET", "/users/{ann}", None, 200, lambda body: "email" in body and "sessionToken" in body),
            ("master", "GET", "/users/{ann}", None, 200, full),
            ("keeper", "GET", "/users/{ann}", None, 200, None),
            *((who, "GET", '/users?where={"email":"x"}', None, 400, DENIED) for who in ("app", "bob", "ann")),
            *((who, "GET", "/users?order=email", None, 400, DENIED) for who in ("app", "bob", "ann")),
            ("master", "GET", '/users?where={"email":"Ann@x.org"}', None, 200, lambda body: len(body["results"]) == 1),
            *((who, "PUT", "/users/{ann}", {"phone": "2"}, 400, insufficient) for who in ("app", "bob")),
            ("ann", "PUT", "/users/{ann}", {"phone": "2"}, 200, has("updatedAt")),
            ("master", "PUT", "/users/{ann}", {"phone": "3"}, 200, has("updatedAt")),
            ("app", "DELETE", "/users/{ann}", None, 400, modify),
            ("bob", "DELETE", "/users/{ann}", None, 400, 206),
            *((who, method, "/users/none", {"a": 1}, 400, 206) for who in ("app", "bob") for method in ("PUT", "DELETE")),
            *(("master", method, "/users/none", {"a": 1}, 404, NOT_FOUND) for method in ("PUT", "DELETE")),
            ("ann", "PUT", "/users/{ann}", {"username": "BOB"}, 400, 202),
            ("bob", "PUT", "/users/{bob}", {"email": "ANN@x.org"}, 400, 203),
            ("bob", "PUT", "/users/{bob}", {"username": op("Delete")}, 400, (107, "You cannot use [object Object] as a query parameter.")),
            ("ann", "PUT", "/users/{ann}", {"emailVerified": True}, 400, DENIED),
            ("master", "PUT", "/users/{ann}", {"emailVerified": True}, 200, None),
            ("ann", "PUT", "/users/{ann}", {"ACL": {}}, 200, None),
            ("ann", "GET", "/users/{ann}", None, 200, {"ACL": {"{ann}": {"read": True, "write": True}}}),
            ("ann", "PUT", "/users/{ann}", {"ACL": {"*": {"read": True}}}, 200, None),
            ("bob", "GET", "/users/{ann}", None, 200, lambda body: "email" not in body and body["username"] == "ann"),
            (
                "ann",
                "GET",
                "/users",
                None,
                200,
                lambda body: [("email" in row, "sessionToken" in row) for row in body["results"]] == [(True, False)],
            ),
            ("ann", "PUT", "/users/{ann}", {"email": op("Delete")}, 200, None),
            ("ann", "GET", "/users/{ann}", None, 200, lambda body: "email" not in body),
            ("eve", "PUT", "/users/{eve}", {"username": ""}, 200, None),
            ("eve", "PUT", "/users/{eve}", {"username": None}, 200, None),
            ("master", "PUT", "/users/{bob}", {"password": None}, 400, None),
            ("master", "PUT", "/users/{bob}", {"password": op("Delete")}, 400, None),
            ("bob", "DELETE", "/users/{bob}", None, 200, "{}"),
            ("bob", "GET", "/users/me", None, 400, 209),
            (
                "master",
                "GET",
                "/sessions",
                None,
                200,
                lambda body: any(row["user"]["objectId"] == users.names["bob"] for row in body["results"]),
            ),
        ]
    )


def test_passwords_revoke_sessions(users: Server) -> None:
    made = users("ann", "PUT", "/users/{ann}", {"password": "p2"}).json
    assert set(made) == {"updatedAt", "sessionToken"}
    assert users("ann", "GET", "/users/me").json == {"code": 209, "error": "Invalid session token"}
    users.expect(
        [
            ("app", "POST", "/login", {"username": "ann", "password": "p2"}, 200, None),
            ("master", "PUT", "/users/{bob}", {"password": "p2"}, 200, has("updatedAt")),
            ("bob", "GET", "/users/me", None, 400, 209),
        ]
    )


def test_passwords_may_leave_sessions(serve: Callable[..., Server]) -> None:
    server = serve(revokeSessionOnPasswordReset=False)
    server.sign_up("ann")
    made = server("ann", "PUT", "/users/{ann}", {"password": "p2"}).json
    assert set(made) == {"updatedAt", "sessionToken"}
    assert server("ann", "GET", "/users/me").status_code == 200


def test_sessions(users: Server) -> None:
    needed, key = (209, "Session token required."), lambda name: (105, f"Invalid key name: {name}")
    mine = users.ok("ann", "GET", "/sessions/me")
    users.names["mine"] = mine["objectId"]
    users.names["other"] = users.ok("bob", "GET", "/sessions/me")["objectId"]
    assert set(mine) == {"objectId", "sessionToken", "user", "createdWith", "expiresAt", "createdAt", "updatedAt"}
    assert mine["createdWith"] == {"action": "signup", "authProvider": "password"}
    users.who["stale"] = {**APP, "X-Parse-Session-Token": "r:none"}
    one, other = "/sessions/{mine}", "/sessions/{other}"
    users.expect(
        [
            ("app", "GET", "/sessions/me", None, 400, needed),
            ("master", "GET", "/sessions/me", None, 400, needed),
            ("stale", "GET", "/sessions/me", None, 400, (209, "Session token not found.")),
            ("ann", "GET", "/sessions", None, 200, lambda body: [row["objectId"] for row in body["results"]] == [users.names["mine"]]),
            ("ann", "GET", "/classes/_Session", None, 200, lambda body: len(body["results"]) == 1),
            ("ann", "GET", one, None, 200, {"objectId": "{mine}"}),
            ("ann", "GET", other, None, 404, NOT_FOUND),
            *(("app", "GET", path, None, 400, 209) for path in ("/sessions", one, "/classes/_Session")),
            ("keeper", "GET", "/sessions", None, 400, 209),
            ("master", "GET", "/sessions", None, 200, lambda body: len(body["results"]) == 2),
            ("app", "POST", "/sessions", {}, 400, needed),
            ("ann", "POST", "/sessions", {"objectId": "x"}, 400, 105),
            (
                *(
                    "ann",
                    "POST",
                    "/sessions",
                    {"user": "x", "sessionToken": "x", "expiresAt": "x", "createdWith": "x", "note": "n", "installationId": "i"},
                    201,
                ),
                lambda body: (
                    body["note"] == "n"
                    and body["installationId"] == "i"
                    and body["createdWith"]["action"] == "create"
                    and body["sessionToken"][:2] == "r:"
                ),
            ),
            ("master", "POST", "/sessions", {"note": "x"}, 201, has("objectId", "createdAt")),
            ("ann", "PUT", one, {"note": "x"}, 200, has("updatedAt")),
            *(("ann", "PUT", one, {name: "x"}, 400, key(name)) for name in ("sessionToken", "installationId", "expiresAt", "createdWith")),
            ("ann", "PUT", one, {"user": pointer("_User", "{bob}")}, 400, key("user")),
            ("master", "PUT", one, {"expiresAt": {"__type": "Date", "iso": "2030-01-01T00:00:00.000Z"}}, 200, None),
            ("ann", "PUT", other, {"note": "x"}, 404, NOT_FOUND),
            ("app", "PUT", one, {"note": "x"}, 400, 209),
            *(
                ("ann", method, path, {"ACL": {}}, 400, (105, "Cannot set ACL on a Session."))
                for method, path in (("POST", "/sessions"), ("PUT", one))
            ),
            ("ann", "DELETE", other, None, 404, (101, "Object not found for delete.")),
            ("ann", "DELETE", "/sessions/none", None, 404, (101, "Object not found for delete.")),
            ("app", "DELETE", one, None, 400, 209),
            ("master", "DELETE", other, None, 200, "{}"),
            ("bob", "GET", "/users/me", None, 400, 209),
            ("master", "PUT", one, {"expiresAt": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}}, 200, None),
            ("ann", "GET", "/users/me", None, 400, (209, "Session token is expired.")),
            ("ann", "GET", "/sessions/me", None, 200, None),
        ]
    )


def anonymous(number: str) -> dict[str, Any]:
    return {"authData": {"anonymous": {"id": number}}}


def test_anonymous_users(server: Server) -> None:
    made = server("app", "POST", "/users", anonymous("1"))
    body = made.json
    assert made.status_code == 201 and set(body) == {"objectId", "createdAt", "username", "sessionToken", "authDataResponse"}
    assert len(body["username"]) == 25 and body["authDataResponse"] == {}
    server.names["anon"] = body["objectId"]
    server.who["anon"] = {**APP, "X-Parse-Session-Token": body["sessionToken"]}
    server.sign_up("ann")
    again = lambda body: body["objectId"] == server.names["anon"] and "sessionToken" in body and body["authDataResponse"] == {}  # noqa: E731
    quiet = lambda body: body["objectId"] == server.names["anon"] and "sessionToken" not in body  # noqa: E731
    full = {"username": "u", "password": "p"}
    server.expect(
        [
            ("app", "POST", "/users", {**anonymous("1"), "extra": 1}, 200, again),
            (
                "anon",
                "GET",
                "/users/{anon}",
                None,
                200,
                lambda body: "extra" not in body and body["authData"] == {"anonymous": {"id": "1"}},
            ),
            ("anon", "POST", "/users", anonymous("1"), 200, quiet),
            ("master", "POST", "/users", anonymous("1"), 200, quiet),
            ("app", "POST", "/users", {"authData": {"nosuch": {"id": "1"}}}, 400, UNSUPPORTED),
            (
                "app",
                "POST",
                "/users",
                {"authData": {"facebook": {"id": "1", "access_token": "t"}}},
                404,
                (101, "Facebook auth is not configured."),
            ),
            *(
                ("app", "POST", "/users", {"authData": value}, 400, NAMELESS)
                for value in ({"anonymous": {}}, {"anonymous": None}, {}, None, "x")
            ),
            ("app", "POST", "/users", {**full, "authData": None}, 400, UNSUPPORTED),
            ("app", "POST", "/users", {"authData": {"anonymous": {"id": 5}}}, 400, (162, "Invalid authData id for provider 'anonymous'.")),
            ("app", "POST", "/users", {**full, "username": "u2", "authData": {}}, 201, None),
            ("app", "POST", "/users", {**full, "username": "u3", **anonymous("3")}, 201, None),
            # update
            ("ann", "PUT", "/users/{ann}", anonymous("9"), 200, lambda body: "authDataResponse" in body),
            ("ann", "PUT", "/users/{ann}", anonymous("9"), 200, has("updatedAt")),
            ("ann", "PUT", "/users/{ann}", anonymous("1"), 400, (208, "this auth is already used")),
            ("app", "PUT", "/users/{ann}", anonymous("1"), 400, (206, "Permission denied")),
            ("master", "POST", "/users", query({"authData.anonymous.id": "9"}), 200, lambda body: len(body["results"]) == 1),
            ("app", "POST", "/users", query({"authData.anonymous.id": "9"}), 200, lambda body: body["results"] == []),
            ("app", "GET", "/users?order=authData.anonymous.id", None, 400, (105, "Cannot sort by authData.anonymous.id")),
            ("ann", "PUT", "/users/{ann}", {"authData": {"anonymous": None}}, 200, {"authDataResponse": {}}),
            ("ann", "GET", "/users/{ann}", None, 200, lambda body: "authData" not in body),
            ("ann", "PUT", "/users/{ann}", {"authData": None}, 400, UNSUPPORTED),
            (
                "ann",
                "PUT",
                "/users/{ann}",
                {"authData.anonymous.id": "1"},
                400,
                (105, "Invalid field name for update: authData.anonymous.id"),
            ),
            # upgrade
            ("anon", "PUT", "/users/{anon}", {"username": "now", "password": "p"}, 200, has("updatedAt", "sessionToken")),
            ("master", "GET", "/users/{anon}", None, 200, {"authData": {"anonymous": {"id": "1"}}, "username": "now"}),
        ]
    )


def test_anonymous_users_may_be_off(serve: Callable[..., Server]) -> None:
    serve(enableAnonymousUsers=False).expect([("app", "POST", "/users", anonymous("1"), 400, UNSUPPORTED)])


def test_challenge(users: Server) -> None:
    users.expect(
        [
            ("app", "POST", "/challenge", {}, 400, (-1, "Nothing to challenge.")),
            ("app", "POST", "/challenge", {"challengeData": True}, 400, (-1, "challengeData should be an object.")),
            (
                *("app", "POST", "/challenge", {"challengeData": {"a": 1}, "username": "ann"}, 400),
                (-1, "You provided username or email, you need to also provide password."),
            ),
            (
                "app",
                "POST",
                "/challenge",
                {"challengeData": {"anonymous": {}}, "username": "ann", "password": "p1"},
                200,
                {"challengeData": {}},
            ),
            ("app", "POST", "/challenge", {"challengeData": {"a": 1}, "authData": 5}, 400, (-1, "authData should be an object.")),
            (
                "app",
                "POST",
                "/challenge",
                {"challengeData": {"a": 1}, "authData": {"anonymous": {"id": "none"}}},
                404,
                (101, "User not found."),
            ),
        ]
    )


def test_roles(users: Server) -> None:
    name, acl = (111, "name is required."), (111, "ACL is required.")
    users.names["A"] = users.ok("app", "POST", "/roles", {"name": "A", "ACL": {"*": {"read": True, "write": True}}})["objectId"]
    users.names["B"] = users.ok("master", "POST", "/roles", {"name": "B b!", "ACL": {}})["objectId"]
    role = {"read": True}
    users.names["oA"] = users.create("O", ACL={"role:A": role})
    users.names["oB"] = users.create("O", ACL={"role:B b!": role})
    ann = pointer("_User", "{ann}")
    relation = {"__type": "Relation", "className": "_User"}
    users.expect(
        [
            *(("master", "POST", "/roles", body, 400, name) for body in ({}, {"ACL": {}}, {"name": "", "ACL": {}})),
            ("master", "POST", "/roles", {"name": "x"}, 400, acl),
            (
                "master",
                "POST",
                "/roles",
                {"name": "A", "ACL": {}},
                400,
                (137, "A duplicate value for a field with unique values was provided"),
            ),
            ("master", "PUT", "/roles/{A}", {"name": op("Delete")}, 400, name),
            ("master", "PUT", "/roles/{A}", {"ACL": op("Delete")}, 400, acl),
            (
                "app",
                "GET",
                "/roles/{A}",
                None,
                200,
                {"name": "A", "users": relation, "roles": {"__type": "Relation", "className": "_Role"}},
            ),
            ("app", "GET", '/roles?where={"name":"A"}', None, 200, lambda body: len(body["results"]) == 1),
            ("ann", "GET", "/classes/O/{oA}", None, 404, NOT_FOUND),
            ("master", "PUT", "/roles/{A}", {"users": op("AddRelation", objects=[ann])}, 200, None),
            ("ann", "GET", "/classes/O/{oA}", None, 200, None),
            ("ann", "GET", "/classes/O/{oB}", None, 404, NOT_FOUND),
            ("master", "PUT", "/roles/{B}", {"roles": op("AddRelation", objects=[pointer("_Role", "{A}")])}, 200, None),
            ("ann", "GET", "/classes/O/{oB}", None, 200, None),
            ("master", "PUT", "/roles/{A}", {"roles": op("AddRelation", objects=[pointer("_Role", "{B}")])}, 200, None),
            ("master", "PUT", "/roles/{A}", {"users": op("RemoveRelation", objects=[ann])}, 200, None),
            ("ann", "GET", "/classes/O/{oB}", None, 404, NOT_FOUND),
            ("master", "PUT", "/roles/{B}", {"users": op("AddRelation", objects=[ann])}, 200, None),
            ("ann", "GET", "/classes/O/{oA}", None, 200, None),
            ("master", "PUT", "/roles/{A}", {"name": "C"}, 200, None),
            ("ann", "GET", "/classes/O/{oA}", None, 404, NOT_FOUND),
            ("master", "DELETE", "/roles/{B}", None, 200, "{}"),
            ("ann", "GET", "/classes/O/{oB}", None, 404, NOT_FOUND),
        ]
    )


def test_acl_evaluation(users: Server) -> None:
    users.names["w"] = users.create("O", n=1, ACL={users.names["ann"]: {"write": True}})
    users.names["r"] = users.create("O", n=1, ACL={users.names["ann"]: {"read": True}})
    users.expect(
        [
            ("ann", "GET", "/classes/O/{w}", None, 404, NOT_FOUND),
            ("ann", "PUT", "/classes/O/{w}", {"n": op("Increment", amount=1)}, 200, {"n": 2}),
            ("ann", "PUT", "/classes/O/{r}", {"n": 1}, 404, NOT_FOUND),
            ("ann", "DELETE", "/classes/O/{r}", None, 404, NOT_FOUND),
            ("ann", "GET", "/classes/O?count=1&limit=0", None, 200, {"count": 1}),
            ("bob", "GET", "/classes/O?count=1", None, 200, '{"results":[],"count":0}'),
            ("keeper", "GET", "/classes/O?count=1&limit=0", None, 200, {"count": 2}),
            ("ann", "DELETE", "/classes/O/{w}", None, 200, "{}"),
        ]
    )


def closed(**permissions: Any) -> dict[str, Any]:
    return {"classLevelPermissions": permissions}


def test_class_permissions(users: Server) -> None:
    users.names["o"] = users.create("O", n=1)
    one, find = "/classes/O/{o}", "/classes/O"
    needs = (101, "Permission denied")
    everybody = {name: {"*": True} for name in ("find", "get", "count", "create", "update", "delete", "addField")}
    users.ok("master", "PUT", "/schemas/O", closed(find={"*": True}))
    users.expect(
        [
            ("app", "GET", find, None, 200, None),
            ("app", "GET", find + "?count=1", None, 400, DENIED),
            *(
                ("app", method, path, {"n": 1}, 400, DENIED)
                for method, path in (("PUT", one), ("DELETE", one), ("POST", find), ("DELETE", find + "/none"))
            ),
            ("app", "POST", find, query({"objectId": "{o}"}), 400, DENIED),
            ("app", "POST", find, query({"objectId": "{o}", "n": 1}), 200, None),
            ("master", "GET", one, None, 200, None),
            ("keeper", "GET", one, None, 200, None),
            ("reader", "GET", one, None, 200, None),
        ]
    )
    users.ok(
        "master",
        "PUT",
        "/schemas/O",
        closed(**{**everybody, "addField": {}, "get": {"requiresAuthentication": True}, "create": {users.names["ann"]: True}}),
    )
    users.expect(
        [
            ("app", "GET", one, None, 404, needs),
            ("bob", "GET", one, None, 200, None),
            ("ann", "POST", find, {"n": 1}, 201, None),
            *((who, "POST", find, {"n": 1}, 400, DENIED) for who in ("bob", "app")),
            ("app", "PUT", one, {"new": 1}, 400, DENIED),
            ("ann", "POST", find, {"new": 1}, 400, DENIED),
            ("app", "PUT", one, {"new": op("Delete")}, 200, None),
            ("app", "PUT", one, {"n": 5}, 200, None),
        ]
    )
    detailed = Server(users.engine, enableSanitizedErrorResponse=False)
    detailed.names = users.names
    detailed.expect(
        [
            ("app", "POST", find, {"n": 1}, 400, (119, "Permission denied for action create on class O.")),
            ("app", "GET", one, None, 404, (101, "Permission denied, user needs to be authenticated.")),
        ]
    )


def test_pointer_permissions(users: Server) -> None:
    users.names["o"] = users.create("O", owner=pointer("_User", users.names["ann"]), n=1)
    one, find = "/classes/O/{o}", "/classes/O"
    names = ("find", "get", "count", "update", "delete", "create", "addField")
    nothing = lambda body: body["results"] == []  # noqa: E731
    for permissions in (
        {name: {"pointerFields": ["owner"]} for name in names},
        {"readUserFields": ["owner"], "writeUserFields": ["owner"]},
    ):
        users.ok("master", "PUT", "/schemas/O", closed(**permissions))
        users.expect(
            [
                ("ann", "GET", find, None, 200, lambda body: len(body["results"]) == 1),
                ("ann", "GET", one, None, 200, None),
                ("ann", "GET", find + "?count=1&limit=0", None, 200, {"count": 1}),
                ("ann", "PUT", one, {"n": 2}, 200, None),
                *((who, "GET", find, None, 200, nothing) for who in ("app", "bob")),
                *((who, "GET", find + "?count=1", None, 200, {"count": 0}) for who in ("app", "bob")),
                *((who, method, one, {"n": 1}, 404, NOT_FOUND) for who in ("app", "bob") for method in ("PUT", "DELETE")),
                *((who, "POST", find, {"n": 1}, 400, DENIED) for who in ("app", "bob", "ann")),
                ("app", "POST", find, query({"objectId": "{o}"}), 404, NOT_FOUND),
                ("bob", "POST", find, query({"objectId": "{o}"}), 200, nothing),
            ]
        )
    users.expect([("ann", "PUT", one, {"fresh": 1}, 200, None), ("ann", "DELETE", one, None, 200, None)])


def test_protected_fields(users: Server) -> None:
    users.names["o"] = users.create("O", secret=1, y=2, z=3, owner=pointer("_User", users.names["ann"]))
    fields = {"*": ["secret", "y"], "authenticated": ["secret"], users.names["bob"]: [], "userField:owner": []}
    everybody = {name: {"*": True} for name in ("find", "get", "count", "create", "update", "delete", "addField")}
    users.ok("master", "PUT", "/schemas/O", closed(**everybody, protectedFields=fields))
    users.sign_up("eve")
    one, find = "/classes/O/{o}", "/classes/O"
    lacks = lambda *names: lambda body: not set(names) & set(body) and set(body) >= {"secret", "y", "z"} - set(names)  # noqa: E731
    users.expect(
        [
            ("app", "GET", one, None, 200, lacks("secret", "y")),
            ("eve", "GET", one, None, 200, lacks("secret")),
            ("bob", "GET", one, None, 200, lacks()),
            ("ann", "GET", one, None, 200, lacks()),
            ("master", "GET", one, None, 200, lacks()),
            *(
                ("app", "POST", find, query(where), 400, DENIED)
                for where in ({"secret": 1}, {"$or": [{"z": 1}, {"$and": [{"y": 1}]}]}, {"secret.a": 1})
            ),
            ("app", "GET", find + "?order=-secret", None, 400, DENIED),
            ("ann", "GET", find + "?order=-secret", None, 400, DENIED),
            ("app", "GET", one + "?keys=secret", None, 200, has("objectId", "createdAt", "updatedAt")),
            ("app", "PUT", one, {"secret": op("Increment", amount=1)}, 200, {"secret": 2}),
            ("app", "POST", "/classes/P", query({"p": {"$inQuery": {"className": "O", "where": {"secret": 1}}}}), 400, DENIED),
            (
                "app",
                "POST",
                "/classes/P",
                query({"p": {"$select": {"query": {"className": "O"}, "key": "secret"}}}),
                200,
                lambda body: body["results"] == [],
            ),
        ]
    )


def test_owners_may_be_protected_from_themselves(serve: Callable[..., Server]) -> None:
    server = serve(protectedFieldsOwnerExempt=False)
    server.sign_up("ann", email="a@x.org")
    server.expect([("ann", "GET", "/users/{ann}", None, 200, lambda body: "email" not in body)])


def test_default_acl(users: Server) -> None:
    everybody = {name: {"*": True} for name in ("find", "get", "count", "create", "update", "delete", "addField")}
    acl = {"*": {"read": True}, "currentUser": {"read": True, "write": True}, "role:adm": {"write": True}}
    users.ok("master", "POST", "/schemas/O", closed(**everybody, ACL=acl))
    rest = {"*": {"read": True}, "role:adm": {"write": True}}
    users.expect(
        [
            ("ann", "POST", "/classes/O", {}, 201, {"ACL": {**rest, "{ann}": {"read": True, "write": True}}}),
            *((who, "POST", "/classes/O", {}, 201, {"ACL": rest}) for who in ("app", "master")),
            ("ann", "POST", "/classes/O", {"ACL": {}}, 201, has("objectId", "createdAt")),
        ]
    )


def test_lockout(serve: Callable[..., Server]) -> None:
    server = serve(accountLockout={"duration": 1, "threshold": 2})
    server.sign_up("ann")
    locked = (101, "Your account is locked due to multiple failed login attempts. Please try again after 1 minute(s)")
    bad, good = {"username": "ann", "password": "x"}, {"username": "ann", "password": "p1"}
    server.expect(
        [
            ("app", "POST", "/login", bad, 404, WRONG),
            ("app", "POST", "/login", good, 200, None),
            ("app", "POST", "/login", bad, 404, WRONG),
            ("app", "POST", "/verifyPassword", bad, 404, WRONG),
            *(("app", "POST", path, body, 404, locked) for path in ("/login", "/verifyPassword") for body in (bad, good)),
            ("ann", "GET", "/users/me", None, 200, None),
        ]
    )


def test_password_policy(serve: Callable[..., Server]) -> None:
    server = serve(passwordPolicy={"validatorPattern": "^.{2,}$", "doNotAllowUsername": True, "maxPasswordHistory": 2, "maxPasswordAge": 1})
    server.sign_up("ann")
    policy = (142, "Password does not meet the Password Policy requirements.")
    same = (142, "New password should not be the same as last 2 passwords.")
    server.expect(
        [
            ("app", "POST", "/users", {"username": "x", "password": "1"}, 400, policy),
            ("app", "POST", "/users", {"username": "xy", "password": "axyb"}, 400, (142, "Password cannot contain your username.")),
            ("master", "PUT", "/users/{ann}", {"password": "1"}, 400, policy),
            ("master", "PUT", "/users/{ann}", {"password": "p1"}, 400, same),
            ("master", "PUT", "/users/{ann}", {"password": "p2"}, 200, None),
            ("master", "PUT", "/users/{ann}", {"password": "p1"}, 400, same),
            ("master", "PUT", "/users/{ann}", {"password": "p3"}, 200, None),
            ("app", "POST", "/login", {"username": "ann", "password": "p3"}, 200, None),
            ("keeper", "PUT", "/users/{ann}", {"_password_changed_at": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}}, 200, None),
            (
                "app",
                "POST",
                "/login",
                {"username": "ann", "password": "p3"},
                404,
                (101, "Your password has expired. Please reset your password."),
            ),
        ]
    )


def test_a_policy_of_ones_own_text(serve: Callable[..., Server]) -> None:
    server = serve(passwordPolicy={"validatorPattern": "^.{2,}$", "validationError": "too short"})
    server.expect([("app", "POST", "/users", {"username": "x", "password": "1"}, 400, (142, "too short"))])


def test_mail_is_not_configured(users: Server) -> None:
    text = "An appName, publicServerURL, and emailAdapter are required for password reset and email verification functionality."
    for path in ("/requestPasswordReset", "/verificationEmailRequest"):
        answer = users("app", "POST", path, {})
        assert answer.json["error"] == text
        assert answer.status_code < 600


def test_keys(users: Server) -> None:
    users.names["o"] = users.create("O", n=1, ACL={})
    one = "/classes/O/{o}"
    unauthorized = (None, "Permission denied")
    users.expect(
        [
            ("reader", "GET", one, None, 200, None),
            *(("reader", method, path, {"n": 1}, 400, DENIED) for method, path in (("POST", "/classes/O"), ("PUT", one), ("DELETE", one))),
            ("reader", "PUT", "/config", {"params": {"a": 1}}, 400, DENIED),
            *(("reader", method, "/schemas/N", {}, 400, DENIED) for method in ("POST", "PUT", "DELETE")),
            *(
                ("reader", method, path, {"a": 1}, 400, DENIED)
                for method, path in (("DELETE", "/purge/O"), ("POST", "/push"), ("POST", "/jobs/a"))
            ),
            ("reader", "POST", "/hooks/functions", {"functionName": "f", "url": "http://x"}, 400, DENIED),
            ("reader", "POST", "/loginAs", {"userId": "{ann}"}, 400, DENIED),
            ("reader", "PUT", "/graphql-config", {"params": {}}, 400, DENIED),
            ("reader", "POST", "/push_audiences", {"name": "a", "query": "{}"}, 400, DENIED),
            ("reader", "POST", "/cloud_code/jobs", {"job_schedule": {"jobName": "x"}}, 400, DENIED),
            *(
                ("reader", "GET", path, None, 200, None)
                for path in ("/schemas", "/config", "/scriptlog", "/aggregate/O", "/hooks/functions", "/serverInfo")
            ),
            ("reader", "POST", "/files/a.txt", b"x", 403, unauthorized),
            ("reader", "DELETE", "/files/a.txt", None, 403, unauthorized),
            ("keeper", "PUT", one, {"n": 2}, 200, None),
            ("keeper", "PUT", "/users/{ann}", {"_failed_login_count": 3}, 200, None),
            ("keeper", "GET", "/users/{ann}", None, 200, {"_failed_login_count": 3}),
            ("keeper", "POST", "/users", query({"_failed_login_count": 3}), 200, lambda body: len(body["results"]) == 1),
            ("master", "POST", "/users", query({"_failed_login_count": 3}), 200, lambda body: len(body["results"]) == 1),
            ("keeper", "PUT", "/users/{ann}", {"emailVerified": True}, 200, None),
            *(
                ("keeper", method, path, {}, 403, unauthorized)
                for method, path in (("GET", "/schemas"), ("DELETE", "/purge/O"), ("PUT", "/config"), ("GET", "/aggregate/O"))
            ),
            *(("keeper", "POST", path, {}, 403, unauthorized) for path in ("/push", "/jobs/a")),
            ("keeper", "GET", "/classes/_JobStatus", None, 200, None),
        ]
    )
    for key in ("reader", "master"):
        wrong = users("app", "GET", "/schemas", headers={"X-Parse-Master-Key": key + "x"})
        assert (wrong.status_code, wrong.json) == (403, {"error": "Permission denied"})
