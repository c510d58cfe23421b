"""What an engine offers for indexes on demand. Optional: rest/demand.py asks whether an engine has it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from parse_shim.classes.model import ClassDef
from parse_shim.query.ast import And, Node, Readable, Writable
from parse_shim.query.options import FindOptions

Keys = tuple[tuple[str, bool], ...]
"""What an index is made of: (column, descending)."""

IndexState = Literal["made", "dropped", "useless", "too large"]
"""`dropped` by an operator; `useless`: the store did not take it for the query; `too large`: making it would have held up writes for
too long. None of these is tried again unasked."""

MOST_PER_CLASS = 5

EXISTS = "an index does that already"
ENOUGH = f"the class has {MOST_PER_CLASS} of them"
TOO_LARGE = "the class is too large"
REASONS: dict[IndexState, str] = {"dropped": "the operator dropped it", "useless": "it did not help", "too large": TOO_LARGE}
"""Why one is not made again."""
NO_INDEX = "its type has no index"


@dataclass(frozen=True, slots=True)
class Examined:
    """What a query costs: objects looked at, and the index used. `total`: objects in the class, about."""

    rows_read: int
    index: str | None
    total: int


@dataclass(frozen=True, slots=True)
class Demanded:
    """An index on demand, and why it was made."""

    class_name: str
    keys: Keys
    reason: str
    since: datetime
    state: IndexState = "made"


class Indexing(Protocol):
    """Calls may take as long as the class is large, and run beside requests."""

    def examine(self, cls: ClassDef, where: Node, options: FindOptions) -> Examined:
        """What the query costs; it is run once more for that."""
        ...

    def matching(self, cls: ClassDef, where: Node) -> int:
        """How many objects match."""
        ...

    def can_index(self, cls: ClassDef, column: str) -> bool:
        """Would an index on the column be used?"""
        ...

    def demanded(self) -> list[Demanded]:
        """Indexes made on demand, and those that are not made again. What was dropped with its class or column is not listed."""
        ...

    def demand(self, cls: ClassDef, keys: Keys, reason: str, *, by_operator: bool = False) -> str | None:
        """Make an index for equality, ranges and order; other requests go on meanwhile. None: made. A text: why not.

        Of several processes that want the same one, one makes it. Bounds hold unless it is wanted `by_operator`."""
        ...

    def undemand(self, class_name: str, keys: Keys, state: IndexState = "dropped") -> bool:
        """Drop it and remember why. False when there is none."""
        ...


def keys_text(keys: Keys) -> str:
    """`receiverID,-createdAt`, as Parse writes an order."""
    return ",".join(f"-{column}" if descending else column for column, descending in keys)


def read_keys(text: str) -> Keys:
    """The inverse of `keys_text`."""
    return tuple((part.removeprefix("-"), part.startswith("-")) for part in text.split(","))


def same_order(one: Keys, other: Keys) -> bool:
    """The same columns, in the same order or exactly the reverse."""
    return one == other or one == tuple((column, not descending) for column, descending in other)


def conditions(where: Node) -> list[Node]:
    """The conditions that all must hold, without the ACL's."""
    parts = where.parts if isinstance(where, And) else (where,)
    flat = [one for part in parts for one in (conditions(part) if isinstance(part, And) else [part])]
    return [part for part in flat if not isinstance(part, Readable | Writable)]


def why_not(known: Iterable[Demanded], class_name: str, keys: Keys) -> str | None:
    """What speaks against one more index, by what was made and dropped before."""
    own = [one for one in known if one.class_name == class_name]
    for one in own:
        if one.state != "made" and same_order(one.keys, keys):
            return REASONS[one.state]
    return ENOUGH if sum(one.state == "made" for one in own) >= MOST_PER_CLASS else None
