"""Sessions, anonymous users, lockout and password policy (contract/03, sections 4, 5 and 10)."""

from collections.abc import Callable
from typing import Any

from tests.contract.world import APP, Server, has, pointer, query

WRONG = (101, "Invalid username/password.")


NOT_FOUND = (101, "Object not found.")


UNSUPPORTED = (252, "This authentication method is unsupported.")


NAMELESS = (200, "bad or missing username")


def test_one_session_an_installation(users: Server) -> None:
    phone = {"X-Parse-Installation-Id": "phone"}
    tokens = [users("app", "POST", "/login", {"username": "bob", "password": "p1"}, headers=phone).json["sessionToken"] for _ in range(2)]
    assert users("app", "GET", "/users/me", headers={"X-Parse-Session-Token": tokens[0]}).status_code == 400
    assert users("app", "GET", "/users/me", headers={"X-Parse-Session-Token": tokens[1]}).status_code == 200
    assert users("bob", "GET", "/users/me").status_code == 200


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
