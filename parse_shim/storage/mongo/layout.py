"""Docs to documents and back: names and values exactly as parse-server 9.10 stores them (contract/05).

Seen in its documents beyond that page: null in a Pointer column lies under the plain name on create; `sessionToken`
is `_session_token` in every class; an update writes `lastUsed` and `timesUsed` as `_last_used` and `times_used`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId

from parse_shim.classes.model import ClassDef
from parse_shim.storage.mongo.values import decoded, from_bson, to_bson
from parse_shim.values.codec import encode, lenient_base64, number
from parse_shim.values.types import Doc, File, GeoPoint, Pointer, Polygon, Relation, Value

Raw = dict[str, Any]
Reader = Callable[[Any], Any]

FIXED: Mapping[str, str] = {
    "objectId": "_id",
    "createdAt": "_created_at",
    "updatedAt": "_updated_at",
    "sessionToken": "_session_token",
    "lastUsed": "_last_used",
    "timesUsed": "times_used",
}
ACL_FIELDS = ("_rperm", "_wperm", "_acl")
AUTH_DATA = "_auth_data_"
NOWHERE = "__nothing"
"""A name that no document has: for paths into values that are one thing to us and an array to MongoDB."""
CONFIG_CLASSES = frozenset({"_GlobalConfig", "_GraphQLConfig"})
"""Classes of one object with the number 1 as id, whose values are kept in REST form."""

_WIRE = {stored: wire for wire, stored in FIXED.items()} | {"_expiresAt": "expiresAt"}
_OBJECT_ID = re.compile(r"[0-9a-f]{24}\Z")
_PLAIN = frozenset((str, int, bool, type(None), datetime))
_KNOWN_NAMES = 500
_OPAQUE = frozenset({"GeoPoint", "Polygon", "Bytes", "File"})


class Layout:
    """How objects of one class are stored. Made once per ClassDef: reading a document is one table look-up per field."""

    def __init__(self, cls: ClassDef) -> None:
        self.cls = cls
        self.is_user = cls.name == "_User"
        self.is_config = cls.name in CONFIG_CLASSES
        self._readers: dict[str, tuple[str | None, Reader | None]] = dict.fromkeys(ACL_FIELDS, (None, None))
        for stored, wire in _WIRE.items():
            self._readers[stored] = (wire, None)
        for name, column in cls.fields.items():
            self._readers[name] = (None if column.kind == "Relation" else name, self._reader(column.kind))

    # -- names --------------------------------------------------------------------------------------------------------

    def path(self, path: str) -> str:
        """Where the value of a wire path lies."""
        first, dot, rest = path.partition(".")
        if first == "authData" and self.is_user and rest:
            return AUTH_DATA + rest
        if dot:
            return f"{NOWHERE}.{rest}" if self.cls.kind(first) in _OPAQUE else path
        if self.cls.kind(path) == "Pointer":
            return "_p_" + path
        return FIXED.get(path, path)

    def paths(self, name: str) -> tuple[str, ...]:
        """Every stored name that a top-level field may use: a null Pointer lies beside the place of a set one."""
        if name == "ACL":
            return ACL_FIELDS
        stored = self.path(name)
        return (stored, name) if stored.startswith("_p_") or name in ("lastUsed", "timesUsed") else (stored,)

    # -- reading ------------------------------------------------------------------------------------------------------

    def read(self, raw: Mapping[str, Any]) -> Doc:
        """A stored document as a Doc."""
        out: Doc = {}
        readers = self._readers
        for key, value in raw.items():
            name, reader = readers.get(key) or self._learn(key)
            if name is None:
                continue
            if reader is not None:
                out[name] = reader(value)
            else:
                out[name] = value if type(value) in _PLAIN else from_bson(value)
        if "_rperm" in raw or "_wperm" in raw:
            out["ACL"] = read_acl(raw.get("_rperm"), raw.get("_wperm"))
        if self.is_user:
            _gather_auth_data(raw, out)
        if self.is_config and "objectId" in out:
            out["objectId"] = str(out["objectId"])
        return out

    def entry(self, key: str) -> tuple[str | None, Reader | None]:
        """Wire name and reader of a stored name; no name: it is not read by itself."""
        return self._readers.get(key) or self._learn(key)

    def _learn(self, key: str) -> tuple[str | None, Reader | None]:
        """The entry of a name that the schema does not tell: pointers have their mark, the rest is taken as it is."""
        entry: tuple[str | None, Reader | None] = (key, None)
        if key.startswith("_p_"):
            entry = (key[3:], _read_pointer)
        elif key.startswith(AUTH_DATA) and self.is_user:
            entry = (None, None)
        if len(self._readers) < _KNOWN_NAMES:
            self._readers[key] = entry
        return entry

    def _reader(self, kind: str) -> Reader | None:
        return _read_config if self.is_config else _READERS.get(kind)

    # -- writing ------------------------------------------------------------------------------------------------------

    def write(self, doc: Doc) -> Raw:
        """A Doc as the document of a new object."""
        out: Raw = {"_id": self.object_id(doc["objectId"])}
        for name, value in doc.items():
            if name == "ACL":
                out |= write_acl(value)
            elif name == "authData" and self.is_user:
                out |= self._write_auth_data(value)
            elif not self.leaves_out(name, value):
                out[self._stored_name(name, value)] = self.value(name, value)
        return out

    def leaves_out(self, name: str, value: Value) -> bool:
        """Not stored: ids (given already), relations, dates of config objects. Nor a null name or address of a user:
        a sparse unique index counts nulls, so two users without one would be duplicates."""
        if name == "objectId" or isinstance(value, Relation):
            return True
        if self.is_config and name in ("createdAt", "updatedAt"):
            return True
        return value is None and self.is_user and name in ("username", "email")

    def _stored_name(self, name: str, value: Value) -> str:
        if isinstance(value, Pointer):
            return "_p_" + name if self.cls.kind(name) in ("Pointer", None) else name
        return FIXED.get(name, name)

    def _write_auth_data(self, value: Any) -> Raw:
        providers = value if isinstance(value, Mapping) else {}
        return {AUTH_DATA + name: to_bson(data) for name, data in providers.items() if data is not None}

    def value(self, path: str, value: Value) -> Any:
        """What is stored for `value` at a wire path: a column has its own forms, deeper everything is an Object's."""
        if self.is_config:
            return to_bson(encode(value))
        writer = _WRITERS.get(type(value))
        if writer is None or "." in path:
            return to_bson(value)
        if isinstance(value, Pointer) and self.cls.kind(path) not in ("Pointer", None):
            return to_bson(value)
        return writer(value)

    def object_id(self, value: Any) -> Any:
        return int(value) if self.is_config and isinstance(value, str) and value.isdecimal() else to_bson(value)

    def object_ids(self, value: Any) -> list[Any]:
        """Stored ids that a wire id may stand for: rows that others upserted (_Hooks, _Join) have ObjectIds."""
        if isinstance(value, str) and _OBJECT_ID.match(value):
            return [value, ObjectId(value)]
        return [self.object_id(value)]


