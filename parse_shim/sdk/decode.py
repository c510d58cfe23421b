"""REST JSON as cloud code holds it: results of cloud functions, pipelines and the config."""

from __future__ import annotations

from typing import Any

from parse_shim.sdk.convert import handed
from parse_shim.sdk.object import Object
from parse_shim.values.codec import decode_column
from parse_shim.values.types import Json

TYPES = frozenset({"Date", "Pointer", "GeoPoint", "Polygon", "File", "Bytes"})


def decoded(value: Json) -> Any:
    """Every `__type` at any depth as its Python value; unknown ones stay dicts. Raises ParseError 111 for one that lacks its part."""
    if isinstance(value, list):
        return [decoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("__type")
    if kind == "Object" and isinstance(value.get("className"), str):
        fields = {name: item for name, item in value.items() if name not in ("__type", "className")}
        return Object.from_doc(value["className"], {name: _column(name, item) for name, item in fields.items()})
    if isinstance(kind, str) and kind in TYPES:
        return handed(decode_column(value))
    return {name: decoded(item) for name, item in value.items()}


def _column(name: str, value: Json) -> Any:
    if name in ("createdAt", "updatedAt") and isinstance(value, str):
        return decode_column({"__type": "Date", "iso": value})
    if isinstance(value, dict) and value.get("__type") == "Object":
        return decoded(value)
    return decode_column(value)
