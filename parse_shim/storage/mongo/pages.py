"""Many stored documents to JSON-ready objects: those that have the same fields, a column at a time.

What `Answers.read` gives for each: 100 documents with a point and three dates 125 µs against 232 µs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any, NamedTuple

from parse_shim.storage.mongo.answer import DATES, READY, Answers, JsonReader, date_text, json_value, read_date
from parse_shim.storage.mongo.connection import Raw
from parse_shim.storage.mongo.layout import read_acl
from parse_shim.values.dates import isos

Column = Sequence[Any]
Shape = tuple[str, ...]
"""The stored names of a document, in their order."""

_FEW = 8
"""With fewer documents of a shape, columns cost more than they save."""
_KNOWN_SHAPES = 200
_DATES = frozenset((datetime,))


class _Plan(NamedTuple):
    """How documents of one shape are read: wire names, and for each what makes its column of the stored ones."""

    names: tuple[str, ...]
    makers: tuple[Callable[[Sequence[Column]], Column], ...]


class Pages:
    """Makes answers of one class's documents."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self._plans: dict[Shape, _Plan] = {}

    def read(self, raws: Sequence[Raw]) -> list[Any]:
        """The documents as JSON objects, in their order."""
        if len(raws) < _FEW:
            return [self.answers.read(raw) for raw in raws]
        shapes: list[Shape] = list(map(tuple, raws))
        different = set(shapes)
        if len(different) == 1:
            return self._read_alike(shapes[0], raws)
        if len(different) * _FEW > len(raws):
            return [self.answers.read(raw) for raw in raws]
        by_shape: dict[Shape, list[Raw]] = {shape: [] for shape in different}
        for shape, raw in zip(shapes, raws, strict=True):
            by_shape[shape].append(raw)
        read = {shape: iter(self._read_alike(shape, alike)) for shape, alike in by_shape.items()}
        return [next(read[shape]) for shape in shapes]

    def _read_alike(self, shape: Shape, raws: Sequence[Raw]) -> list[Any]:
        plan = self._plans.get(shape) or self._plan(shape)
        stored = list(zip(*[raw.values() for raw in raws], strict=True))
        columns = [make(stored) for make in plan.makers]
        # 32 µs for 100 documents, 50 µs as a loop
        return list(map(dict, map(zip, repeat(plan.names), zip(*columns, strict=True))))

    def _plan(self, shape: Shape) -> _Plan:
        at = {key: number for number, key in enumerate(shape)}
        makers = {"objectId": _from(at["_id"], _plain)}
        for key in shape:
            name, reader = self.answers.entry(key)
            if name is not None:
                makers[name] = _from(at[key], _column(reader, self.answers.quick.get(key)))
        for key, name in DATES:
            if key in at:
                makers[name] = _from(at[key], _texts)
        if "_rperm" in at or "_wperm" in at:
            makers["ACL"] = _acl(at.get("_rperm"), at.get("_wperm"))
        plan = _Plan(tuple(makers), tuple(makers.values()))
        if len(self._plans) < _KNOWN_SHAPES:
            self._plans[shape] = plan
        return plan


def _from(number: int, read: Callable[[Column], Column]) -> Callable[[Sequence[Column]], Column]:
    return lambda stored: read(stored[number])


def _acl(readers: int | None, writers: int | None) -> Callable[[Sequence[Column]], Column]:
    def make(stored: Sequence[Column]) -> Column:
        nobody = [None] * len(stored[0])
        who = nobody if readers is None else stored[readers], nobody if writers is None else stored[writers]
        return [read_acl(*pair) for pair in zip(*who, strict=True)]

    return make


def _column(reader: JsonReader | None, quick: JsonReader | None) -> Callable[[Column], Column]:
    if reader is None:
        return _plain

    def read(values: Column) -> Column:
        if quick is read_date and _DATES.issuperset(map(type, values)):
            return [{"__type": "Date", "iso": text} for text in isos(values)]
        found = [None] if quick is None else [quick(value) for value in values]
        return [reader(value) for value in values] if None in found else found

    return read


def _plain(values: Column) -> Column:
    if READY.issuperset(map(type, values)):
        return values
    return [value if type(value) in READY else json_value(value) for value in values]


def _texts(values: Column) -> Column:
    return isos(values) if _DATES.issuperset(map(type, values)) else [date_text(value) for value in values]
