"""`$project`, and putting and removing values at paths of a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parse_shim.errors import Refused
from parse_shim.storage.pipeline.expressions import Scope, evaluate, present
from parse_shim.values.types import MISSING

Row = dict[str, Any]


def projected(body: Mapping[str, Any], scope: Scope) -> Row:
    """The row with only, or without, the fields named. Raises Refused when both are mixed."""
    row: Row = scope.row
    if not _includes(body):
        for path in body:
            row = removed(row, path.split("."))
        return row
    out: Row = {}
    if body.get("_id", 1) not in (0, False) and "_id" in row and "_id" not in body:
        out["_id"] = row["_id"]
    for path, value in body.items():
        if isinstance(value, Mapping) and not next(iter(value), "$").startswith("$"):
            value = {f"{path}.{inner}": part for inner, part in value.items()}
            out |= {k: v for k, v in projected({"_id": 0, **value}, scope).items() if k not in out} if path not in out else {}
        elif _is_flag(value):
            if value:
                _include(out, row, path.split("."))
        else:
            put(out, path, evaluate(value, scope))
    return out


def put(row: Row, path: str, value: Any) -> Row:
    """The row itself with `value` at the path, objects made on the way; MISSING removes."""
    if value is MISSING:
        kept = removed(row, path.split("."))
        row.clear()
        row.update(kept)
        return row
    first, dot, rest = path.partition(".")
    if not dot:
        row[path] = value
        return row
    inner = row.get(first)
    if isinstance(inner, list):
        row[first] = [put(dict(item) if isinstance(item, dict) else {}, rest, value) for item in inner]
    else:
        row[first] = put(dict(inner) if isinstance(inner, dict) else {}, rest, value)
    return row


def removed(row: Row, parts: list[str]) -> Row:
    """A row without the value at the path; arrays on the way lose it in each element."""
    if parts[0] not in row:
        return row
    if len(parts) == 1:
        return {key: value for key, value in row.items() if key != parts[0]}
    return {**row, parts[0]: _removed_inside(row[parts[0]], parts[1:])}


def _removed_inside(value: Any, parts: list[str]) -> Any:
    if isinstance(value, list):
        return [_removed_inside(item, parts) for item in value]
    return removed(value, parts) if isinstance(value, dict) else value


def _includes(body: Mapping[str, Any]) -> bool:
    flags = {bool(value) for path, value in body.items() if path != "_id" and _is_flag(value)}
    if len(flags) == 2:
        raise Refused("Invalid $project: cannot do exclusion and inclusion in one projection")
    computed = any(not _is_flag(value) for value in body.values())
    if computed and flags == {False}:
        raise Refused("Invalid $project: cannot compute fields in an exclusion projection")
    if not flags and not computed:
        return bool(body.get("_id"))
    return computed or flags == {True}


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | int | float)


def _include(out: Row, row: Row, parts: list[str]) -> None:
    """Copy the value at the path; of arrays of objects each element's."""
    value = _included(row, parts)
    if value is not MISSING:
        _merge(out, value)


def _included(value: Any, parts: list[str]) -> Any:
    if not parts:
        return value
    if isinstance(value, list):
        found = [_included(item, parts) for item in value]
        return [item for item in found if item is not MISSING]
    if not isinstance(value, dict) or parts[0] not in value:
        return MISSING
    inner = _included(value[parts[0]], parts[1:])
    return {} if inner is MISSING else {parts[0]: present(inner)}


def _merge(out: Row, more: Row) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = dict(out[key])
            _merge(out[key], value)
        else:
            out[key] = value
