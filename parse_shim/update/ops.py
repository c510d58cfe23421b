"""The operations on one field, and how two of them on the same field become one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeGuard

from parse_shim.values.compare import same_element
from parse_shim.values.types import Value


@dataclass(frozen=True, slots=True)
class Set:
    value: Value


@dataclass(frozen=True, slots=True)
class Unset:
    """`{"__op": "Delete"}`."""


@dataclass(frozen=True, slots=True)
class Increment:
    amount: int | float


@dataclass(frozen=True, slots=True)
class Add:
    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class AddUnique:
    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Remove:
    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Relate:
    """AddRelation, RemoveRelation or a Batch of them: ids of `class_name` to link and to unlink."""

    class_name: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


Op = Set | Unset | Increment | Add | AddUnique | Remove | Relate
Update = dict[str, Op]
"""Dotted path -> operation. Engines never see Relate: rest/ carries it out through the link methods."""


def merge(first: Op, second: Op) -> Op | None:
    """One operation that does `first`, then `second`. None when no single one does: the caller sets the value it knows.

    The SDKs' rules: a Set or Unset wins over all before it, anything after a Set is carried out on its value.
    """
    if isinstance(second, Set | Unset):
        return second
    if isinstance(second, Relate):
        return _merge_links(first, second) if isinstance(first, Relate) else second
    if isinstance(first, Unset):
        return Set(second.amount if isinstance(second, Increment) else _start(second))
    if isinstance(second, Increment):
        return _merge_increment(first, second)
    return _merge_items(first, second)


def is_number(value: object) -> TypeGuard[int | float]:
    """A JSON number; booleans are none, though Python says so."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def add_unique(items: list[Value], more: Iterable[Value]) -> list[Value]:
    """`items` and those of `more` that equal none before them; equality of values/compare.same_element."""
    out = list(items)
    for item in more:
        if not any(same_element(item, old) for old in out):
            out.append(item)
    return out


def without(items: list[Value], unwanted: Iterable[Value]) -> list[Value]:
    """`items` that equal none of `unwanted`."""
    gone = list(unwanted)
    return [item for item in items if not any(same_element(item, bad) for bad in gone)]


def _start(op: Add | AddUnique | Remove) -> list[Value]:
    return [] if isinstance(op, Remove) else add_unique([], op.items) if isinstance(op, AddUnique) else list(op.items)


def _merge_increment(first: Op, second: Increment) -> Op | None:
    if isinstance(first, Increment):
        return Increment(first.amount + second.amount)
    if isinstance(first, Set) and is_number(first.value):
        return Set(first.value + second.amount)
    return None


def _merge_items(first: Op, second: Add | AddUnique | Remove) -> Op | None:
    if isinstance(first, Set) and isinstance(first.value, list):
        return Set(_change_list(first.value, second))
    if isinstance(first, Add) and isinstance(second, Add):
        return Add(first.items + second.items)
    if isinstance(first, AddUnique) and isinstance(second, AddUnique):
        return AddUnique(tuple(add_unique(list(first.items), second.items)))
    if isinstance(first, Remove) and isinstance(second, Remove):
        return Remove(tuple(add_unique(list(first.items), second.items)))
    return None


def _change_list(items: list[Value], op: Add | AddUnique | Remove) -> list[Value]:
    if isinstance(op, Add):
        return [*items, *op.items]
    return add_unique(items, op.items) if isinstance(op, AddUnique) else without(items, op.items)


def _merge_links(first: Relate, second: Relate) -> Relate:
    add = [i for i in first.add if i not in second.remove] + [i for i in second.add if i not in first.add]
    remove = [i for i in first.remove if i not in second.add] + [i for i in second.remove if i not in first.remove]
    return Relate(second.class_name or first.class_name, tuple(add), tuple(remove))
