"""Group commit: writes that wait at the same moment share one transaction, so that the disk is waited for once.

Each is acknowledged after the commit, as before, and undone alone when it fails. Inserts of 16 greenlets: 27 µs of CPU each against 170.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from parse_shim.errors import EngineError, Unavailable
from parse_shim.storage.sqlite.functions import Connection

T = TypeVar("T")

MOST = 64
"""Writes in one transaction: what the first of them waits for."""


class Ticket:
    """One write: its job and, once `decided`, what became of it."""

    __slots__ = ("_turn", "began", "decided", "error", "job", "leads", "result")

    def __init__(self, job: Callable[[Connection], Any]) -> None:
        self.job = job
        self.began = time.monotonic()
        self.decided = False
        self.leads = False
        self.result: Any = None
        self.error: BaseException | None = None
        self._turn: threading.Lock | None = None

    def keep(self, work: Callable[[], Any]) -> None:
        """Do it; note what it gave or raised."""
        try:
            self.result = work()
        except Exception as error:
            self.error = error

    def queue(self) -> None:
        """Make ready to wait: most tickets of a process that writes now and then never do."""
        self._turn = threading.Lock()
        self._turn.acquire()

    def wait(self) -> None:
        """Until it is decided, or leads the next group."""
        if self._turn is not None:
            self._turn.acquire()

    def wake(self) -> None:
        if self._turn is not None:
            self._turn.release()

    def known_error(self) -> EngineError | None:
        """The error that callers know how to take; any other is raised."""
        if self.error is not None and not isinstance(self.error, EngineError):
            raise self.error
        return self.error

    def outcome(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.result


class Group:
    """The writers of one process. The first one leads: it carries out all that have come by the time it begins."""

    def __init__(self, carry_out: Callable[[float, Callable[[], Sequence[Ticket]]], None]) -> None:
        self._carry_out = carry_out
        self._mutex = threading.Lock()
        self._waiting: list[Ticket] = []
        self._led = False

    def write(self, job: Callable[[Connection], T]) -> T:
        """Run `job` in a transaction, perhaps with others. Returns or raises what it did, after the commit."""
        ticket = Ticket(job)
        with self._mutex:
            self._waiting.append(ticket)
            ticket.leads = not self._led
            self._led = True
            if not ticket.leads:
                ticket.queue()
        try:
            if not ticket.leads:
                ticket.wait()
            if not ticket.decided:
                # Others that are about to write come first: under gevent those that run in this round of the loop.
                time.sleep(0)
                self._lead(ticket)
        except BaseException:
            self._give_up(ticket)
            raise
        result: T = ticket.outcome()
        return result

    def _lead(self, leader: Ticket) -> None:
        mine: list[Ticket] = []

        def collect() -> Sequence[Ticket]:
            """Those that came while the leader waited for other processes, too."""
            with self._mutex:
                mine[:], self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            return mine

        try:
            self._carry_out(leader.began, collect)
        except Exception as error:
            if not mine:
                # The leader's patience is at its end; those behind it have waited less.
                with self._mutex:
                    self._waiting.remove(leader)
                mine.append(leader)
            for ticket in mine:
                ticket.error = error
        except BaseException:
            for ticket in mine:
                ticket.error = ticket.error or Unavailable("the write was interrupted")
            raise
        finally:
            if mine:
                for ticket in mine:
                    ticket.decided = True
                    if not ticket.leads:
                        ticket.wake()
                self._hand_over()

    def _hand_over(self) -> None:
        """The next waiting ticket leads, if there is one."""
        with self._mutex:
            following = self._waiting[0] if self._waiting else None
            self._led = following is not None
            if following is not None:
                following.leads = True
        if following is not None:
            following.wake()

    def _give_up(self, ticket: Ticket) -> None:
        """Its writer was stopped from outside (a time limit): what has not begun does not happen."""
        with self._mutex:
            waiting = ticket in self._waiting
            if waiting:
                self._waiting.remove(ticket)
        if waiting and ticket.leads:
            self._hand_over()
