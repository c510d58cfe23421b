"""The conditions of a Query, as Nodes: the same ones that a client's where becomes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

from parse_shim.query.ast import (
    EVERYTHING,
    All,
    And,
    Compare,
    CompareOp,
    ContainedBy,
    Eq,
    Exists,
    In,
    InQuery,
    Near,
    Node,
    Not,
    PolygonContains,
    Regex,
    RelatedTo,
    Select,
    Text,
    WithinBox,
    WithinPolygon,
    WithinSphere,
)
from parse_shim.query.parse import parse_where
from parse_shim.sdk.convert import stored
from parse_shim.values.types import GeoPoint, Json

if TYPE_CHECKING:
    from parse_shim.sdk.object import Object
    from parse_shim.sdk.query import Query

EARTH_MILES = 3959.0
EARTH_KILOMETERS = 6371.0
"""Radii that the server divides by (contract/02)."""


class Constraints:
    """Every method returns the query itself. A condition replaces an earlier one of the same operator on the same field."""

    def __init__(self) -> None:
        self.parts: list[Node] = []

    @property
    def node(self) -> Node:
        """All conditions as one Node."""
        if len(self.parts) == 1:
            return self.parts[0]
        return And(tuple(self.parts)) if self.parts else EVERYTHING

    @node.setter
    def node(self, value: Node) -> None:
        self.parts = list(value.parts) if isinstance(value, And) else [value]

    def where(self, where: Json) -> Self:
        """Add conditions in REST form. Raises ParseError 102, 105, 107."""
        for part in _parts(parse_where(where, None, internal=True)):
            self._where(part)
        return self

    # -- comparing ----------------------------------------------------------------------------------------------------

    def equal_to(self, name: str, value: Any) -> Self:
        """Also: an array that holds the value. Takes the place of all other conditions on the field."""
        self.parts = [part for part in self.parts if _key(part)[1] != name]
        return self._where(Eq(name, stored(value)))

    def not_equal_to(self, name: str, value: Any) -> Self:
        """Objects without the field match."""
        return self._where(Not(Eq(name, stored(value))))

    def less_than(self, name: str, value: Any) -> Self:
        return self._compare(name, "lt", value)

    def less_than_or_equal_to(self, name: str, value: Any) -> Self:
        return self._compare(name, "lte", value)

    def greater_than(self, name: str, value: Any) -> Self:
        return self._compare(name, "gt", value)

    def greater_than_or_equal_to(self, name: str, value: Any) -> Self:
        return self._compare(name, "gte", value)

    def exists(self, name: str) -> Self:
        return self._where(Exists(name))

    def does_not_exist(self, name: str) -> Self:
        return self._where(Not(Exists(name)))

    # -- sets and arrays ----------------------------------------------------------------------------------------------

    def contained_in(self, name: str, values: Iterable[Any]) -> Self:
        return self._where(In(name, _all(values)))

    def not_contained_in(self, name: str, values: Iterable[Any]) -> Self:
        return self._where(Not(In(name, _all(values))))

    def contains_all(self, name: str, values: Iterable[Any]) -> Self:
        return self._where(All(name, _all(values)))

    def contained_by(self, name: str, values: Iterable[Any]) -> Self:
        """Arrays all of whose elements are among `values`."""
        return self._where(ContainedBy(name, _all(values)))

    # -- text ---------------------------------------------------------------------------------------------------------

    def matches(self, name: str, pattern: str | re.Pattern[str], options: str = "") -> Self:
        """`options`: letters of imxsu. A compiled pattern brings its own flags."""
        if isinstance(pattern, re.Pattern):
            flags = ((re.IGNORECASE, "i"), (re.MULTILINE, "m"), (re.VERBOSE, "x"), (re.DOTALL, "s"))
            options = options or "".join(letter for flag, letter in flags if pattern.flags & flag)
            pattern = pattern.pattern
        return self._where(Regex(name, pattern, options))

    def starts_with(self, name: str, text: str) -> Self:
        return self._where(Regex(name, "^" + quoted(text)))

    def ends_with(self, name: str, text: str) -> Self:
        return self._where(Regex(name, quoted(text) + "$"))

    def contains(self, name: str, text: str) -> Self:
        return self._where(Regex(name, quoted(text)))

    def full_text(
        self, name: str, term: str, *, language: str | None = None, case_sensitive: bool = False, diacritic_sensitive: bool = False
    ) -> Self:
        return self._where(Text(name, term, language, case_sensitive, diacritic_sensitive))

    # -- other queries ------------------------------------------------------------------------------------------------

    def matches_query(self, name: str, query: Query[Any]) -> Self:
        """A pointer to an object that `query` finds."""
        return self._where(InQuery(name, query.class_name, query.node))

    def does_not_match_query(self, name: str, query: Query[Any]) -> Self:
        return self._where(Not(InQuery(name, query.class_name, query.node)))

    def matches_key_in_query(self, name: str, query_key: str, query: Query[Any]) -> Self:
        """The value is that of `query_key` in some object that `query` finds."""
        return self._where(Select(name, query.class_name, query.node, query_key))

    def does_not_match_key_in_query(self, name: str, query_key: str, query: Query[Any]) -> Self:
        return self._where(Not(Select(name, query.class_name, query.node, query_key)))

    def related_to(self, owner: Object, name: str) -> Self:
        """Objects in the relation `name` of `owner`."""
        return self._where(RelatedTo(owner.to_pointer(), name))

    # -- places -------------------------------------------------------------------------------------------------------

    def near(self, name: str, point: GeoPoint) -> Self:
        """Nearest first, unless an order is given."""
        return self._where(Near(name, point))

    def within_radians(self, name: str, point: GeoPoint, distance: float, *, sorted: bool = True) -> Self:
        return self._where(Near(name, point, distance) if sorted else WithinSphere(name, point, distance))

    def within_miles(self, name: str, point: GeoPoint, distance: float, *, sorted: bool = True) -> Self:
        return self.within_radians(name, point, distance / EARTH_MILES, sorted=sorted)

    def within_kilometers(self, name: str, point: GeoPoint, distance: float, *, sorted: bool = True) -> Self:
        return self.within_radians(name, point, distance / EARTH_KILOMETERS, sorted=sorted)

    def within_geo_box(self, name: str, south_west: GeoPoint, north_east: GeoPoint) -> Self:
        return self._where(WithinBox(name, south_west, north_east))

    def within_polygon(self, name: str, points: Sequence[GeoPoint]) -> Self:
        return self._where(WithinPolygon(name, tuple(points)))

    def polygon_contains(self, name: str, point: GeoPoint) -> Self:
        return self._where(PolygonContains(name, point))

    # -- inside -------------------------------------------------------------------------------------------------------

    def _compare(self, name: str, op: CompareOp, value: Any) -> Self:
        return self._where(Compare(name, op, stored(value)))

    def _where(self, node: Node) -> Self:
        """Add `node` in the place of what it replaces."""
        key = _key(node)
        if key[1] is not None:
            self.parts = [part for part in self.parts if _key(part) != key]
        self.parts.append(node)
        return self


def quoted(text: str) -> str:
    """A pattern that matches `text` itself."""
    return "\\Q" + text.replace("\\E", "\\E\\\\E\\Q") + "\\E"


def _all(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(stored(value) for value in values)


def _parts(node: Node) -> Iterable[Node]:
    return node.parts if isinstance(node, And) else (node,)


def _key(node: Node) -> tuple[Any, str | None]:
    """(operator, field) of a condition on one field; (.., None) for the rest, which never replaces anything."""
    if isinstance(node, Not):
        inner, path = _key(node.part)
        return ("not", inner), path
    kind: Any = (type(node), node.op) if isinstance(node, Compare) else type(node)
    if isinstance(node, Near | WithinSphere):
        kind = Near
    path = getattr(node, "path", None)
    return kind, path if isinstance(path, str) else None
