"""`async def` hooks: all of a process run on one event loop in a thread of its own.

One loop and not one a hook: what cloud code opens on it (a connection pool, a lock) stays usable, and asyncio.run in
two greenlets of one thread fails. What they await of Object and Query is done by the greenlet or thread of their
request.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from parse_shim.hooks.errors import HookTimeout, Overrun
from parse_shim.hooks.mailbox import Mailbox, in_gevent
from parse_shim.hooks.native_loop import NativeLoop, settle
from parse_shim.hooks.watchdog import WATCHDOG, Watch, native
from parse_shim.sdk.pending import posting


def run_on_loop(handler: Callable[[Any], Any], request: Any, seconds: float | None) -> Any:
    """Await `handler(request)` on the loop. Raises HookTimeout, or what the handler raises."""
    loop = _loop()
    box = Mailbox()
    watch = None if seconds is None else WATCHDOG.watch(None, seconds, _ident(loop))
    run = _Run(loop, box, watch)
    loop.call_soon_threadsafe(run.start, handler, request, context=copy_context())
    try:
        return box.serve(seconds)
    except HookTimeout:
        loop.call_soon_threadsafe(run.cancel)
        if watch is not None:
            watch.hurry()
        raise
    except Overrun:
        raise HookTimeout(seconds or 0) from None


class _Run:
    """One hook on the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, box: Mailbox, watch: Watch | None) -> None:
        self.loop = loop
        self.box = box
        self.watch = watch
        self.task: asyncio.Task[None] | None = None

    def start(self, handler: Callable[[Any], Any], request: Any) -> None:
        self.task = self.loop.create_task(self._run(handler, request))

    def cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()

    def post(self, work: Callable[[], Any]) -> asyncio.Future[Any]:
        """Have `work` done by the request; something to await."""
        future: asyncio.Future[Any] = self.loop.create_future()
        self.box.ask(work, lambda result, problem: self._tell(settle, future, result, problem))
        return future

    async def _run(self, handler: Callable[[Any], Any], request: Any) -> None:
        if self.watch is not None:
            self.watch.frame = sys._getframe()
        try:
            with posting(self.post, awaited=True):
                result = await handler(request)
        except BaseException as problem:
            self._end(None, Overrun() if isinstance(problem, asyncio.CancelledError) else problem)
        else:
            self._end(result, None)

    def _end(self, result: Any, problem: BaseException | None) -> None:
        if self.watch is not None:
            WATCHDOG.done(self.watch)
        self.box.finish(result, problem)

    def _tell(self, call: Callable[..., Any], *args: Any) -> None:
        try:
            self.loop.call_soon_threadsafe(call, *args)
        except RuntimeError:
            return  # the loop is closed: the process ends


_loops: dict[int, tuple[asyncio.AbstractEventLoop, list[int]]] = {}


def _loop() -> asyncio.AbstractEventLoop:
    """This process's loop; a fork needs one of its own."""
    found = _loops.get(os.getpid())
    if found is None:
        loop: asyncio.AbstractEventLoop = NativeLoop() if in_gevent() else asyncio.new_event_loop()
        found = _loops[os.getpid()] = (loop, [])
        started = native("_thread", "allocate_lock")()
        started.acquire()
        native("_thread", "start_new_thread")(_serve, (loop, found[1], started))
        started.acquire()
    return found[0]


def _ident(loop: asyncio.AbstractEventLoop) -> int:
    return _loops[os.getpid()][1][0]


def _serve(loop: asyncio.AbstractEventLoop, idents: list[int], started: Any) -> None:
    idents.append(native("_thread", "get_ident")())
    asyncio.set_event_loop(loop)
    loop.call_soon(started.release)
    while not loop.is_closed():
        try:
            loop.run_forever()
        except Overrun:
            continue  # it struck between two hooks
