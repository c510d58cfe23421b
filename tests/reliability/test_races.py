"""Many clients of two workers on one object, one name, one token: sums are exact and one of them wins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.reliability.conftest import House, at_once

THREADS = 16
TIMES = 5
MAINTENANCE = {"X-Parse-Maintenance-Key": "maintenance"}


@pytest.fixture(scope="module", params=["sqlite", "mongodb"])
def house(request: pytest.FixtureRequest, new_house: Callable[..., House]) -> House:
    return new_house(
        request.param,
        maintenanceKey="maintenance",
        accountLockout={"duration": 5, "threshold": 4},
        appName="House",
        publicServerURL="http://127.0.0.1:1/parse",
        emailAdapter="parse_shim.testing.adapters:AcceptingMail",
        idempotencyOptions={"paths": ["classes/Once"], "ttl": 300},
    )


def change(house: House, path: str, body: Callable[[int, int], Any]) -> None:
    """THREADS clients send `body(client, time)` to `path`, TIMES times each."""

    def run(index: int) -> list[int]:
        line = house.line()
        found = [line("PUT", path, body(index, time)).status for time in range(TIMES)]
        line.close()
        return found

    assert {status for statuses in at_once(THREADS, run) for status in statuses} == {200}


def test_operations_on_one_object_lose_nothing(house: House) -> None:
    line = house.line()
    row = line("POST", "/classes/Shared", {"n": 0, "o": {"n": 0}, "set": ["x"], "list": [], "gone": list(range(THREADS * TIMES))}).body[
        "objectId"
    ]
    targets = [line("POST", "/classes/Target", {}).body["objectId"] for _ in range(THREADS)]

    def body(index: int, time: int) -> Any:
        pointer = {"__type": "Pointer", "className": "Target", "objectId": targets[index]}
        return {
            "n": {"__op": "Increment", "amount": 1},
            "o.n": {"__op": "Increment", "amount": 2},
            "set": {"__op": "AddUnique", "objects": [f"u{index % 4}", "x"]},
            "list": {"__op": "Add", "objects": [index * TIMES + time]},
            "gone": {"__op": "Remove", "objects": [index * TIMES + time]},
            "links": {"__op": "AddRelation", "objects": [pointer]},
        }

    change(house, f"/classes/Shared/{row}", body)
    found = line("GET", f"/classes/Shared/{row}").body
    assert (found["n"], found["o"]["n"]) == (THREADS * TIMES, 2 * THREADS * TIMES)
    assert sorted(found["set"]) == ["u0", "u1", "u2", "u3", "x"]
    assert (sorted(found["list"]), found["gone"]) == (list(range(THREADS * TIMES)), [])
    related = {"$relatedTo": {"object": {"__type": "Pointer", "className": "Shared", "objectId": row}, "key": "links"}}
    assert sorted(found["objectId"] for found in line.rows("Target", **related)) == sorted(targets)


def test_links_added_and_removed_at_once_are_exact(house: House) -> None:
    line = house.line()
    row = line("POST", "/classes/Owner", {}).body["objectId"]
    targets = [line("POST", "/classes/Linked", {}).body["objectId"] for _ in range(THREADS)]

    def body(index: int, time: int) -> Any:
        pointer = {"__type": "Pointer", "className": "Linked", "objectId": targets[index]}
        return {"links": {"__op": "RemoveRelation" if time % 2 else "AddRelation", "objects": [pointer]}}

    change(house, f"/classes/Owner/{row}", body)  # an odd number of times: each ends with an addition
    related = {"$relatedTo": {"object": {"__type": "Pointer", "className": "Owner", "objectId": row}, "key": "links"}}
    assert len(line.rows("Linked", **related)) == THREADS


def test_answers_of_increments_are_all_different(house: House) -> None:
    row = house.line()("POST", "/classes/Tickets", {"n": 0}).body["objectId"]
    body = {"n": {"__op": "Increment", "amount": 1}}
    answers = at_once(THREADS, lambda _: house.line()("PUT", f"/classes/Tickets/{row}", body).body["n"])
    assert sorted(answers) == list(range(1, THREADS + 1))


@pytest.mark.parametrize("number", range(3))
def test_one_name_is_one_user(house: House, number: int) -> None:
    name = f"Same{number}"
    spelled = [name, name.upper(), name.lower()]
    answers = at_once(THREADS, lambda i: house.line()("POST", "/users", {"username": spelled[i % 3], "password": "secret"}))
    assert sorted(answer.status for answer in answers) == [201] + [400] * (THREADS - 1)
    assert {answer.code for answer in answers} == {None, 202}


def test_one_address_is_one_user(house: House) -> None:
    def sign_up(index: int) -> Any:
        address = ("one@x.org", "One@X.org")[index % 2]
        return house.line()("POST", "/users", {"username": f"address{index}", "password": "secret", "email": address})

    answers = at_once(THREADS, sign_up)
    assert sorted(answer.status for answer in answers) == [201] + [400] * (THREADS - 1)
    assert {answer.code for answer in answers} == {None, 203}


@pytest.mark.parametrize("number", range(3))
def test_one_login_of_a_provider_is_one_user(house: House, number: int) -> None:
    body = {"authData": {"anonymous": {"id": f"same{number}"}}}
    answers = at_once(THREADS, lambda _: house.line()("POST", "/users", body))
    assert sorted(answer.status for answer in answers) == [200] * (THREADS - 1) + [201]
    assert len({answer.body["objectId"] for answer in answers}) == 1


def test_one_login_is_linked_to_one_user(house: House) -> None:
    line = house.line()
    users = [line("POST", "/users", {"username": f"link{n}", "password": "p"}).body for n in range(4)]
    body = {"authData": {"anonymous": {"id": "wanted"}}}
    answers = at_once(4, lambda n: house.line()("PUT", f"/users/{users[n]['objectId']}", body, users[n]["sessionToken"]))
    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400]
    assert {answer.code for answer in answers} == {None, 208}


def test_one_reset_token_works_once(house: House) -> None:
    line = house.line()
    user = line("POST", "/users", {"username": "forgets", "password": "secret", "email": "forgets@x.org"}).body["objectId"]
    assert line("POST", "/requestPasswordReset", {"email": "forgets@x.org"}).status == 200
    token = line("GET", f"/users/{user}", **MAINTENANCE).body["_perishable_token"]
    url = f"/apps/{house.server.app_id}/request_password_reset"

    def reset(index: int) -> int:
        form = {"token": token, "new_password": f"new{index}"}
        return house.line()("POST", url, form, **{"X-Requested-With": "XMLHttpRequest"}).status

    found = at_once(THREADS, reset)
    assert sorted(found) == [200] + [400] * (THREADS - 1)
    winner = found.index(200)
    assert line("POST", "/login", {"username": "forgets", "password": f"new{winner}"}).status == 200


def test_the_lockout_counts_every_attempt(house: House) -> None:
    house.line()("POST", "/users", {"username": "guessed", "password": "secret"})
    body = {"username": "guessed", "password": "wrong"}
    answers = at_once(THREADS, lambda _: house.line()("POST", "/login", body))
    assert sum("Invalid username" in answer.body["error"] for answer in answers) == 4
    assert sum("locked" in answer.body["error"] for answer in answers) == THREADS - 4


def test_one_request_id_has_one_effect(house: House) -> None:
    def send(index: int) -> Any:
        return house.line()("POST", "/classes/Once", {"n": index}, **{"X-Parse-Request-Id": "request-1"})

    answers = at_once(THREADS, send)
    assert sorted(answer.status for answer in answers) == [201] + [400] * (THREADS - 1)
    assert {answer.code for answer in answers} == {None, 159}
    assert len(house.line().rows("Once")) == 1


def test_one_role_name_is_one_role(house: House) -> None:
    answers = at_once(THREADS, lambda _: house.line().master("POST", "/roles", {"name": "only", "ACL": {}}))
    assert sorted(answer.status for answer in answers) == [201] + [400] * (THREADS - 1)
    assert len(house.line().rows("_Role")) == 1


def test_one_delete_succeeds(house: House) -> None:
    row = house.line()("POST", "/classes/Deleted", {}).body["objectId"]
    answers = at_once(THREADS, lambda _: house.line()("DELETE", f"/classes/Deleted/{row}").status)
    assert sorted(answers) == [200] + [404] * (THREADS - 1)


def test_one_installation_is_one_row(house: House) -> None:
    body = {"deviceType": "ios", "installationId": "same", "deviceToken": "token"}
    statuses = at_once(THREADS, lambda _: house.line()("POST", "/installations", body).status)
    assert set(statuses) <= {200, 201}
    assert len(house.line().rows("_Installation")) == 1


def test_transactions_at_once_add_up(house: House) -> None:
    line = house.line()
    rows = [line("POST", "/classes/Account", {"n": 100}).body["objectId"] for _ in range(2)]

    def move(index: int) -> int:
        here, there = rows if index % 2 else rows[::-1]
        items = [
            {"method": "PUT", "path": f"/parse/classes/Account/{row}", "body": {"n": {"__op": "Increment", "amount": amount}}}
            for row, amount in ((here, -1), (there, 1))
        ]
        return house.line()("POST", "/batch", {"requests": items, "transaction": True}).status

    statuses = at_once(THREADS, move)
    assert set(statuses) <= {200, 503}
    moved = [index % 2 for index, status in enumerate(statuses) if status == 200]
    expected = 100 - sum(moved) + (len(moved) - sum(moved))
    assert [line("GET", f"/classes/Account/{row}").body["n"] for row in rows] == [expected, 200 - expected]
