"""`@cloud.every`: each timer runs in one process at a time, however many workers and machines there are.

A turn is a lock in the store (locks.py) that lasts until the next turn: who takes it runs. A worker that dies loses it by itself.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from parse_shim import ids
from parse_shim.errors import ParseError
from parse_shim.hooks.cron import Cron, read_cron
from parse_shim.hooks.kinds import EVERY
from parse_shim.hooks.registry import Hook
from parse_shim.hooks.requests import Caller, TimerRequest
from parse_shim.hooks.run import call
from parse_shim.rest import locks
from parse_shim.rest.core import Auth, Context, Core
from parse_shim.rest.jobs import in_background
from parse_shim.rest.session_impl import session_for

log = logging.getLogger(__name__)

LOCK_CLASS = "TimerLock"
LOOK_EVERY = 5.0
"""Seconds between two looks of a process that does not have the turn."""

SHORTEST_LOCK = 10.0
"""Seconds a running timer's lock lasts at least; it is renewed at a third of that."""


def run_timer(core: Core, hook: Hook) -> None:
    """Run one timer here and now, whoever's turn it is. Failures are logged. For tests and the threads below."""
    ctx = Context(core, Auth(), from_cloud=True, base_url=core.settings.server_url)
    request = TimerRequest(hook.target, Caller(config=core.settings, video=core.video, log=core.log))
    try:
        call(hook, request, session=session_for(ctx))
    except ParseError:
        return  # hooks/run.py has logged it


@dataclass(slots=True)
class Scheduler:
    """The timers of one process."""

    core: Core
    stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        for hook in self.core.hooks.every(EVERY):
            in_background(_Timer(self.core, hook, self.stopping).loop, f"timer {hook.target}")

    def stop(self) -> None:
        """No new turns; a running one goes on to its end."""
        self.stopping.set()


def start_schedules(core: Core) -> Scheduler | None:
    """Start the timers of this process; None when cloud code has none."""
    if not core.hooks.every(EVERY):
        return None
    scheduler = Scheduler(core)
    scheduler.start()
    return scheduler


class _Timer:
    """One hook's turns in this process."""

    def __init__(self, core: Core, hook: Hook, stopping: threading.Event) -> None:
        self.core = core
        self.hook = hook
        self.stopping = stopping
        self.owner = f"{os.getpid()}.{ids.new_token(10)}"
        period = hook.options["period"]
        self.cron: Cron | None = read_cron(period) if isinstance(period, str) else None
        self.seconds = 0.0 if self.cron else float(period)

    def loop(self) -> None:
        wait = self._until_next() if self.cron else min(self.seconds, 1.0)
        while not self.stopping.wait(wait):
            wait = self._turn()

    def _turn(self) -> float:
        """Run if it is this process's turn; seconds until the next look."""
        length = self._until_next() if self.cron else self.seconds
        try:
            mine = locks.take(self.core, LOCK_CLASS, self.hook.target, self.owner, max(length - 0.5, 0.5 * length))
        except ParseError as problem:
            log.warning("timer %s: %s", self.hook.target, problem.message)
            return min(length, LOOK_EVERY)
        if not mine:
            return self._until_next() if self.cron else min(length, LOOK_EVERY)
        started = ids.timestamp()
        self._run_renewed(max(length, SHORTEST_LOCK))
        return self._until_next() if self.cron else max(0.0, length - (ids.timestamp() - started))

    def _run_renewed(self, length: float) -> None:
        done = threading.Event()
        in_background(lambda: self._renew(done.wait, length), f"renew {self.hook.target}")
        try:
            run_timer(self.core, self.hook)
        finally:
            done.set()

    def _renew(self, ended: Callable[[float], bool], length: float) -> None:
        while not ended(length / 3):
            try:
                locks.take(self.core, LOCK_CLASS, self.hook.target, self.owner, length)
            except ParseError as problem:
                log.warning("timer %s: its lock was not renewed: %s", self.hook.target, problem.message)

    def _until_next(self) -> float:
        now = ids.now()
        following = self.cron.after(now) if self.cron else None
        return max(0.05, (following - now).total_seconds()) if following else 86400.0
