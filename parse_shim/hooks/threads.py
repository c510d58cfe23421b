"""Run a hook on a helper thread, so that its request can stop waiting for it. Only without gevent (tests, threaded
servers).

A thread that outlives its time is told so by Overrun as soon as it runs Python code again; it is never used afterwards.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

from parse_shim.hooks.errors import HookTimeout
from parse_shim.hooks.mailbox import Mailbox
from parse_shim.hooks.watchdog import strike
from parse_shim.sdk.pending import posting


def run_on_thread(handler: Callable[[Any], Any], request: Any, seconds: float) -> Any:
    """`handler(request)`; its server work is done by the calling thread. Raises HookTimeout, or what the handler
    raises."""
    box = Mailbox()
    helper = _idle.pop() if _idle else _Helper()
    helper.jobs.put((copy_context(), handler, request, box))
    try:
        result = box.serve(seconds)
    except HookTimeout:
        if helper.box is box:
            strike(helper.thread.ident or 0)
        raise
    finally:
        helper.release(box)
    return result


class _Helper:
    """A daemon thread that runs one hook after the other."""

    def __init__(self) -> None:
        self.jobs: queue.SimpleQueue[tuple[Context, Callable[[Any], Any], Any, Mailbox]] = queue.SimpleQueue()
        self.box: Mailbox | None = None
        self.thread = threading.Thread(target=self._loop, name="parse_shim hook", daemon=True)
        self.thread.start()

    def release(self, box: Mailbox) -> None:
        """Ready for the next hook, if this one has ended."""
        if self.box is None:
            _idle.append(self)

    def _loop(self) -> None:
        while True:
            context, handler, request, box = self.jobs.get()
            self.box = box
            result, problem = context.run(_run, handler, request, box)
            self.box = None
            if box.closed:
                return
            box.finish(result, problem)
            del context, handler, request, box, result, problem


def _run(handler: Callable[[Any], Any], request: Any, box: Mailbox) -> tuple[Any, BaseException | None]:
    def post(work: Callable[[], Any]) -> Any:
        answer: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        box.ask(work, lambda result, problem: answer.put((result, problem)))
        result, problem = answer.get()
        if problem is not None:
            raise problem
        return result

    try:
        with posting(post):
            return handler(request), None
    except BaseException as problem:
        return None, problem


_idle: list[_Helper] = []
