"""Which tables there are, as far as this process knows, and how to make and drop them.

The knowledge may be old when another process made a class: readers look again when a table is missing, writers compare the
version inside their transaction, where it cannot change any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import apsw

from parse_shim.classes.model import ClassDef
from parse_shim.storage.nearby import Densities
from parse_shim.storage.sqlite.connection import value_of
from parse_shim.storage.sqlite.functions import Connection
from parse_shim.storage.sqlite.names import (
    decoded,
    encoded,
    geo_table,
    index_name,
    kind_of,
    path,
    scalar,
    table_name,
    text_table,
)

TABLE = """CREATE TABLE IF NOT EXISTS {} (
    id INTEGER PRIMARY KEY, oid TEXT NOT NULL UNIQUE, created INTEGER, updated INTEGER, rperm TEXT, wperm TEXT, doc BLOB NOT NULL
)"""

WANTED: dict[str, tuple[str, ...]] = {
    "_Session": ("sessionToken", "user"),
    "_Installation": ("installationId", "deviceToken"),
    "_User": ("_email_verify_token", "_perishable_token"),
    "_PushStatus": ("status",),
    "_Idempotency": ("expire",),
}
"""Look-ups of the server itself; unique names are found through `unique_keys`, links through the join tables' own indexes."""

DEMAND = "demand:"
"""Begins the keys in `meta` of notes about indexes on demand, followed by `CLASS/KEYS`."""


@dataclass
class Table:
    """What goes with a class: `geo` and `text` are columns that have an R*Tree or a full text index."""

    name: str
    geo: set[str] = field(default_factory=set)
    text: set[str] = field(default_factory=set)
    densities: Densities = field(default_factory=Densities, compare=False)


class Layout:
    """All tables by class name, read from the database's own catalogue.

    Threads read while another forgets (a rollback) or creates: tables and their version change together, in one step, and a reader
    trusts what it read itself. Otherwise a class could look empty for a moment, or for good. With them goes the number of the
    transaction that has seen them to be true.
    """

    def __init__(self) -> None:
        self._state: tuple[dict[str, Table], int | None, int] = ({}, None, 0)
        self._indexed: set[str] = set()

    @property
    def tables(self) -> dict[str, Table]:
        return self._state[0]

    @property
    def version(self) -> int | None:
        return self._state[1]

    @version.setter
    def version(self, version: int) -> None:
        self._state = (self._state[0], version, self._state[2])

    def forget(self) -> None:
        """After a rollback, or when a table turned out to be missing."""
        self._state = ({}, None, 0)
        self._indexed.clear()

    def read(self, connection: apsw.Connection) -> dict[str, Table]:
        """Read everything anew. An older view than the one known is given to the caller alone."""
        version = read_version(connection)
        tables: dict[str, Table] = {}
        satellites: list[tuple[str, str, str]] = []
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 2, 1) = ':'"):
            kind, rest = name[0], name[2:]
            if kind == "c":
                class_name = decoded(rest)
                tables[class_name] = Table(class_name)
            elif rest.endswith("."):
                class_name, _, column = rest[:-1].partition("/")
                satellites.append((kind, decoded(class_name), decoded(column)))
        for kind, class_name, column in satellites:
            if class_name in tables:
                (tables[class_name].geo if kind == "g" else tables[class_name].text).add(column)
        known = self._state[1]
        if known is None or version >= known:
            self._state = (tables, version, 0)
        return tables

    def known(self, connection: apsw.Connection, class_name: str) -> Table | None:
        """For readers: the class as this process knows it, looked up again only when it is unknown."""
        tables, version, _ = self._state
        found = tables.get(class_name)
        if found is None and read_version(connection) != version:
            found = self.read(connection).get(class_name)
        return found

    def current(self, connection: Connection) -> dict[str, Table]:
        """For writers: all tables, none older than the transaction. The first write of a transaction looks, the others spare 2 µs."""
        tables, version, seen_by = self._state
        if seen_by == connection.transaction and seen_by:
            return tables
        found = read_version(connection)
        if found != version:
            self.forget()
            tables = self.read(connection)
        self._state = (tables, found, connection.transaction)
        return tables

    def ensure(self, connection: Connection, cls: ClassDef) -> Table:
        """The class's table, made if it is not there. Only within a write."""
        found = self.current(connection).get(cls.name)
        if found is None:
            return self.create(connection, cls)
        if cls.name in WANTED and cls.name not in self._indexed:
            # A file of an older server may lack one.
            self._index(connection, cls)
        return found

    def create(self, connection: Connection, cls: ClassDef) -> Table:
        tables = self.current(connection)
        connection.execute(TABLE.format(table_name(cls.name)))
        table = tables[cls.name] = Table(cls.name)
        if cls.name.startswith("_Join:"):
            _index_links(connection, cls.name)
        self._index(connection, cls)
        self._state = (tables, bump_version(connection), connection.transaction)
        return table

    def _index(self, connection: apsw.Connection, cls: ClassDef) -> None:
        """The indexes for the server's own look-ups."""
        for column in WANTED.get(cls.name, ()):
            create_index(connection, cls, "w", column, [(column, False)])
        self._indexed.add(cls.name)

    def drop(self, connection: apsw.Connection, class_name: str) -> None:
        """The class's table with all that hangs on it."""
        table = self.tables.pop(class_name, None)
        self._indexed.discard(class_name)
        if table is None:
            return
        for column in table.geo:
            connection.execute(f"DROP TABLE {geo_table(class_name, column)}")
        for column in table.text:
            connection.execute(f"DROP TABLE {text_table(class_name, column)}")
        connection.execute(f"DROP TABLE {table_name(class_name)}")
        connection.execute("DELETE FROM unique_keys WHERE class = ?", (class_name,))
        notes = f"{DEMAND}{class_name}/"
        connection.execute("DELETE FROM meta WHERE substr(key, 1, ?) = ?", (len(notes), notes))


