"""Dotted paths into a Doc: `o.k`, `arr.0`, `authData.anonymous.id`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from parse_shim.values.types import MISSING


def get(doc: Mapping[str, Any], path: str) -> Any:
    """The value at exactly this path (lists by position), MISSING if there is none."""
    if "." not in path:
        return doc.get(path, MISSING)
    value: Any = doc
    for part in path.split("."):
        value = _step(value, part)
        if value is MISSING:
            return MISSING
    return value


def walk(doc: Mapping[str, Any], path: str) -> list[Any]:
    """Every value a condition on `path` looks at, by MongoDB's rules: lists met on the way are entered.

    MISSING stands for a place where the key is not stored. A list at the end is one value; `match` enters it.
    """
    if "." not in path:
        return [doc.get(path, MISSING)]
    return list(_walk(doc, path.split("."), 0))


def put(doc: dict[str, Any], path: str, value: Any) -> None:
    """Store `value`, making Objects on the way. TypeError when something else than an Object or list is there."""
    holder, last = _holder(doc, path, make=True)
    if isinstance(holder, list):
        _put_item(holder, last, value)
    else:
        holder[last] = value


def remove(doc: dict[str, Any], path: str) -> None:
    """Take the value away; a list element becomes null, as MongoDB's $unset has it. Nothing there: nothing happens."""
    holder, last = _holder(doc, path, make=False)
    if isinstance(holder, dict):
        holder.pop(last, None)
    elif isinstance(holder, list) and last.isdecimal() and int(last) < len(holder):
        holder[int(last)] = None


def everything(value: Any) -> Iterator[Any]:
    """`value` and everything inside its Objects and Arrays; no recursion."""
    todo = [value]
    while todo:
        item = todo.pop()
        yield item
        if type(item) is dict:
            todo += item.values()
        elif type(item) is list:
            todo += item


LONGEST_LIST = 100_000
"""`arr.N` beyond the end fills up with nulls, but never further than this."""


def _step(value: Any, part: str) -> Any:
    if type(value) is dict:
        return value.get(part, MISSING)
    if type(value) is list and part.isdecimal() and len(part) < 10:
        position = int(part)
        return value[position] if position < len(value) else MISSING
    return MISSING


def _walk(value: Any, parts: list[str], at: int) -> Iterator[Any]:
    for i in range(at, len(parts)):
        if type(value) is dict:
            value = value.get(parts[i], MISSING)
        elif type(value) is list:
            yield from _enter(value, parts, i)
            return
        else:
            yield MISSING
            return
    yield value


def _enter(items: list[Any], parts: list[str], i: int) -> Iterator[Any]:
    found = _step(items, parts[i])
    if found is not MISSING:
        yield from _walk(found, parts, i + 1)
    for item in items:
        if type(item) is dict:
            yield from _walk(item, parts, i)


def _holder(doc: dict[str, Any], path: str, *, make: bool) -> tuple[Any, str]:
    *before, last = path.split(".")
    value: Any = doc
    for part in before:
        found = _step(value, part)
        if (found is MISSING or found is None) and make:
            found = {}
            if type(value) is list:
                _put_item(value, part, found)
            elif type(value) is dict:
                value[part] = found
        value = found
        if not isinstance(value, (dict, list)):
            if make:
                raise TypeError(f"{path}: {part} is not an Object")
            return None, last
    return value, last


def _put_item(items: list[Any], part: str, value: Any) -> None:
    if not part.isdecimal() or len(part) > 9 or int(part) > LONGEST_LIST:
        raise TypeError(f"{part} is not a position in an Array")
    position = int(part)
    items += [None] * (position + 1 - len(items))
    items[position] = value
