"""The MongoDB engine: storage/base.py over parse-server's document layout.

- Acknowledged writes are on the majority of the replica set and in the journal (`w` and `journal` in the URI win).
- A database that is away gives Unavailable within `timeout_ms`; the engine recovers by itself.
- `transaction()` needs a replica set or a mongos, else Refused. When another transaction wrote the same object first,
  TransactionConflict (an Unavailable) leaves the block; the caller may run the whole block again. Nothing is retried inside, since
  the block's own effects outside of the store cannot be repeated by an engine.
- `schema_version()` is exact between processes of one machine; see version.py for others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pymongo
from pymongo import MongoClient, ReturnDocument

from parse_shim.classes.model import ClassDef
from parse_shim.errors import EngineError, Unavailable
from parse_shim.query.ast import Node
from parse_shim.query.options import ALL, FindOptions
from parse_shim.storage.demand import Demanded, Examined, IndexState, Keys
from parse_shim.storage.mongo import demand
from parse_shim.storage.mongo.aggregate import Aggregation
from parse_shim.storage.mongo.answer import Answers
from parse_shim.storage.mongo.classes import Schemas
from parse_shim.storage.mongo.connection import DEFAULT_TIMEOUT_MS, Connection, Raw
from parse_shim.storage.mongo.errors import translated
from parse_shim.storage.mongo.gridfs import MongoFiles
from parse_shim.storage.mongo.indexes import Indexes
from parse_shim.storage.mongo.inserts import Inserts, insert_all
from parse_shim.storage.mongo.layout import Layout
from parse_shim.storage.mongo.links import Links
from parse_shim.storage.mongo.pages import Pages
from parse_shim.storage.mongo.reading import Reading
from parse_shim.storage.mongo.snapshot import State, snapshot
from parse_shim.storage.mongo.update import Operators, compile_update, sets_auth_data
from parse_shim.storage.mongo.version import Version
from parse_shim.storage.mongo.where import compile_where
from parse_shim.update.ops import Update
from parse_shim.values.types import Doc, Value

_PING_SECONDS = 0.9


class MongoEngine:
    """`prefix` begins each collection's name; `timeout_ms` is how long a missing database may keep a caller waiting;
    `max_time_ms` ends a query in the database; `driver` holds further options of pymongo's MongoClient."""

    scheme = "mongodb"

    def __init__(
        self,
        uri: str,
        *,
        prefix: str = "",
        timeout_ms: int = DEFAULT_TIMEOUT_MS,
        max_time_ms: int | None = None,
        driver: Mapping[str, Any] | None = None,
        make_client: Callable[..., Any] = MongoClient,
    ) -> None:
        self.connection = Connection(
            uri, prefix=prefix, timeout_ms=timeout_ms, max_time_ms=max_time_ms, driver=driver, make_client=make_client
        )
        self._indexes = Indexes(self.connection)
        self._version = Version(self.connection)
        self._schemas = Schemas(self.connection, self._indexes, self._version)
        self._links = Links(self.connection, self._indexes)
        self._reading = Reading(self.connection, self._indexes, self._schemas)
        self._inserts = Inserts(self.connection)
        self._aggregation = Aggregation(self.connection)
        self._layouts: dict[str, Layout] = {}
        self._pages: dict[str, Pages] = {}

    # -- classes ------------------------------------------------------------------------------------------------------

    def load_classes(self) -> dict[str, ClassDef]:
        with translated():
            return self._schemas.load()

    def schema_version(self) -> int:
        return self._version.read()

    def save_class(self, cls: ClassDef) -> ClassDef:
        with translated():
            return self._schemas.save(cls)

    def drop_fields(self, cls: ClassDef, names: Iterable[str]) -> ClassDef:
        with translated():
            return self._schemas.drop_fields(cls, names)

    def drop_class(self, name: str) -> None:
        with translated():
            self._schemas.drop(name)

    # -- objects ------------------------------------------------------------------------------------------------------

    def find(self, cls: ClassDef, where: Node, options: FindOptions = ALL) -> list[Doc]:
        if options.limit == 0:
            return []
        layout = self._layout(cls)
        with translated():
            return [layout.read(raw) for raw in self._reading.find(layout, where, options)]

    def find_json(self, cls: ClassDef, where: Node, options: FindOptions = ALL) -> list[Any] | None:
        """As `find`, the objects ready for codec.dumps: for classes without files and internals (storage/mongo/answer.py)."""
        if options.limit == 0:
            return []
        layout = self._layout(cls)
        with translated():
            return self._page(layout).read(self._reading.find(layout, where, options))

    def count(self, cls: ClassDef, where: Node) -> int:
        with translated():
            return self._reading.count(self._layout(cls), where)

    def distinct(self, cls: ClassDef, path: str, where: Node) -> list[Value]:
        with translated():
            return self._reading.distinct(self._layout(cls), path, where)

    def aggregate(self, cls: ClassDef, pipeline: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> list[Doc]:
        with translated(pipeline=True):
            return self._aggregation.run(self._layout(cls), pipeline, options)

    def explain(self, cls: ClassDef, where: Node, options: FindOptions, verbosity: str) -> dict[str, Any]:
        with translated():
            return self._reading.explain(self._layout(cls), where, options, verbosity)

    def examine(self, cls: ClassDef, where: Node, options: FindOptions) -> Examined:
        with translated():
            return demand.examine(self._reading, self._layout(cls), where, options)

    def matching(self, cls: ClassDef, where: Node) -> int:
        return self.count(cls, where)

    def can_index(self, cls: ClassDef, column: str) -> bool:
        return demand.can_index(cls, column)

    def demanded(self) -> list[Demanded]:
        with translated():
            return demand.listed(self.connection)

    def demand(self, cls: ClassDef, keys: Keys, reason: str, *, by_operator: bool = False) -> str | None:
        with translated():
            return demand.make(self.connection, self._layout(cls), keys, reason, by_operator)

    def undemand(self, class_name: str, keys: Keys, state: IndexState = "dropped") -> bool:
        with translated():
            return demand.drop(self.connection, class_name, keys, state)

    def insert(self, cls: ClassDef, doc: Doc) -> None:
        layout = self._layout(cls)
        with translated():
            raw = layout.write(doc)
            self._ready_to_write(layout, raw)
            self._inserts.insert(cls.name, raw)

    def insert_all(self, cls: ClassDef, docs: Sequence[Doc]) -> list[EngineError | None]:
        """As many calls of `insert` in one round trip; what each raises. Raises Unavailable: some may be stored."""
        layout = self._layout(cls)
        try:
            with translated():
                raws = [layout.write(doc) for doc in docs]
                for raw in raws:
                    self._ready_to_write(layout, raw)
                return insert_all(self.connection, cls.name, raws)
        except Unavailable:
            raise
        except EngineError:
            # One of them cannot even be written down: nothing was sent yet.
            return [self._insert_error(cls, doc) for doc in docs]

    def update(self, cls: ClassDef, where: Node, update: Update) -> Doc | None:
        layout = self._layout(cls)
        with translated():
            condition, operators = self._change(layout, where, update)
            collection, session = self.connection.collection(cls.name), self.connection.session
            if not operators:
                raw = collection.find_one(condition, session=session)
            else:
                raw = collection.find_one_and_update(
                    condition, operators, return_document=ReturnDocument.AFTER, session=session
                )
            return None if raw is None else layout.read(raw)

    def update_many(self, cls: ClassDef, where: Node, update: Update) -> int:
        layout = self._layout(cls)
        with translated():
            condition, operators = self._change(layout, where, update)
            collection, session = self.connection.collection(cls.name), self.connection.session
            if not operators:
                return collection.count_documents(condition, session=session)
            return collection.update_many(condition, operators, session=session).matched_count

    def delete(self, cls: ClassDef, where: Node) -> int:
        layout = self._layout(cls)
        with translated():
            condition = compile_where(self._reading.prepared(layout, where), layout)
            return self.connection.collection(cls.name).delete_many(condition, session=self.connection.session).deleted_count

    # -- links of relation columns ------------------------------------------------------------------------------------

    def link(self, class_name: str, field: str, owner_id: str, related_ids: Iterable[str]) -> None:
        with translated():
            self._links.link(class_name, field, owner_id, related_ids)

    def unlink(self, class_name: str, field: str, owner_id: str, related_ids: Iterable[str]) -> None:
        with translated():
            self._links.unlink(class_name, field, owner_id, related_ids)

    def related_ids(self, class_name: str, field: str, owner_ids: Iterable[str]) -> list[str]:
        with translated():
            return self._links.related(class_name, field, owner_ids)

    def owner_ids(self, class_name: str, field: str, related_ids: Iterable[str]) -> list[str]:
        with translated():
            return self._links.owners(class_name, field, related_ids)

    # -- the rest -----------------------------------------------------------------------------------------------------

    def files(self, file_key: str | None = None) -> MongoFiles:
        """The store of files in the same database (GridFS); `file_key` encrypts them."""
        return MongoFiles(self.connection, file_key)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self.connection.transaction():
            yield

    def ping(self) -> None:
        with translated(), pymongo.timeout(_PING_SECONDS):
            self.connection.client.admin.command("ping")

    def clear(self, *, indexes: bool = False) -> None:
        with translated():
            self._schemas.clear(indexes=indexes)
            self._layouts.clear()

    def snapshot(self) -> State:
        """The present state, for `restore`: documents, not indexes."""
        with translated():
            return snapshot(self.connection)

    def restore(self, state: State) -> None:
        """The state of a `snapshot` comes back: what is not in it goes."""
        with translated():
            self._schemas.clear(indexes=False, state=state)
            self._layouts.clear()

    def close(self) -> None:
        self._version.close()
        self.connection.close()

    # -- private ------------------------------------------------------------------------------------------------------

    def _layout(self, cls: ClassDef) -> Layout:
        found = self._layouts.get(cls.name)
        if found is None or found.cls is not cls:
            found = self._layouts[cls.name] = Layout(cls)
        return found

    def _page(self, layout: Layout) -> Pages:
        found = self._pages.get(layout.cls.name)
        if found is None or found.answers.layout is not layout:
            found = self._pages[layout.cls.name] = Pages(Answers(layout))
        return found

    def _insert_error(self, cls: ClassDef, doc: Doc) -> EngineError | None:
        try:
            self.insert(cls, doc)
        except EngineError as error:
            return error
        return None

    def _change(self, layout: Layout, where: Node, update: Update) -> tuple[Raw, Operators]:
        """Filter and operators of an update."""
        condition = compile_where(self._reading.prepared(layout, where), layout)
        stored: Raw | None = None
        if sets_auth_data(update, layout):
            # A provider that is linked between this look and the write stays linked: safer than losing it.
            stored = self.connection.collection(layout.cls.name).find_one(condition, session=self.connection.session)
        operators = compile_update(update, layout, stored)
        self._ready_to_write(layout, operators.get("$set", {}))
        return condition, operators

    def _ready_to_write(self, layout: Layout, raw: Mapping[str, Any]) -> None:
        self._indexes.prepare(layout.cls.name)
        if layout.is_user:
            self._indexes.identities(raw)
