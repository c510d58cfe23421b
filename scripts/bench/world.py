"""What stands while measuring: a mongod, the servers with their databases, all stopped at the end."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from compare import PEER
from objects import seed
from servers import Server, start_ours, start_peer

from tests.support import mongod

MONGO, SQLITE = "ours, MongoDB", "ours, SQLite"
NAMES = {"peer": PEER, "mongo": MONGO, "sqlite": SQLITE}


@contextlib.contextmanager
def world(
    which: Sequence[str], workers: int | Sequence[int] = 1, options: tuple[str, ...] = (), *, seeded: bool = True
) -> Iterator[tuple[list[Server], Path]]:
    """The servers `which` (keys of NAMES), with the data of objects.py, and a folder for scripts and logs.

    With several numbers of `workers` each server is there once for each, under names such as `ours, SQLite, 2 processes`."""
    numbers = [workers] if isinstance(workers, int) else list(workers)
    with tempfile.TemporaryDirectory(prefix="parse-shim-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        uri = ""
        if {"peer", "mongo"} & set(which):
            made = mongod.start(folder)
            stack.callback(mongod.stop, made)
            uri = made["uri"]
        servers = []
        for key, number in ((key, number) for key in which for number in numbers):
            name = NAMES[key] if len(numbers) == 1 else f"{NAMES[key]}, {number} process{'es' * (number > 1)}"
            database = uri.replace("/?", f"/bench_{key}_{number}?")
            if key == "peer":
                server = start_peer(name, database, folder, number)
            elif key == "mongo":
                server = start_ours(name, database, folder, number, options)
            else:
                server = start_ours(name, f"sqlite:///{folder}/bench_{number}.db", folder, number, options)
            stack.callback(server.stop)
            servers.append(server)
        if seeded:
            for server in servers:
                seed(server)
        yield servers, folder
