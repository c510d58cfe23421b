"""The collection `_SCHEMA`: load, save, drop. Safe against other processes and other servers that write it at the same time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from parse_shim.classes.model import BASE_FIELDS, ClassDef, join_name
from parse_shim.errors import FieldConflict, Unavailable
from parse_shim.storage.merge import without_columns
from parse_shim.storage.mongo import demand, schema
from parse_shim.storage.mongo.connection import Connection, Raw
from parse_shim.storage.mongo.indexes import SYSTEM_INDEXES, Indexes
from parse_shim.storage.mongo.layout import Layout
from parse_shim.storage.mongo.snapshot import AT_ONCE, State, fill
from parse_shim.storage.mongo.version import Version

SCHEMA = "_SCHEMA"
_KEPT = frozenset({*SYSTEM_INDEXES, SCHEMA})
_TRIES = 50
_NAMES_AT_ONCE = 100


class Schemas:
    """Classes as stored."""

    def __init__(self, connection: Connection, indexes: Indexes, version: Version) -> None:
        self._connection = connection
        self._indexes = indexes
        self._version = version

    def load(self) -> dict[str, ClassDef]:
        return {str(raw["_id"]): schema.read_class(raw) for raw in self._connection.collection(SCHEMA).find({})}

    def one(self, name: str) -> ClassDef | None:
        raw = self._raw(name)
        return None if raw is None else schema.read_class(raw)

    def save(self, cls: ClassDef) -> ClassDef:
        """Merge `cls` into the stored class: one atomic write that only happens where no column has another type."""
        before: Raw = {}
        with self._version.change() as changed:
            for _ in range(_TRIES):
                before = self._raw(cls.name) or {}
                difference = _difference(before, cls)
                if before and not difference:
                    after = before
                    break
                found = self._write(cls, difference)
                if found is not None:
                    after = found
                    changed()
                    break
                self._check(cls)
            else:
                raise Unavailable(f"the schema of {cls.name} changes all the time")
        saved = schema.read_class(after)
        self._connection.outside(lambda: self._make_indexes(before, saved))
        return saved

    def note_index(self, name: str, index: str, keys: Raw) -> None:
        """List an index that a query asked for, as parse-server does for `$text`."""
        with self._version.change() as changed:
            found = self._connection.collection(SCHEMA).update_one(
                {"_id": name}, {"$set": {f"_metadata.indexes.{index}": keys}}
            )
            if found.modified_count:
                changed()

    def drop_fields(self, cls: ClassDef, names: Iterable[str]) -> ClassDef:
        """Columns, their data, their links, and the indexes that name them."""
        gone = [name for name in names if name not in BASE_FIELDS]
        stored = self.one(cls.name) or cls
        layout = Layout(stored)
        kept = without_columns(stored, gone)
        for index in stored.indexes.keys() - kept.indexes.keys():
            self._indexes.drop(cls.name, index)
        demand.forget(self._connection, cls.name, gone)
        for name in gone:
            if stored.kind(name) == "GeoPoint":
                self._indexes.drop(cls.name, f"{name}_2d")
            if stored.kind(name) == "Relation":
                self._drop_collection(join_name(name, cls.name))
        unset = {path: "" for name in gone for path in layout.paths(name)}
        if unset and self._connection.exists(cls.name):
            self._connection.collection(cls.name).update_many({}, {"$unset": unset})
        with self._version.change() as changed:
            after = self._forget(cls.name, _forget_columns(gone, stored, kept))
            changed()
        return kept if after is None else schema.read_class(after)

    def drop(self, name: str) -> None:
        """The class, its objects, the links of its relations."""
        with self._version.change() as changed:
            self._connection.collection(SCHEMA).delete_one({"_id": name})
            changed()
        demand.forget(self._connection, name)
        if name in SYSTEM_INDEXES:
            # Its unique indexes must stay: other processes believe in them.
            self._connection.collection(name).delete_many({})
        else:
            self._drop_collection(name)
        for join in [one for one in self._connection.names() if one.startswith("_Join:") and one.split(":", 2)[2] == name]:
            self._drop_collection(join)

    def clear(self, *, indexes: bool, state: State | None = None) -> None:
        """Empty every collection, then put `state` in; `indexes`: drop collections that are not the server's own, with what users
        made on them. Geo and text indexes go in any case: another column of the same name could not be stored under them."""
        names = self._connection.names()
        if demand.NOTES in names:
            demand.forget(self._connection)
        with self._version.change() as changed:
            if indexes:
                for name in [name for name in names if name not in _KEPT]:
                    self._drop_collection(name)
                names = [name for name in names if name in _KEPT]
            for name in self._filled(names):
                self._connection.collection(name).with_options(write_concern=AT_ONCE).delete_many({})
            self._indexes.drop_special(name for name in names if name not in _KEPT)
            fill(self._connection, state or {})
            changed()

    # -- private ------------------------------------------------------------------------------------------------------

    def _raw(self, name: str) -> Raw | None:
        return self._connection.collection(SCHEMA).find_one({"_id": name})

    def _write(self, cls: ClassDef, difference: Raw) -> Raw | None:
        guard: Raw = {"_id": cls.name}
        for name, code in schema.columns(cls).items():
            guard[name] = {"$in": schema.same_codes(code)}
        try:
            return self._connection.collection(SCHEMA).find_one_and_update(
                guard, difference, upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:
            # The class is there and the guard does not hold, or another process made it this very moment.
            return None

    def _check(self, cls: ClassDef) -> None:
        stored = self.one(cls.name)
        for name, column in cls.fields.items() if stored else ():
            known = stored.fields.get(name) if stored else None
            if known is not None and not known.same_type(column):
                raise FieldConflict(cls.name, name)

    def _forget(self, name: str, unset: Raw) -> Raw | None:
        if not unset:
            return self._raw(name)
        return self._connection.collection(SCHEMA).find_one_and_update(
            {"_id": name}, {"$unset": unset}, return_document=ReturnDocument.AFTER
        )

    def _make_indexes(self, before: Raw, saved: ClassDef) -> None:
        old = schema.stored_indexes(before.get("_metadata") or {})
        layout = Layout(saved)
        self._indexes.columns(saved)
        self._indexes.apply(layout, old, saved.indexes)

    def _drop_collection(self, name: str) -> None:
        self._connection.collection(name).drop()
        self._indexes.forget(name)

    def _filled(self, names: list[str]) -> list[str]:
        """Collections that hold something: one question for a hundred of them (2 ms for 40; asking each 10 ms)."""
        filled: list[str] = []
        for start in range(0, len(names), _NAMES_AT_ONCE):
            first, *others = names[start : start + _NAMES_AT_ONCE]
            pipeline: list[Raw] = [*_sample(first)]
            for name in others:
                pipeline.append({"$unionWith": {"coll": self._connection.prefix + name, "pipeline": _sample(name)}})
            filled += [row["name"] for row in self._connection.collection(first).aggregate(pipeline)]
        return filled


def _sample(name: str) -> list[Raw]:
    return [{"$limit": 1}, {"$project": {"_id": 0, "name": {"$literal": name}}}]


def _difference(before: Raw, cls: ClassDef) -> Raw:
    """Update operators that make `before` (a stored class or {}) what it should be; {} when it is."""
    metadata = before.get("_metadata") or {}
    put: Raw = {name: code for name, code in schema.columns(cls).items() if name not in before}
    drop: Raw = {}
    known = metadata.get("fields_options") or {}
    wanted: list[tuple[str, Any, Any]] = [
        (f"_metadata.fields_options.{name}", known.get(name, {}), schema.options(column))
        for name, column in cls.fields.items()
    ]
    permissions = dict(cls.permissions) if cls.permissions is not None else None
    wanted.append(("_metadata.class_permissions", metadata.get("class_permissions"), permissions))
    wanted.append(("_metadata.indexes", schema.stored_indexes(metadata), schema.indexes(cls)))
    for path, old, new in wanted:
        if new == old:
            continue
        if new or (new is not None and path.endswith("class_permissions")):
            put[path] = new
        else:
            drop[path] = ""
    return {operator: fields for operator, fields in (("$set", put), ("$unset", drop)) if fields}


def _forget_columns(gone: list[str], stored: ClassDef, kept: ClassDef) -> Raw:
    unset: Raw = {}
    for name in gone:
        unset |= {name: "", f"_metadata.fields_options.{name}": ""}
    for index in stored.indexes.keys() - kept.indexes.keys():
        unset[f"_metadata.indexes.{index}"] = ""
    return unset

