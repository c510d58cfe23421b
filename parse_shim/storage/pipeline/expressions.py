"""Expressions: `"$field"`, `{"$add": [...]}` and so on. Operators that need all their arguments first are in functions.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from parse_shim import ids
from parse_shim.errors import Refused
from parse_shim.storage.pipeline.functions import FUNCTIONS
from parse_shim.storage.pipeline.order import truth
from parse_shim.values.types import MISSING


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression sees: the document and the variables (`$$this`)."""

    row: Any
    variables: Mapping[str, Any] = field(default_factory=dict)

    def with_variables(self, more: Mapping[str, Any]) -> Scope:
        return Scope(self.row, {**self.variables, **more})


def evaluate(expression: Any, scope: Scope) -> Any:
    """The value of an expression, MISSING for a field that is not there. Raises Refused for unknown operators."""
    if isinstance(expression, str):
        return _reference(expression, scope) if expression.startswith("$") else expression
    if isinstance(expression, list):
        return [present(evaluate(item, scope)) for item in expression]
    if not isinstance(expression, Mapping):
        return expression
    if len(expression) == 1:
        [(name, argument)] = expression.items()
        if name.startswith("$"):
            return _operator(name, argument, scope)
    out = {}
    for name, item in expression.items():
        if name.startswith("$"):
            raise Refused("an object representing an expression must have exactly one field")
        if (value := evaluate(item, scope)) is not MISSING:
            out[name] = value
    return out


def present(value: Any) -> Any:
    """Null for a missing value."""
    return None if value is MISSING else value


def field_at(value: Any, parts: list[str]) -> Any:
    """The value at a path; arrays on the way give an array of what their elements have there."""
    for number, part in enumerate(parts):
        if isinstance(value, list):
            found = [field_at(item, parts[number:]) for item in value]
            return [item for item in found if item is not MISSING]
        value = value.get(part, MISSING) if isinstance(value, dict) else MISSING
        if value is MISSING:
            return MISSING
    return value


def _reference(text: str, scope: Scope) -> Any:
    if not text.startswith("$$"):
        return field_at(scope.row, text[1:].split("."))
    name, *parts = text[2:].split(".")
    match name:
        case "ROOT" | "CURRENT":
            value = scope.variables.get(name, scope.row)
        case "NOW":
            value = ids.now()
        case "REMOVE":
            return MISSING
        case "DESCEND" | "PRUNE" | "KEEP":
            return name
        case _:
            if name not in scope.variables:
                raise Refused(f"Use of undefined variable: {name}")
            value = scope.variables[name]
    return field_at(value, parts)


def _operator(name: str, argument: Any, scope: Scope) -> Any:
    lazy = _LAZY.get(name)
    if lazy is not None:
        return lazy(argument, scope)
    function = FUNCTIONS.get(name)
    if function is None:
        raise Refused(f"Unrecognized expression '{name}'")
    if isinstance(argument, Mapping) and not next(iter(argument), "").startswith("$"):
        # named arguments: {"$dateToString": {"date": ..., "format": ...}}
        return function({key: evaluate(value, scope) for key, value in argument.items()})
    if isinstance(argument, list):
        return function(*(evaluate(item, scope) for item in argument))
    return function(evaluate(argument, scope))


def _arguments(name: str, argument: Any, *wanted: str) -> list[Any]:
    """The named parts of an operator's argument; those that lack are MISSING."""
    if not isinstance(argument, Mapping):
        raise Refused(f"{name} only supports an object as its argument")
    return [argument.get(key, MISSING) for key in wanted]


def _and(argument: Any, scope: Scope) -> bool:
    return all(truth(evaluate(item, scope)) for item in _several(argument))


def _or(argument: Any, scope: Scope) -> bool:
    return any(truth(evaluate(item, scope)) for item in _several(argument))


def _condition(argument: Any, scope: Scope) -> Any:
    parts = argument if isinstance(argument, list) else _arguments("$cond", argument, "if", "then", "else")
    if len(parts) != 3 or MISSING in parts:
        raise Refused("$cond needs if, then and else")
    return evaluate(parts[1] if truth(evaluate(parts[0], scope)) else parts[2], scope)


def _switch(argument: Any, scope: Scope) -> Any:
    branches, default = _arguments("$switch", argument, "branches", "default")
    for branch in branches if isinstance(branches, list) else []:
        case, then = _arguments("$switch", branch, "case", "then")
        if truth(evaluate(case, scope)):
            return evaluate(then, scope)
    if default is MISSING:
        raise Refused("$switch could not find a matching branch for an input, and no default was specified.")
    return evaluate(default, scope)


def _if_null(argument: Any, scope: Scope) -> Any:
    value: Any = None
    for item in _several(argument):
        value = evaluate(item, scope)
        if value is not None and value is not MISSING:
            return value
    return value


def _let(argument: Any, scope: Scope) -> Any:
    variables, inner = _arguments("$let", argument, "vars", "in")
    return evaluate(inner, scope.with_variables({name: evaluate(value, scope) for name, value in dict(variables).items()}))


def _map(argument: Any, scope: Scope) -> Any:
    items, name, inner = _arguments("$map", argument, "input", "as", "in")
    word = "this" if name is MISSING else str(name)
    values = _array("$map", evaluate(items, scope))
    return None if values is None else [present(evaluate(inner, scope.with_variables({word: item}))) for item in values]


def _filter(argument: Any, scope: Scope) -> Any:
    items, name, condition, limit = _arguments("$filter", argument, "input", "as", "cond", "limit")
    word = "this" if name is MISSING else str(name)
    values = _array("$filter", evaluate(items, scope))
    if values is None:
        return None
    kept = [item for item in values if truth(evaluate(condition, scope.with_variables({word: item})))]
    return kept if limit is MISSING else kept[: evaluate(limit, scope)]


def _reduce(argument: Any, scope: Scope) -> Any:
    items, start, inner = _arguments("$reduce", argument, "input", "initialValue", "in")
    values = _array("$reduce", evaluate(items, scope))
    if values is None:
        return None
    total = evaluate(start, scope)
    for item in values:
        total = evaluate(inner, scope.with_variables({"this": item, "value": total}))
    return total


def _array(name: str, value: Any) -> list[Any] | None:
    if value is None or value is MISSING:
        return None
    if not isinstance(value, list):
        raise Refused(f"input to {name} must be an array")
    return value


def _several(argument: Any) -> list[Any]:
    return argument if isinstance(argument, list) else [argument]


_LAZY: Mapping[str, Callable[[Any, Scope], Any]] = {
    "$literal": lambda argument, _scope: argument,
    "$and": _and,
    "$or": _or,
    "$cond": _condition,
    "$switch": _switch,
    "$ifNull": _if_null,
    "$let": _let,
    "$map": _map,
    "$filter": _filter,
    "$reduce": _reduce,
}
