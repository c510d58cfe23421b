"""Indexes on demand in SQLite: expression indexes of the kind `d`; why they were made stands in `meta`."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import apsw
import orjson

from parse_shim import ids
from parse_shim.classes.model import ClassDef
from parse_shim.query.ast import Node
from parse_shim.query.options import FindOptions
from parse_shim.storage.demand import Demanded, Examined
from parse_shim.storage.sqlite import select
from parse_shim.storage.sqlite.aside import aside
from parse_shim.storage.sqlite.connection import connect, rows_of, value_of
from parse_shim.storage.sqlite.database import Database
from parse_shim.storage.sqlite.layout import Layout, Table, create_index, drop_index, index_names
from parse_shim.storage.sqlite.names import table_name

_INDEX = re.compile(r"USING (?:COVERING )?INDEX (.*?)(?: \(|$)")
_KEY = "demand:"
_BUSY_SECONDS = 20.0


def examine(connection: apsw.Connection, cls: ClassDef, table: Table, where: Node, options: FindOptions) -> Examined:
    """By the plan: a scan, or a sort of everything, reads every row."""
    query = select.plain(cls, table, where, options)
    steps = [row[3] for row in rows_of(connection, f"EXPLAIN QUERY PLAN {query.text}", query.parameters)]
    total = int(value_of(connection, f"SELECT max(id) FROM {table_name(cls.name)}") or 0)
    found = next((match[1] for step in steps if (match := _INDEX.search(step))), None)
    sorts = options.order and any(step.startswith("USE TEMP B-TREE") for step in steps)
    scans = any(step.startswith("SCAN ") and "INDEX" not in step for step in steps)
    return Examined(total if scans or (sorts and found is None) else 0, found, total)


def listed(connection: apsw.Connection) -> list[Demanded]:
    """A note outlives a class that was dropped; its index does not, and it is not listed."""
    rows = rows_of(connection, "SELECT key, value FROM meta WHERE substr(key, 1, ?) = ? ORDER BY key", (len(_KEY), _KEY))
    found = [_demanded(key, value) for key, value in rows]
    return [one for one in found if one.dropped or one.column in index_names(connection, one.class_name, "d")]


def make(database: Database, cls: ClassDef, column: str, reason: str) -> bool:
    """In a native thread, on a connection of its own: 100,000 rows take 0.1 s, and other requests go on."""
    if database.file is None:
        return database.write(lambda connection: _make(connection, cls, column, reason))

    def work() -> bool:
        connection = connect(database.file, busy_seconds=_BUSY_SECONDS)
        try:
            connection.execute("BEGIN IMMEDIATE")
            made = _make(connection, cls, column, reason)
            connection.execute("COMMIT")
            return made
        finally:
            connection.close()

    return aside(work)


def drop(connection: apsw.Connection, layout: Layout, class_name: str, column: str) -> bool:
    layout.current(connection)
    text = value_of(connection, "SELECT value FROM meta WHERE key = ?", (_key(class_name, column),))
    if text is None:
        return False
    drop_index(connection, class_name, "d", column)
    _note(connection, class_name, column, {**orjson.loads(text), "dropped": True})
    return True


def _make(connection: apsw.Connection, cls: ClassDef, column: str, reason: str) -> bool:
    if not create_index(connection, cls, "d", column, [(column, False)]):
        return False
    _note(connection, cls.name, column, {"reason": reason, "since": ids.now().isoformat()})
    return True


def _note(connection: apsw.Connection, class_name: str, column: str, about: dict[str, Any]) -> None:
    text = orjson.dumps(about).decode()
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_key(class_name, column), text))


def _key(class_name: str, column: str) -> str:
    return f"{_KEY}{class_name}/{column}"


def _demanded(key: str, text: str) -> Demanded:
    class_name, _, column = key[len(_KEY) :].rpartition("/")
    about = orjson.loads(text)
    return Demanded(class_name, column, about["reason"], datetime.fromisoformat(about["since"]), about.get("dropped", False))
