"""Finds of one moment that differ only in the text they look for, and in who asks: one `$in` for all of them.

A get by id and the poll for `receiverID` are such finds. 16 greenlets that get by id: 0.16 ms of CPU a request against 0.35 ms.
The answer to each is what it would have been alone: the texts of a String column are compared exactly, the readers are looked at
here, and where the rows for all would be many, each find is asked by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, NamedTuple, Protocol

from pymongo.errors import OperationFailure

from parse_shim.query.ast import And, Eq, Node, Readable
from parse_shim.query.options import FindOptions
from parse_shim.storage.mongo.connection import Connection, Raw
from parse_shim.storage.mongo.layout import Layout
from parse_shim.storage.mongo.together import ALONE, Alone, Together

ROWS = 100
"""As many as the server gives in one answer: with so many found there may be more."""
_REST_SECONDS = 10.0
_MOST_PAUSED = 1000
_TEXTS = frozenset({"String", "Pointer"})


class Kind(NamedTuple):
    """What the finds have in common; `column` is the stored name."""

    class_name: str
    column: str
    read_preference: str | None
    max_time_ms: int


class Wanted(NamedTuple):
    """What is one find's own. `subjects` None: the master key's."""

    text: str
    subjects: frozenset[str] | None
    limit: int


class Asker(Protocol):
    """What this file needs of storage/mongo/reading.py."""

    connection: Connection

    def limits(self, where: Node, wanted: int | None = None) -> Raw: ...


class Alike:
    """Finds of one connection."""

    def __init__(self, reading: Asker) -> None:
        self._reading = reading
        self._together: Together[Kind, Wanted, list[Raw]] = Together(self._find)
        self._paused: dict[Kind, float] = {}

    def find(self, layout: Layout, where: Node, options: FindOptions, alone: Callable[[], list[Raw]]) -> list[Raw]:
        """With others, or by `alone`."""
        found = None if self._reading.connection.session else self._read(layout, where, options)
        if found is None or self._is_paused(found[0]):
            return alone()
        return self._together.ask(*found, alone)

    def _read(self, layout: Layout, where: Node, options: FindOptions) -> tuple[Kind, Wanted] | None:
        """None for a find that has no like."""
        first, readers = (where.parts if len(where.parts) == 2 else (None, None)) if type(where) is And else (where, None)
        if type(first) is not Eq or (readers is not None and type(readers) is not Readable) or not _is_plain(options):
            return None
        stored = _text(layout, first)
        if stored is None:
            return None
        limits = self._reading.limits(where, options.max_time_ms)
        subjects = None if readers is None else frozenset(readers.subjects)
        kind = Kind(layout.cls.name, layout.path(first.path), options.read_preference, limits["maxTimeMS"])
        return kind, Wanted(stored, subjects, options.limit or 0)

    def _find(self, kind: Kind, wanted: Sequence[Wanted]) -> Sequence[list[Raw] | Exception | Alone]:
        texts = list({one.text: None for one in wanted})
        limit = len(texts) if kind.column == "_id" else ROWS
        collection = self._reading.connection.reading(kind.class_name, kind.read_preference)
        try:
            rows = list(collection.find(_filter(kind, texts, wanted), limit=limit, max_time_ms=kind.max_time_ms))
        except OperationFailure:
            return [ALONE] * len(wanted)  # too long for all of them, perhaps not for one
        if kind.column != "_id" and len(rows) == ROWS:
            self._pause(kind)
            return [ALONE] * len(wanted)
        by_text: dict[str, list[Raw]] = {}
        for row in rows:
            text = row[kind.column]
            if type(text) is not str:
                return [ALONE] * len(wanted)  # written by another program: an array that holds the text
            by_text.setdefault(text, []).append(row)
        return [_own(one, by_text) for one in wanted]

    def _is_paused(self, kind: Kind) -> bool:
        until = self._paused.get(kind)
        return until is not None and monotonic() < until

    def _pause(self, kind: Kind) -> None:
        if len(self._paused) >= _MOST_PAUSED:
            self._paused.clear()
        self._paused[kind] = monotonic() + _REST_SECONDS


def _is_plain(options: FindOptions) -> bool:
    return (
        options.limit is not None
        and 0 < options.limit <= ROWS
        and not options.skip
        and not options.order
        and options.keys is None
        and not (options.want_score or options.hint or options.comment)
    )


def _text(layout: Layout, condition: Eq) -> str | None:
    """What is stored where `condition` holds, if that can only be this text."""
    path, value = condition.path, condition.value
    if path == "objectId":
        ids = layout.object_ids(value)
        return ids[0] if len(ids) == 1 and type(ids[0]) is str else None
    if "." in path or layout.is_config or layout.cls.kind(path) not in _TEXTS:
        return None
    stored = layout.value(path, value)
    return stored if type(stored) is str else None


def _filter(kind: Kind, texts: list[str], wanted: Sequence[Wanted]) -> Raw:
    condition: Raw = {kind.column: {"$in": texts}}
    if all(one.subjects is not None for one in wanted):
        everybody = {subject: None for one in wanted for subject in one.subjects or ()}
        condition["_rperm"] = {"$in": [None, *everybody]}
    return condition


def _own(one: Wanted, by_text: dict[str, list[Raw]]) -> list[Raw]:
    rows = by_text.get(one.text, ())
    return [row for row in rows if one.subjects is None or _may_read(row.get("_rperm"), one.subjects)][: one.limit]


def _may_read(readers: Any, subjects: frozenset[str]) -> bool:
    """As `{"_rperm": {"$in": [null, ...]}}` has it."""
    if readers is None:
        return True
    if type(readers) is list:
        return any(one is None or (type(one) is str and one in subjects) for one in readers)
    return type(readers) is str and readers in subjects
