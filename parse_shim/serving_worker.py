"""gunicorn's gevent worker, which lets go of waiting connections as soon as it is told to stop.

gunicorn waits until every connection has ended, also one that only may send a further request: a stop would take the whole
graceful_timeout whenever a client keeps its connection open, as LiveQuery clients do.
"""

from __future__ import annotations

import sys
from time import monotonic
from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker

from parse_shim import serving_requests
from parse_shim.serving_patch import plug_ins_read_once

SOCKETS = "parse_shim.livequery.sockets"


class Worker(GeventWorker):  # type: ignore[misc]
    """Its `notify` is called every second, and once when accepting has stopped (gunicorn 26.2, workers/ggevent.py)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: dict[_Wait, None] = {}

    def init_process(self) -> None:
        # A request looks at thirty settings, each by two function calls: 12 µs of the 175 of a get on SQLite.
        self.cfg.__dict__.update({name: setting.get() for name, setting in self.cfg.settings.items()})
        serving_requests.install()
        super().init_process()

    def patch(self) -> None:
        with plug_ins_read_once():
            super().patch()

    def timeout_ctx(self) -> Any:
        """Held while a connection waits for the head of its next request."""
        return _Wait(self.cfg.keepalive, self.waiting)

    def notify(self) -> None:
        super().notify()
        now = monotonic()
        for wait in tuple(self.waiting):
            if self.alive and wait.until > now:
                break  # what began later ends later
            wait.cut()
        if not self.alive:
            # Not imported here: gunicorn reads this file before gevent takes over locks and sockets.
            for close in tuple(sys.modules[SOCKETS].OPEN) if SOCKETS in sys.modules else ():
                close()


class _Wait(BaseException):
    """Ends its block without an error when it is cut. A timer for each request would cost a microsecond more."""

    def __init__(self, seconds: float, waiting: dict[_Wait, None]) -> None:
        self.until = monotonic() + seconds
        self._waiting = waiting
        self._greenlet: Any = None

    def __enter__(self) -> None:
        self._greenlet = gevent.getcurrent()
        self._waiting[self] = None

    def __exit__(self, kind: Any, problem: Any, trace: Any) -> bool:
        self._waiting.pop(self, None)
        return problem is self

    def cut(self) -> None:
        gevent.get_hub().loop.run_callback(self._end)

    def _end(self) -> None:
        if self in self._waiting:  # no request came in between
            self._greenlet.throw(self)
