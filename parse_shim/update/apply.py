"""Update, Doc -> Doc: what an update means. SQLite and the memory engine store its result, before_save hooks see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parse_shim.errors import Code, ParseError
from parse_shim.update.ops import (
    Add,
    AddUnique,
    Increment,
    Op,
    Relate,
    Remove,
    Set,
    Unset,
    Update,
    add_unique,
    is_number,
    without,
)
from parse_shim.values.codec import number
from parse_shim.values.types import MISSING, Doc, Value

LONGEST_GAP = 1_500_000
"""How far beyond its end an array may be written to, the gap filled with nulls; MongoDB's own bound."""

ANSWERED = (Increment, Add, AddUnique, Remove)


def apply(update: Update, doc: Doc) -> Doc:
    """`doc` after `update`; `doc` and the containers in it stay as they are. Relate changes nothing here.

    Raises ParseError 107 when an operation does not fit the stored value (Increment on text, `o.a` where `o` is a
    number).
    """
    out = dict(doc)
    for path, op in update.items():
        if isinstance(op, Set) and "." not in path:
            out[path] = op.value
        elif path == "ACL":
            out[path] = {}  # a deleted ACL locks the object; without one it would be public
        elif not isinstance(op, Relate):
            _change(out, path.split("."), path, op)
    return out


def apply_create(update: Update) -> Doc:
    """The new object that `update` describes: nothing is there to change, so Remove gives [], AddUnique keeps
    duplicates, Unset and Relate leave nothing, and a dotted key is a plain name."""
    out: Doc = {}
    for name, op in update.items():
        if isinstance(op, Set):
            out[name] = op.value
        elif isinstance(op, Increment):
            out[name] = op.amount
        elif isinstance(op, Add | AddUnique):
            out[name] = list(op.items)
        elif isinstance(op, Remove):
            out[name] = []
    return out


def op_results(update: Update, after: Doc) -> dict[str, Value]:
    """What the answer to a write must carry: the new values of fields changed by Increment, Add, AddUnique, Remove.

    `o.n` gives {"o": {"n": 7}}; below an array the whole array; null and absent values are left out.
    """
    out: dict[str, Any] = {}
    for path, op in update.items():
        if not isinstance(op, ANSWERED):
            continue
        if path in after or "." not in path:
            if after.get(path) is not None:
                out[path] = after[path]
        else:
            _carry(out, path.split("."), after)
    return out


def _change(doc: Doc, parts: list[str], path: str, op: Op) -> None:
    """Carry out `op` at `parts` in `doc`, which is ours; inner containers are copied before they change."""
    if isinstance(op, Unset | Remove) and not _reaches(doc, parts):
        return
    place: Any = doc
    for part in parts[:-1]:
        place = _enter(place, part, path)
    last = parts[-1]
    if isinstance(op, Unset):
        _remove(place, last)
        return
    _put(place, last, _result(_peek(place, last), op, path), path)


def _reaches(doc: Doc, parts: list[str]) -> bool:
    place: Any = doc
    for part in parts:
        place = _peek(place, part)
        if place is MISSING:
            return False
    return True


def _peek(place: Any, key: str) -> Any:
    if isinstance(place, dict):
        return place.get(key, MISSING)
    if isinstance(place, list) and key.isdecimal() and int(key) < len(place):
        return place[int(key)]
    return MISSING


def _enter(place: Any, key: str, path: str) -> Any:
    """The container at `key`, as a copy that now stands there; a new object where nothing was."""
    inner = _peek(place, key)
    if inner is MISSING:
        inner = {}
    elif isinstance(inner, dict):
        inner = dict(inner)
    elif isinstance(inner, list):
        inner = list(inner)
    else:
        raise ParseError(Code.INVALID_JSON, f"Cannot write {path}: '{key}' holds no object")
    _put(place, key, inner, path)
    return inner


def _put(place: Any, key: str, value: Value, path: str) -> None:
    if isinstance(place, dict):
        place[key] = value
        return
    if not key.isdecimal():
        raise ParseError(Code.INVALID_JSON, f"Cannot write {path}: '{key}' is no position in an array")
    index = int(key)
    if index >= len(place):
        if index - len(place) > LONGEST_GAP:
            raise ParseError(Code.INVALID_JSON, f"Cannot write {path}: '{key}' is too far beyond the array's end")
        place.extend([None] * (index + 1 - len(place)))
    place[index] = value


def _remove(place: Any, key: str) -> None:
    """An array keeps its length: MongoDB leaves a null in the gap."""
    if isinstance(place, dict):
        del place[key]
    else:
        place[int(key)] = None


def _result(old: Any, op: Op, path: str) -> Value:
    if isinstance(op, Set):
        return op.value
    if isinstance(op, Increment):
        if old is MISSING:
            return op.amount
        if not is_number(old):
            raise ParseError(Code.INVALID_JSON, f"Cannot increment {path}: its value is not a number")
        return number(old + op.amount)
    if isinstance(op, Add | AddUnique | Remove):
        items = [] if old is MISSING else old
        if not isinstance(items, list):
            raise ParseError(Code.INVALID_JSON, f"Cannot change the items of {path}: its value is not an array")
        return LISTS[type(op)](items, op.items)
    raise AssertionError(op)


LISTS: dict[type, Callable[[list[Value], tuple[Value, ...]], list[Value]]] = {
    Add: lambda old, items: [*old, *items],
    AddUnique: add_unique,
    Remove: without,
}


def _carry(out: dict[str, Any], parts: list[str], after: Doc) -> None:
    place: Any = after
    for depth, part in enumerate(parts):
        place = _peek(place, part)
        if place is MISSING or place is None:
            return
        if isinstance(place, list) or depth == len(parts) - 1:
            _nest(out, parts[: depth + 1], place)
            return


def _nest(out: dict[str, Any], parts: list[str], value: Value) -> None:
    for part in parts[:-1]:
        inner = out.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        out = inner
    out[parts[-1]] = value
