"""gunicorn's gevent worker, which lets go of waiting connections as soon as it is told to stop.

gunicorn waits until every connection has ended, also one that only may send a further request: a stop would take the whole
graceful_timeout whenever a client keeps its connection open, as LiveQuery clients do.
"""

from __future__ import annotations

import sys
from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker

SOCKETS = "parse_shim.livequery.sockets"


class Worker(GeventWorker):  # type: ignore[misc]
    """Its `notify` is called every second, and once when accepting has stopped (gunicorn 26.2, workers/ggevent.py)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: set[_Wait] = set()

    def timeout_ctx(self) -> Any:
        """Held while a connection waits for the head of its next request."""
        return _Wait(self.cfg.keepalive, self.waiting)

    def notify(self) -> None:
        super().notify()
        if not self.alive:
            for wait in tuple(self.waiting):
                wait.cut()
            # Not imported here: gunicorn reads this file before gevent takes over locks and sockets.
            for close in tuple(sys.modules[SOCKETS].OPEN) if SOCKETS in sys.modules else ():
                close()


class _Wait(gevent.Timeout):  # type: ignore[misc]
    """A time limit that ends its block without an error, after `seconds` or when it is cut."""

    def __init__(self, seconds: float, waiting: set[_Wait]) -> None:
        super().__init__(seconds, False)
        self._waiting = waiting
        self._greenlet: Any = None

    def __enter__(self) -> Any:
        self._greenlet = gevent.getcurrent()
        self._waiting.add(self)
        return super().__enter__()

    def __exit__(self, *problem: Any) -> Any:
        self._waiting.discard(self)
        return super().__exit__(*problem)

    def cut(self) -> None:
        self._waiting.discard(self)
        self._greenlet.kill(self, block=False)
