"""Users, sessions, roles and permissions (contract/03)."""

from collections.abc import Callable

from tests.contract.world import APP, Server, has, op

DENIED = (119, "Permission denied")


NO_SESSION = (209, "Permission denied")


WRONG = (101, "Invalid username/password.")


NOT_FOUND = (101, "Object not found.")


NAMELESS = (200, "bad or missing username")


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


def test_mail_is_not_configured(users: Server) -> None:
    text = "An appName, publicServerURL, and emailAdapter are required for password reset and email verification functionality."
    for path in ("/requestPasswordReset", "/verificationEmailRequest"):
        answer = users("app", "POST", path, {})
        assert answer.json["error"] == text
        assert answer.status_code == 400
