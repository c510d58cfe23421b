"""ClassDefs in the table `classes`: one row of JSON a class, and what the tables of the class need for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import apsw
import orjson

from parse_shim.classes.model import ClassDef, FieldType, join_name
from parse_shim.classes.system import SERVER_INDEXES
from parse_shim.storage.merge import merge_class, without_columns
from parse_shim.storage.sqlite import demand, geo
from parse_shim.storage.sqlite.connection import rows_of
from parse_shim.storage.sqlite.functions import Connection
from parse_shim.storage.sqlite.layout import (
    Layout,
    bump_version,
    create_index,
    drop_index,
    index_names,
)
from parse_shim.storage.sqlite.names import is_class, table_name, text_table
from parse_shim.storage.sqlite.rows import from_text, to_row
from parse_shim.storage.unique import CLASSES_WITH_KEYS, unique_keys
from parse_shim.values.codec import decode_column
from parse_shim.values.jsontext import dumps
from parse_shim.values.types import MISSING

_DATABASE_NAMES = {"_id": "objectId", "_created_at": "createdAt", "_updated_at": "updatedAt"}


def load(connection: apsw.Connection) -> dict[str, ClassDef]:
    rows = connection.execute("SELECT name, definition FROM classes")
    return {name: _read(name, definition) for name, definition in rows}


def save(connection: Connection, layout: Layout, cls: ClassDef) -> ClassDef:
    """Merge, write, and bring tables, trees and indexes in line. Raises FieldConflict."""
    stored = _stored(connection, cls.name)
    saved = merge_class(stored, cls)
    table = layout.ensure(connection, saved)
    geo.ensure_trees(connection, saved, table)
    if saved != stored:
        _write(connection, saved)
        _sync_indexes(connection, saved)
        layout.version = bump_version(connection)
    return saved


def drop_fields(connection: Connection, layout: Layout, cls: ClassDef, names: Iterable[str]) -> ClassDef:
    gone = [name for name in names if name not in ("objectId", "createdAt", "updatedAt", "ACL")]
    stored = _stored(connection, cls.name) or cls
    table = layout.ensure(connection, stored)
    left = without_columns(stored, gone)
    _write(connection, left)
    _sync_indexes(connection, left)
    for name in gone:
        geo.drop_tree(connection, table, name)
        if name in table.text:
            connection.execute(f"DROP TABLE {text_table(cls.name, name)}")
            table.text.discard(name)
        layout.drop(connection, join_name(name, cls.name))
    demand.forget(connection, cls.name, gone)
    _strip(connection, cls.name, gone)
    layout.version = bump_version(connection)
    return left


def drop(connection: Connection, layout: Layout, name: str) -> None:
    layout.current(connection)
    connection.execute("DELETE FROM classes WHERE name = ?", (name,))
    for table in [t for t in layout.tables if t == name or (t.startswith("_Join:") and t.split(":", 2)[2] == name)]:
        layout.drop(connection, table)
    layout.version = bump_version(connection)


def _strip(connection: apsw.Connection, class_name: str, gone: list[str]) -> None:
    """Take the columns out of every object; through Python, since keys of a JSON object may need any quoting."""
    table = table_name(class_name)
    for row_id, text in rows_of(connection, f"SELECT id, json(doc) FROM {table}"):
        doc = from_text(text)
        if any(name in doc for name in gone):
            left = {name: value for name, value in doc.items() if name not in gone}
            connection.execute(f"UPDATE {table} SET doc = jsonb(?) WHERE id = ?", (to_row(left)[5].decode(), row_id))
    if class_name in CLASSES_WITH_KEYS:
        connection.execute("DELETE FROM unique_keys WHERE class = ?", (class_name,))
        for row_id, text in rows_of(connection, f"SELECT id, json(doc) FROM {table}"):
            for key_path, key in unique_keys(class_name, from_text(text)).items():
                connection.execute("INSERT INTO unique_keys VALUES (?, ?, ?, ?)", (class_name, key_path, key, row_id))


def _stored(connection: apsw.Connection, name: str) -> ClassDef | None:
    for (definition,) in connection.execute("SELECT definition FROM classes WHERE name = ?", (name,)):
        return _read(name, definition)
    return None


def _write(connection: apsw.Connection, cls: ClassDef) -> None:
    definition = {
        "fields": {name: _column_json(column) for name, column in cls.fields.items()},
        "permissions": cls.permissions,
        "indexes": cls.indexes,
    }
    connection.execute(
        "INSERT INTO classes VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET definition = excluded.definition",
        (cls.name, dumps(definition).decode()),
    )


def _column_json(column: FieldType) -> dict[str, Any]:
    found: dict[str, Any] = column.json()
    if column.required or column.optional:
        found["required"] = column.required
    if column.default is not MISSING:
        found["default"] = column.default_json
    return found


def _read(name: str, definition: str) -> ClassDef:
    stored = orjson.loads(definition)
    columns = {
        key: FieldType(
            column["type"],
            column.get("targetClass"),
            bool(column.get("required")),
            decode_column(column["default"]) if "default" in column else MISSING,
            column.get("default", MISSING),
            column.get("required") is False,
        )
        for key, column in stored["fields"].items()
    }
    return ClassDef(name, columns, stored["permissions"], {**SERVER_INDEXES.get(name, {}), **stored["indexes"]})


def _sync_indexes(connection: apsw.Connection, cls: ClassDef) -> None:
    """The declared indexes, no more and no less. Text and 2dsphere ones need none here: search and R*Trees have their own."""
    # The table `unique_keys` does the work of the server's own.
    own = {"_id_", *SERVER_INDEXES.get(cls.name, {})}
    wanted = {_label(name): columns for name, columns in cls.indexes.items() if name not in own}
    for name in index_names(connection, cls.name, "i"):
        drop_index(connection, cls.name, "i", name)
    for name, columns in wanted.items():
        keys = [(_column(column), direction == -1) for column, direction in columns.items() if direction in (1, -1)]
        create_index(connection, cls, "i", name, keys)


def _column(name: str) -> str:
    return _DATABASE_NAMES.get(name) or name.removeprefix("_p_")


def _label(name: str) -> str:
    """The index's own name where SQL can have it."""
    return name if is_class(name) else "x" + hashlib.sha1(name.encode()).hexdigest()[:16]
