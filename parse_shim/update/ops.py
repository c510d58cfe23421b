"""The operations on one field, and how two of them on the same field become one."""

from __future__ import annotations

from dataclasses import dataclass

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
