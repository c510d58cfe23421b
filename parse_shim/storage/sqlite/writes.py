"""Insert, update and delete of rows with everything that hangs on them: unique keys, trees, text indexes. Inside a write."""

from __future__ import annotations

import apsw

from parse_shim.classes.model import ClassDef
from parse_shim.errors import DuplicateKey
from parse_shim.query.ast import Node
from parse_shim.storage.sqlite import geo, select, text
from parse_shim.storage.sqlite.connection import rows_of
from parse_shim.storage.sqlite.layout import Table
from parse_shim.storage.sqlite.names import table_name
from parse_shim.storage.sqlite.rows import from_text, to_row
from parse_shim.storage.unique import CLASSES_WITH_KEYS, unique_keys
from parse_shim.update.apply import apply
from parse_shim.update.ops import Update
from parse_shim.values.types import Doc


def insert(connection: apsw.Connection, table: Table, doc: Doc) -> None:
    row = to_row(doc)
    connection.execute(
        f"INSERT INTO {table_name(table.name)} (oid, created, updated, rperm, wperm, doc) VALUES (?, ?, ?, ?, ?, jsonb(?))",
        (*row[:5], row[5].decode()),
    )
    _attach(connection, table, connection.last_insert_rowid(), doc, None)


def is_plain(table: Table) -> bool:
    """Is an insert nothing but a row?"""
    return not table.geo and not table.text and table.name not in CLASSES_WITH_KEYS


def update_one(connection: apsw.Connection, table: Table, cls: ClassDef, where: Node, update: Update) -> Doc | None:
    query = select.row_ids(cls, table, where, limit=1)
    for row_id, stored in rows_of(connection, query.text, query.parameters):
        return _replace(connection, table, row_id, from_text(stored), update)
    return None


def update_all(connection: apsw.Connection, table: Table, cls: ClassDef, where: Node, update: Update) -> int:
    query = select.row_ids(cls, table, where)
    rows = rows_of(connection, query.text, query.parameters)
    for row_id, stored in rows:
        _replace(connection, table, row_id, from_text(stored), update)
    return len(rows)


def delete(connection: apsw.Connection, table: Table, cls: ClassDef, where: Node) -> int:
    has_keys = table.name in CLASSES_WITH_KEYS
    query = select.row_ids(cls, table, where, "id, json(doc)" if has_keys else "id")
    rows = rows_of(connection, query.text, query.parameters)
    if has_keys:
        for _, stored in rows:
            _release(connection, table.name, unique_keys(table.name, from_text(stored)))
    keys = [(row[0],) for row in rows]
    connection.executemany(f"DELETE FROM {table_name(table.name)} WHERE id = ?", keys)
    geo.remove(connection, table, (row[0] for row in rows))
    text.remove(connection, table, (row[0] for row in rows))
    return len(rows)


def _replace(connection: apsw.Connection, table: Table, row_id: int, before: Doc, update: Update) -> Doc:
    after = apply(update, before)
    row = to_row(after)
    stored = row[5].decode()
    connection.execute(
        f"UPDATE {table_name(table.name)} SET created = ?, updated = ?, rperm = ?, wperm = ?, doc = jsonb(?) WHERE id = ?",
        (*row[1:5], stored, row_id),
    )
    _attach(connection, table, row_id, after, before)
    # what was written, read back: the caller's `update` keeps no part of it
    return from_text(stored)


def _attach(connection: apsw.Connection, table: Table, row_id: int, doc: Doc, before: Doc | None) -> None:
    if table.name in CLASSES_WITH_KEYS:
        _claim(connection, table.name, row_id, doc, before)
    if table.geo:
        geo.place(connection, table, row_id, doc, before)
    if table.text:
        text.place(connection, table, row_id, doc, before)


def _claim(connection: apsw.Connection, class_name: str, row_id: int, doc: Doc, before: Doc | None) -> None:
    new, old = unique_keys(class_name, doc), unique_keys(class_name, before) if before else {}
    _release(connection, class_name, {path: key for path, key in old.items() if new.get(path) != key})
    for path, key in new.items():
        if old.get(path) == key:
            continue
        try:
            connection.execute("INSERT INTO unique_keys VALUES (?, ?, ?, ?)", (class_name, path, key, row_id))
        except apsw.ConstraintError:
            raise DuplicateKey(path)


def _release(connection: apsw.Connection, class_name: str, keys: dict[str, str]) -> None:
    connection.executemany(
        "DELETE FROM unique_keys WHERE class = ? AND path = ? AND key = ?",
        [(class_name, path, key) for path, key in keys.items()],
    )
