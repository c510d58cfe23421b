"""A hook that runs elsewhere sends its server work here; the thread or greenlet of its request waits, and does the
work.

So every database call is made by the request's own thread or greenlet: its transaction holds, and no event loop ever
blocks.
"""

from __future__ import annotations

import queue
import sys
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol

from parse_shim.hooks.errors import HookTimeout, Overrun

Reply = Callable[[Any, BaseException | None], None]


class Inbox(Protocol):
    """`put` from any thread, `get` by the owner alone; get(None) waits as long as it takes, and raises queue.Empty
    after `seconds`."""

    def put(self, item: Any) -> None: ...
    def get(self, seconds: float | None) -> Any: ...
    def close(self) -> None: ...


class Mailbox:
    """For one run of one hook."""

    def __init__(self) -> None:
        self.inbox: Inbox = _GreenletInbox() if in_gevent() else _ThreadInbox()
        self.closed = False

    def ask(self, work: Callable[[], Any], reply: Reply) -> None:
        """Have `work` done; `reply` gets its result or what it raised. Raises Overrun when nobody waits any more."""
        if self.closed:
            raise Overrun()
        self.inbox.put((work, reply))

    def finish(self, result: Any, problem: BaseException | None) -> None:
        """The hook has ended."""
        if not self.closed:
            self.inbox.put((None, (result, problem)))

    def serve(self, seconds: float | None) -> Any:
        """Do the hook's work until it ends; its result. Raises HookTimeout, or what the hook raised."""
        deadline = None if seconds is None else monotonic() + seconds
        try:
            while True:
                work, reply = self._next(deadline, seconds)
                if work is None:
                    result, problem = reply
                    if problem is not None:
                        raise problem
                    return result
                _do(work, reply)
        finally:
            self.closed = True
            self.inbox.close()

    def _next(self, deadline: float | None, seconds: float | None) -> tuple[Any, Any]:
        try:
            item: tuple[Any, Any] = self.inbox.get(None if deadline is None else max(0.0, deadline - monotonic()))
            return item
        except queue.Empty:
            raise HookTimeout(seconds or 0) from None


def _do(work: Callable[[], Any], reply: Reply) -> None:
    try:
        result = work()
    except Exception as problem:
        reply(None, problem)
    except BaseException as problem:
        reply(None, Overrun())
        raise problem
    else:
        reply(result, None)


class _ThreadInbox:
    def __init__(self) -> None:
        self._items: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def put(self, item: Any) -> None:
        self._items.put(item)

    def get(self, seconds: float | None) -> Any:
        return self._items.get(timeout=seconds)

    def close(self) -> None:
        return None


class _GreenletInbox:
    """libev's async watcher is the one thing of a gevent hub that another thread may touch."""

    def __init__(self) -> None:
        import gevent
        from gevent.event import Event

        self._items: deque[Any] = deque()
        self._ready: Any = Event()
        self._watcher: Any = gevent.get_hub().loop.async_()
        self._watcher.start(self._ready.set)

    def put(self, item: Any) -> None:
        self._items.append(item)
        self._watcher.send()

    def get(self, seconds: float | None) -> Any:
        deadline = None if seconds is None else monotonic() + seconds
        while not self._items:
            self._ready.clear()
            if self._items:
                break
            left = None if deadline is None else deadline - monotonic()
            if (left is not None and left <= 0) or not self._ready.wait(left):
                raise queue.Empty
        return self._items.popleft()

    def close(self) -> None:
        self._watcher.stop()
        self._watcher.close()


def in_gevent() -> bool:
    """gevent took over waiting in this process."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))
