"""Node + ClassDef + clock -> Node: values get the type that their column asks for.

The parser knows no class, so it leaves a text on a Pointer column a text and a `$relativeTime` a distance. What
relations and subqueries need is rest/subquery.py's. Source: contract/02, sections 2 and 3.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from parse_shim.classes.model import ClassDef, FieldType
from parse_shim.errors import Code, ParseError
from parse_shim.query.ast import And, AnyPattern, Compare, Eq, In, Node, Not, Or, Regex
from parse_shim.query.parse import RelativeTime
from parse_shim.values.codec import parse_iso
from parse_shim.values.jsontext import dumps
from parse_shim.values.types import Pointer, Value

TEXT_DATES = frozenset({"createdAt", "updatedAt", "expiresAt"})
"""Columns on which a bare ISO text equals a date; on no other one it does."""


def bind(node: Node, cls: ClassDef, now: datetime) -> Node:
    """`node` with typed values; the same object where nothing changes. `now`: naive UTC.

    Raises ParseError 107 for `$relativeTime` on a column that is no Date.
    """
    if isinstance(node, Eq):
        return _bind_eq(node, node.value, cls) if isinstance(node.value, str) else node
    if isinstance(node, AnyPattern):
        return _bind_patterns(node, cls)
    if isinstance(node, And | Or):
        parts = tuple(bind(part, cls, now) for part in node.parts)
        return node if all(a is b for a, b in zip(parts, node.parts, strict=True)) else type(node)(parts)
    if isinstance(node, Not):
        part = bind(node.part, cls, now)
        return node if part is node.part else Not(part)
    if isinstance(node, In):
        return _bind_in(node, cls)
    if isinstance(node, Compare):
        distance: object = node.value
        return _bind_relative(node, distance, cls, now) if isinstance(distance, RelativeTime) else node
    return node


def _bind_eq(node: Eq, text: str, cls: ClassDef) -> Node:
    if node.path in TEXT_DATES:
        return Eq(node.path, parse_iso(text))
    column = cls.fields.get(node.path)
    if column is not None and column.kind == "Pointer" and "$" in text:
        return Eq(node.path, _pointer(text, column))
    return node


def _bind_in(node: In, cls: ClassDef) -> Node:
    column = cls.fields.get(node.path)
    if column is None or column.kind != "Pointer" or not any(type(value) is str for value in node.values):
        return node
    return replace(node, values=tuple(_pointer(v, column) if isinstance(v, str) else v for v in node.values))


def _bind_patterns(node: AnyPattern, cls: ClassDef) -> Node:
    for part in node.parts:
        if isinstance(part, Regex) and cls.kind(part.path) not in ("Array", "Object"):
            raise ParseError(Code.INVALID_JSON, f'bad atom: {{"$regex":{dumps(part.pattern).decode()}}}')
    return Or(node.parts)


def _bind_relative(node: Compare, distance: RelativeTime, cls: ClassDef, now: datetime) -> Node:
    column = cls.fields.get(node.path)
    if column is not None and column.kind != "Date":
        raise ParseError(Code.INVALID_JSON, "$relativeTime can only be used with Date field")
    try:
        moment: Value = now + timedelta(seconds=distance.seconds)
    except OverflowError:
        moment = datetime.max.replace(microsecond=999000) if distance.seconds > 0 else datetime.min
    return Compare(node.path, node.op, moment)


def _pointer(text: str, column: FieldType) -> Pointer:
    """`Class$id`, or a bare id of the column's class."""
    class_name, dollar, object_id = text.partition("$")
    return Pointer(class_name, object_id) if dollar else Pointer(column.target or "", text)
