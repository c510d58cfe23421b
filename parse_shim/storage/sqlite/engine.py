"""Objects in one SQLite file (or in memory): a table a class, documents as JSONB, R*Trees for points, keys for unique names.

An acknowledged write is on disk: write-ahead log, synchronous FULL. Several processes may use one file; writes take turns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import orjson

from parse_shim import ids
from parse_shim.classes.model import ClassDef, join_name
from parse_shim.errors import EngineError, Refused, Unavailable
from parse_shim.query.ast import EVERYTHING, Node
from parse_shim.query.options import ALL, FindOptions
from parse_shim.storage.arrange import arrange, check_hint, distinct_values, without_order
from parse_shim.storage.demand import Demanded, Examined, IndexState, Keys
from parse_shim.storage.pipeline import run_pipeline
from parse_shim.storage.sqlite import classes, demand, links, select, text, upkeep, writes
from parse_shim.storage.sqlite import snapshot as snapshots
from parse_shim.storage.sqlite.connection import rows_of, value_of
from parse_shim.storage.sqlite.database import Database
from parse_shim.storage.sqlite.functions import Connection
from parse_shim.storage.sqlite.layout import Layout, Table, read_version
from parse_shim.storage.sqlite.names import is_class, scalar
from parse_shim.storage.sqlite.rows import from_text
from parse_shim.update.ops import Update
from parse_shim.values.types import Doc, Value

T = TypeVar("T")


class SqliteEngine:
    """`file` None: a database in memory that ends with the engine. `fast`: synchronous NORMAL, a power cut may take the last
    moments. `busy_seconds`: how long to wait for another process's lock before Unavailable."""

    scheme = "sqlite"

    def __init__(self, file: str | None = None, *, fast: bool = False, busy_seconds: float = 3.0) -> None:
        self._database = Database(file, fast=fast, busy_seconds=busy_seconds)
        self._layout = Layout()
        self._database.on_rollback = self._layout.forget

    # -- classes ------------------------------------------------------------------------------------------------------

    def load_classes(self) -> dict[str, ClassDef]:
        return self._database.read(classes.load)

    def schema_version(self) -> int:
        """Exact at once for every process: a number in the file that grows with each change. 5 µs."""
        return self._database.read(read_version)

    def save_class(self, cls: ClassDef) -> ClassDef:
        return self._database.write(lambda connection: classes.save(connection, self._layout, cls))

    def drop_fields(self, cls: ClassDef, names: Iterable[str]) -> ClassDef:
        gone = list(names)
        return self._database.write(lambda connection: classes.drop_fields(connection, self._layout, cls, gone))

    def drop_class(self, name: str) -> None:
        self._database.write(lambda connection: classes.drop(connection, self._layout, name))

    # -- indexes on demand (storage/demand.py) ------------------------------------------------------------------------

    def examine(self, cls: ClassDef, where: Node, options: FindOptions) -> Examined:
        def job(connection: Connection) -> Examined:
            table = self._layout.known(connection, cls.name)
            return Examined(0, None, 0) if table is None else demand.examine(connection, cls, table, where, options)

        return demand.beside(self._database, job)

    def matching(self, cls: ClassDef, where: Node) -> int:
        def job(connection: Connection) -> int:
            table = self._layout.known(connection, cls.name)
            return 0 if table is None else demand.matching(connection, cls, table, where)

        return demand.beside(self._database, job)

    def can_index(self, cls: ClassDef, column: str) -> bool:
        return scalar(cls, column) is not None

    def demanded(self) -> list[Demanded]:
        return self._database.read(demand.listed)

    def demand(self, cls: ClassDef, keys: Keys, reason: str, *, by_operator: bool = False) -> str | None:
        return demand.make(self._database, cls, keys, reason, by_operator)

    def undemand(self, class_name: str, keys: Keys, state: IndexState = "dropped") -> bool:
        return self._database.write(lambda connection: demand.drop(connection, self._layout, class_name, keys, state))

    # -- objects ------------------------------------------------------------------------------------------------------

    def find(self, cls: ClassDef, where: Node, options: FindOptions = ALL) -> list[Doc]:
        if options.limit == 0:
            return []
        texts, finished = self._texts(cls, where, options)
        docs = [from_text(text) for text in texts]
        return docs if finished else arrange(docs, where, options)

    def find_json(self, cls: ClassDef, where: Node, options: FindOptions = ALL) -> list[Any] | None:
        """The stored JSON of each object, exactly as an answer has it, for codec.dumps; None when `find` would have to sort or score in
        Python. Internals (`_...`) are in it and files have no url: only for classes with neither, and answers that take
        objects as they are."""
        if options.limit == 0:
            return []
        texts, finished = self._texts(cls, where, options)
        return [orjson.Fragment(text) for text in texts] if finished else None

    def count(self, cls: ClassDef, where: Node) -> int:
        plain = without_order(where)

        def job(connection: Connection, table: Table) -> int:
            query = select.counting(cls, table, plain)
            return int(value_of(connection, query.text, query.parameters))

        return self._read(cls, job, 0)

    def distinct(self, cls: ClassDef, path: str, where: Node) -> list[Value]:
        return distinct_values(self.find(cls, without_order(where)), path)

    def aggregate(self, cls: ClassDef, pipeline: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> list[Doc]:
        return run_pipeline(cls, pipeline, options, lambda name: self.find(ClassDef(name), EVERYTHING))

    def explain(self, cls: ClassDef, where: Node, options: FindOptions, verbosity: str) -> dict[str, Any]:
        def job(connection: Connection, table: Table) -> list[str]:
            query = select.plain(cls, table, where, options)
            return [row[3] for row in rows_of(connection, f"EXPLAIN QUERY PLAN {query.text}", query.parameters)]

        nothing: list[str] = []
        steps = self._read(cls, job, nothing)
        return {"queryPlanner": {"namespace": cls.name, "winningPlan": {"stage": "SQLITE", "steps": steps}}}

    def insert(self, cls: ClassDef, doc: Doc) -> None:
        self._database.write(lambda connection: writes.insert(connection, self._layout.ensure(connection, cls), doc))

    def insert_all(self, cls: ClassDef, docs: Sequence[Doc]) -> list[EngineError | None]:
        """As many calls of `insert`, with one commit; what each raises. Raises Unavailable: none is stored."""

        def one(doc: Doc) -> Callable[[Connection], None]:
            return lambda connection: writes.insert(connection, self._layout.ensure(connection, cls), doc)

        def are_whole(connection: Connection) -> bool:
            table = self._table(connection, cls)
            return table is not None and writes.is_plain(table)

        return self._database.write_all([one(doc) for doc in docs], are_whole)

    def update(self, cls: ClassDef, where: Node, update: Update) -> Doc | None:
        def job(connection: Connection) -> Doc | None:
            table = self._table(connection, cls)
            return writes.update_one(connection, table, cls, where, update) if table else None

        return self._database.write(job)

    def update_many(self, cls: ClassDef, where: Node, update: Update) -> int:
        def job(connection: Connection) -> int:
            table = self._table(connection, cls)
            return writes.update_all(connection, table, cls, where, update) if table else 0

        return self._database.write(job)

    def delete(self, cls: ClassDef, where: Node) -> int:
        def job(connection: Connection) -> int:
            table = self._table(connection, cls)
            return writes.delete(connection, table, cls, where) if table else 0

        return self._database.write(job)

    # -- links of relation columns ------------------------------------------------------------------------------------

    def link(self, class_name: str, field: str, owner_id: str, related_ids: Iterable[str]) -> None:
        rows = [(ids.new_object_id(), owner_id, related_id) for related_id in dict.fromkeys(related_ids)]
        join = links.join_class(join_name(field, class_name))

        def job(connection: Connection) -> None:
            self._layout.ensure(connection, join)
            links.add(connection, join.name, rows)

        if rows:
            self._database.write(job)

    def unlink(self, class_name: str, field: str, owner_id: str, related_ids: Iterable[str]) -> None:
        gone = list(related_ids)
        join = links.join_class(join_name(field, class_name))

        def job(connection: Connection) -> None:
            if self._table(connection, join):
                links.remove(connection, join.name, owner_id, gone)

        if gone:
            self._database.write(job)

    def related_ids(self, class_name: str, field: str, owner_ids: Iterable[str]) -> list[str]:
        return self._linked(class_name, field, "owningId", list(owner_ids), "relatedId")

    def owner_ids(self, class_name: str, field: str, related_ids: Iterable[str]) -> list[str]:
        return self._linked(class_name, field, "relatedId", list(related_ids), "owningId")

    # -- the rest -----------------------------------------------------------------------------------------------------

    def transaction(self) -> AbstractContextManager[None]:
        return self._database.transaction()

    def ping(self) -> None:
        upkeep.ping(self._database)

    def clear(self, *, indexes: bool = False) -> None:
        """Indexes always go with their tables."""
        upkeep.clear(self._database, self._layout)

    def snapshot(self) -> bytes:
        """The present state, for `restore`."""
        return snapshots.snapshot(self._database)

    def restore(self, state: bytes) -> None:
        """The state of a `snapshot` of this engine comes back, classes and indexes included."""
        snapshots.restore(self._database, self._layout, state)

    def close(self) -> None:
        self._database.close()

    # -- private ------------------------------------------------------------------------------------------------------

    def _table(self, connection: Connection, cls: ClassDef) -> Table | None:
        """For writes that make nothing where there is nothing."""
        return self._layout.current(connection).get(cls.name)

    def _index_text(self, cls: ClassDef, where: Node) -> None:
        """Make the full text indexes that a search asks for. Without the write lock the search reads every object instead."""
        nothing: list[str] = []
        missing = self._read(cls, lambda _connection, table: text.wanted(cls, table, where), nothing)
        if not missing or self._database.in_transaction:
            return
        try:
            self._database.write(lambda connection: text.ensure(connection, self._layout.ensure(connection, cls), missing))
        except Unavailable:
            return

    def _texts(self, cls: ClassDef, where: Node, options: FindOptions) -> tuple[list[str], bool]:
        if text.searches(where):
            self._index_text(cls, where)
        if options.hint:
            check_hint(cls, options.hint)
        nothing: tuple[list[str], bool] = ([], True)
        return self._read(cls, lambda connection, table: select.texts(connection, cls, table, where, options), nothing)

    def _read(self, cls: ClassDef, job: Callable[[Connection, Table], T], nothing: T) -> T:
        """Run `job` on the class's table, `nothing` for an unknown class. A table that another process has dropped, or that
        this one has just rolled back, is looked for once more."""
        if not is_class(cls.name):
            return nothing

        def attempt(connection: Connection) -> T:
            table = self._layout.known(connection, cls.name)
            return nothing if table is None else job(connection, table)

        try:
            return self._database.read(attempt)
        except Refused as refused:
            if "no such table" not in refused.text:
                raise
        self._layout.forget()
        return self._database.read(attempt)

    def _linked(self, class_name: str, field: str, known: str, known_ids: list[str], wanted: str) -> list[str]:
        if not known_ids:
            return []
        join = links.join_class(join_name(field, class_name))
        return self._read(join, lambda connection, table: links.ends(connection, table.name, known, known_ids, wanted), [])
