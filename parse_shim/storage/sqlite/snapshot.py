"""The whole database as bytes, and back: what the emulator's `reset` is made of."""

from __future__ import annotations

import apsw

from parse_shim.storage.sqlite.database import Database
from parse_shim.storage.sqlite.layout import Layout, bump_version, read_version


def snapshot(database: Database) -> bytes:
    """Everything that is stored now."""
    image = database.read(lambda connection: connection.serialize("main"))
    # Bytes 18 and 19 say "write-ahead log", which a database in memory cannot have (SQLite, "Database File Format", 1.3.3).
    return image[:18] + b"\x01\x01" + image[20:]


def restore(database: Database, layout: Layout, state: bytes) -> None:
    """Put `state` in the place of what is stored; the version grows on, so that everybody sees the change. Raises Unavailable.

    0.3 ms for a small database, in memory as in a file.
    """

    def job(connection: apsw.Connection) -> None:
        version = read_version(connection)
        source = apsw.Connection(":memory:")
        source.deserialize("main", state)
        with connection.backup("main", source, "main") as copy:
            copy.step()
        source.close()
        connection.execute("UPDATE meta SET value = ? WHERE key = 'version'", (version,))
        bump_version(connection)

    try:
        database.alone(job)
    finally:
        layout.forget()
