"""Columns and indexes as the schema routes write them: reading and checking (contract/04, sections 3 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from parse_shim.classes.infer import infer_value
from parse_shim.classes.model import ClassDef, FieldType, Kind
from parse_shim.classes.names import check_schema_class_name, is_field_name
from parse_shim.classes.system import default_columns
from parse_shim.errors import Code, ParseError
from parse_shim.values.codec import decode_column
from parse_shim.values.jstext import js_text
from parse_shim.values.types import MISSING, Json

KINDS = frozenset(get_args(Kind)) - {"ACL"}
TARGETED = ("Pointer", "Relation")
INDEX_KINDS = frozenset({"text", "2dsphere", "2d", "hashed"})
ID_INDEX: Mapping[str, Mapping[str, Any]] = {"_id_": {"_id": 1}}
"""Listed beside the indexes of a class. Stored by the first change of indexes after its making: from then on it is listed alone too."""
INTERNAL_COLUMNS = frozenset({"_id", "_created_at", "_updated_at"})


def field_json(column: FieldType) -> dict[str, Json]:
    """`{"type", "targetClass"?, "required"?, "defaultValue"?}`."""
    out = column.json()
    if column.required or column.optional:
        out["required"] = column.required
    if column.default is not MISSING:
        out["defaultValue"] = column.default_json
    return out


def read_fields(cls: ClassDef, fields: Json) -> tuple[dict[str, FieldType], list[str]]:
    """(columns to add or replace, columns to drop) as `fields` asks for; everything is checked before anything changes.

    Raises ParseError 103, 105, 107, 111, 135, 136, 255.
    """
    if fields is None:
        return {}, []
    if not isinstance(fields, dict):
        raise _invalid_json()
    dropped = [name for name, value in fields.items() if isinstance(value, dict) and value.get("__op") == "Delete"]
    for name in dropped:
        _check_drop(cls, name)
    left = cls.without_fields(set(dropped))
    added: dict[str, FieldType] = {}
    for name, value in fields.items():
        if name not in dropped:
            added[name] = _read_field(left, name, value)
            left = left.with_fields({name: added[name]})
    return added, dropped


def _check_drop(cls: ClassDef, name: str) -> None:
    if name in default_columns(cls.name):
        raise ParseError(Code.IMMUTABLE_FIELD, f"field {name} cannot be changed")
    if name not in cls.fields:
        raise ParseError(Code.SCHEMA_CONFLICT, f"Field {name} does not exist, cannot delete.")


def _read_field(cls: ClassDef, name: str, value: Json) -> FieldType:
    if not is_field_name(name, cls.name):
        raise ParseError(Code.INVALID_KEY_NAME, f"invalid field name: {name}")
    if name in default_columns(cls.name):
        raise ParseError(Code.IMMUTABLE_FIELD, f"field {name} cannot be added")
    column = _read_options(cls, name, _read_type(value), value)
    known = cls.fields.get(name)
    if known is not None:
        _check_same(cls, name, known, column)
    elif column.kind == "GeoPoint" and cls.geo_points:
        text = "currently, only one GeoPoint field may exist in an object. "
        raise ParseError(Code.INCORRECT_TYPE, f"{text}Adding {name} when {cls.geo_points[0]} already exists.")
    return column


def _read_type(value: Json) -> FieldType:
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or not kind:
        raise _invalid_json()
    if kind not in KINDS:
        raise ParseError(Code.INCORRECT_TYPE, f"invalid field type: {js_text(kind)}")
    if kind not in TARGETED:
        return FieldType(kind)  # type: ignore[arg-type]
    target = value.get("targetClass")
    if not target:
        raise ParseError(Code.MISSING_FIELD, f"type {kind} needs a class name")
    if not isinstance(target, str):
        raise _invalid_json()
    check_schema_class_name(target)
    return FieldType(kind, target)  # type: ignore[arg-type]


def _read_options(cls: ClassDef, name: str, column: FieldType, value: Mapping[str, Json]) -> FieldType:
    required, default = bool(value.get("required")), value.get("defaultValue", MISSING)
    optional = "required" in value and not required
    if column.kind == "Relation":
        for option, given in (("required", required), ("default value", default not in (MISSING, None))):
            if given:
                text = f"The '{option}' option is not applicable for {column.text}"
                raise ParseError(Code.INCORRECT_TYPE, text)
        return replace(column, optional=optional)
    if default is MISSING or default is None:
        return replace(column, required=required, optional=optional)
    found = decode_column(default)
    got = infer_value(found)
    if got is None or not got.same_type(column):
        text = f"schema mismatch for {cls.name}.{name} default value; expected {column.text} but got {got and got.text}"
        raise ParseError(Code.INCORRECT_TYPE, text)
    return FieldType(column.kind, column.target, required, found, default, optional)


def _check_same(cls: ClassDef, name: str, known: FieldType, column: FieldType) -> None:
    if known.kind != column.kind:
        raise ParseError(Code.SCHEMA_CONFLICT, f"Field {name} exists, cannot update.")
    if known.target != column.target:
        text = f"schema mismatch for {cls.name}.{name}; expected {known.text} but got {column.text}"
        raise ParseError(Code.INCORRECT_TYPE, text)


def read_indexes(cls: ClassDef, indexes: Json, *, create: bool = False) -> dict[str, Mapping[str, Any]]:
    """The indexes of `cls` after the changes asked for; `cls` already has its new columns. Raises ParseError 102, 107."""
    if indexes is None or indexes == {}:
        return dict(cls.indexes)
    if not isinstance(indexes, dict):
        raise _invalid_json()
    result = dict(cls.indexes if cls.indexes or create else ID_INDEX)
    for name, keys in indexes.items():
        if not isinstance(keys, dict) or not name or "\0" in name:
            raise _invalid_json()
        if keys.get("__op") == "Delete":
            if name in ID_INDEX or result.pop(name, None) is None:
                raise ParseError(Code.INVALID_QUERY, f"Index {name} does not exist, cannot delete.")
        elif name in cls.indexes or name in ID_INDEX:
            raise ParseError(Code.INVALID_QUERY, f"Index {name} exists, cannot update.")
        else:
            result[name] = _read_index(cls, name, keys)
    return result


def _read_index(cls: ClassDef, name: str, keys: Mapping[str, Json]) -> dict[str, Any]:
    if not keys:
        raise ParseError(Code.INVALID_QUERY, f"Index {name} has no fields.")
    for field, kind in keys.items():
        column = field.partition(".")[0].removeprefix("_p_")
        if column not in cls.fields and field not in INTERNAL_COLUMNS:
            raise ParseError(Code.INVALID_QUERY, f"Field {field} does not exist, cannot add index.")
        is_direction = type(kind) in (int, float) and kind in (1, -1)
        if not is_direction and not (isinstance(kind, str) and kind in INDEX_KINDS):
            raise ParseError(Code.INVALID_QUERY, f"Index {name} has an unknown kind: {js_text(kind)}")
    return {field: kind if isinstance(kind, str) else int(kind) for field, kind in keys.items()}


def _invalid_json() -> ParseError:
    return ParseError(Code.INVALID_JSON, "invalid JSON")
