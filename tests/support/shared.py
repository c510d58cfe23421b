"""One thing for all processes of a test run: made by the first that needs it, removed by the last that lets go."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path` against every other process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def shared(state: Path, make: Callable[[], dict[str, Any]], remove: Callable[[dict[str, Any]], None]) -> Iterator[dict[str, Any]]:
    """What `make` returned (JSON), counted in the file `state`."""
    lock = state.with_suffix(".lock")
    with locked(lock):
        held = json.loads(state.read_text()) if state.exists() else {"users": 0, "made": make()}
        held["users"] += 1
        state.write_text(json.dumps(held))
    try:
        yield held["made"]
    finally:
        with locked(lock):
            held = json.loads(state.read_text())
            held["users"] -= 1
            if held["users"] == 0:
                remove(held["made"])
                state.unlink()
            else:
                state.write_text(json.dumps(held))


def owner_of_run() -> int:
    """The process a test run ends with: the controller under pytest-xdist, else this one."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
