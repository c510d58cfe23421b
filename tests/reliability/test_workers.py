"""What one worker changes, the other knows before its next request that needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.reliability.conftest import House, Line, at_once

OPEN: dict[str, Any] = {name: {"*": True} for name in ("find", "get", "count", "create", "update", "delete", "addField")}
ROUNDS = 10


@pytest.fixture(scope="module", params=["sqlite", "mongodb"])
def house(request: pytest.FixtureRequest, new_house: Callable[..., House]) -> House:
    return new_house(request.param)


@pytest.fixture
def pair(house: House) -> Iterator[tuple[Line, Line]]:
    with house.workers() as (one, other):
        assert one.pid() != other.pid()
        yield one, other


def name_of(request: pytest.FixtureRequest) -> str:
    return "C" + "".join(letter for letter in request.node.name if letter.isalnum())


def sign_up(line: Line, name: str) -> tuple[str, str]:
    """(user id, token)."""
    body = line("POST", "/users", {"username": name, "password": "secret"}).body
    return body["objectId"], body["sessionToken"]


def test_a_class_made_by_one_is_known_to_the_other(pair: tuple[Line, Line], request: pytest.FixtureRequest) -> None:
    for number in range(ROUNDS):
        one, other = pair if number % 2 else pair[::-1]
        name = f"{name_of(request)}{number}"
        one.master("POST", f"/schemas/{name}", {"fields": {"n": {"type": "Number"}}})
        assert other.master("GET", f"/schemas/{name}").status == 200
        answer = other("POST", f"/classes/{name}", {"n": "text"})
        assert (answer.status, answer.code) == (400, 111)


def test_a_column_made_by_a_write_has_one_type_for_all(pair: tuple[Line, Line], request: pytest.FixtureRequest) -> None:
    name = name_of(request)
    pair[0]("POST", f"/classes/{name}", {})
    for number in range(ROUNDS):
        one, other = pair if number % 2 else pair[::-1]
        assert one("POST", f"/classes/{name}", {f"f{number}": 1}).status == 201
        assert other("POST", f"/classes/{name}", {f"f{number}": "text"}).code == 111
        assert other("POST", f"/classes/{name}", {f"f{number}": 2}).status == 201
        assert len(other.rows(name, **{f"f{number}": {"$gt": 0}})) == 2


def test_permissions_set_by_one_bind_the_other(pair: tuple[Line, Line], request: pytest.FixtureRequest) -> None:
    name = name_of(request)
    row = pair[0]("POST", f"/classes/{name}", {"n": 1}).body["objectId"]
    for number in range(ROUNDS):
        one, other = pair if number % 2 else pair[::-1]
        assert one.master("PUT", f"/schemas/{name}", {"classLevelPermissions": {**OPEN, "find": {}, "delete": {}}}).status == 200
        assert other("GET", f"/classes/{name}").code == 119
        assert other("DELETE", f"/classes/{name}/{row}").code == 119
        protected = {**OPEN, "protectedFields": {"*": ["n"]}}
        assert one.master("PUT", f"/schemas/{name}", {"classLevelPermissions": protected}).status == 200
        assert "n" not in other("GET", f"/classes/{name}/{row}").body
        one.master("PUT", f"/schemas/{name}", {"classLevelPermissions": OPEN})
        assert other("GET", f"/classes/{name}/{row}").body["n"] == 1


def test_a_dropped_column_and_class_are_gone_for_all(pair: tuple[Line, Line], request: pytest.FixtureRequest) -> None:
    name = name_of(request)
    for number in range(ROUNDS):
        one, other = pair if number % 2 else pair[::-1]
        row = one("POST", f"/classes/{name}", {"n": 1}).body["objectId"]
        assert other("GET", f"/classes/{name}/{row}").body["n"] == 1
        one.master("PUT", f"/schemas/{name}", {"fields": {"n": {"__op": "Delete"}}})
        assert "n" not in other("GET", f"/classes/{name}/{row}").body
        assert other("PUT", f"/classes/{name}/{row}", {"n": "text now"}).status == 200
        one("DELETE", f"/classes/{name}/{row}")
        assert one.master("DELETE", f"/schemas/{name}").status == 200
        assert other.master("GET", f"/schemas/{name}").code == 103


def test_two_workers_that_add_columns_at_once_keep_both(house: House, request: pytest.FixtureRequest) -> None:
    name = name_of(request)

    def add(index: int) -> int:
        line = house.line()
        return line("POST", f"/classes/{name}", {f"f{index}": index, "shared": 1}).status

    assert at_once(16, add) == [201] * 16
    line = house.line()
    assert {f"f{index}" for index in range(16)} <= set(line.master("GET", f"/schemas/{name}").body["fields"])
    assert len(line.rows(name)) == 16


@pytest.mark.parametrize("ending", ["logout", "password", "master password", "delete session", "delete user", "purge"])
def test_a_session_ended_by_one_is_over_for_the_other(pair: tuple[Line, Line], request: pytest.FixtureRequest, ending: str) -> None:
    for number in range(3):
        one, other = pair if number % 2 else pair[::-1]
        user, token = sign_up(one, f"{name_of(request)}{number}")
        for line in pair:
            assert line("GET", "/users/me", token=token).status == 200
        match ending:
            case "logout":
                one("POST", "/logout", {}, token)
            case "password":
                one("PUT", f"/users/{user}", {"password": "new"}, token)
            case "master password":
                one.master("PUT", f"/users/{user}", {"password": "new"})
            case "delete session":
                session = one("GET", "/sessions/me", token=token).body["objectId"]
                one.master("DELETE", f"/sessions/{session}")
            case "delete user":
                one.master("DELETE", f"/users/{user}")
            case "purge":
                one.master("DELETE", "/purge/_Session")
        for line in (other, one):
            answer = line("GET", "/users/me", token=token)
            assert (answer.status, answer.code) == (400, 209)


def test_a_user_changed_by_one_is_changed_for_the_other(pair: tuple[Line, Line], request: pytest.FixtureRequest) -> None:
    user, token = sign_up(pair[0], name_of(request))
    for number in range(ROUNDS):
        one, other = pair if number % 2 else pair[::-1]
        one("PUT", f"/users/{user}", {"number": number}, token)
        assert other("GET", "/users/me", token=token).body["number"] == number


def test_roles_given_and_taken_by_one_count_for_the_other(pair: tuple[Line, Line], request: pytest.FixtureRequest) -> None:
    name = name_of(request)
    user, token = sign_up(pair[0], name)
    role = pair[0].master("POST", "/roles", {"name": name, "ACL": {}}).body["objectId"]
    outer = pair[0].master("POST", "/roles", {"name": f"{name}outer", "ACL": {}}).body["objectId"]
    row = pair[0].master("POST", f"/classes/{name}", {"ACL": {f"role:{name}": {"read": True}}}).body["objectId"]
    pointer = {"__type": "Pointer", "className": "_User", "objectId": user}
    inner = {"__type": "Pointer", "className": "_Role", "objectId": outer}
    path = f"/classes/{name}/{row}"
    for number in range(ROUNDS):
        one, other = pair if number % 2 else pair[::-1]
        for change, status in [
            ({"users": {"__op": "AddRelation", "objects": [pointer]}}, 200),
            ({"users": {"__op": "RemoveRelation", "objects": [pointer]}}, 404),
        ]:
            one.master("PUT", f"/roles/{role}", change)
            assert (other("GET", path, token=token).status, one("GET", path, token=token).status) == (status, status)
    one, other = pair
    one.master("PUT", f"/roles/{outer}", {"users": {"__op": "AddRelation", "objects": [pointer]}})
    assert other("GET", path, token=token).status == 404
    one.master("PUT", f"/roles/{role}", {"roles": {"__op": "AddRelation", "objects": [inner]}})
    assert other("GET", path, token=token).status == 200
    one.master("DELETE", f"/roles/{outer}")
    assert other("GET", path, token=token).status == 404


def test_config_and_hooks_set_by_one_are_read_by_the_other(pair: tuple[Line, Line]) -> None:
    for number in range(ROUNDS):
        one, other = pair if number % 2 else pair[::-1]
        one.master("PUT", "/config", {"params": {"n": number}})
        assert other("GET", "/config").body["params"]["n"] == number
        one.master("POST", "/hooks/functions", {"functionName": f"w{number}", "url": "http://127.0.0.1:1/x"})
        assert other.master("GET", f"/hooks/functions/w{number}").status == 200
        one.master("PUT", f"/hooks/functions/w{number}", {"__op": "Delete"})
        assert other.master("GET", f"/hooks/functions/w{number}").code == 143
