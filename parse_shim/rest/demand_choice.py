"""Which index would help a query: by counting what each condition matches, not by guessing.

Measured with 100,000 objects, 100 asked for, on SQLite / MongoDB: of an equality that matches half of them, newest first, an index on the
column alone needs 188 / 121 ms (none at all: 165 / 90), one on the column and the date 0.4 / 1.4 ms; of one that matches 1,000,
5.9 / 17 ms and 0.5 / 1.8 ms; of one that matches few, both the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from parse_shim.classes.model import ClassDef
from parse_shim.query.ast import And, Compare, Eq, In, Node, Or, Regex
from parse_shim.query.options import FindOptions
from parse_shim.query.regex import plain
from parse_shim.storage.demand import Indexing, Keys, conditions

FEW = 200
"""Objects: reading so many is not worth a longer index."""
MOST_COLUMNS = 4
_SORTED = frozenset({"String", "Number", "Date"})


@dataclass(frozen=True, slots=True)
class Choice:
    """Indexes (more than one only for an Or), and how many objects would be read with them."""

    keys: tuple[Keys, ...]
    rows: float


@dataclass(frozen=True, slots=True)
class Query:
    cls: ClassDef
    where: Node
    options: FindOptions


def may_have_one(query: Query) -> bool:
    """Is there a condition or an order that an index could serve? 2 µs."""
    parts = conditions(query.where)
    if any(type(part) is Eq and part.path == "objectId" for part in parts):
        return False
    return bool(query.options.order) or any(type(part) is Or or _is_served(part) for part in parts)


def best(engine: Indexing, query: Query, total: int) -> Choice | None:
    """The shortest index among those that leave little to read. Each candidate costs a count."""
    known = _by_column(engine, query) + _through_or(engine, query)
    if (order := _order(engine, query)) is not None:
        known += _in_order(engine, query, order, known, total)
    least = min((choice.rows for choice in known), default=0.0)
    known.sort(key=lambda choice: (max(len(keys) for keys in choice.keys), choice.rows))
    return next((choice for choice in known if choice.rows <= max(FEW, 2 * least)), None)


def _by_column(engine: Indexing, query: Query) -> list[Choice]:
    columns: dict[str, list[Node]] = {}
    for part in conditions(query.where):
        if _is_served(part) and engine.can_index(query.cls, part.path):  # type: ignore[union-attr]
            columns.setdefault(part.path, []).append(part)  # type: ignore[union-attr]
    counted = list(columns.items())[:MOST_COLUMNS]
    return [Choice((((column, False),),), engine.matching(query.cls, And(tuple(parts)))) for column, parts in counted]


def _through_or(engine: Indexing, query: Query) -> list[Choice]:
    """Every branch of an Or needs an index of its own."""
    for part in conditions(query.where):
        if type(part) is Or and 0 < len(part.parts) <= MOST_COLUMNS:
            branches = [_by_column(engine, Query(query.cls, branch, query.options)) for branch in part.parts]
            if all(branches):
                chosen = [min(branch, key=lambda choice: choice.rows) for branch in branches]
                keys = dict.fromkeys(keys for choice in chosen for keys in choice.keys)
                return [Choice(tuple(keys), sum(choice.rows for choice in chosen))]
    return []


def _order(engine: Indexing, query: Query) -> Keys | None:
    """The order, None when no index serves it or everything is read anyway."""
    order = query.options.order
    if not order or query.options.limit is None:
        return None
    if not all(query.cls.kind(column) in _SORTED and engine.can_index(query.cls, column) for column, _ in order):
        return None
    return order


def _in_order(engine: Indexing, query: Query, order: Keys, known: list[Choice], total: int) -> list[Choice]:
    """Each equality followed by the order, read until the page is full; without an equality the order alone.

    What matches an equality may all be old: then the order alone leads through everything else first."""
    page = (query.options.limit or 0) + query.options.skip
    parts = conditions(query.where)
    given = engine.matching(query.cls, query.where) if parts else total
    share = min(1.0, page / given) if given else 1.0
    equal = {part.path for part in parts if type(part) is Eq and query.cls.kind(part.path) != "Array"} - {column for column, _ in order}
    found = [
        Choice(((*choice.keys[0], *order),), choice.rows * share)
        for choice in known
        if len(choice.keys) == 1 and choice.keys[0][0][0] in equal
    ]
    return found or ([Choice((order,), total * share)] if order[0][0] != "objectId" else [])


def _is_served(part: Node) -> bool:
    """An equality, a range, or the beginning of a text."""
    match part:
        case Eq(path, value) | Compare(path, _, value):
            return value is not None and path != "objectId"
        case In(path, values):
            return None not in values and path != "objectId"
        case Regex(_, pattern, options):
            fixed = plain(pattern)
            return not options.strip("u") and fixed is not None and fixed[0]
    return False
