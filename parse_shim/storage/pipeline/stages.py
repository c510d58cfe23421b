"""The stages, as a table: name -> function of (argument, rows, run)."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from parse_shim.errors import Refused
from parse_shim.storage.pipeline.expressions import Scope, evaluate, field_at
from parse_shim.storage.pipeline.groups import accumulated, grouped
from parse_shim.storage.pipeline.match import accepts
from parse_shim.storage.pipeline.order import group_key, number_of
from parse_shim.storage.pipeline.project import projected, put, removed
from parse_shim.values.compare import path_key
from parse_shim.values.paths import walk
from parse_shim.values.types import MISSING

Row = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """What stages need from outside: the documents of other classes, and the variables of a `$lookup`'s `let`."""

    read: Callable[[str], list[Row]]
    variables: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, class_name: str) -> list[Row]:
        return self.read(class_name)

    def scope(self, row: Row) -> Scope:
        return Scope(row, self.variables)


def run_stages(stages: Sequence[Mapping[str, Any]], rows: list[Row], run: Run) -> list[Row]:
    """Carry out the stages in turn. Raises Refused for one that is not known."""
    for stage in stages:
        [(name, body)] = stage.items()
        function = _STAGES.get(name)
        if function is None:
            raise Refused(f"Unrecognized pipeline stage name: '{name}'")
        rows = function(body, rows, run)
    return rows


def _match(body: Any, rows: list[Row], run: Run) -> list[Row]:
    if not isinstance(body, Mapping):
        raise Refused("the match filter must be an expression in an object")
    return [row for row in rows if accepts(body, run.scope(row))]


def _project(body: Any, rows: list[Row], run: Run) -> list[Row]:
    if not isinstance(body, Mapping) or not body:
        raise Refused("projection specification must have at least one field")
    return [projected(body, run.scope(row)) for row in rows]


def _add_fields(body: Any, rows: list[Row], run: Run) -> list[Row]:
    if not isinstance(body, Mapping):
        raise Refused("$addFields specification stage must be an object")
    for row in rows:
        scope = run.scope(dict(row))
        for path, expression in body.items():
            put(row, path, evaluate(expression, scope))
    return rows


def _unset(body: Any, rows: list[Row], run: Run) -> list[Row]:
    paths = body if isinstance(body, list) else [body]
    if not all(isinstance(path, str) for path in paths):
        raise Refused("$unset specification must be a string or an array of strings")
    for path in paths:
        rows = [removed(row, path.split(".")) for row in rows]
    return rows


def _sort(body: Any, rows: list[Row], run: Run) -> list[Row]:
    if not isinstance(body, Mapping) or not body:
        raise Refused("$sort stage must have at least one sort key")
    for path, direction in reversed(list(body.items())):
        if direction not in (1, -1):
            raise Refused("$sort key ordering must be 1 (for ascending) or -1 (for descending)")
        descending = direction == -1
        rows = sorted(rows, key=lambda row: path_key(row, path, descending), reverse=descending)
    return rows


def _limit(body: Any, rows: list[Row], run: Run) -> list[Row]:
    if not number_of(body) or body <= 0 or body != int(body):
        raise Refused("the limit must be positive")
    return rows[: int(body)]


def _skip(body: Any, rows: list[Row], run: Run) -> list[Row]:
    if not number_of(body) or body < 0 or body != int(body):
        raise Refused("invalid argument to $skip stage: Expected a non-negative number")
    return rows[int(body) :]


def _count(body: Any, rows: list[Row], run: Run) -> list[Row]:
    if not isinstance(body, str) or not body or body.startswith("$") or "." in body:
        raise Refused("the count field must be a non-empty string")
    return [{body: len(rows)}] if rows else []


def _unwind(body: Any, rows: list[Row], run: Run) -> list[Row]:
    options = body if isinstance(body, Mapping) else {"path": body}
    path = options.get("path")
    if not isinstance(path, str) or not path.startswith("$"):
        raise Refused("path option to $unwind stage should be prefixed with a '$'")
    keep_empty, index = options.get("preserveNullAndEmptyArrays"), options.get("includeArrayIndex")
    out: list[Row] = []
    for row in rows:
        value = field_at(row, path[1:].split("."))
        if isinstance(value, list) and value:
            for position, item in enumerate(value):
                out.append(_unwound(row, path[1:], item, index, position))
        elif value is not MISSING and value is not None and value != []:
            out.append(_unwound(row, path[1:], value, index, None))
        elif keep_empty:
            out.append(_unwound(row, path[1:], MISSING if value == [] else value, index, None))
    return out


def _unwound(row: Row, path: str, item: Any, index: Any, position: int | None) -> Row:
    out = removed(row, path.split(".")) if item is MISSING else put(dict(row), path, item)
    return put(out, index, position) if isinstance(index, str) else out


