"""One SQLite connection, set up and checked; and what its errors mean."""

from __future__ import annotations

import os
import re
import time
from typing import Any

import apsw

from parse_shim.errors import Code, DuplicateKey, EngineError, Refused, Unavailable
from parse_shim.storage.sqlite.functions import Connection

OLDEST = (3, 45, 0)
"""JSONB came with 3.45."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS classes (name TEXT PRIMARY KEY, definition TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unique_keys (
    class TEXT NOT NULL, path TEXT NOT NULL, key TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (class, path, key)
) WITHOUT ROWID;
INSERT OR IGNORE INTO meta VALUES ('layout', 1);
INSERT OR IGNORE INTO meta VALUES ('version', 1);
"""
LAYOUT = 1
"""Counts changes of our own tables; a file with a higher one was written by a newer server."""

_CONSTRAINT = re.compile(r"UNIQUE constraint failed: (.*)")


def connect(file: str | None, *, fast: bool = False, busy_seconds: float = 3.0, reader: bool = False) -> Connection:
    """An open connection. Raises Unavailable when the file cannot be opened or is no database."""
    check_library()
    try:
        if file:
            _make_private(file)
        connection = Connection(file or ":memory:")
        connection.set_busy_timeout(int(busy_seconds * 1000))
        if file:
            _journal(connection, busy_seconds)
            # NORMAL loses the last commits at a power cut, never at a crash of the process.
            connection.pragma("synchronous", 1 if fast else 2)
            connection.pragma("wal_autocheckpoint", 2000)
        connection.pragma("temp_store", 2)
        connection.pragma("cache_size", -16000)
        if reader:
            connection.pragma("query_only", 1)
        connection.register()
    except apsw.Error as error:
        raise translated(error, file)
    return connection


def check_library() -> None:
    """Raises Unavailable with a plain word when this SQLite lacks something."""
    version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if version < OLDEST:
        raise Unavailable(f"SQLite {apsw.sqlite_lib_version()} is too old: 3.45 or later is needed")
    lacking = [name for name in ("RTREE", "FTS5") if f"ENABLE_{name}" not in apsw.compile_options]
    if lacking:
        raise Unavailable(f"this SQLite was built without {' and '.join(lacking)}")


def prepare(connection: apsw.Connection) -> None:
    """Our own tables. Raises Unavailable for a file of a newer server."""
    run_script(connection, SCHEMA)
    [(layout,)] = connection.execute("SELECT value FROM meta WHERE key = 'layout'")
    if layout > LAYOUT:
        raise Unavailable("the database file was written by a newer version of the server")


def run_script(connection: apsw.Connection, script: str) -> None:
    """Every statement of a script. apsw carries out a text only up to the first row it gives."""
    for _ in connection.execute(script):
        pass


def make_folder(file: str) -> None:
    """The folder of the database file. Raises Unavailable."""
    folder = os.path.dirname(os.path.abspath(file))
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"cannot make the folder {folder}: {error.strerror}")


def translated(error: apsw.Error, file: str | None = None) -> EngineError:
    """What an error of the driver means to callers."""
    text = str(error)
    match error:
        case apsw.ConstraintError():
            return DuplicateKey(_duplicate_field(text))
        case apsw.BusyError() | apsw.LockedError():
            return Unavailable("the database is locked")
        case apsw.FullError():
            return Unavailable("storage full")
        case apsw.CantOpenError() | apsw.NotADBError() | apsw.PermissionsError():
            return Unavailable(f"cannot open the database {file or ''}: {text}")
        case apsw.IOError() | apsw.ReadOnlyError() | apsw.CorruptError() | apsw.NoMemError() | apsw.ProtocolError():
            return Unavailable(f"the database cannot be used: {text}")
        case apsw.TooBigError():
            return Refused("the object is too large", Code.OBJECT_TOO_LARGE)
        case apsw.SQLError():
            return Refused(f"the database refused the query: {text[:200]}")
    return Unavailable(f"the database failed: {text}")


def rows_of(connection: apsw.Connection, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
    """All rows at once: an open cursor would hold the connection's snapshot."""
    return connection.execute(sql, parameters).fetchall()


def column_of(connection: apsw.Connection, sql: str, parameters: Any = ()) -> list[Any]:
    """The only column, which holds no NULL, of all rows: 100 texts in 50 µs against 58 row by row."""
    found = connection.execute(sql, parameters).get
    return found if isinstance(found, list) else [] if found is None else [found]


def value_of(connection: apsw.Connection, sql: str, parameters: Any = ()) -> Any:
    """The only value of the only row; None without a row."""
    for row in connection.execute(sql, parameters):
        return row[0]
    return None


def _make_private(file: str) -> None:
    """Only the owner may read password hashes and session tokens; SQLite gives its other files the mode of this one."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError:
        # there already, or it cannot be made: opening it will say which
        return


def _duplicate_field(text: str) -> str:
    found = _CONSTRAINT.search(text)
    return "objectId" if found and found[1].endswith(".oid") else ""


def _journal(connection: apsw.Connection, busy_seconds: float) -> None:
    """Switch to write-ahead logging. Several processes that open a new file at once get in each other's way here,
    and SQLite does not wait by itself in this one place."""
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            if connection.pragma("journal_mode") == "wal" or connection.pragma("journal_mode", "wal") == "wal":
                return
            raise Unavailable("the file system does not support write-ahead logging")
        except apsw.BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)
