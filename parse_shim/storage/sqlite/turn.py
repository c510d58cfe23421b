"""The queue of the processes that write to one file. SQLite's own lock has none: whoever happens to look when it is free gets it.

One process at a time has the turn: it waits for the database and gives the turn on as soon as it may write, so a process that has
just written cannot get before one that waits. The turn is a lock of the operating system on an empty file beside the database; it
ends with the process that has it, killed or not. It only orders: what keeps writes apart is SQLite.
Four processes, 5 ms a commit: 99th percentile of a write 65 ms against 180; two with 16 writers each: 23 ms against 40.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

RETRY_SECONDS = 0.001
"""Between two looks. A wait in a native thread would block there beyond any time limit."""


class Turn:
    """`file`: the database."""

    def __init__(self, file: str) -> None:
        self._path = f"{file}-turn"
        self._open: int | None = None

    @contextmanager
    def taken(self, deadline: float) -> Iterator[None]:
        """Have the turn inside; 2 µs when nobody else wants it. Without it from `deadline` (time.monotonic) on, or where there are
        no such locks."""
        try:
            if self._open is None:
                self._open = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
            held = _locked(self._open, deadline)
        except OSError:
            held = False
        try:
            yield
        finally:
            if held and self._open is not None:
                fcntl.flock(self._open, fcntl.LOCK_UN)

    def close(self) -> None:
        """In a child of a fork, too: the lock there is the parent's."""
        if self._open is not None:
            os.close(self._open)
            self._open = None


def _locked(open_file: int, deadline: float) -> bool:
    """Waits with sleeps that let other greenlets run."""
    while True:
        try:
            fcntl.flock(open_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(RETRY_SECONDS)
