"""The database goes away under the running server: answers in the contract's shape in time, nothing by half, recovery by itself."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.live import as_master, send
from tests.support import mongod
from tests.support.live import LiveServer

IN_TIME = 3.5
"""Seconds; the store's own limit is 3."""

LOCKER = """
import sys, apsw
connection = apsw.Connection(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
"""

REQUESTS: list[tuple[str, str, Any]] = [
    ("GET", "/classes/Thing", None),
    ("POST", "/classes/Thing", {"n": 2}),
    ("POST", "/classes/Other", {"n": 2}),
    ("POST", "/users", {"username": "late", "password": "p"}),
    ("POST", "/login", {"username": "ann", "password": "p"}),
    ("POST", "/batch", {"requests": [{"method": "POST", "path": "/parse/classes/Thing", "body": {"n": 3}}]}),
    ("GET", "/config", None),
    ("POST", "/functions/none", {}),
]


def timed(server: LiveServer, method: str, path: str, body: Any = None) -> tuple[int, Any, float]:
    began = time.monotonic()
    status, found = send(server, method, path, body)
    return status, found, time.monotonic() - began


def is_refusal(body: Any) -> bool:
    return isinstance(body, dict) and body.get("code") == 1 and isinstance(body.get("error"), str) and "Traceback" not in str(body)


class Database:
    """A mongod of one's own, which can be stopped and started again with its data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = mongod.free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.uri = f"mongodb://127.0.0.1:{self.port}/down"

    def start(self) -> None:
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        command = [mongod.binary(), "--dbpath", str(data), "--port", str(self.port), "--bind_ip", "127.0.0.1", "--nounixsocket"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([*command, "--wiredTigerCacheSizeGB", "0.25"], stdout=log, stderr=log)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(20)
            self.process = None


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path)
    made.start()
    yield made
    made.stop()


def wait_for_health(server: LiveServer, wanted: int, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while (found := send(server, "GET", "/health"))[0] != wanted:
        assert time.monotonic() < end, f"/health says {found}"
        time.sleep(0.05)


@pytest.mark.slow
def test_mongodb_that_is_killed_and_comes_back(live_server: Callable[..., LiveServer], database: Database) -> None:
    server = live_server(databaseURI=database.uri, allowClientClassCreation=True)
    wait_for_health(server, 200)
    assert send(server, "POST", "/users", {"username": "ann", "password": "p"})[0] == 201
    assert send(server, "POST", "/classes/Thing", {"n": 1})[0] == 201

    database.stop()
    for method, path, body in REQUESTS:
        status, found, seconds = timed(server, method, path, body)
        known = status == 400 and found.get("code") == 141  # a function that is not there needs no store
        inside = status == 200 and path == "/batch" and is_refusal(found[0]["error"])
        assert known or inside or (500 <= status < 600 and is_refusal(found)), (method, path, status, found)
        assert seconds < IN_TIME, (method, path, seconds)
    assert send(server, "GET", "/health")[0] == 503

    database.start()
    wait_for_health(server, 200)
    assert [row["n"] for row in send(server, "GET", "/classes/Thing")[1]["results"]] == [1]
    assert as_master(server, "GET", "/users?count=1&limit=0")[1]["count"] == 1
    assert send(server, "POST", "/classes/Thing", {"n": 4})[0] == 201
    assert send(server, "POST", "/login", {"username": "ann", "password": "p"})[0] == 200
    assert "Traceback" not in server.output()


@pytest.mark.slow
def test_mongodb_that_is_not_there_at_the_start(live_server: Callable[..., LiveServer], database: Database) -> None:
    database.stop()
    server = live_server(databaseURI=database.uri, allowClientClassCreation=True, schemas="schemas", wait=False)
    wait_until_listening(server)
    status, found, seconds = timed(server, "GET", "/classes/Thing")
    assert (500 <= status < 600, is_refusal(found), seconds < IN_TIME) == (True, True, True), (status, found, seconds)
    assert send(server, "GET", "/health")[0] == 503
    database.start()
    wait_for_health(server, 200)
    assert send(server, "POST", "/classes/Thing", {"n": 1})[0] == 201
    classes = {row["className"] for row in as_master(server, "GET", "/schemas")[1]["results"]}
    assert {"ActiveUsers", "ActiveSessions", "Thing"} <= classes


def wait_until_listening(server: LiveServer, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            send(server, "GET", "/health")
            return
        except OSError:
            assert server.process.poll() is None and time.monotonic() < end, server.output()
            time.sleep(0.05)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Callable[[], Callable[[], None]]]:
    """`locked()` takes the write lock of the server's file from another process; what it gives lets go."""
    holders: list[subprocess.Popen[str]] = []

    def take() -> Callable[[], None]:
        command = [sys.executable, "-c", LOCKER, str(tmp_path / "live" / "parse.db")]
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        holders.append(holder)
        assert holder.stdout and holder.stdout.readline() == "locked\n"
        return holder.kill

    yield take
    for holder in holders:
        holder.kill()
        holder.wait(10)
        for pipe in (holder.stdin, holder.stdout):
            if pipe:
                pipe.close()


def test_sqlite_that_is_locked_for_a_moment_is_waited_for(
    live_server: Callable[..., LiveServer], locked: Callable[[], Callable[[], None]]
) -> None:
    server = live_server(allowClientClassCreation=True)
    assert send(server, "POST", "/classes/Thing", {"n": 1})[0] == 201
    let_go = locked()
    threading.Timer(0.8, let_go).start()
    status, found, seconds = timed(server, "POST", "/classes/Thing", {"n": 2})
    assert (status, seconds > 0.5) == (201, True), (status, found, seconds)


def test_sqlite_that_stays_locked_is_told(
    live_server: Callable[..., LiveServer], locked: Callable[[], Callable[[], None]]
) -> None:
    server = live_server(allowClientClassCreation=True)
    assert send(server, "POST", "/classes/Thing", {"n": 1})[0] == 201
    let_go = locked()
    reads = timed(server, "GET", "/classes/Thing")
    assert reads[0] == 200 and reads[2] < 1, "who only reads waits for nobody"
    answers: list[tuple[int, Any, float]] = []
    writers = [threading.Thread(target=lambda: answers.append(timed(server, "POST", "/classes/Thing", {"n": 2}))) for _ in range(3)]
    for writer in writers:
        writer.start()
    assert send(server, "GET", "/health")[0] == 503
    for writer in writers:
        writer.join(20)
    for status, found, seconds in answers:
        assert (status, is_refusal(found)) == (503, True), found
        assert seconds < IN_TIME, seconds
    let_go()
    wait_for_health(server, 200)
    assert [row["n"] for row in send(server, "GET", "/classes/Thing")[1]["results"]] == [1]
    assert send(server, "POST", "/classes/Thing", {"n": 3})[0] == 201
    assert "Traceback" not in server.output()