def read_acl(readers: Any, writers: Any) -> dict[str, dict[str, bool]]:
    """REST form from the two lists."""
    acl: dict[str, dict[str, bool]] = {}
    for who in readers or ():
        acl[who] = {"read": True}
    for who in writers or ():
        acl.setdefault(who, {})["write"] = True
    return acl


def write_acl(value: Any) -> Raw:
    """The three fields of an ACL; none for an object without one."""
    if value is None:
        return {}
    acl: dict[str, dict[str, bool]] = {}
    for who, flags in value.items():
        short = {letter: True for word, letter in (("write", "w"), ("read", "r")) if flags.get(word)}
        if short:
            acl[who] = short
    return {
        "_wperm": [who for who, flags in acl.items() if "w" in flags],
        "_rperm": [who for who, flags in acl.items() if "r" in flags],
        "_acl": acl,
    }


def _gather_auth_data(raw: Mapping[str, Any], out: Doc) -> None:
    providers = {key[len(AUTH_DATA) :]: from_bson(value) for key, value in raw.items() if key.startswith(AUTH_DATA)}
    if providers:
        out["authData"] = providers


def _read_pointer(value: Any) -> Any:
    if type(value) is not str:
        return from_bson(value)
    class_name, dollar, object_id = value.partition("$")
    return Pointer(class_name, object_id) if dollar else None


def _read_file(value: Any) -> Any:
    return File(value) if type(value) is str else from_bson(value)


def _read_point(value: Any) -> Any:
    if type(value) is dict and value.get("type") == "Point":
        value = value.get("coordinates")
    if type(value) is list and len(value) == 2:
        return GeoPoint(from_bson(value[1]), from_bson(value[0]))
    return from_bson(value)


def _read_polygon(value: Any) -> Any:
    try:
        return Polygon(tuple((number(pair[1]), number(pair[0])) for pair in value["coordinates"][0]))  # type: ignore[misc]
    except (TypeError, KeyError, IndexError, AttributeError):
        return from_bson(value)


def _read_bytes(value: Any) -> Any:
    return lenient_base64(value) if type(value) is str else from_bson(value)


def _read_config(value: Any) -> Any:
    return decoded(from_bson(value))


_READERS: Mapping[str, Reader] = {
    "File": _read_file,
    "GeoPoint": _read_point,
    "Polygon": _read_polygon,
    "Bytes": _read_bytes,
}
_WRITERS: Mapping[type, Callable[[Any], Any]] = {
    GeoPoint: lambda point: [to_bson(point.longitude), to_bson(point.latitude)],
    Polygon: lambda area: {
        "type": "Polygon",
        "coordinates": [[[to_bson(lng), to_bson(lat)] for lat, lng in area.coordinates]],
    },
    File: lambda file: file.name,
    Pointer: lambda pointer: pointer.text,
}