def read_version(connection: apsw.Connection) -> int:
    """The number that grows with every change of a class by any process. 3 µs."""
    return int(value_of(connection, "SELECT value FROM meta WHERE key = 'version'") or 0)


def bump_version(connection: apsw.Connection) -> int:
    connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'version'")
    return read_version(connection)


def create_index(connection: apsw.Connection, cls: ClassDef, kind: str, name: str, columns: Iterable[tuple[str, bool]]) -> bool:
    """An index over the columns (name, descending) that have a scalar; False when none has. `kind`: see `names.index_name`."""
    known = [(column, text, descending) for column, descending in columns if (text := scalar(cls, column))]
    if not known:
        return False
    keys = ", ".join(f"{text} DESC" if descending else text for _, text, descending in known)
    # Rows without the value stay out of an index that only serves look-ups by it.
    partial = f" WHERE {known[0][1]} IS NOT NULL" if kind == "w" and kind_of(cls, known[0][0]) == "String" else ""
    connection.execute(f"CREATE INDEX IF NOT EXISTS {index_name(cls.name, kind, name)} ON {table_name(cls.name)} ({keys}){partial}")
    return True


def drop_index(connection: apsw.Connection, class_name: str, kind: str, name: str) -> None:
    connection.execute(f"DROP INDEX IF EXISTS {index_name(class_name, kind, name)}")


def index_names(connection: apsw.Connection, class_name: str, kind: str) -> list[str]:
    """Names of the indexes of one kind on the class."""
    start = f"{kind}:{encoded(class_name)}/"
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'index' AND substr(name, 1, ?) = ?", (len(start), start))
    return [decoded(name[len(start) :]) for (name,) in rows]


def _index_links(connection: apsw.Connection, name: str) -> None:
    owner, related = f"doc ->> {path('owningId')}", f"doc ->> {path('relatedId')}"
    for label, keys, unique in (("link", f"{owner}, {related}", "UNIQUE "), ("relatedId", related, "")):
        connection.execute(f"CREATE {unique}INDEX IF NOT EXISTS {index_name(name, 'w', label)} ON {table_name(name)} ({keys})")
