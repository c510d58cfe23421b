"""The Python types behind Parse's values.

| Parse     | Python                                                                                      |
|-----------|---------------------------------------------------------------------------------------------|
| Number    | int or float, normalised by `codec.number` (whole doubles become int, NaN/Infinity None)     |
| Date      | datetime, naive UTC, whole milliseconds                                                      |
| Bytes     | bytes                                                                                        |
| GeoPoint, Polygon, File, Relation | the classes below; in a column only. Inside Objects and Arrays they stay dicts |
| Pointer   | Pointer, in columns and at any depth                                                         |
| Object, Array | dict, list                                                                               |
| ACL       | dict in REST form: {"*": {"read": True}, "role:x": {"write": True}}; only true flags         |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

Json = Any
"""Whatever a JSON parser returns. `Any` on purpose: it is the border."""


class _Missing:
    """The type of MISSING: a field that is not stored, as opposed to a stored null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """Degrees, WGS 84. Not range-checked: the contract stores what it is given; queries check."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Pointer:
    """A reference to an object that need not exist."""

    class_name: str
    object_id: str

    @property
    def text(self) -> str:
        """`Class$id`: how MongoDB stores a pointer column and how pointers sort."""
        return f"{self.class_name}${self.object_id}"


@dataclass(frozen=True, slots=True)
class File:
    """A stored file; only its name is kept with objects, the URL is made when an answer is written."""

    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed ring of (latitude, longitude) pairs: the first point stands again at the end."""

    coordinates: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A Relation column: it has no stored value of its own, links live in a join collection."""

    class_name: str


@dataclass(frozen=True, slots=True)
class Included:
    """A pointer that `include` replaced by its object; exists only in results on their way to an answer or a hook."""

    class_name: str
    doc: dict[str, Any]
    relations: Mapping[str, str] = field(default_factory=dict)


Value = None | bool | int | float | str | datetime | bytes | GeoPoint | Pointer | File | Polygon | Relation | dict[str, Any] | list[Any]
Doc = dict[str, Any]
"""An object: wire names (`objectId`, `createdAt`, `updatedAt`, `ACL`, fields, and internals such as `_hashed_password`) to Values."""
