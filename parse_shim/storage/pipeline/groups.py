"""`$group` and its accumulators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from parse_shim.errors import Refused
from parse_shim.storage.pipeline.arrays import average, deviation, largest, smallest, total
from parse_shim.storage.pipeline.expressions import Scope, evaluate, present
from parse_shim.storage.pipeline.order import group_key
from parse_shim.values.types import MISSING

Row = dict[str, Any]


def grouped(body: Any, rows: list[Row], variables: Mapping[str, Any]) -> list[Row]:
    """One row for each different `_id`, in order of first appearance."""
    if not isinstance(body, Mapping):
        raise Refused("a group's fields must be specified in an object")
    if "_id" not in body:
        raise Refused("a group specification must include an _id")
    groups: dict[Any, tuple[Any, list[Scope]]] = {}
    for row in rows:
        scope = Scope(row, variables)
        value = evaluate(body["_id"], scope)
        groups.setdefault(group_key(value), (present(value), []))[1].append(scope)
    return [{"_id": value, **accumulated(body, scopes)} for value, scopes in groups.values()]


def accumulated(body: Mapping[str, Any], scopes: list[Scope]) -> Row:
    """The accumulators of one group."""
    return {name: _accumulate(name, part, scopes) for name, part in body.items() if name != "_id"}


def _accumulate(name: str, part: Any, scopes: list[Scope]) -> Any:
    if not isinstance(part, Mapping) or len(part) != 1:
        raise Refused(f"The field '{name}' must be an accumulator object")
    [(operator, argument)] = part.items()
    if operator == "$count":
        return len(scopes)
    function = _ACCUMULATORS.get(operator)
    if function is None:
        raise Refused(f"unknown group operator '{operator}'")
    return function([evaluate(argument, scope) for scope in scopes])


def _distinct(values: list[Any]) -> list[Any]:
    found: dict[Any, Any] = {}
    for value in values:
        if value is not MISSING:
            found.setdefault(group_key(value), value)
    return list(found.values())


def _merged(values: list[Any]) -> Row:
    out: Row = {}
    for value in values:
        if isinstance(value, Mapping):
            out |= value
    return out


_ACCUMULATORS: Mapping[str, Callable[[list[Any]], Any]] = {
    "$sum": lambda values: total(values),
    "$avg": lambda values: average(values),
    "$min": lambda values: smallest(values),
    "$max": lambda values: largest(values),
    "$first": lambda values: present(values[0]),
    "$last": lambda values: present(values[-1]),
    "$push": lambda values: [value for value in values if value is not MISSING],
    "$addToSet": _distinct,
    "$mergeObjects": _merged,
    "$stdDevPop": lambda values: deviation(False)(values),
    "$stdDevSamp": lambda values: deviation(True)(values),
}
