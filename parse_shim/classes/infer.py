"""Which type of column a written value asks for, and whether the class agrees. Source: contract/01, section 6."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from parse_shim.classes.model import ARRAY, BOOLEAN, DATE, NUMBER, OBJECT, STRING, ClassDef, FieldType
from parse_shim.errors import Code, ParseError
from parse_shim.update.ops import Add, AddUnique, Increment, Op, Relate, Remove, Set, Unset, Update
from parse_shim.values.types import File, GeoPoint, Included, Pointer, Polygon, Relation, Value

GEO_POINT = FieldType("GeoPoint")

BY_VALUE: Mapping[type, FieldType] = {
    str: STRING,
    int: NUMBER,
    float: NUMBER,
    bool: BOOLEAN,
    datetime: DATE,
    dict: OBJECT,
    list: ARRAY,
    bytes: FieldType("Bytes"),
    GeoPoint: GEO_POINT,
    File: FieldType("File"),
    Polygon: FieldType("Polygon"),
}
BY_OP: Mapping[type, FieldType | None] = {
    Increment: NUMBER,
    Add: ARRAY,
    AddUnique: ARRAY,
    Remove: ARRAY,
    Unset: None,
}


def infer_value(value: Value) -> FieldType | None:
    """Type of a Python value; None for null, which fits every column."""
    found = BY_VALUE.get(type(value))
    if found is not None or value is None:
        return found
    if isinstance(value, Pointer | Included):
        return FieldType("Pointer", value.class_name)
    if isinstance(value, Relation):
        return FieldType("Relation", value.class_name or None)
    raise TypeError(f"{type(value).__name__} is no Parse value")


def infer(op: Op) -> FieldType | None:
    """Type of the column that `op` writes to; None when it fits every column."""
    if type(op) is Set:
        return infer_value(op.value)
    if isinstance(op, Relate):
        return FieldType("Relation", op.class_name or None)
    return BY_OP[type(op)]


def new_fields(update: Update, cls: ClassDef) -> dict[str, FieldType]:
    """Columns that `update` needs and `cls` lacks. Keys that begin with `_` are the server's own and have no column.

    Raises ParseError 111 `schema mismatch for C.f; expected T but got T2`, or for a second GeoPoint.
    """
    fields = cls.fields
    new: dict[str, FieldType] = {}
    geo_points = 0
    for path, op in update.items():
        wanted = infer(op)
        if wanted is None or path == "ACL" or path[0] == "_":
            continue
        if wanted is GEO_POINT and "." not in path:
            geo_points += 1
            if geo_points > 1:
                raise ParseError(Code.INCORRECT_TYPE, "there can only be one geopoint field in a class")
        name = path
        if "." in path:
            name, wanted = _column_of(path)
        known = fields.get(name) or new.get(name)
        if known is None:
            new[name] = wanted
        elif known is not wanted and not known.same_type(wanted):
            raise mismatch(cls.name, name, known, wanted)
    if new:
        _check_new(new, cls)
    return new


def check_types(update: Update, cls: ClassDef) -> None:
    """As `new_fields`, for those who only want the refusal."""
    new_fields(update, cls)


def mismatch(class_name: str, name: str, expected: FieldType, got: FieldType) -> ParseError:
    """The 111 of a value that does not fit its column."""
    text = f"schema mismatch for {class_name}.{name}; expected {expected.text} but got {got.text}"
    return ParseError(Code.INCORRECT_TYPE, text)


def _column_of(path: str) -> tuple[str, FieldType]:
    """A dotted key writes into an Object, or into an Array where a position follows (or nothing does)."""
    root, second = path.split(".", 2)[:2]
    return root, ARRAY if not second or second.isdecimal() else OBJECT


def _check_new(new: Mapping[str, FieldType], cls: ClassDef) -> None:
    for wanted in new.values():
        if wanted.kind == "GeoPoint" and cls.geo_points:
            raise ParseError(Code.INCORRECT_TYPE, "MongoDB only supports one GeoPoint field in a class.")
        if wanted.kind == "Relation" and not wanted.target:
            raise ParseError(Code.MISSING_FIELD, "type Relation needs a class name")
