"""The operations pending on one Object: those a request brought, and those cloud code added."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from parse_shim.sdk.convert import stored
from parse_shim.update.ops import Add, AddUnique, Op, Remove, Set, Unset, Update, merge
from parse_shim.values.types import Doc


class Changes:
    """`ops`: by path, values of cloud code's own not yet checked. `touched`: paths that cloud code changed."""

    __slots__ = ("ops", "touched")

    def __init__(self, update: Update | None = None) -> None:
        self.ops: Update = dict(update) if update else {}
        self.touched: set[str] = set()

    def note(self, path: str, op: Op, after: Doc, *, whole: bool = False) -> None:
        """Add `op`, which led to the object `after`. `whole`: write the whole field for a dotted path (a new object)."""
        root = path.partition(".")[0]
        if root != path and (whole or root in self.ops):
            path, op = root, Set(after.get(root))
        elif isinstance(op, Set | Unset):
            self._drop_inside(path)
        first = self.ops.get(path)
        merged = op if first is None else merge(first, op)
        self.ops[path] = Set(after.get(path)) if merged is None else merged
        self.touched.add(path)

    def forget(self, names: Collection[str]) -> None:
        """Drop operations on these fields and inside them; no names: all."""
        self.ops = {path: op for path, op in self.ops.items() if names and path.partition(".")[0] not in names}

    def finished(self) -> Update:
        """Ready to store. Raises ScriptFailed for unsaved objects and files among the values."""
        return {path: _finished(op) if path in self.touched else op for path, op in self.ops.items()}

    def values(self) -> list[Any]:
        """What cloud code set or added."""
        out: list[Any] = []
        for path in self.touched:
            op = self.ops.get(path)
            if isinstance(op, Set):
                out.append(op.value)
            elif isinstance(op, Add | AddUnique | Remove):
                out.extend(op.items)
        return out

    def _drop_inside(self, path: str) -> None:
        inside = path + "."
        for other in [p for p in self.ops if p.startswith(inside)]:
            del self.ops[other]


def _finished(op: Op) -> Op:
    if isinstance(op, Set):
        return Set(stored(op.value))
    if isinstance(op, Add | AddUnique | Remove):
        return type(op)(tuple(stored(item) for item in op.items))
    return op
