"""Indexes made on demand: each with the reason for which it was made, listed and removable."""

from __future__ import annotations

from dataclasses import dataclass

import apsw

from parse_shim.classes.model import ClassDef
from parse_shim.storage.sqlite.connection import rows_of
from parse_shim.storage.sqlite.layout import Layout, create_index, drop_index, index_names

_KEY = "index:"


@dataclass(frozen=True, slots=True)
class DemandedIndex:
    class_name: str
    column: str
    reason: str


def ensure(connection: apsw.Connection, layout: Layout, cls: ClassDef, column: str, reason: str) -> bool:
    """Index the column; False when it has no single comparable value. Inside a write."""
    layout.ensure(connection, cls)
    if not create_index(connection, cls, "d", column, [(column, False)]):
        return False
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"{_KEY}{cls.name}/{column}", reason))
    return True


def listed(connection: apsw.Connection) -> list[DemandedIndex]:
    """Those that exist, by class and column. A note outlives a class that was dropped; it is not listed."""
    found = []
    for key, reason in rows_of(connection, "SELECT key, value FROM meta WHERE key GLOB 'index:*' ORDER BY key"):
        class_name, _, column = key.removeprefix(_KEY).partition("/")
        if column in index_names(connection, class_name, "d"):
            found.append(DemandedIndex(class_name, column, reason))
    return found


def remove(connection: apsw.Connection, class_name: str, column: str) -> None:
    """Unknown: nothing."""
    drop_index(connection, class_name, "d", column)
    connection.execute("DELETE FROM meta WHERE key = ?", (f"{_KEY}{class_name}/{column}",))
