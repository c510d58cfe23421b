"""Operators on arrays, and those that take either an array or several arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from parse_shim.errors import Refused
from parse_shim.storage.pipeline.order import key_of, number_of
from parse_shim.values.codec import number
from parse_shim.values.types import MISSING

_NOTHING = (None, MISSING)


def _array(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Refused(f"The argument to {name} must be an array")
    return value


def _size(value: Any) -> int:
    return len(_array("$size", value))


def _element_at(items: Any, position: Any) -> Any:
    if items in _NOTHING or position in _NOTHING:
        return None
    values = _array("$arrayElemAt", items)
    if not number_of(position):
        raise Refused("$arrayElemAt's second argument must be a number")
    return values[int(position)] if -len(values) <= position < len(values) else MISSING


def _in(value: Any, items: Any) -> bool:
    wanted = key_of(value)
    return any(key_of(item) == wanted for item in _array("$in", items))


def _concatenated(*lists: Any) -> Any:
    if any(items in _NOTHING for items in lists):
        return None
    return [item for items in lists for item in _array("$concatArrays", items)]


def _slice(items: Any, first: Any, count: Any = None) -> Any:
    if items in _NOTHING:
        return None
    values = _array("$slice", items)
    if count is None:
        return values[:first] if first >= 0 else values[first:]
    start = max(0, first if first >= 0 else len(values) + first)
    return values[start : start + count]


def _index_of(items: Any, value: Any) -> Any:
    if items in _NOTHING:
        return None
    wanted = key_of(value)
    return next((i for i, item in enumerate(_array("$indexOfArray", items)) if key_of(item) == wanted), -1)


def _range(start: Any, end: Any, step: Any = 1) -> list[int]:
    if not all(map(number_of, (start, end, step))) or not step or abs((end - start) / step) > 100_000:
        raise Refused("$range needs numbers, and a step that is not zero")
    return list(range(int(start), int(end), int(step)))


def _unique(items: list[Any]) -> list[Any]:
    return list({key_of(item): item for item in reversed(items)}.values())[::-1]


def _union(*lists: Any) -> Any:
    return None if any(items in _NOTHING for items in lists) else _unique([item for items in lists for item in items])


def _intersection(*lists: Any) -> Any:
    if not lists or any(items in _NOTHING for items in lists):
        return None if lists else []
    others = [{key_of(item) for item in items} for items in lists[1:]]
    return [item for item in _unique(lists[0]) if all(key_of(item) in keys for keys in others)]


def _difference(first: Any, second: Any) -> Any:
    if first in _NOTHING or second in _NOTHING:
        return None
    gone = {key_of(item) for item in second}
    return [item for item in _unique(first) if key_of(item) not in gone]


def _subset(first: Any, second: Any) -> bool:
    return {key_of(item) for item in _array("$setIsSubset", first)} <= {key_of(item) for item in second}


def _pairs(value: Any) -> Any:
    return [{"k": key, "v": item} for key, item in value.items()] if isinstance(value, Mapping) else None


def _object(items: Any) -> Any:
    if items in _NOTHING:
        return None
    pairs = [(item["k"], item["v"]) if isinstance(item, Mapping) else tuple(item) for item in items]
    return {str(key): value for key, value in pairs}


def numbers(*values: Any) -> list[int | float]:
    """The numbers among one array or several arguments; anything else does not count."""
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    return [item for item in items if number_of(item)]


def total(*values: Any) -> Any:
    return number(sum(numbers(*values)))


def average(*values: Any) -> Any:
    found = numbers(*values)
    return number(sum(found) / len(found)) if found else None


def smallest(*values: Any) -> Any:
    found = _known(values)
    return min(found, key=key_of) if found else None


def largest(*values: Any) -> Any:
    found = _known(values)
    return max(found, key=key_of) if found else None


def deviation(sample: bool) -> Callable[..., Any]:
    """Of the whole population, or estimated from a sample."""

    def call(*values: Any) -> Any:
        found = numbers(*values)
        if len(found) <= sample:
            return None
        mean = sum(found) / len(found)
        return number((sum((item - mean) ** 2 for item in found) / (len(found) - sample)) ** 0.5)

    return call


def _known(values: tuple[Any, ...]) -> list[Any]:
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    return [item for item in items if item not in _NOTHING]


ARRAY_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "$size": _size,
    "$arrayElemAt": _element_at,
    "$first": lambda items: _element_at(items, 0),
    "$last": lambda items: _element_at(items, -1),
    "$in": _in,
    "$concatArrays": _concatenated,
    "$slice": _slice,
    "$isArray": lambda value: isinstance(value, list),
    "$reverseArray": lambda items: None if items in _NOTHING else _array("$reverseArray", items)[::-1],
    "$indexOfArray": _index_of,
    "$range": _range,
    "$setUnion": _union,
    "$setIntersection": _intersection,
    "$setDifference": _difference,
    "$setIsSubset": _subset,
    "$anyElementTrue": lambda items: any(item not in (None, False, 0) for item in items),
    "$allElementsTrue": lambda items: all(item not in (None, False, 0) for item in items),
    "$objectToArray": _pairs,
    "$arrayToObject": _object,
    "$sum": total,
    "$avg": average,
    "$min": smallest,
    "$max": largest,
    "$stdDevPop": deviation(False),
    "$stdDevSamp": deviation(True),
}
