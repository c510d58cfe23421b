"""Docs in the form in which MongoDB keeps them (contract/05), and rows of a pipeline back to REST names."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from parse_shim.classes.model import ClassDef
from parse_shim.classes.system import INTERNAL_USER_FIELDS
from parse_shim.errors import ParseError
from parse_shim.values.codec import decode_nested, encode
from parse_shim.values.dates import iso
from parse_shim.values.types import Doc, File, GeoPoint, Pointer, Polygon

FIXED: Mapping[str, str] = {
    "objectId": "_id",
    "createdAt": "_created_at",
    "updatedAt": "_updated_at",
    "sessionToken": "_session_token",
}
_WIRE = {stored: wire for wire, stored in FIXED.items()}
_AUTH_DATA = "_auth_data_"
_SECRET = frozenset({*INTERNAL_USER_FIELDS, "_session_token"}) - {"_tombstone"}


class Native:
    """The stored form of one class."""

    def __init__(self, cls: ClassDef) -> None:
        self.cls = cls

    def path(self, path: str) -> str:
        """Where the value of a wire path lies."""
        first, dot, rest = path.partition(".")
        if first == "authData" and rest:
            return _AUTH_DATA + rest
        if not dot and self.cls.kind(path) == "Pointer":
            return "_p_" + path
        return FIXED.get(path, path)

    def write(self, doc: Doc) -> dict[str, Any]:
        """A Doc (of any class: pointers are known by their values) as a document."""
        out: dict[str, Any] = {"_id": doc.get("objectId")}
        for name, value in doc.items():
            if name == "ACL":
                out |= _permissions(value or {})
            elif name == "authData" and isinstance(value, dict):
                out |= {_AUTH_DATA + provider: stored(data) for provider, data in value.items()}
            elif isinstance(value, Pointer):
                out["_p_" + name] = value.text
            elif name != "objectId":
                out[FIXED.get(name, name)] = _column(value)
        return out

    def read(self, row: Mapping[str, Any], grouped: bool) -> Doc:
        """A row in REST names. `grouped`: its id is that of a group by a Pointer column, of which the bare id is given."""
        out: Doc = {}
        identities: dict[str, Any] = {}
        for name, value in row.items():
            if name == "_id":
                out["objectId"] = _group_id(value, grouped)
            elif name.startswith("_p_") and isinstance(value, str) and "$" in value:
                class_name, _, object_id = value.partition("$")
                out[name[3:]] = Pointer(class_name, object_id)
            elif name.startswith(_AUTH_DATA):
                identities[name.removeprefix(_AUTH_DATA)] = value
            elif name in _WIRE:
                out[_WIRE[name]] = value
            elif not name.startswith("_"):
                out[name] = self._value(name, value)
        if identities:
            out["authData"] = identities
        return out

    def raw(self, row: Mapping[str, Any], *, extended: bool, own_names: bool) -> Doc:
        """A row as JSON: stored names if `own_names`, else only `_id` changes its name."""
        out = {name: _json(value, extended) for name, value in row.items()}
        if not own_names and "_id" in out:
            out["objectId"] = out.pop("_id")
        return out

    def _value(self, name: str, value: Any) -> Any:
        kind = self.cls.kind(name)
        if kind == "GeoPoint" and isinstance(value, list) and len(value) == 2:
            return GeoPoint(value[1], value[0])
        if kind == "File" and isinstance(value, str):
            return File(value)
        if kind == "Polygon" and isinstance(value, dict) and value.get("coordinates"):
            return Polygon(tuple((latitude, longitude) for longitude, latitude in value["coordinates"][0]))
        return decoded(value)


def stored(value: Any) -> Any:
    """A value inside Objects and Arrays: pointers are dicts there."""
    if isinstance(value, dict):
        return {key: stored(item) for key, item in value.items()}
    if isinstance(value, list):
        return [stored(item) for item in value]
    return encode(value) if isinstance(value, Pointer | GeoPoint | File | Polygon) else value


def decoded(value: Any) -> Any:
    """REST forms inside a row to Values."""
    try:
        return decode_nested(value)
    except ParseError:
        return value


def without_secrets(value: Any) -> Any:
    """The same without fields that no key may read, at any depth: `$lookup` reaches every class."""
    if isinstance(value, dict):
        return {key: without_secrets(item) for key, item in value.items() if key not in _SECRET}
    return [without_secrets(item) for item in value] if isinstance(value, list) else value


def _column(value: Any) -> Any:
    match value:
        case GeoPoint(latitude, longitude):
            return [longitude, latitude]
        case Polygon(coordinates):
            return {"type": "Polygon", "coordinates": [[[longitude, latitude] for latitude, longitude in coordinates]]}
        case File(name):
            return name
    return stored(value)


def _permissions(acl: Mapping[str, Any]) -> dict[str, Any]:
    short = {"read": "r", "write": "w"}
    return {
        "_rperm": [who for who, rights in acl.items() if rights.get("read")],
        "_wperm": [who for who, rights in acl.items() if rights.get("write")],
        "_acl": {who: {short[word]: True for word in short if rights.get(word)} for who, rights in acl.items()},
    }


def _group_id(value: Any, grouped: bool) -> Any:
    if value is None or (isinstance(value, str | dict | list) and not value):
        return None
    if grouped and isinstance(value, str) and "$" in value:
        return value.partition("$")[2]
    found = decoded(value)
    return found.object_id if isinstance(found, Pointer) else found


def _json(value: Any, extended: bool) -> Any:
    if isinstance(value, datetime):
        return {"$date": iso(value)} if extended else iso(value)
    if isinstance(value, bytes) and extended:
        return {"$binary": {"base64": base64.b64encode(value).decode(), "subType": "00"}}
    if isinstance(value, dict):
        return {key: _json(item, extended) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item, extended) for item in value]
    return value
