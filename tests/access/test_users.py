"""Users, logins, sessions and roles (contract/03, sections 1 to 4 and 6) as tables, on SQLite and MongoDB."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.conftest import City, outcome, pointer
from tests.web.world import APP, Web, error

CLOSED, INSUFFICIENT, GONE, NO_SESSION = (400, 119), (400, 206), (404, 101), (400, 209)
FAR = {"__type": "Date", "iso": "2199-01-01T00:00:00.000Z"}


def add(city: City, name: str, **fields: Any) -> str:
    """Another user, known to `city` as `name`."""
    body = {"username": name, "password": "secret", **fields}
    answer = city("nobody", "POST", "/users", body)
    assert answer.status_code == 201, answer.data
    city.ids[name] = answer.json["objectId"]
    city.who[name] = {**APP, "X-Parse-Session-Token": answer.json["sessionToken"]}
    return str(answer.json["objectId"])


# section 1
SIGN_UPS: list[tuple[Any, Any]] = [
    ({}, (400, 200)),
    ({"username": "", "password": "p"}, (400, 200)),
    ({"username": 5, "password": "p"}, (400, 200)),
    ({"username": "s1"}, (400, 201)),
    ({"username": "s1", "password": ""}, (400, 201)),
    ({"username": "s1", "password": 5}, (400, 201)),
    ({"username": "ann", "password": "p"}, (400, 202)),
    ({"username": "ANN", "password": "p"}, (400, 202)),
    ({"username": "s1", "password": "p", "email": "x"}, (400, 125)),
    ({"username": "s1", "password": "p", "email": 5}, (400, 111)),
    ({"username": "s1", "password": "p", "emailVerified": True}, CLOSED),
    ({"username": "s1", "password": "p", "authData": None}, (400, 252)),
    ({"username": "s2 ", "password": "p"}, 201),
    ({"username": "s3", "password": "p", "email": "s3@x.org"}, 201),
    ({"username": "s4", "password": "p", "email": "S3@X.org"}, (400, 203)),
    ({"username": "s5", "password": "p", "authData": {}}, 201),
]


@pytest.mark.parametrize(("body", "expected"), SIGN_UPS, ids=str)
def test_sign_up(city: City, body: dict[str, Any], expected: Any) -> None:
    for path in ("/users", "/classes/_User"):
        answer = city("nobody", "POST", path, body)
        assert outcome(answer) == (expected if path == "/users" or expected != 201 else (400, 203 if "email" in body else 202))
        if expected == 201 and path == "/users":
            assert set(answer.json) == {"objectId", "createdAt", "sessionToken"}
            stored = city.master("GET", f"/users/{answer.json['objectId']}").json
            assert stored["username"] == body["username"]
            assert stored["ACL"] == {answer.json["objectId"]: {"read": True, "write": True}}
            assert answer.headers["Location"].endswith(f"/users/{answer.json['objectId']}")
            if body["username"] == "s3":
                return  # the address is taken now


# section 2
LOGINS: list[tuple[Any, Any]] = [
    ({}, (400, 200)),
    ({"password": "secret"}, (400, 200)),
    ({"username": "logan"}, (400, 201)),
    ({"username": "logan", "password": ""}, (400, 201)),
    ({"username": "logan", "password": "wrong"}, GONE),
    ({"username": "nobody", "password": "secret"}, GONE),
    ({"username": "LOGAN", "password": "secret"}, GONE),
    ({"username": "logan", "password": 5}, GONE),
    ({"username": ["logan"], "password": "secret"}, GONE),
    ({"username": "logan", "email": "other@x.org", "password": "secret"}, GONE),
    ({"username": "logan", "password": "secret"}, 200),
    ({"email": "logan@x.org", "password": "secret"}, 200),
    ({"username": "logan@x.org", "password": "secret"}, 200),
    ({"username": "logan", "email": "logan@x.org", "password": "secret"}, 200),
]


@pytest.mark.parametrize(("body", "expected"), LOGINS, ids=str)
def test_login(city: City, body: dict[str, Any], expected: Any) -> None:
    if "logan" not in city.ids:
        add(city, "logan", email="logan@x.org", phone="1")
    for path in ("/login", "/verifyPassword"):
        answers = [city("nobody", "POST", path, body)]
        if all(isinstance(value, str) for value in body.values()):
            answers.append(city("nobody", "GET", path, query_string=body))
        answers.append(city.web("POST", path, body, {**APP, "X-Parse-Session-Token": "r:bad"}) if path == "/login" else answers[0])
        for answer in answers:
            assert outcome(answer) == expected, path
            if expected == 200:
                assert ("sessionToken" in answer.json) == (path == "/login")
                assert answer.json["email"] == "logan@x.org" and "password" not in answer.json
            elif expected == GONE:
                assert answer.json["error"] == "Invalid username/password."


# section 3: action, then nobody, another user, the user itself, the master key
ACTIONS: list[tuple[str, str, Any, Any, Any, Any, Any]] = [
    ("GET", "/users/{ID}", None, GONE, GONE, 200, 200),
    ("GET", "/users/nothing", None, GONE, GONE, GONE, GONE),
    ("PUT", "/users/{ID}", {"x": 1}, INSUFFICIENT, INSUFFICIENT, 200, 200),
    ("PUT", "/users/nothing", {"x": 1}, INSUFFICIENT, INSUFFICIENT, INSUFFICIENT, GONE),
    ("DELETE", "/users/nothing", None, INSUFFICIENT, INSUFFICIENT, INSUFFICIENT, GONE),
    ("PUT", "/users/{ID}", {"emailVerified": True}, None, None, CLOSED, 200),
    ("PUT", "/users/{ID}", {"username": "ann"}, None, None, (400, 202), (400, 202)),
    ("PUT", "/users/{ID}", {"username": "ANN"}, None, None, (400, 202), (400, 202)),
    ("PUT", "/users/{ID}", {"email": "nonsense"}, None, None, (400, 125), (400, 125)),
    ("PUT", "/users/{ID}", {"email": {"__op": "Delete"}}, INSUFFICIENT, INSUFFICIENT, 200, 200),
    ("PUT", "/users/{ID}", {"authData": None}, INSUFFICIENT, INSUFFICIENT, (400, 252), (400, 252)),
    ("PUT", "/users/{ID}", {"_hashed_password": "x"}, None, None, (400, 105), (400, 105)),
    ("GET", "/users?where=%7B%22email%22%3A%22x%22%7D", None, CLOSED, CLOSED, CLOSED, 200),
    ("GET", "/users?order=email", None, CLOSED, CLOSED, CLOSED, 200),
    ("DELETE", "/users/{ID}", None, INSUFFICIENT, INSUFFICIENT, 200, None),
]


@pytest.mark.parametrize(("method", "path", "body", "nobody", "other", "own", "master"), ACTIONS, ids=str)
def test_who_reads_and_changes_a_user(
    city: City, method: str, path: str, body: Any, nobody: Any, other: Any, own: Any, master: Any
) -> None:
    name = f"action{len(city.ids)}"
    path = path.replace("{ID}", add(city, name, email=f"{name}@x.org"))
    for who, expected in (("nobody", nobody), ("bob", other), ("master", master), (name, own)):
        if expected is not None:
            assert outcome(city(who, method, path, body)) == expected, who


def test_what_others_see_of_a_public_user(city: City) -> None:
    add(city, "open", email="open@x.org", authData={"anonymous": {"id": "open"}}, ACL={"*": {"read": True}})
    for who, more in (
        ("nobody", set()),
        ("bob", set()),
        ("open", {"email", "authData", "sessionToken"}),
        ("master", {"email", "authData"}),
    ):
        row = city(who, "GET", "/users/{open}").json
        assert set(row) & {"email", "authData", "sessionToken", "password"} == more, who
        listed = next(row for row in city(who, "GET", "/users").json["results"] if row["username"] == "open")
        assert set(listed) & {"email", "authData"} == more - {"sessionToken"} and "sessionToken" not in listed
    assert outcome(city("bob", "PUT", "/users/{open}", {"x": 1})) == INSUFFICIENT


@pytest.mark.parametrize(("who", "sent", "stored"), [("own", {}, "own"), ("own", {"*": {"read": True}}, "both"), ("master", {}, {})])
def test_a_user_keeps_itself(city: City, who: str, sent: Any, stored: Any) -> None:
    name = f"keeper{len(city.ids)}"
    own = {add(city, name): {"read": True, "write": True}}
    assert outcome(city(name if who == "own" else who, "PUT", f"/users/{{{name}}}", {"ACL": sent})) == 200
    expected = {"own": own, "both": {**own, "*": {"read": True}}}.get(stored, stored) if isinstance(stored, str) else stored
    assert city.master("GET", f"/users/{{{name}}}").json["ACL"] == expected


def test_users_are_public_when_told_so(city: City) -> None:
    web = Web(enforcePrivateUsers=False)
    user = web.sign_up("ann")[0]
    assert web("GET", f"/users/{user}").status_code == 200


# section 4: action, then nobody, another user, the owner, the master key
SESSIONS: list[tuple[str, str, Any, Any, Any, Any, Any]] = [
    ("GET", "/sessions/{session}", None, NO_SESSION, GONE, 200, 200),
    ("GET", "/classes/_Session/{session}", None, NO_SESSION, GONE, 200, 200),
    ("PUT", "/sessions/{session}", {"x": 1}, NO_SESSION, GONE, 200, 200),
    ("PUT", "/sessions/{session}", {"expiresAt": FAR}, None, None, (400, 105), 200),
    ("PUT", "/sessions/{session}", {"createdWith": {}}, None, None, (400, 105), None),
    ("PUT", "/sessions/{session}", {"sessionToken": "r:x"}, None, None, (400, 105), None),
    ("PUT", "/sessions/{session}", {"installationId": "x"}, None, None, (400, 105), None),
    ("PUT", "/sessions/{session}", {"user": pointer("_User", "{bob}")}, None, None, (400, 105), None),
    ("PUT", "/sessions/{session}", {"ACL": {}}, None, None, (400, 105), (400, 105)),
    ("POST", "/sessions", {"ACL": {}}, None, (400, 105), (400, 105), None),
    ("POST", "/sessions", {"objectId": "mine"}, None, (400, 105), (400, 105), None),
    ("POST", "/sessions", {"x": 1}, NO_SESSION, 201, 201, 201),
    ("DELETE", "/sessions/{session}", None, NO_SESSION, GONE, 200, None),
    ("DELETE", "/sessions/nothing", None, NO_SESSION, GONE, GONE, GONE),
]


@pytest.mark.parametrize(("method", "path", "body", "nobody", "other", "own", "master"), SESSIONS, ids=str)
def test_who_reads_and_changes_a_session(
    city: City, method: str, path: str, body: Any, nobody: Any, other: Any, own: Any, master: Any
) -> None:
    name = f"session{len(city.ids)}"
    add(city, name)
    city.ids["session"] = city(name, "GET", "/sessions/me").json["objectId"]
    for who, expected in (("nobody", nobody), ("bob", other), ("master", master), (name, own)):
        if expected is not None:
            assert outcome(city(who, method, path, body)) == expected, who
    listed = city(name, "GET", "/sessions")
    if listed.status_code == 200:
        assert {row["user"]["objectId"] for row in listed.json["results"]} == {city.ids[name]}


def test_a_login_on_the_same_installation_ends_the_session_there(city: City) -> None:
    add(city, "mover")
    body = {"username": "mover", "password": "secret"}

    def login(installation: str) -> dict[str, str]:
        token = city.web("POST", "/login", body, {**APP, "X-Parse-Installation-Id": installation}).json["sessionToken"]
        return {**APP, "X-Parse-Session-Token": token}

    first, elsewhere, second = login("one"), login("two"), login("one")
    assert [city.web("GET", "/users/me", headers=headers).status_code for headers in (first, elsewhere, second)] == [400, 200, 200]


# section 6
ROLES: list[tuple[str, Any, Any]] = [
    ("nobody", {}, (400, 111)),
    ("nobody", {"name": "R1"}, (400, 111)),
    ("nobody", {"ACL": {}}, (400, 111)),
    ("nobody", {"name": "", "ACL": {}}, (400, 111)),
    ("nobody", {"name": 5, "ACL": {}}, (400, 111)),
    ("nobody", {"name": "A", "ACL": {}}, (400, 137)),
    ("nobody", {"name": "R 2!", "ACL": {}}, 201),
    ("ann", {"name": "R3", "ACL": {"*": {"read": True}}}, 201),
    ("readonly", {"name": "R4", "ACL": {}}, CLOSED),
]


@pytest.mark.parametrize(("who", "body", "expected"), ROLES, ids=str)
def test_creating_roles(city: City, who: str, body: Any, expected: Any) -> None:
    answer = city(who, "POST", "/roles", body)
    assert outcome(answer) == expected
    if expected == 201:
        row = city.master("GET", f"/roles/{answer.json['objectId']}").json
        assert row["users"] == {"__type": "Relation", "className": "_User"}
        assert row["roles"] == {"__type": "Relation", "className": "_Role"}


def test_changing_roles(city: City) -> None:
    city.ids["role"] = city("nobody", "POST", "/roles", {"name": "changing", "ACL": {"role:A": {"read": True, "write": True}}}).json[
        "objectId"
    ]
    path = "/roles/{role}"
    join = {"users": {"__op": "AddRelation", "objects": [pointer("_User", "{bob}")]}}
    for who in ("nobody", "bob"):
        assert outcome(city(who, "PUT", path, join)) == GONE
        assert outcome(city(who, "DELETE", path)) == GONE
        assert city(who, "GET", "/roles").json["results"] == [] or "changing" not in city(who, "GET", "/roles").text
    assert outcome(city("ann", "PUT", path, join)) == 200
    for body in ({"name": {"__op": "Delete"}}, {"ACL": {"__op": "Delete"}}, {"name": ""}):
        assert outcome(city("ann", "PUT", path, body)) == (400, 111)
    assert error(city("ann", "PUT", path, {"name": "A"}))[:2] == (400, 137)
    related = {"$relatedTo": {"object": pointer("_Role", "{role}"), "key": "users"}}
    assert [row["objectId"] for row in city.find("master", "_User", related).json["results"]] == [city.ids["bob"]]
    assert city.find("bob", "_User", related).json["results"] == []
    assert outcome(city("ann", "DELETE", path)) == 200
