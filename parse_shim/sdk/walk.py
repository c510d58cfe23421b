"""Going through the matches of a query one by one: each, map, filter, reduce.

A `def` hook calls its function for each object; in an `async def` hook the result is awaited before the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from inspect import Parameter, isawaitable, signature
from typing import Any, Generic, TypeVar

from parse_shim.sdk.pending import is_awaited, perform
from parse_shim.sdk.session import As
from parse_shim.values.types import MISSING

T = TypeVar("T")
R = TypeVar("R")

BATCH = 100
"""Objects a step reads, unless told otherwise."""

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


class Walk(Generic[T]):
    """Of every match, however many there are; not with limit, skip or an order of the query's own."""

    def _walk(self, batch_size: int, who: As) -> Iterator[T]:
        raise NotImplementedError

    def each(
        self, visit: Callable[[T], Any], *, use_master_key: bool = False, session_token: str | None = None, batch_size: int = BATCH
    ) -> Any:
        """Call `visit` (or await it) with every match."""
        who = As(use_master_key, session_token)
        return _through(lambda: self._walk(batch_size, who), lambda item, _: visit(item), lambda *_: None, lambda: None)

    def map(
        self, change: Callable[..., R], *, use_master_key: bool = False, session_token: str | None = None, batch_size: int = BATCH
    ) -> list[R]:
        """What `change(object)` gives for every match, as `each` goes through them; also `change(object, index, query)`."""
        who, change, out = As(use_master_key, session_token), fitted(change), list[R]()
        return _through(
            lambda: self._walk(batch_size, who),
            lambda item, index: change(item, index, self),
            lambda _, result: out.append(result),
            lambda: out,
        )

    def filter(
        self, wanted: Callable[..., Any], *, use_master_key: bool = False, session_token: str | None = None, batch_size: int = BATCH
    ) -> list[T]:
        """The matches that `wanted(object)` says yes to, as `each` goes through them; also `wanted(object, index, query)`."""
        who, wanted, out = As(use_master_key, session_token), fitted(wanted), list[T]()
        return _through(
            lambda: self._walk(batch_size, who),
            lambda item, index: wanted(item, index, self),
            lambda item, result: out.append(item) if result else None,
            lambda: out,
        )

    def reduce(
        self,
        join: Callable[..., Any],
        initial: Any = MISSING,
        *,
        use_master_key: bool = False,
        session_token: str | None = None,
        batch_size: int = BATCH,
    ) -> Any:
        """`join(so_far, object)` over all matches, from `initial` or the first match on; also `join(so_far, object, index)`.

        Raises TypeError when nothing matches and there is no `initial`."""
        who, join, so_far = As(use_master_key, session_token), fitted(join, 2), [initial]
        return _through(
            lambda: self._walk(batch_size, who),
            lambda item, index: item if so_far[0] is MISSING else join(so_far[0], item, index),
            lambda _, result: so_far.__setitem__(0, result),
            lambda: _reduced(so_far[0]),
        )

    def find_all(self, *, use_master_key: bool = False, session_token: str | None = None, batch_size: int = BATCH) -> list[T]:
        """Every match."""
        who = As(use_master_key, session_token)
        return perform(lambda: list(self._walk(batch_size, who)))


def _through(
    items: Callable[[], Iterable[T]], call: Callable[[T, int], Any], keep: Callable[[T, Any], object], outcome: Callable[[], R]
) -> R:
    """`call` every item with its number, give the result to `keep`, answer `outcome()`; in a coroutine's code something to await."""
    if is_awaited():
        awaited: Any = _awaited(items, call, keep, outcome)
        return awaited  # type: ignore[no-any-return]
    for index, item in enumerate(items()):
        keep(item, call(item, index))
    return outcome()


async def _awaited(
    items: Callable[[], Iterable[T]], call: Callable[[T, int], Any], keep: Callable[[T, Any], object], outcome: Callable[[], R]
) -> R:
    found: Any = perform(lambda: list(items()))
    for index, item in enumerate(await found):
        result = call(item, index)
        keep(item, await result if isawaitable(result) else result)
    return outcome()


def fitted(function: Callable[..., Any], least: int = 1) -> Callable[..., Any]:
    """`function` with its first arguments only: as many as it must have, at least `least`. JavaScript's leave out the rest as well."""
    try:
        parameters = list(signature(function).parameters.values())
    except (TypeError, ValueError):  # some functions of the language's own cannot tell
        parameters = []
    wanted = sum(1 for each in parameters if each.kind in _POSITIONAL and each.default is Parameter.empty)
    return lambda *given: function(*given[: max(wanted, least)])


def _reduced(value: Any) -> Any:
    if value is MISSING:
        raise TypeError("nothing matches, so reduce needs an initial value")
    return value
