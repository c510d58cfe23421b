"""Health and fresh starts."""

from __future__ import annotations

import os

from parse_shim.errors import Unavailable
from parse_shim.storage.sqlite.connection import connect, prepare
from parse_shim.storage.sqlite.database import Database
from parse_shim.storage.sqlite.functions import Connection
from parse_shim.storage.sqlite.layout import Layout, bump_version, read_version

NEEDED_BYTES = 2_000_000
"""Free space below which a write is not promised any more."""


class _Undo(Exception):
    """Ends a write that was only a trial."""


def ping(database: Database) -> None:
    """A write that is taken back. Raises Unavailable within a second."""
    if database.file is not None:
        disk = os.statvfs(os.path.dirname(os.path.abspath(database.file)))
        if disk.f_bavail * disk.f_frsize < NEEDED_BYTES:
            raise Unavailable("storage full")

    def job(connection: Connection) -> None:
        connection.execute("UPDATE meta SET value = value WHERE key = 'version'")
        raise _Undo

    try:
        database.write(job, within_seconds=0.8)
    except _Undo:
        return


def clear(database: Database, layout: Layout) -> None:
    """Everything away. In memory a new database takes the place of the old one: 1 ms, however much was in it."""
    if database.file is None and not database.in_transaction:
        version = database.read(read_version)
        database.replace_memory(lambda: _fresh(version))
        layout.forget()
        return

    def job(connection: Connection) -> None:
        layout.current(connection)
        for name in list(layout.tables):
            layout.drop(connection, name)
        connection.execute("DELETE FROM classes")
        connection.execute("DELETE FROM unique_keys")
        layout.version = bump_version(connection)

    database.write(job)


def _fresh(version: int) -> Connection:
    connection = connect(None)
    prepare(connection)
    connection.execute("UPDATE meta SET value = ? WHERE key = 'version'", (version + 1,))
    return connection
