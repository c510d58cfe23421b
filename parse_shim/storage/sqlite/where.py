"""Node -> SQL condition. What SQL cannot say exactly and shortly runs query/match.py on the stored column instead.

Facts the compiler lives by: `->>` gives 1 for true, only json_type tells a boolean from a number and null from missing;
'x' > 5 is true in SQL, so every comparison of an undeclared column names its types; equality on an array means "contains".
A condition may be NULL where it means false; `IS NOT TRUE` is the negation that knows that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import apsw

from parse_shim.classes.model import ClassDef
from parse_shim.query.ast import (
    And,
    AnyPattern,
    Eq,
    EqFold,
    Near,
    Node,
    Not,
    Or,
    Readable,
    Text,
    WithinBox,
    WithinPolygon,
    WithinSphere,
    Writable,
)
from parse_shim.storage.sqlite import geo
from parse_shim.storage.sqlite.columns import DATES, FALSE, TRUE, base_column, column_condition
from parse_shim.storage.sqlite.layout import Table
from parse_shim.storage.sqlite.names import geo_table, is_column, path
from parse_shim.storage.sqlite.rows import line
from parse_shim.storage.sqlite.text import text_prefilter
from parse_shim.storage.unique import CLASSES_WITH_KEYS, unique_key
from parse_shim.values.geo import Box


class Where:
    """One condition: `text` and, in the order of its question marks, `parameters`.

    `exact`: no part of it runs the matcher. `skip` is a Near that the caller turns into a join and an order of its own.
    """

    def __init__(self, cls: ClassDef, table: Table, node: Node, skip: Near | None = None) -> None:
        self.cls = cls
        self.table = table
        self.parameters: list[Any] = []
        self.exact = True
        self._skip = skip
        self.text = self._condition(node)

    def _condition(self, node: Node) -> str:
        # by exact type: 1.6 µs for a get's condition against 2.9 by patterns
        way = _WAYS.get(type(node))
        return self._field(node) if way is None else way(self, node)

    def _and(self, node: And) -> str:
        return self._joined(node.parts, " AND ", TRUE)

    def _or(self, node: Or) -> str:
        return self._joined(node.parts, " OR ", FALSE)

    def _not(self, node: Not) -> str:
        return f"(({self._condition(node.part)}) IS NOT TRUE)"

    def _readable(self, node: Readable) -> str:
        return self._subjects("rperm", node.subjects)

    def _writable(self, node: Writable) -> str:
        return self._subjects("wperm", node.subjects)

    def _joined(self, parts: Sequence[Node], word: str, empty: str) -> str:
        texts = [self._condition(part) for part in parts]
        return f"({word.join(texts)})" if texts else empty

    def _subjects(self, column: str, subjects: Sequence[str]) -> str:
        self.parameters += ["\n" + line(subject) for subject in subjects]
        return f"({' OR '.join([f'{column} IS NULL', *[f'instr({column}, ?)'] * len(subjects)])})"

    def _field(self, node: Node) -> str:
        name: str = node.path  # type: ignore[union-attr]
        known = self._through_unique_keys(name, node)
        text: str | None = None
        if name == "objectId" or name in DATES:
            text = base_column(name, node, self.parameters)
        elif is_column(name):
            text = column_condition(self.cls, name, node, self.parameters)
            self.exact = self.exact and (text is None or "parse_" not in text)
        if text is None:
            text = self._matched(node)
        return f"({known} AND {text})" if known else text

    def _through_unique_keys(self, name: str, node: Node) -> str | None:
        """For names, mails and identities: the one row that can match, by its key."""
        if self.cls.name not in CLASSES_WITH_KEYS or not isinstance(node, Eq | EqFold):
            return None
        key = unique_key(self.cls.name, name, node.value)
        if key is None:
            return None
        self.parameters += (self.cls.name, name, key)
        return "id = (SELECT id FROM unique_keys WHERE class = ? AND path = ? AND key = ?)"

    def _matched(self, node: Node) -> str:
        """The matcher's own word, on the column alone where that is enough."""
        self.exact = False
        column = node.path.partition(".")[0]  # type: ignore[union-attr]
        self.parameters.append(apsw.pyobject(node))
        if is_column(column) and column not in ("objectId", "ACL", *DATES):
            return f"parse_field('{column}', doc -> {path(column)}, ?)"
        return "parse_match(json(doc), ?)"

    def _text(self, node: Text) -> str:
        narrowed = text_prefilter(self.table, node, self.parameters)
        return f"({narrowed} AND {self._matched(node)})" if narrowed else self._matched(node)

    def _geo(self, node: Near | WithinSphere | WithinBox | WithinPolygon) -> str:
        if node is self._skip:
            return TRUE
        if node.path not in self.table.geo:
            return self._matched(node)
        tree = geo_table(self.cls.name, node.path)
        match node:
            case Near(_, point, radians) | WithinSphere(_, point, radians):
                return f"id IN (SELECT id FROM {tree} WHERE {geo.circle(point, radians, self.parameters)})"
            case WithinBox(_, low, high):
                box = Box(low.latitude, low.longitude, high.latitude, high.longitude)
                inside = geo.overlap(box, self.parameters)
                self.parameters += (box.south, box.north, box.west, box.east)
                return f"id IN (SELECT id FROM {tree} WHERE {inside} AND lat >= ? AND lat <= ? AND lon >= ? AND lon <= ?)"
            case WithinPolygon(_, points):
                north, south = max(p.latitude for p in points), min(p.latitude for p in points)
                east, west = max(p.longitude for p in points), min(p.longitude for p in points)
                # a little more: the matcher's border has a tolerance
                around = geo.overlap(Box(south - 1e-6, west - 1e-6, north + 1e-6, east + 1e-6), self.parameters)
                return f"(id IN (SELECT id FROM {tree} WHERE {around}) AND {self._matched(node)})"


_WAYS: dict[type, Callable[[Where, Any], str]] = {
    And: Where._and,
    Or: Where._or,
    AnyPattern: Where._or,
    Not: Where._not,
    Readable: Where._readable,
    Writable: Where._writable,
    Text: Where._text,
    **dict.fromkeys((Near, WithinSphere, WithinBox, WithinPolygon), Where._geo),
}
"""Every other node is a condition on one field."""


def compile_where(cls: ClassDef, table: Table, node: Node, skip: Near | None = None) -> Where:
    """The condition of `node` on rows of the class's table."""
    return Where(cls, table, node, skip)
