"""An asyncio event loop that really waits, for a thread beside gevent.

gevent puts its own selector under asyncio, which runs a second hub in the loop's thread: a wake-up from another thread is lost there
(LoopExit, gevent 25.9). So: the real epoll, real threads for run_in_executor, the real getaddrinfo.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Mapping
from typing import Any

from parse_shim.hooks.watchdog import native

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
EPOLLIN, EPOLLOUT = 1, 4


class NativeSelector(selectors.BaseSelector):
    """epoll, whatever gevent made of the module `select`."""

    def __init__(self) -> None:
        self._keys: dict[int, selectors.SelectorKey] = {}
        self._epoll: Any = native("select", "epoll")()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        fd = _fileno(fileobj)
        if fd in self._keys:
            raise KeyError(f"{fileobj!r} is already registered")
        key = self._keys[fd] = selectors.SelectorKey(fileobj, fd, events, data)
        self._epoll.register(fd, _mask(events))
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        key = self._keys.pop(_fileno(fileobj))
        try:
            self._epoll.unregister(key.fd)
        except OSError:
            pass  # closed meanwhile, and so no longer there
        return key

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        fd = _fileno(fileobj)
        if fd not in self._keys:
            raise KeyError(f"{fileobj!r} is not registered")
        key = self._keys[fd] = selectors.SelectorKey(fileobj, fd, events, data)
        self._epoll.modify(fd, _mask(events))
        return key

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        seconds = -1 if timeout is None else max(timeout, 0)
        try:
            found = self._epoll.poll(seconds, max(len(self._keys), 1))
        except InterruptedError:
            return []
        out = []
        for fd, event in found:
            key = self._keys.get(fd)
            ready = (WRITE if event & ~EPOLLIN else 0) | (READ if event & ~EPOLLOUT else 0)
            if key is not None and ready & key.events:
                out.append((key, ready & key.events))
        return out

    def close(self) -> None:
        self._epoll.close()
        self._keys.clear()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys

    def get_key(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys[_fileno(fileobj)]


class NativeLoop(asyncio.SelectorEventLoop):
    """With threads of its own: gevent's would need a hub that runs in this thread."""

    def __init__(self) -> None:
        super().__init__(NativeSelector())

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        if executor is not None:
            return super().run_in_executor(executor, func, *args)
        future: asyncio.Future[Any] = self.create_future()

        def work() -> None:
            try:
                result = func(*args)
            except BaseException as problem:
                self.call_soon_threadsafe(settle, future, None, problem)
            else:
                self.call_soon_threadsafe(settle, future, result, None)

        native("_thread", "start_new_thread")(work, ())
        return future

    async def getaddrinfo(self, host: Any, port: Any, *, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        look_up = native("socket", "getaddrinfo")
        return await self.run_in_executor(None, look_up, host, port, family, type, proto, flags)


def settle(future: asyncio.Future[Any], result: Any, problem: BaseException | None) -> None:
    """Give a future its end, unless it has one (it was cancelled)."""
    if future.done():
        return
    if problem is not None:
        future.set_exception(problem)
    else:
        future.set_result(result)


def _mask(events: int) -> int:
    return (EPOLLIN if events & READ else 0) | (EPOLLOUT if events & WRITE else 0)


def _fileno(fileobj: Any) -> int:
    return fileobj if isinstance(fileobj, int) else int(fileobj.fileno())