def _lookup(body: Any, rows: list[Row], run: Run) -> list[Row]:
    if not isinstance(body, Mapping) or not isinstance(body.get("from"), str) or not isinstance(body.get("as"), str):
        raise Refused("$lookup needs 'from' and 'as'")
    others = run(body["from"])
    by_value: dict[Any, list[Row]] = {}
    if "foreignField" in body:
        for other in others:
            for key in _lookup_keys(other, body["foreignField"]):
                by_value.setdefault(key, []).append(other)
    for row in rows:
        found = others
        if "localField" in body and "foreignField" in body:
            wanted = {id(other): other for key in _lookup_keys(row, body["localField"]) for other in by_value.get(key, [])}
            found = [other for other in others if id(other) in wanted]
        if "pipeline" in body:
            variables = {name: evaluate(value, run.scope(row)) for name, value in body.get("let", {}).items()}
            found = run_stages(body["pipeline"], [dict(other) for other in found], Run(run.read, {**run.variables, **variables}))
        put(row, body["as"], found)
    return rows


def _lookup_keys(row: Row, path: str) -> set[Any]:
    """The value and, of an array, each element; missing counts as null."""
    keys = set()
    for value in walk(row, path):
        keys.add(group_key(value))
        if isinstance(value, list):
            keys |= {group_key(item) for item in value}
    return keys


def _replace_root(body: Any, rows: list[Row], run: Run) -> list[Row]:
    expression = body["newRoot"] if isinstance(body, Mapping) and "newRoot" in body else body
    out = [evaluate(expression, run.scope(row)) for row in rows]
    if not all(isinstance(row, dict) for row in out):
        raise Refused("'newRoot' expression must evaluate to an object")
    return out


def _sample(body: Any, rows: list[Row], run: Run) -> list[Row]:
    size: Any = body.get("size") if isinstance(body, Mapping) else None
    if not number_of(size) or size < 0:
        raise Refused("size argument to $sample must be a positive integer")
    return random.sample(rows, min(int(size), len(rows)))


def _facet(body: Any, rows: list[Row], run: Run) -> list[Row]:
    if not isinstance(body, Mapping):
        raise Refused("the $facet specification must be a non-empty object")
    return [{name: run_stages(stages, [dict(row) for row in rows], run) for name, stages in body.items()}]


def _bucket(body: Any, rows: list[Row], run: Run) -> list[Row]:
    if not isinstance(body, Mapping) or not isinstance(body.get("boundaries"), list):
        raise Refused("$bucket requires 'groupBy' and 'boundaries' to be specified.")
    boundaries = body["boundaries"]
    keys = [group_key(boundary) for boundary in boundaries]
    buckets: dict[Any, list[Scope]] = {}
    for row in rows:
        key = group_key(evaluate(body.get("groupBy"), run.scope(row)))
        inside = [boundaries[i] for i in range(len(keys) - 1) if keys[i] <= key < keys[i + 1]]
        if not inside and "default" not in body:
            raise Refused("$switch could not find a matching branch for an input, and no default was specified.")
        name = inside[0] if inside else body["default"]
        buckets.setdefault(group_key(name), []).append(run.scope(row))
    output = body.get("output", {"count": {"$sum": 1}})
    order = [*boundaries[:-1], *([body["default"]] if "default" in body else [])]
    return [{"_id": name, **accumulated(output, buckets[group_key(name)])} for name in order if group_key(name) in buckets]


def _sort_by_count(body: Any, rows: list[Row], run: Run) -> list[Row]:
    counted = grouped({"_id": body, "count": {"$sum": 1}}, rows, run.variables)
    return sorted(counted, key=lambda row: -row["count"])


def _redact(body: Any, rows: list[Row], run: Run) -> list[Row]:
    return [row for row in rows if evaluate(body, run.scope(row)) != "PRUNE"]


def _union(body: Any, rows: list[Row], run: Run) -> list[Row]:
    name = body if isinstance(body, str) else body.get("coll") if isinstance(body, Mapping) else None
    if not isinstance(name, str):
        raise Refused("the $unionWith stage needs a class")
    return rows + run_stages(body.get("pipeline", []) if isinstance(body, Mapping) else [], run(name), run)


_STAGES: Mapping[str, Callable[[Any, list[Row], Run], list[Row]]] = {
    "$match": _match,
    "$project": _project,
    "$addFields": _add_fields,
    "$set": _add_fields,
    "$unset": _unset,
    "$group": lambda body, rows, run: grouped(body, rows, run.variables),
    "$sort": _sort,
    "$limit": _limit,
    "$skip": _skip,
    "$count": _count,
    "$unwind": _unwind,
    "$lookup": _lookup,
    "$replaceRoot": _replace_root,
    "$replaceWith": _replace_root,
    "$sample": _sample,
    "$facet": _facet,
    "$bucket": _bucket,
    "$sortByCount": _sort_by_count,
    "$redact": _redact,
    "$unionWith": _union,
}
