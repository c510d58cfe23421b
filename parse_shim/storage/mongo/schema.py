"""ClassDef to a document of `_SCHEMA` and back (contract/05)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from parse_shim.classes.model import BASE_FIELDS, ClassDef, FieldType, Kind
from parse_shim.errors import ParseError
from parse_shim.storage.mongo.indexes import DEMAND, LISTED, SYSTEM_INDEXES
from parse_shim.storage.mongo.values import from_bson, to_bson
from parse_shim.values.codec import decode_column, encode
from parse_shim.values.types import MISSING

Raw = dict[str, Any]

_CODES: Mapping[Kind, str] = {
    "String": "string", "Number": "number", "Boolean": "boolean", "Date": "date", "Object": "object", "Array": "array",
    "GeoPoint": "geopoint", "File": "file", "Bytes": "bytes", "Polygon": "polygon",
}  # fmt: skip
_KINDS: Mapping[str, Kind] = {code: kind for kind, code in _CODES.items()} | {"map": "Object"}


def type_code(column: FieldType) -> str:
    """`string`, `*Class` for a Pointer, `relation<Class>`."""
    if column.kind == "Pointer":
        return f"*{column.target}"
    return f"relation<{column.target}>" if column.kind == "Relation" else _CODES[column.kind]


def read_type(code: Any) -> FieldType | None:
    """None for what is no type."""
    if not isinstance(code, str):
        return None
    if code.startswith("*"):
        return FieldType("Pointer", code[1:])
    if code.startswith("relation<"):
        return FieldType("Relation", code[9:].rstrip(">"))
    kind = _KINDS.get(code)
    return FieldType(kind) if kind else None


def columns(cls: ClassDef) -> dict[str, str]:
    """Column -> code, as stored. The ACL is in every class and never written down."""
    return {name: type_code(column) for name, column in cls.fields.items() if column.kind != "ACL"}


def same_codes(code: str) -> list[Any]:
    """What may stand in the column's place for the two to agree; None: nothing yet."""
    return [code, "map", None] if code == "object" else [code, None]


def options(column: FieldType) -> Raw:
    """Entry of `fields_options`, {} for a column without options."""
    out: Raw = {"required": column.required} if column.required or column.optional else {}
    if column.default is not MISSING:
        out["defaultValue"] = to_bson(column.default_json)
    return out


def indexes(cls: ClassDef) -> Raw:
    """`_metadata.indexes`: the user's, and for system classes those of the server that parse-server lists."""
    out: Raw = {name: dict(keys) for name, keys in cls.indexes.items()}
    known = {index.name: dict(index.keys) for index in SYSTEM_INDEXES.get(cls.name, ())}
    listed = {name: known[name] for name in LISTED.get(cls.name, ())}
    return {"_id_": {"_id": 1}, **listed, **out} if listed else out


def read_class(raw: Mapping[str, Any]) -> ClassDef:
    """A stored class."""
    metadata = raw.get("_metadata") or {}
    all_options = metadata.get("fields_options") or {}
    fields: dict[str, FieldType] = {}
    for name, code in raw.items():
        column = None if name in ("_id", "_metadata") else read_type(code)
        if column is not None:
            fields[name] = _with_options(column, all_options.get(name))
    permissions = metadata.get("class_permissions")
    return ClassDef(
        str(raw["_id"]),
        {**BASE_FIELDS, **fields},
        cast("dict[str, Any] | None", from_bson(permissions)),
        {name: dict(keys) for name, keys in stored_indexes(metadata).items()},
    )


def stored_indexes(metadata: Mapping[str, Any]) -> Raw:
    """`_metadata.indexes` without what parse-server copied there: an index on demand is nobody's declaration."""
    return {name: keys for name, keys in (metadata.get("indexes") or {}).items() if not name.startswith(DEMAND)}


def _with_options(column: FieldType, stored: Any) -> FieldType:
    if not isinstance(stored, Mapping):
        return column
    default: Any = MISSING
    sent: Any = MISSING
    if "defaultValue" in stored:
        try:
            sent = _sent(stored["defaultValue"])
            default = decode_column(sent)
        except ParseError:
            default = sent = MISSING
    required = bool(stored.get("required"))
    return FieldType(column.kind, column.target, required, default, sent, "required" in stored and not required)


def _sent(stored: Any) -> Any:
    """A default as JSON. Files keep their URL and polygons their open ring, as they were sent."""
    if isinstance(stored, Mapping) and stored.get("__type") in ("File", "Polygon"):
        return dict(stored)
    return encode(from_bson(stored))
