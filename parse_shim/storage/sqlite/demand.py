"""Indexes on demand in SQLite: expression indexes of the kind `d`; why they were made stands in `meta`."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import apsw
import orjson

from parse_shim import ids
from parse_shim.classes.model import ClassDef
from parse_shim.query.ast import And, Node
from parse_shim.query.options import FindOptions
from parse_shim.storage.demand import EXISTS, NO_INDEX, TOO_LARGE, Demanded, Examined, IndexState, Keys, conditions, keys_text, why_not
from parse_shim.storage.sqlite import select
from parse_shim.storage.sqlite.aside import aside
from parse_shim.storage.sqlite.connection import connect, rows_of, translated, value_of
from parse_shim.storage.sqlite.database import Database
from parse_shim.storage.sqlite.functions import Connection
from parse_shim.storage.sqlite.layout import DEMAND, WANTED, Layout, Table, create_index, drop_index, index_names
from parse_shim.storage.sqlite.names import decoded, encoded, scalar, table_name

T = TypeVar("T")

MOST_SECONDS = 1.0
"""So long writes may wait for an index; reads go on. 0.14 s for 100,000 objects, 0.7 s for 500,000, 1.5 s for a million."""
_BUSY_SECONDS = 20.0
_STEPS = 20_000
_STEPS_PER_ROW = 4
"""SQLite's machine takes at least so many for each row that an index leads to."""
_INDEX = re.compile(r"USING (?:COVERING )?INDEX (.*?)(?: \(|$)")


class _TooLarge(Exception):
    """Making the index took too long and was given up."""


