"""Workers and servers that end in the middle of writes: what was acknowledged is there, whole, and others go on."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.reliability.conftest import House, Line

WRITERS = 8
GONE = (http.client.HTTPException, OSError, ValueError)
MIND = 503


@pytest.fixture(scope="module", params=["sqlite", "mongodb"])
def house(request: pytest.FixtureRequest, new_house: Callable[..., House]) -> House:
    return new_house(request.param)


@dataclass
class Writer:
    """Creates, updates, increments, deletes and sends transactions of two, and keeps what was acknowledged."""

    house: House
    number: int
    class_name: str
    made: dict[str, int] = field(default_factory=dict)
    """Id -> the value that was acknowledged last."""
    tried: dict[str, int] = field(default_factory=dict)
    """Id -> further increments whose answers did not come."""
    deleted: set[str] = field(default_factory=set)
    perhaps_deleted: set[str] = field(default_factory=set)
    acknowledged: int = 0
    failed: int = 0
    refused: list[Any] = field(default_factory=list)
    longest_gap: float = 0.0

    def run(self, stop: threading.Event) -> None:
        line, since = self.house.line(), time.monotonic()
        step = 0
        while not stop.is_set():
            step += 1
            try:
                self._step(line, step)
            except GONE:
                self.failed += 1
                line.close()
                time.sleep(0.01)
                continue
            self.longest_gap = max(self.longest_gap, time.monotonic() - since)
            since = time.monotonic()

    def _step(self, line: Line, step: int) -> None:
        path = f"/classes/{self.class_name}"
        if step % 5 == 0 and self.made:
            row = next(iter(self.made))
            self.tried[row] = self.tried.get(row, 0) + 1
            answer = line("PUT", f"{path}/{row}", {"n": {"__op": "Increment", "amount": 1}})
            if self._fine(answer, 200):
                assert answer.body["n"] in range(self.made[row] + 1, self.made[row] + 1 + self.tried.pop(row))
                self.made[row] = answer.body["n"]
        elif step % 7 == 0 and len(self.made) > 3:
            row = list(self.made)[-1]
            self.perhaps_deleted.add(row)
            if self._fine(line("DELETE", f"{path}/{row}"), 200):
                self.perhaps_deleted.discard(row)
                self.made.pop(row)
                self.tried.pop(row, None)
                self.deleted.add(row)
        elif step % 3 == 0:
            pair = f"{self.number}-{step}"
            items = [{"method": "POST", "path": f"/parse/classes/{self.class_name}Pair", "body": {"pair": pair}} for _ in range(2)]
            self._fine(line("POST", "/batch", {"requests": items, "transaction": True}), 200)
        else:
            answer = line("POST", path, {"n": 0, "by": self.number})
            if self._fine(answer, 201):
                self.made[answer.body["objectId"]] = 0

    def _fine(self, answer: Any, status: int) -> bool:
        if answer.status == status:
            self.acknowledged += 1
            return True
        self.refused.append((answer.status, answer.body))
        return False


@contextlib.contextmanager
def load(house: House, class_name: str) -> Iterator[list[Writer]]:
    """WRITERS at work; they have stopped when the block is left."""
    for name in (class_name, f"{class_name}Pair"):
        house.line().master("POST", f"/schemas/{name}", {"fields": {"n": {"type": "Number"}, "pair": {"type": "String"}}})
    writers = [Writer(house, number, class_name) for number in range(WRITERS)]
    stop = threading.Event()
    threads = [threading.Thread(target=writer.run, args=(stop,)) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        yield writers
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def check(house: House, class_name: str, writers: list[Writer]) -> None:
    """Nothing that was acknowledged is lost, nothing is half done."""
    line = house.line()
    stored = {row["objectId"]: row for row in line.rows(class_name)}
    for writer in writers:
        for row, value in writer.made.items():
            if row in writer.perhaps_deleted and row not in stored:
                continue
            assert row in stored, "an acknowledged object is lost"
            assert value <= stored[row]["n"] <= value + writer.tried.get(row, 0)
            assert stored[row]["createdAt"] <= stored[row]["updatedAt"]
        assert not writer.deleted & stored.keys(), "an acknowledged delete is undone"
    pairs = [row["pair"] for row in line.rows(f"{class_name}Pair")]
    assert all(pairs.count(pair) == 2 for pair in set(pairs)), "half a transaction"


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_worker_loses_nothing_and_others_go_on(house: House) -> None:
    with load(house, "Killed") as writers:
        for _ in range(5):
            before = sum(writer.acknowledged for writer in writers)
            wait_for(lambda before=before: sum(writer.acknowledged for writer in writers) > before + 60)  # type: ignore[misc]
            os.kill(house.line().pid(), signal.SIGKILL)
        before = sum(writer.acknowledged for writer in writers)
        wait_for(lambda: sum(writer.acknowledged for writer in writers) > before + 60)
    assert sum(writer.failed for writer in writers) > 0
    assert max(writer.longest_gap for writer in writers) < 6
    assert [answer for writer in writers for answer in writer.refused if answer[0] != MIND] == []
    check(house, "Killed", writers)
    with house.workers() as lines:
        assert len(lines) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_is_stopped_loses_nothing(house: House, number: signal.Signals) -> None:
    name = f"Stopped{number.name}"
    with load(house, name) as writers:
        wait_for(lambda: sum(writer.acknowledged for writer in writers) > 200)
        if number == signal.SIGTERM:
            began = time.monotonic()
            assert house.server.stop() == 0
            assert time.monotonic() - began < 10
        else:
            house.server.kill()
        acknowledged = sum(writer.acknowledged for writer in writers)
    assert "Traceback" not in house.server.output()
    assert [answer for writer in writers for answer in writer.refused if answer[0] != MIND] == []
    assert acknowledged > 200
    house.server = house.start()
    check(house, name, writers)


def test_a_request_that_runs_is_answered_before_the_server_stops(new_house: Callable[..., House]) -> None:
    house = new_house("sqlite", env={"PARSE_SHIM_HOOK_TIMEOUT_SECONDS": "2"})
    found: list[Any] = []
    line = house.line()
    running = threading.Thread(target=lambda: found.append(line("POST", "/functions/sleep", {})))
    running.start()
    wait_for(lambda: "a hook begins" in house.server.output())
    began = time.monotonic()
    assert house.server.stop() == 0
    assert time.monotonic() - began < 10
    running.join(10)
    assert [answer.code for answer in found] == [141]
