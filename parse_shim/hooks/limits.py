"""The time limit of a hook: HookTimeout strikes where the hook runs, and only there.

Three ways, by where the hook runs:
- under gevent, a `def` hook runs in the greenlet of its request; gevent.Timeout cuts it while it waits, the watchdog
thread while it computes;
- without gevent it runs on a helper thread, and the thread of its request waits (and does its server work, see
mailbox.py);
- an `async def` hook runs on the event loop of its own thread (event_loop.py) either way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from parse_shim.hooks.errors import HookTimeout, Overrun
from parse_shim.hooks.mailbox import in_gevent
from parse_shim.hooks.watchdog import WATCHDOG

__all__ = ["HookTimeout", "run_limited"]


def run_limited(handler: Callable[[Any], Any], request: Any, seconds: float | None, is_async: bool) -> Any:
    """`handler(request)`, awaited if need be. `seconds` None: no limit. Raises HookTimeout, or what the handler
    raises."""
    if is_async:
        return _on_loop(handler, request, seconds)
    if seconds is None:
        result = handler(request)
    elif in_gevent():
        result = _in_greenlet(handler, request, seconds)
    else:
        result = _on_thread(handler, request, seconds)
    if hasattr(result, "__await__"):
        return _on_loop(lambda _: result, request, seconds)
    return result


def _in_greenlet(handler: Callable[[Any], Any], request: Any, seconds: float) -> Any:
    import gevent

    timeout = gevent.Timeout.start_new(seconds)
    watch = WATCHDOG.watch(sys._getframe(), seconds)
    try:
        return handler(request)
    except gevent.Timeout as expired:
        if expired is not timeout:
            raise
        raise HookTimeout(seconds) from None
    except Overrun:
        raise HookTimeout(seconds) from None
    finally:
        WATCHDOG.done(watch)
        timeout.close()


def _on_thread(handler: Callable[[Any], Any], request: Any, seconds: float) -> Any:
    from parse_shim.hooks.threads import run_on_thread

    return run_on_thread(handler, request, seconds)


def _on_loop(handler: Callable[[Any], Any], request: Any, seconds: float | None) -> Any:
    from parse_shim.hooks.event_loop import run_on_loop

    return run_on_loop(handler, request, seconds)
