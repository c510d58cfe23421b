"""`$match`: MongoDB's query language on stored documents. parse-server passes filters on as they are, so this is not the where
language of the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from parse_shim.errors import Refused
from parse_shim.query.regex import found_in
from parse_shim.storage.pipeline.expressions import Scope, evaluate
from parse_shim.storage.pipeline.order import key_of, number_of, truth
from parse_shim.values.compare import compare, equal
from parse_shim.values.paths import walk
from parse_shim.values.types import MISSING

_TYPE_NAMES: Mapping[str, type | tuple[type, ...]] = {
    "string": str, "bool": bool, "object": dict, "array": list, "null": type(None), "double": float, "int": int,
}  # fmt: skip


def accepts(body: Mapping[str, Any], scope: Scope) -> bool:
    """Does the document satisfy the filter? Raises Refused for operators that are not known."""
    return all(_clause(key, value, scope) for key, value in body.items())


def _clause(key: str, value: Any, scope: Scope) -> bool:
    match key:
        case "$and":
            return all(accepts(part, scope) for part in _list(value, key))
        case "$or":
            return any(accepts(part, scope) for part in _list(value, key))
        case "$nor":
            return not any(accepts(part, scope) for part in _list(value, key))
        case "$expr":
            return truth(evaluate(value, scope))
        case "$comment":
            return True
    if key.startswith("$"):
        raise Refused(f"unknown top level operator: {key}")
    return _field(walk(scope.row, key), value)


def _field(found: list[Any], condition: Any) -> bool:
    if isinstance(condition, Mapping) and condition and next(iter(condition)).startswith("$"):
        return all(_operator(found, name, operand, condition) for name, operand in condition.items())
    return _equals(found, condition)


def _operator(found: list[Any], name: str, operand: Any, condition: Mapping[str, Any]) -> bool:
    operator = _OPERATORS.get(name)
    if operator is None:
        raise Refused(f"unknown operator: {name}")
    if name == "$regex":
        return _regex(found, operand, str(condition.get("$options", "")))
    return operator(found, operand)


def _candidates(found: list[Any]) -> list[Any]:
    """Each value, and the elements of those that are lists."""
    return [*found, *(element for value in found if isinstance(value, list) for element in value)]


def _equals(found: list[Any], wanted: Any) -> bool:
    if wanted is None:
        return any(value is None or value is MISSING for value in _candidates(found))
    return any(equal(value, wanted) for value in _candidates(found))


def _ordered(test: Callable[[int], bool]) -> Callable[[list[Any], Any], bool]:
    def accept(found: list[Any], wanted: Any) -> bool:
        if wanted is None:
            return test(0) and _equals(found, None)
        return any((sign := compare(value, wanted)) is not None and test(sign) for value in _candidates(found))

    return accept


def _regex(found: list[Any], pattern: Any, options: str) -> bool:
    if not isinstance(pattern, str):
        raise Refused("$regex has to be a string")
    return any(isinstance(value, str) and found_in(pattern, options, value) for value in _candidates(found))


def _all(found: list[Any], wanted: Any) -> bool:
    options = _list(wanted, "$all")
    return bool(options) and all(_equals(found, value) for value in options)


def _element(found: list[Any], condition: Any) -> bool:
    def accept(item: Any) -> bool:
        if isinstance(condition, Mapping) and next(iter(condition), "").startswith("$"):
            return _field([item], condition)
        return isinstance(item, dict) and accepts(condition, Scope(item))

    return any(accept(item) for value in found if isinstance(value, list) for item in value)


def _type(found: list[Any], wanted: Any) -> bool:
    names = wanted if isinstance(wanted, list) else [wanted]
    for value in _candidates(found):
        for name in names:
            if name == "number" and number_of(value):
                return True
            if name == "date" and key_of(value)[0] == 9:
                return True
            expected = _TYPE_NAMES.get(name)
            if expected and isinstance(value, expected) and (name == "bool" or not isinstance(value, bool)):
                return True
    return False


def _modulo(found: list[Any], operand: Any) -> bool:
    if not isinstance(operand, list) or len(operand) != 2 or not all(map(number_of, operand)) or not operand[0]:
        raise Refused("malformed mod, needs to be an array of two numbers")
    return any(number_of(value) and int(value) % int(operand[0]) == operand[1] for value in _candidates(found))


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise Refused(f"{name} needs an array")
    return value


_OPERATORS: Mapping[str, Callable[[list[Any], Any], bool]] = {
    "$eq": _equals,
    "$ne": lambda found, wanted: not _equals(found, wanted),
    "$gt": _ordered(lambda sign: sign > 0),
    "$gte": _ordered(lambda sign: sign >= 0),
    "$lt": _ordered(lambda sign: sign < 0),
    "$lte": _ordered(lambda sign: sign <= 0),
    "$in": lambda found, options: any(_equals(found, value) for value in _list(options, "$in")),
    "$nin": lambda found, options: not any(_equals(found, value) for value in _list(options, "$nin")),
    "$exists": lambda found, wanted: any(value is not MISSING for value in found) is truth(wanted),
    "$not": lambda found, condition: not _field(found, condition),
    "$all": _all,
    "$size": lambda found, wanted: any(isinstance(value, list) and len(value) == wanted for value in found),
    "$elemMatch": _element,
    "$type": _type,
    "$mod": _modulo,
    "$regex": lambda found, pattern: _regex(found, pattern, ""),
    "$options": lambda _found, _options: True,
}
