"""Where the server work of a hook happens: in the greenlet or thread that called it.

A `def` hook under gevent runs there already, so `perform` just calls. A hook that runs elsewhere (an `async def` one on the event
loop, any hook on a helper thread) hands the work over: a thread waits for the result, a coroutine gets something to await.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
Post = Callable[[Callable[[], Any]], Any]

_post: ContextVar[Post | None] = ContextVar("parse_shim_post", default=None)
_awaited: ContextVar[bool] = ContextVar("parse_shim_awaited", default=False)


def perform(work: Callable[[], T]) -> T:
    """Run `work` where the server is and return its result; in an `async def` hook the result must be awaited."""
    post = _post.get()
    if post is None:
        return work()
    done: T = post(work)
    return done


def is_awaited() -> bool:
    """This is a coroutine's code: what `perform` returns must be awaited."""
    return _awaited.get()


@contextmanager
def posting(post: Post, *, awaited: bool = False) -> Iterator[None]:
    """Hand over through `post` inside the block. `awaited`: `post` returns something to await."""
    tokens = _post.set(post), _awaited.set(awaited)
    try:
        yield
    finally:
        _post.reset(tokens[0])
        _awaited.reset(tokens[1])
