"""Guessing and racing (advisories, section 7), on every store."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.web.world import APP, Web, error

Server = Callable[..., Web]
LOCKOUT = {"accountLockout": {"duration": 5, "threshold": 3}}
WRONG = {"username": "ann", "password": "wrong"}


def at_once(number: int, call: Callable[[int], Any]) -> list[Any]:
    """`call(0)`, `call(1)` ... in threads that start together."""
    barrier = threading.Barrier(number)

    def run(index: int) -> Any:
        barrier.wait()
        return call(index)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


# GHSA-775h-3xrc-c228, PR-10214, PR-10234
def test_a_batch_is_no_way_around_the_lock(server: Server) -> None:
    web = server(**LOCKOUT)
    web.sign_up("ann")
    items = [{"method": "POST", "path": "/parse/login", "body": WRONG} for _ in range(30)]
    answers = web("POST", "/batch", {"requests": items}).json
    assert sum("Invalid username" in answer["error"]["error"] for answer in answers) == 3
    assert "locked" in error(web("POST", "/login", {"username": "ann", "password": "secret"}))[2]


@pytest.mark.parametrize("way", ["batch", "_method", "case", "slash", "query"])
def test_a_rate_limit_counts_every_way_to_a_route(server: Server, way: str) -> None:
    rule = {"requestPath": "/login", "requestTimeWindow": 60_000, "requestCount": 3, "includeInternalRequests": True, "zone": "ip"}
    web = server(rateLimit=[rule])
    item = {"method": "POST", "path": "/parse/login", "body": WRONG}

    def attempt() -> Any:
        match way:
            case "batch":
                return web("POST", "/batch", {"requests": [item]})
            case "_method":
                return web("POST", "/login", {"_method": "GET", **WRONG})
            case "case":
                return web("POST", "/LOGIN", WRONG)
            case "slash":
                return web("POST", "//login/", WRONG)
        return web("GET", "/login?username=ann&password=wrong")

    answers = [attempt() for _ in range(6)]
    assert (
        [error(answer)[1] for answer in answers[3:]] == [100] * 3 if way == "batch" else [a.status_code for a in answers[3:]] == [429] * 3
    )
    items = [{**item, "path": f"/parse{path}"} for path in ("/login", "/Login", "//login")]
    assert error(web("POST", "/batch", {"requests": items}))[:2] == (400, 100)


def test_thirty_logins_in_one_batch_are_over_the_limit(server: Server) -> None:
    web = server(rateLimit=[{"requestPath": "/login", "requestTimeWindow": 60_000, "requestCount": 5, "includeInternalRequests": True}])
    items = [{"method": "POST", "path": "/parse/login", "body": WRONG}] * 30
    assert error(web("POST", "/batch", {"requests": items}))[:2] == (400, 100)


# PR-10266
@pytest.mark.parametrize("path", ["/login", "/verifyPassword"])
def test_attempts_at_once_are_counted_one_by_one(server: Server, path: str) -> None:
    web = server(**LOCKOUT)
    web.sign_up("ann")
    answers = at_once(12, lambda _: error(web("POST", path, WRONG)))
    assert {answer[:2] for answer in answers} == {(404, 101)}
    assert sum("Invalid username" in answer[2] for answer in answers) == 3


# PR-10265
def test_a_batch_over_the_limit_is_refused(server: Server) -> None:
    web = server(requestComplexity={"batchRequestLimit": 3})
    item = {"method": "POST", "path": "/parse/classes/W", "body": {}}
    assert error(web("POST", "/batch", {"requests": [item] * 4}))[:2] == (400, 107)
    assert web("POST", "/batch", {"requests": [item] * 3}).status_code == 200


# PR-10149/sign-up-race
def test_one_name_signed_up_at_once_is_one_user(web: Web) -> None:
    names = ["ann", "ANN", "Ann", "aNN", "ann"]
    answers = at_once(5, lambda index: web("POST", "/users", {"username": names[index], "password": "secret"}))
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400, 400]
    assert {error(answer)[1] for answer in answers if answer.status_code == 400} == {202}
    assert len(web.rows("_User")) == 1


def test_one_address_signed_up_at_once_is_one_user(web: Web) -> None:
    def sign_up(index: int) -> Any:
        return web("POST", "/users", {"username": f"u{index}", "password": "secret", "email": ["a@x.org", "A@X.org"][index % 2]})

    assert sorted(answer.status_code for answer in at_once(5, sign_up)) == [201, 400, 400, 400, 400]
    assert len(web.rows("_User")) == 1


def test_one_login_signed_up_at_once_is_one_user(web: Web) -> None:
    answers = at_once(5, lambda _: web("POST", "/users", {"authData": {"anonymous": {"id": "same"}}}))
    assert sorted({answer.status_code for answer in answers}) == [200, 201]
    assert sum(answer.status_code == 201 for answer in answers) == 1
    assert len({answer.json["objectId"] for answer in answers}) == len(web.rows("_User")) == 1


# BASE-random
def test_ids_and_tokens_cannot_be_guessed(web: Web) -> None:
    ids = [web.create("Ids") for _ in range(40)]
    tokens = [web("POST", "/users", {"username": f"u{n}", "password": "p"}).json["sessionToken"] for n in range(4)]
    for words, length in ((ids, 10), ([token.removeprefix("r:") for token in tokens], 32)):
        assert {len(word) for word in words} == {length} and len(set(words)) == len(words)
        assert len({word[0] for word in words}) > 1
    assert all(token.startswith("r:") for token in tokens)
    assert web("GET", "/classes/Ids", headers=APP).status_code == 200
