"""How Objects reach the store: save, fetch, destroy, one or many. In an `async def` hook their results are awaited."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from parse_shim.errors import Code, ParseError
from parse_shim.query.ast import EVERYTHING
from parse_shim.sdk.changes import Changes
from parse_shim.sdk.file import File
from parse_shim.sdk.pending import perform
from parse_shim.sdk.session import As, QueryPlan, current, current_or_none
from parse_shim.values.types import Doc

T = TypeVar("T", bound="Persistent")


class Persistent:
    """The half of Object that talks to the server."""

    class_name: str
    id: Any
    _changes: Changes
    registered_name: ClassVar[str | None]

    if TYPE_CHECKING:

        def _stored(self, result: Doc) -> None: ...
        def _refresh(self, doc: Doc) -> None: ...
        def set(self, name: str | Mapping[str, Any], value: Any = None) -> Self: ...
        def is_new(self) -> bool: ...
        def is_data_available(self) -> bool: ...
        def changes(self) -> dict[str, Any]: ...
        def _notice(self) -> None: ...

    def save(
        self,
        fields: Mapping[str, Any] | None = None,
        *,
        use_master_key: bool = False,
        session_token: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> Self:
        """Set `fields`, then store what is pending; unsaved objects and files among the values first.

        Runs as an anonymous client unless told otherwise. Raises ParseError as a request would get it.
        """
        if fields:
            self.set(fields)
        who = As(use_master_key, session_token, context)
        return perform(lambda: _save(self, who, ()))

    def fetch(self, include: Sequence[str] = (), *, use_master_key: bool = False, session_token: str | None = None) -> Self:
        """Read all fields; pending changes stay. Raises ObjectNotFound (101)."""
        who = As(use_master_key, session_token)
        return perform(lambda: _fetch(self, tuple(include), who))

    def fetch_if_needed(self, *, use_master_key: bool = False, session_token: str | None = None) -> Self:
        """As `fetch`, if it only knows its id."""
        who = As(use_master_key, session_token)
        return perform(lambda: self if self.is_data_available() else _fetch(self, (), who))

    def exists(self, *, use_master_key: bool = False, session_token: str | None = None) -> bool:
        """A stored object of this id can be read."""
        who = As(use_master_key, session_token)
        return perform(lambda: _exists(self, who))

    def destroy(self, *, use_master_key: bool = False, session_token: str | None = None, context: Mapping[str, Any] | None = None) -> Self:
        """Delete the stored object. Raises ObjectNotFound (101)."""
        who = As(use_master_key, session_token, context)
        return perform(lambda: _destroy(self, who))

    @staticmethod
    def save_all(
        objects: Iterable[T],
        *,
        use_master_key: bool = False,
        session_token: str | None = None,
        context: Mapping[str, Any] | None = None,
        transaction: bool = False,
    ) -> list[T]:
        """Store all. Raises the first refusal, after the others are stored (`transaction`: none is)."""
        who = As(use_master_key, session_token, context)
        chosen = list(objects)
        return perform(lambda: _save_all(chosen, who, transaction))

    @staticmethod
    def destroy_all(
        objects: Iterable[T], *, use_master_key: bool = False, session_token: str | None = None, context: Mapping[str, Any] | None = None
    ) -> list[T]:
        """Delete all. Raises the first refusal, after the others are gone."""
        who = As(use_master_key, session_token, context)
        chosen = list(objects)
        return perform(lambda: _each(chosen, lambda item: _destroy(item, who)))

    @staticmethod
    def fetch_all(objects: Iterable[T], *, use_master_key: bool = False, session_token: str | None = None) -> list[T]:
        """Read the fields of all. Raises the first refusal."""
        who = As(use_master_key, session_token)
        chosen = list(objects)
        return perform(lambda: _each(chosen, lambda item: _fetch(item, (), who)))

    def _file_url(self) -> Callable[[str], str] | None:
        session = current_or_none()
        return session.file_url if session is not None else None


def _save(item: T, who: As, above: tuple[Persistent, ...]) -> T:
    if any(item is other for other in above):
        raise ParseError(Code.SCRIPT_FAILED, "Cannot save objects that point to each other: save one of them first")
    for value in _unsaved(item):
        if isinstance(value, File):
            value._save(who)
        else:
            _save(value, who, (*above, item))
    changes = item.changes()
    session = current()
    if item.is_new():
        item._stored(session.create(item.class_name, changes, who))
    else:
        item._stored(session.update(item.class_name, _id(item), changes, who))
    return item


def _unsaved(item: Persistent) -> list[Any]:
    """Unsaved Objects and Files among what was set, at any depth."""
    item._notice()
    found: list[Any] = []
    stack = item._changes.values()
    while stack:
        value = stack.pop()
        if isinstance(value, Persistent):
            if value.id is None and all(value is not other for other in found):
                found.append(value)
        elif isinstance(value, File):
            if not value.is_saved:
                found.append(value)
        elif isinstance(value, dict):
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
    return found


def _fetch(item: T, include: tuple[str, ...], who: As) -> T:
    plan = QueryPlan(item.class_name, EVERYTHING, include=include)
    item._refresh(current().get(plan, _id(item), who))
    return item


def _exists(item: Persistent, who: As) -> bool:
    if item.id is None:
        return False
    try:
        current().get(QueryPlan(item.class_name, EVERYTHING, keys=("objectId",)), item.id, who)
    except ParseError as error:
        if error.code == Code.OBJECT_NOT_FOUND:
            return False
        raise
    return True


def _destroy(item: T, who: As) -> T:
    current().destroy(item.class_name, _id(item), who)
    return item


def _save_all(items: list[T], who: As, transaction: bool) -> list[T]:
    for item in items:
        for value in _unsaved(item):
            if all(value is not other for other in items):
                value._save(who) if isinstance(value, File) else _save(value, who, (item,))
    writes = [(i.class_name, None if i.is_new() else _id(i), i.changes()) for i in items]
    failed: Exception | None = None
    for item, result in zip(items, current().save_all(writes, who, transaction=transaction), strict=True):
        if isinstance(result, Exception):
            failed = failed or result
        else:
            item._stored(result)
    if failed is not None:
        raise failed
    return items


def _each(items: list[T], work: Callable[[T], Any]) -> list[T]:
    failed: Exception | None = None
    for item in items:
        try:
            work(item)
        except ParseError as error:
            failed = failed or error
    if failed is not None:
        raise failed
    return items


def _id(item: Persistent) -> str:
    if item.id is None:
        raise ParseError(Code.MISSING_OBJECT_ID, f"This {item.class_name} object has no objectId: save it first")
    return str(item.id)
