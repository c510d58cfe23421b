"""Long work beside the greenlets: SQLite lets go of Python's lock while it reads, but not of gevent's loop."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def in_gevent() -> bool:
    """Do greenlets share this thread?"""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and monkey.is_module_patched("socket")


def aside(work: Callable[[], T]) -> T:
    """Run in a native thread where greenlets share this one, else here."""
    if not in_gevent():
        return work()
    import gevent

    done: tuple[Any, Exception | None] = gevent.get_hub().threadpool.apply(lambda: _tried(work))
    if done[1] is not None:
        raise done[1]
    return done[0]  # type: ignore[no-any-return]


def _tried(work: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """gevent prints what a native thread raises."""
    try:
        return work(), None
    except Exception as error:
        return None, error
