"""A native thread that ends hooks which compute without a pause, so that no other greenlet or coroutine of their
thread gets a turn.

It raises Overrun in the thread, but only when the hook's own frame is among those running there at that moment: a
hook that merely waits is not running, and whoever runs instead must not be hurt.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from types import FrameType
from typing import Any

from parse_shim.hooks.errors import Overrun

LOOK_EVERY = 0.1
"""Seconds between two looks."""

GRACE = 0.25
"""Seconds beyond the limit: the gentle ways (gevent.Timeout, cancelling a task) come first."""


@dataclass(eq=False, slots=True)
class Watch:
    """One running hook. `frame`: under which it runs; None until it began."""

    thread_id: int
    frame: FrameType | None
    deadline: float
    fired: bool = False

    def hurry(self) -> None:
        """The gentle way was tried: strike at the next look, if it still runs then."""
        self.deadline = 0.0


class Watchdog:
    def __init__(self) -> None:
        self._watches: dict[int, Watch] = {}
        self._pid = 0

    def watch(self, frame: FrameType | None, seconds: float, thread_id: int | None = None) -> Watch:
        """Watch what runs under `frame` in this thread (or `thread_id`) for `seconds`."""
        watch = Watch(thread_id or get_ident(), frame, monotonic() + seconds + GRACE)
        self._watches[id(watch)] = watch
        if self._pid != os.getpid():
            self._start()
        return watch

    def done(self, watch: Watch) -> None:
        """The hook has ended; an Overrun that is still on its way is called back."""
        self._watches.pop(id(watch), None)
        if watch.fired:
            _raise_in(watch.thread_id, None)
        watch.frame = None

    def _start(self) -> None:
        """A thread of its own in each process: threads do not survive a fork."""
        self._pid = os.getpid()
        native("_thread", "start_new_thread")(self._run, ())

    def _run(self) -> None:
        sleep = native("time", "sleep")
        while True:
            sleep(LOOK_EVERY)
            if self._watches:
                now = monotonic()
                for watch in list(self._watches.values()):
                    if watch.deadline < now:
                        self._strike(watch)

    def _strike(self, watch: Watch) -> None:
        if not _is_running(watch):
            return
        watch.fired = True
        _raise_in(watch.thread_id, Overrun)
        if id(watch) not in self._watches or not _is_running(watch):
            _raise_in(watch.thread_id, None)
        watch.deadline = monotonic() + 1


def strike(thread_id: int) -> None:
    """Raise Overrun in a thread that does nothing else than the hook."""
    _raise_in(thread_id, Overrun)


def _is_running(watch: Watch) -> bool:
    frame = sys._current_frames().get(watch.thread_id)
    while frame is not None:
        if frame is watch.frame:
            return True
        frame = frame.f_back
    return False


def _raise_in(thread_id: int, exception: type[BaseException] | None) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread_id), ctypes.py_object(exception) if exception else None)


def get_ident() -> int:
    """The native thread, which under gevent is not what `threading` says. Looked up once: 7 µs each time."""
    global _get_ident
    if _get_ident is None:
        _get_ident = native("_thread", "get_ident")
    return _get_ident()


_get_ident: Callable[[], int] | None = None


def native(module: str, name: str) -> Any:
    """The real one, even where gevent put its own in its place."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None:
        return monkey.get_original(module, name)
    return getattr(sys.modules.get(module) or __import__(module), name)


WATCHDOG = Watchdog()