def examine(connection: apsw.Connection, cls: ClassDef, table: Table, where: Node, options: FindOptions) -> Examined:
    """The query is run once more, without reading the objects it gives."""
    query = select.plain(cls, table, where, options)
    steps = [row[3] for row in rows_of(connection, f"EXPLAIN QUERY PLAN {query.text}", query.parameters)]
    total = int(value_of(connection, f"SELECT max(id) FROM {table_name(cls.name)}") or 0)
    scanned, machine = _work(connection, query)
    found = next((match[1] for step in steps if (match := _INDEX.search(step))), None)
    if any(step.startswith("SCAN ") for step in steps):
        return Examined(min(scanned + 1, total), _shown(found) if found else None, total)
    led = _led_to(connection, cls, table, where, found)
    return Examined(min(led, machine // _STEPS_PER_ROW), _shown(found or ""), total)


def matching(connection: apsw.Connection, cls: ClassDef, table: Table, where: Node) -> int:
    query = select.counting(cls, table, where)
    return int(value_of(connection, query.text, query.parameters))


def listed(connection: apsw.Connection) -> list[Demanded]:
    rows = rows_of(connection, "SELECT key, value FROM meta WHERE substr(key, 1, ?) = ? ORDER BY key", (len(DEMAND), DEMAND))
    return [_demanded(key, value) for key, value in rows]


def beside(database: Database, job: Callable[[Connection], T]) -> T:
    """A read that may take long: in a native thread, on a connection of its own."""
    if database.file is None:
        return database.read(job)
    try:
        return aside(lambda: _on_own_connection(database, job, reader=True))
    except apsw.Error as error:
        raise translated(error, database.file)


def make(database: Database, cls: ClassDef, keys: Keys, reason: str, by_operator: bool) -> str | None:
    """In a native thread too; the write lock is held as long as it takes, MOST_SECONDS unless an operator wants it."""
    about = {"reason": reason, "since": ids.now().isoformat()}

    def job(connection: apsw.Connection) -> str | None:
        against = None if by_operator else why_not(listed(connection), cls.name, keys)
        against = against or _useless(connection, cls, keys)
        if against is None:
            with _interrupted_after(connection, math.inf if by_operator else MOST_SECONDS):
                create_index(connection, cls, "d", _label(keys), keys)
            _note(connection, cls.name, keys, about)
        return against

    try:
        if database.file is None:
            return database.alone(lambda connection: _in_transaction(connection, job))
        return aside(lambda: _on_own_connection(database, lambda connection: _in_transaction(connection, job)))
    except _TooLarge:
        database.write(lambda connection: _note(connection, cls.name, keys, {**about, "state": "too large"}))
        return TOO_LARGE
    except apsw.Error as error:
        raise translated(error, database.file)


def drop(connection: Connection, layout: Layout, class_name: str, keys: Keys, state: IndexState) -> bool:
    layout.current(connection)
    found = next((one for one in listed(connection) if one.class_name == class_name and one.keys == keys), None)
    if found is None:
        return False
    drop_index(connection, class_name, "d", _label(keys))
    _note(connection, class_name, keys, {"reason": found.reason, "since": found.since.isoformat(), "state": state})
    return True


def forget(connection: apsw.Connection, class_name: str, columns: Iterable[str] | None = None) -> None:
    """Indexes and notes that name one of these columns, or all of the class, go: a new column of the name is another one."""
    gone = None if columns is None else set(columns)
    for one in listed(connection):
        if one.class_name == class_name and (gone is None or gone & {column for column, _ in one.keys}):
            drop_index(connection, class_name, "d", _label(one.keys))
            connection.execute("DELETE FROM meta WHERE key = ?", (_key(class_name, one.keys),))


# -- private --------------------------------------------------------------------------------------------------------------


def _work(connection: apsw.Connection, query: select.Select) -> tuple[int, int]:
    """(rows stepped over in scans, steps of SQLite's machine) of running the query."""
    text = f"SELECT count(*) FROM ({query.text})"
    told: list[dict[str, int]] = []

    def note(event: Any) -> None:
        if event["sql"] == text:
            told.append(event["stmt_status"])

    connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, note)
    try:
        value_of(connection, text, query.parameters)
    finally:
        connection.trace_v2(0, None)
    status = told[-1] if told else {}
    return status.get("SQLITE_STMTSTATUS_FULLSCAN_STEP", 0), status.get("SQLITE_STMTSTATUS_VM_STEP", 0)


def _led_to(connection: apsw.Connection, cls: ClassDef, table: Table, where: Node, index: str | None) -> int:
    """To how many rows the first column of the index leads."""
    column = None if index is None else _first_column(cls, index)
    on_column = tuple(part for part in conditions(where) if getattr(part, "path", None) == column)
    return matching(connection, cls, table, And(on_column)) if on_column else 2**63


def _first_column(cls: ClassDef, index: str) -> str:
    kind, name = index[:1], decoded(index.partition("/")[2])
    if kind == "i":
        return next(iter(_declared(cls).get(name, ())), ("", False))[0]
    return _keys(name)[0][0] if kind in "dw" else "objectId"


def _shown(index: str) -> str:
    name = decoded(index.partition("/")[2])
    return keys_text(_keys(name)) if index[:2] == "d:" else name or "objectId"


def _useless(connection: apsw.Connection, cls: ClassDef, keys: Keys) -> str | None:
    """Only the very same one serves: rows follow each other by number among equals, so that the reverse order has to be sorted."""
    is_stored = value_of(connection, "SELECT 1 FROM sqlite_schema WHERE name = ?", (f"c:{encoded(cls.name)}",))
    if not is_stored or any(scalar(cls, column) is None for column, _ in keys):
        return NO_INDEX
    declared = _declared(cls)
    there = [declared.get(name, ()) for name in index_names(connection, cls.name, "i")]
    there += [_keys(name) for name in index_names(connection, cls.name, "d")]
    there += [((column, False),) for column in (*WANTED.get(cls.name, ()), "objectId")]
    return EXISTS if keys in there else None


def _declared(cls: ClassDef) -> dict[str, Keys]:
    """Indexes of the schema by name."""
    return {
        name: tuple((column.removeprefix("_p_"), direction == -1) for column, direction in columns.items())
        for name, columns in cls.indexes.items()
    }


def _on_own_connection(database: Database, job: Callable[[Connection], T], *, reader: bool = False) -> T:
    connection = connect(database.file, busy_seconds=_BUSY_SECONDS, reader=reader)
    try:
        return job(connection)
    finally:
        connection.close()


def _in_transaction(connection: apsw.Connection, job: Callable[[apsw.Connection], T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = job(connection)
        connection.execute("COMMIT")
        return result
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def _interrupted_after(connection: apsw.Connection, seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    except apsw.InterruptError as error:
        raise _TooLarge from error
    finally:
        connection.set_progress_handler(None)


def _label(keys: Keys) -> str:
    """The keys as a name that SQL can have: `receiverID:score`, `receiverID::createdAt` with the second one descending."""
    return ":".join(f":{column}" if descending else column for column, descending in keys)


def _keys(label: str) -> Keys:
    keys: list[tuple[str, bool]] = []
    descending = False
    for part in label.split(":"):
        if part:
            keys.append((part, descending))
        descending = not part
    return tuple(keys)


def _note(connection: apsw.Connection, class_name: str, keys: Keys, about: dict[str, Any]) -> None:
    text = orjson.dumps(about).decode()
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_key(class_name, keys), text))


def _key(class_name: str, keys: Keys) -> str:
    return f"{DEMAND}{class_name}/{_label(keys)}"


def _demanded(key: str, text: str) -> Demanded:
    class_name, _, label = key[len(DEMAND) :].rpartition("/")
    about = orjson.loads(text)
    state: IndexState = about.get("state", "made")
    return Demanded(class_name, _keys(label), about["reason"], datetime.fromisoformat(about["since"]), state)
