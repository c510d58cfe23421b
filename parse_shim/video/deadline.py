"""A limit for a whole call, for libraries that only know limits for single network steps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class DeadlinePassed(Exception):
    """The work was not done in time; it may still be going on in the background."""


class TooManyHanging(Exception):
    """So many abandoned calls are still going on that no further one is begun."""


class Deadline:
    """Runs work in a thread of its own and leaves it behind when it takes longer than `seconds`.

    `threading` is looked up at call time, so the thread is a greenlet under gevent. The threads are daemons:
    an abandoned one never holds up the end of the process. requests gives no way to break a call off from outside,
    so a service that drips for ever is kept from collecting threads by `most_hanging`.
    """

    def __init__(self, seconds: float, most_hanging: int = 50) -> None:
        self.seconds = seconds
        self._most_hanging = most_hanging
        self._hanging: set[object] = set()

    def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises; DeadlinePassed or TooManyHanging."""
        if len(self._hanging) >= self._most_hanging:
            raise TooManyHanging
        task = _Work(work, self._hanging.discard)
        threading.Thread(target=task.run, name="video call", daemon=True).start()
        if not task.done.wait(self.seconds):
            self._hanging.add(task)
            if task.done.is_set():
                self._hanging.discard(task)
            raise DeadlinePassed
        return task.result()


class _Work(Generic[T]):
    def __init__(self, work: Callable[[], T], at_end: Callable[[object], None]) -> None:
        self._work = work
        self._at_end = at_end
        self._values: list[T] = []
        self._error: BaseException | None = None
        self.done = threading.Event()

    def run(self) -> None:
        try:
            self._values.append(self._work())
        except BaseException as error:
            self._error = error
        finally:
            self.done.set()
            self._at_end(self)

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._values[0]
