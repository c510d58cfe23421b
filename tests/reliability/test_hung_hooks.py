"""Cloud code that waits, computes or leaves for ever: its caller hears 141 in time, everybody else is answered."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.reliability.conftest import House, Line

LIMIT = 1.5
SLACK = 4.0


@pytest.fixture(scope="module")
def house(new_house: Callable[..., House]) -> House:
    return new_house("sqlite", env={"PARSE_SHIM_HOOK_TIMEOUT_SECONDS": str(LIMIT)})


@pytest.fixture
def pair(house: House) -> Iterator[tuple[Line, Line]]:
    with house.workers() as (one, other):
        yield one, other


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    began = time.monotonic()
    return call(), time.monotonic() - began


@pytest.mark.parametrize("path", ["/functions/sleep", "/functions/spin", "/functions/greedy", "/classes/Hangs"])
def test_a_hook_that_hangs_is_cut_and_others_are_answered(house: House, pair: tuple[Line, Line], path: str) -> None:
    one, other = pair
    waits = path in ("/functions/sleep", "/classes/Hangs")
    with ThreadPoolExecutor() as pool:
        hung = pool.submit(timed, lambda: one("POST", path, {}))
        slowest = 0.0
        same = house.line() if waits else None
        while not hung.done():
            answer, seconds = timed(lambda: other("GET", "/classes/Free"))
            slowest = max(slowest, seconds)
            assert answer.status == 200
            if same:  # a hook that waits holds up nobody, in its own worker neither
                slowest = max(slowest, timed(lambda: same("GET", "/classes/Free"))[1])
        answer, seconds = hung.result()
    assert (answer.status, answer.code) == (400, 141)
    assert seconds < LIMIT + SLACK and slowest < 1
    assert one("GET", "/classes/Free").status == 200
    assert house.line().rows("Hangs") == []


def test_many_hooks_that_wait_hold_nobody_up(house: House) -> None:
    with ThreadPoolExecutor(60) as pool:
        lines = [house.line() for _ in range(60)]
        hung = [pool.submit(line, "POST", "/functions/sleep", {}) for line in lines]
        free = house.line()
        assert max(timed(lambda: free("GET", "/classes/Free"))[1] for _ in range(20)) < 1
        assert {future.result().code for future in hung} == {141}


def test_a_worker_that_leaves_is_replaced(house: House, pair: tuple[Line, Line]) -> None:
    one, other = pair
    gone = one.pid()
    with pytest.raises((http.client.HTTPException, OSError)):
        one("POST", "/functions/leave", {})
    assert other("GET", "/classes/Free").status == 200
    with house.workers() as lines:
        assert gone not in {line.pid() for line in lines}
