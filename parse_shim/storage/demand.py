"""What an engine offers for indexes on demand. Optional: rest/demand.py asks whether an engine has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from parse_shim.classes.model import ClassDef
from parse_shim.query.ast import Node
from parse_shim.query.options import FindOptions


@dataclass(frozen=True, slots=True)
class Examined:
    """What a query costs: objects looked at, and the index used. `total`: objects in the class, about."""

    rows_read: int
    index: str | None
    total: int


@dataclass(frozen=True, slots=True)
class Demanded:
    """An index on demand. `dropped`: an operator removed it, so it is not made again."""

    class_name: str
    column: str
    reason: str
    since: datetime
    dropped: bool = False


class Indexing(Protocol):
    """Calls may take as long as the class is large, and run beside requests."""

    def examine(self, cls: ClassDef, where: Node, options: FindOptions) -> Examined:
        """What the query costs."""
        ...

    def demanded(self) -> list[Demanded]:
        """Indexes made on demand, and those dropped."""
        ...

    def demand(self, cls: ClassDef, column: str, reason: str) -> bool:
        """Make an index for equality, ranges and order; other requests go on meanwhile. False when the column cannot have one."""
        ...

    def undemand(self, class_name: str, column: str) -> bool:
        """Drop it and remember that. False when there is none."""
        ...
