"""The nodes of a query. Frozen and closed: compilers `match` over `Node` and end in `assert_never`.

Paths are dotted wire names (`score`, `o.k`, `arr.0`, `authData.anonymous.id`). Values are Python values (values/types.py).
`$ne`, `$nin`, `$nor`, `$exists: false`, `$notInQuery`, `$dontSelect` are `Not(...)` of the positive node.
"Contains" semantics: wherever a stored value is a list, Eq, In, Compare and Regex hold if the list itself or any element satisfies them;
the same goes for lists met on the way of a dotted path (MongoDB's rules, contract/02 section 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from parse_shim.values.types import GeoPoint, Pointer, Value


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyPattern(Or):
    """A `$in` with patterns, until `classes.bind` knows whether the column is an Array: no other one takes them."""


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


@dataclass(frozen=True, slots=True)
class Eq:
    """Equal value of the same type. None: stored null or missing. A list: equal as a whole, or one element equal to it."""

    path: str
    value: Value


@dataclass(frozen=True, slots=True)
class EqFold:
    """Text equal without regard to case (user names, e-mail addresses); never made from a client's where."""

    path: str
    value: str


CompareOp = Literal["lt", "lte", "gt", "gte"]


@dataclass(frozen=True, slots=True)
class Compare:
    """Same-type comparison only. lte/gte with None match null and missing; lt/gt with None match nothing."""

    path: str
    op: CompareOp
    value: Value


@dataclass(frozen=True, slots=True)
class In:
    """Any of `values` by the rules of Eq. Empty: nothing. The values need not be hashable."""

    path: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class All:
    """The array holds every one of `values`; a scalar equal to the single value holds too. Empty: nothing."""

    path: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class ContainedBy:
    """Every element of the array is one of `values`; missing and non-array values match."""

    path: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """The key is stored, even as null."""

    path: str


@dataclass(frozen=True, slots=True)
class Regex:
    """Text (or an element that is text) in which `pattern` (PCRE dialect, `\\Q..\\E` known) is found. `options`: letters of imxsu."""

    path: str
    pattern: str
    options: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """Full text search, contract/02 section 7."""

    path: str
    term: str
    language: str | None = None
    case_sensitive: bool = False
    diacritic_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """Objects that have a point there, at most `max_radians` away (None: any distance); also the order, unless one is given."""

    path: str
    point: GeoPoint
    max_radians: float | None = None


@dataclass(frozen=True, slots=True)
class WithinSphere:
    """As Near, but says nothing about order."""

    path: str
    point: GeoPoint
    radians: float


@dataclass(frozen=True, slots=True)
class WithinBox:
    """Flat longitude/latitude rectangle; never wraps at 180."""

    path: str
    south_west: GeoPoint
    north_east: GeoPoint


@dataclass(frozen=True, slots=True)
class WithinPolygon:
    """Flat polygon, border included; open ring (the first point is not repeated)."""

    path: str
    points: tuple[GeoPoint, ...]


@dataclass(frozen=True, slots=True)
class PolygonContains:
    """The stored Polygon holds the point, border included."""

    path: str
    point: GeoPoint


@dataclass(frozen=True, slots=True)
class InQuery:
    """A pointer (or array of pointers, or relation) to an object of `class_name` that matches `where`. Replaced by In before storage.

    `redirect`: a Relation column of `class_name` whose target class is meant instead (redirectClassNameForKey)."""

    path: str
    class_name: str
    where: Node
    redirect: str | None = None


@dataclass(frozen=True, slots=True)
class Select:
    """The value equals `key` of some object of `class_name` that matches `where`. Replaced by In before storage."""

    path: str
    class_name: str
    where: Node
    key: str
    redirect: str | None = None


@dataclass(frozen=True, slots=True)
class RelatedTo:
    """Objects in relation `key` of `owner`. Replaced by In("objectId", ...) before storage."""

    owner: Pointer
    key: str


@dataclass(frozen=True, slots=True)
class Readable:
    """The object has no ACL, or one of `subjects` (`*`, user id, `role:Name`) may read it."""

    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Writable:
    """The object has no ACL, or one of `subjects` may write it."""

    subjects: tuple[str, ...]


Node = (
    And | Or | AnyPattern | Not | Eq | EqFold | Compare | In | All | ContainedBy | Exists | Regex | Text
    | Near | WithinSphere | WithinBox | WithinPolygon | PolygonContains
    | InQuery | Select | RelatedTo | Readable | Writable
)  # fmt: skip

EVERYTHING = And(())
NOTHING = Or(())


def both(first: Node, second: Node) -> Node:
    """`first` and `second`, flat."""
    left = first.parts if type(first) is And else (first,)
    right = second.parts if type(second) is And else (second,)
    if not left:
        return second
    return And(left + right) if right else first
