"""Conditions on one top-level column as SQL text. Each function appends its parameters in the order of its question marks,
and gives None, with nothing appended, for what SQL cannot say.

A column that the ClassDef declares with a scalar type takes the short form, which an expression index serves; any other one
names its JSON types and looks into arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson

from parse_shim.classes.model import ClassDef
from parse_shim.query.ast import All, Compare, Eq, EqFold, Exists, In, Node, Regex
from parse_shim.query.regex import plain
from parse_shim.storage.sqlite.names import kind_of, path, scalar
from parse_shim.storage.unique import fold
from parse_shim.values.dates import iso, to_ms
from parse_shim.values.types import Pointer

Parameters = list[Any]
FALSE, TRUE = "0", "1"
SIGNS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
DATES = {"createdAt": "created", "updatedAt": "updated"}
SORTS = {"String": "text", "Number": "number", "Boolean": "boolean", "Date": "date", "Pointer": "pointer"}
_SORT_OF = {str: "text", int: "number", float: "number", bool: "boolean", datetime: "date", Pointer: "pointer"}
_TYPES = {"text": "'text'", "number": "'integer', 'real'", "date": "'object'", "pointer": "'object'"}
_FEW = 8
"""Up to so many options get a question mark each, so that the number of different SQL texts stays small."""


def base_column(name: str, node: Node, parameters: Parameters) -> str | None:
    """objectId, createdAt, updatedAt: they have SQL columns."""
    if name == "objectId" and type(node) is Eq and type(node.value) is str:
        parameters.append(node.value)
        return "oid = ?"
    column = "oid" if name == "objectId" else DATES[name]
    wanted: type = str if name == "objectId" else datetime
    convert: Callable[[Any], Any] = str if name == "objectId" else to_ms
    match node:
        case Eq(_, None) | Compare(_, "lte" | "gte", None):
            return f"{column} IS NULL"
        case Eq(_, value):
            return one_of(column, [convert(value)], parameters) if type(value) is wanted else FALSE
        case In(_, options) if None not in options:
            return one_of(column, [convert(value) for value in options if type(value) is wanted], parameters)
        case Compare(_, op, value) if type(value) is wanted:
            parameters.append(convert(value))
            return f"{column} {SIGNS[op]} ?"
        case Exists():
            return f"{column} IS NOT NULL"
    return None


def column_condition(cls: ClassDef, name: str, node: Node, parameters: Parameters) -> str | None:
    """Any other column; `name` has passed `names.is_column`."""
    kind = kind_of(cls, name)
    match node:
        case Exists():
            return f"json_type(doc, {path(name)}) IS NOT NULL"
        case Eq(_, None) | Compare(_, "lte" | "gte", None):
            return _null(cls, name, kind)
        case Compare(_, _, None):
            return FALSE
        case Eq(_, value):
            sort = _SORT_OF.get(type(value))
            return _equal(cls, name, kind, sort, [value], parameters) if sort else None
        case In(_, options):
            return _in(cls, name, kind, options, parameters)
        case All(_, options) if options and all(type(value) in _SORT_OF for value in options):
            texts = [_equal(cls, name, kind, _SORT_OF[type(value)], [value], parameters) for value in options]
            return f"({' AND '.join(texts)})"
        case Compare(_, op, value):
            return _compare(cls, name, kind, SIGNS[op], value, parameters)
        case EqFold(_, value) if kind == "String":
            parameters.append(fold(value))
            return f"parse_fold(doc ->> {path(name)}) = ?"
        case Regex(_, pattern, options) if kind == "String":
            return _regex(f"doc ->> {path(name)}", pattern, options, parameters)
    return None


def one_of(expression: str, options: Sequence[Any], parameters: Parameters) -> str:
    """The expression equals one of these SQL values."""
    if not options:
        return FALSE
    if len(options) == 1:
        parameters.append(options[0])
        return f"{expression} = ?"
    if len(options) <= _FEW:
        parameters += options
        return f"{expression} IN ({', '.join('?' * len(options))})"
    parameters.append(orjson.dumps(options).decode())
    return f"{expression} IN (SELECT value FROM json_each(?))"


def _null(cls: ClassDef, name: str, kind: str | None) -> str:
    if (text := scalar(cls, name)) is not None:
        return f"{text} IS NULL"
    here = path(name)
    if kind is not None and kind != "Array":
        return f"ifnull(json_type(doc, {here}), 'null') = 'null'"
    return (
        f"(CASE ifnull(json_type(doc, {here}), 'null') WHEN 'null' THEN 1 WHEN 'array' THEN "
        f"EXISTS (SELECT 1 FROM json_each(doc, {here}) WHERE type = 'null') ELSE 0 END)"
    )


def _equal(cls: ClassDef, name: str, kind: str | None, sort: str, options: Sequence[Any], parameters: Parameters) -> str:
    """Equal to one of `options`, which are all of one sort."""
    if kind not in SORTS:
        return _equal_anywhere(name, sort, options, parameters)
    if SORTS[kind] != sort:
        return FALSE
    text = scalar(cls, name) or ""
    if sort == "pointer":
        return _pointers(text, f"doc ->> {path(name, 'className')}", options, parameters)
    return one_of(text, [_bound(value) for value in options], parameters)


def _equal_anywhere(name: str, sort: str, options: Sequence[Any], parameters: Parameters) -> str:
    """On a column of unknown type: the value itself or, in an array, one of its elements."""
    here = path(name)
    inside = f"EXISTS (SELECT 1 FROM json_each(doc, {here}) WHERE"
    if sort == "boolean":
        words = ", ".join(sorted({f"'{str(value).lower()}'" for value in options}))
        return f"(CASE json_type(doc, {here}) WHEN 'array' THEN {inside} type IN ({words})) ELSE json_type(doc, {here}) IN ({words}) END)"
    in_array = f"type IN ({_TYPES[sort]}) AND {_form('value', '$', sort, options, parameters)}"
    itself = f"json_type(doc, {here}) IN ({_TYPES[sort]}) AND {_form('doc', f'$.{name}', sort, options, parameters)}"
    return f"(CASE json_type(doc, {here}) WHEN 'array' THEN {inside} {in_array}) ELSE {itself} END)"


def _form(holder: str, at: str, sort: str, options: Sequence[Any], parameters: Parameters) -> str:
    """The value at JSON path `at` of `holder`, or the SQL value `value` itself for texts and numbers in arrays."""
    if sort == "pointer":
        pointers = _pointers(f"{holder} ->> '{at}.objectId'", f"{holder} ->> '{at}.className'", options, parameters)
        return f"{holder} ->> '{at}.__type' = 'Pointer' AND {pointers}"
    bound = [_bound(value) for value in options]
    if sort == "date":
        instant = f"{holder} ->> '{at}.iso'"
        return f"{holder} ->> '{at}.__type' = 'Date' AND {one_of(instant, bound, parameters)}"
    return one_of("value" if holder == "value" else f"doc ->> '{at}'", bound, parameters)


def _pointers(id_text: str, class_text: str, options: Sequence[Pointer], parameters: Parameters) -> str:
    by_class: dict[str, list[str]] = {}
    for pointer in options:
        by_class.setdefault(pointer.class_name, []).append(pointer.object_id)
    texts = []
    for class_name, object_ids in by_class.items():
        condition = one_of(id_text, object_ids, parameters)
        parameters.append(class_name)
        texts.append(f"({condition} AND {class_text} = ?)")
    return f"({' OR '.join(texts)})"


def _in(cls: ClassDef, name: str, kind: str | None, options: Sequence[Any], parameters: Parameters) -> str | None:
    groups: dict[str, list[Any]] = {}
    has_null = False
    for value in options:
        if value is None:
            has_null = True
        elif (sort := _SORT_OF.get(type(value))) is None:
            return None
        else:
            groups.setdefault(sort, []).append(value)
    texts = [_null(cls, name, kind)] if has_null else []
    texts += [_equal(cls, name, kind, sort, group, parameters) for sort, group in groups.items()]
    return f"({' OR '.join(texts)})" if texts else FALSE


def _compare(cls: ClassDef, name: str, kind: str | None, sign: str, value: Any, parameters: Parameters) -> str | None:
    sort = _SORT_OF.get(type(value))
    if sort is None or sort == "pointer":
        return None
    if kind in SORTS:
        if SORTS[kind] != sort:
            return FALSE
        parameters.append(_bound(value))
        return f"{scalar(cls, name)} {sign} ?"
    # A File counts as the text of its name: only columns that cannot hold one are compared here.
    if sort not in ("text", "number") or (sort == "text" and kind != "Array"):
        return None
    here, types, bound = path(name), _TYPES[sort], _bound(value)
    parameters += (bound, bound)
    return (
        f"(CASE json_type(doc, {here}) WHEN 'array' THEN EXISTS (SELECT 1 FROM json_each(doc, {here}) "
        f"WHERE type IN ({types}) AND value {sign} ?) "
        f"ELSE json_type(doc, {here}) IN ({types}) AND doc ->> {here} {sign} ? END)"
    )


def _regex(expression: str, pattern: str, options: str, parameters: Parameters) -> str:
    """A fixed text is looked for by SQLite itself: 100,000 objects in 24 ms, by a pattern in 110 to 380, and beside a busy loop each call
    of ours would wait for Python's lock. A prefix or a whole text is served by an index. Everything else runs query/regex.py."""
    found = plain(pattern) if not options.strip("u") else None
    if found is None or not found[1].isprintable():
        parameters += (pattern, options)
        return f"parse_regex({expression}, ?, ?)"
    starts, text, ends = found
    if starts and ends:
        # `$` also stands before a line break at the end
        parameters += (text, text + "\n")
        return f"{expression} IN (?, ?)"
    if starts and (end := _after_prefix(text)) is not None:
        parameters += (text, end)
        return f"({expression} >= ? AND {expression} < ?)"
    if starts:
        parameters += (len(text), text)
        return f"substr({expression}, 1, ?) = ?"
    if not ends:
        parameters.append(text)
        return f"instr({expression}, ?) > 0"
    # `substr` takes the first NUL for the end
    parameters += (-len(text), text, -len(text) - 1, text + "\n", pattern, options)
    return (
        f"(CASE WHEN instr({expression}, char(0)) = 0 THEN substr({expression}, ?) = ? OR substr({expression}, ?) = ? "
        f"ELSE parse_regex({expression}, ?, ?) END)"
    )


def _after_prefix(prefix: str) -> str | None:
    """The smallest text above all that begin with `prefix`; None when there is none to write down."""
    if not prefix or ord(prefix[-1]) >= 0xD7FF:
        return None
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _bound(value: Any) -> Any:
    """The SQL value that `->>` would give for it."""
    if type(value) is datetime:
        return iso(value)
    if type(value) is bool:
        return int(value)
    if type(value) is int and not -(2**63) <= value < 2**63:
        return float(value)
    return value
