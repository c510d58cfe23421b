"""Columns for the classes in schemas/: `userID = fields.String(required=True)`.

They are marshmallow fields, so a class there is a marshmallow schema; but strict: Parse refuses "12" for a Number,
and so do these. Names of columns are wire names. Options: `required`, `default`, `index`, `validate` (a function or
list of them, marshmallow's or any that raises marshmallow.ValidationError).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Literal

import marshmallow

from parse_shim.classes.infer import infer_value
from parse_shim.classes.model import FieldType, Kind
from parse_shim.errors import ParseError
from parse_shim.values.codec import decode_column, encode
from parse_shim.values.types import MISSING, Value

__all__ = [
    "Array",
    "Boolean",
    "Bytes",
    "Column",
    "Date",
    "File",
    "GeoPoint",
    "Number",
    "Object",
    "Pointer",
    "PointerTo",
    "Polygon",
    "Relation",
    "String",
]

IndexKind = Literal[1, -1, "text", "2dsphere"]
Validate = Callable[[Any], Any] | Iterable[Callable[[Any], Any]]


class Column(marshmallow.fields.Field[Any]):
    """Base of all columns. `index`: True (ascending), -1, "text" or "2dsphere"."""

    kind: ClassVar[Kind]
    default_error_messages = {"type": "expected {expected} but got {got}"}

    def __init__(
        self,
        *,
        required: bool = False,
        default: Any = MISSING,
        index: bool | IndexKind = False,
        validate: Validate | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        fallback = marshmallow.missing if required or default is MISSING else default
        super().__init__(
            required=required, load_default=fallback, allow_none=not required, validate=validate, metadata=metadata
        )
        self.initial = default
        self.index: IndexKind | None = 1 if index is True else (index or None)

    @property
    def target(self) -> str | None:
        """Class that a Pointer or Relation leads to."""
        return None

    def column(self) -> FieldType:
        """The same in the server's own form. Raises TypeError when the default is of another type."""
        if self.initial is MISSING:
            return FieldType(self.kind, self.target, self.required)
        default = decode_column(self.initial)
        got = infer_value(default)
        if got is not None and not got.same_type(FieldType(self.kind, self.target)):
            raise TypeError(f"default value: expected {self.kind} but got {got.text}")
        return FieldType(self.kind, self.target, self.required, default)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Value:
        wanted = FieldType(self.kind, self.target)
        try:
            decoded = decode_column(value)
        except ParseError as problem:
            raise marshmallow.ValidationError(str(problem.message))
        got = infer_value(decoded)
        if got is not None and not got.same_type(wanted):
            raise self.make_error("type", expected=wanted.text, got=got.text)
        return decoded

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return encode(value)


class String(Column):
    kind = "String"


class Number(Column):
    kind = "Number"


class Boolean(Column):
    kind = "Boolean"


class Date(Column):
    kind = "Date"


class Object(Column):
    kind = "Object"


class Array(Column):
    kind = "Array"


class GeoPoint(Column):
    """Degrees, WGS 84; one column of this kind a class."""

    kind = "GeoPoint"


class File(Column):
    kind = "File"


class Bytes(Column):
    kind = "Bytes"


class Polygon(Column):
    kind = "Polygon"


class Pointer(Column):
    """`owner = fields.Pointer("_User")`."""

    kind = "Pointer"

    def __init__(self, target: str, **options: Any) -> None:
        super().__init__(**options)
        self._target = target

    @property
    def target(self) -> str:
        return self._target


PointerTo = Pointer


class Relation(Column):
    """`likes = fields.Relation("_User")`; takes no options."""

    kind = "Relation"

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target

    @property
    def target(self) -> str:
        return self._target
