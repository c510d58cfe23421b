"""The reference engine: a dict of objects and query/match.py. What it answers is what the others have to answer."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from parse_shim import ids
from parse_shim.classes.model import ClassDef, join_name
from parse_shim.errors import DuplicateKey
from parse_shim.query.ast import EVERYTHING, Node
from parse_shim.query.match import matches
from parse_shim.query.options import ALL, FindOptions
from parse_shim.storage.arrange import arrange, check_hint, copied, distinct_values, without_order
from parse_shim.storage.merge import merge_class, without_columns
from parse_shim.storage.pipeline import run_pipeline
from parse_shim.storage.unique import unique_keys
from parse_shim.update.apply import apply
from parse_shim.update.ops import Update
from parse_shim.values.types import Doc, Value

State = tuple[dict[str, ClassDef], dict[str, dict[str, Doc]], dict[tuple[str, str, str], str]]
"""Classes, objects by class and id, unique keys."""


class MemoryEngine:
    """Everything in this process, nothing on disk. One lock; a transaction holds it and keeps copies of the tables to go back to."""

    scheme = "memory"

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._classes: dict[str, ClassDef] = {}
        self._tables: dict[str, dict[str, Doc]] = {}
        self._unique: dict[tuple[str, str, str], str] = {}
        self._version = 0

    # -- classes ------------------------------------------------------------------------------------------------------

    def load_classes(self) -> dict[str, ClassDef]:
        return dict(self._classes)

    def schema_version(self) -> int:
        return self._version

    def save_class(self, cls: ClassDef) -> ClassDef:
        with self._lock:
            saved = merge_class(self._classes.get(cls.name), cls)
            self._classes[cls.name] = saved
            self._version += 1
            return saved

    def drop_fields(self, cls: ClassDef, names: Iterable[str]) -> ClassDef:
        with self._lock:
            gone = frozenset(names)
            stored = self._classes.get(cls.name, cls)
            table = self._tables.get(cls.name, {})
            for object_id, doc in list(table.items()):
                self._forget_keys(cls.name, doc)
                table[object_id] = {name: value for name, value in doc.items() if name not in gone}
                self._claim_keys(cls.name, table[object_id])
            for name in gone:
                self._tables.pop(join_name(name, cls.name), None)
            left = without_columns(stored, gone)
            self._classes[cls.name] = left
            self._version += 1
            return left

    def drop_class(self, name: str) -> None:
        with self._lock:
            self._classes.pop(name, None)
            for doc in self._tables.pop(name, {}).values():
                self._forget_keys(name, doc)
            for table in [t for t in self._tables if t.startswith("_Join:") and t.split(":", 2)[2] == name]:
                del self._tables[table]
            self._version += 1

    # -- objects ------------------------------------------------------------------------------------------------------

    def find(self, cls: ClassDef, where: Node, options: FindOptions = ALL) -> list[Doc]:
        check_hint(cls, options.hint)
        with self._lock:
            return [copied(doc) for doc in arrange(self._matching(cls.name, where), where, options)]

    def count(self, cls: ClassDef, where: Node) -> int:
        with self._lock:
            return len(self._matching(cls.name, without_order(where)))

    def distinct(self, cls: ClassDef, path: str, where: Node) -> list[Value]:
        with self._lock:
            return [copied(value) for value in distinct_values(self._matching(cls.name, where), path)]

    def aggregate(self, cls: ClassDef, pipeline: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> list[Doc]:
        with self._lock:
            return run_pipeline(cls, pipeline, options, self._read_all)

    def explain(self, cls: ClassDef, where: Node, options: FindOptions, verbosity: str) -> dict[str, Any]:
        rows = len(self._tables.get(cls.name, {}))
        return {"queryPlanner": {"namespace": cls.name, "winningPlan": {"stage": "COLLSCAN", "rows": rows}}}

    def insert(self, cls: ClassDef, doc: Doc) -> None:
        with self._lock:
            table = self._tables.setdefault(cls.name, {})
            if doc["objectId"] in table:
                raise DuplicateKey("objectId")
            self._claim_keys(cls.name, doc)
            table[doc["objectId"]] = copied(doc)

    def update(self, cls: ClassDef, where: Node, update: Update) -> Doc | None:
        with self._lock:
            found = next(iter(self._matching(cls.name, where)), None)
            return None if found is None else copied(self._replace(cls.name, found, apply(update, found)))

    def update_many(self, cls: ClassDef, where: Node, update: Update) -> int:
        with self._lock:
            found = self._matching(cls.name, where)
            for doc in found:
                self._replace(cls.name, doc, apply(update, doc))
            return len(found)

    def delete(self, cls: ClassDef, where: Node) -> int:
        with self._lock:
            found = self._matching(cls.name, where)
            for doc in found:
                self._forget_keys(cls.name, doc)
                del self._tables[cls.name][doc["objectId"]]
            return len(found)

    # -- links of relation columns ------------------------------------------------------------------------------------

    def link(self, class_name: str, field: str, owner_id: str, related_ids: Iterable[str]) -> None:
        with self._lock:
            table = self._tables.setdefault(join_name(field, class_name), {})
            known = {row["relatedId"] for row in table.values() if row["owningId"] == owner_id}
            for related_id in dict.fromkeys(related_ids):
                if related_id not in known:
                    object_id = ids.new_object_id()
                    table[object_id] = {"objectId": object_id, "owningId": owner_id, "relatedId": related_id}

    def unlink(self, class_name: str, field: str, owner_id: str, related_ids: Iterable[str]) -> None:
        with self._lock:
            gone = set(related_ids)
            table = self._tables.get(join_name(field, class_name), {})
            for object_id, row in list(table.items()):
                if row["owningId"] == owner_id and row["relatedId"] in gone:
                    del table[object_id]

    def related_ids(self, class_name: str, field: str, owner_ids: Iterable[str]) -> list[str]:
        return self._linked(class_name, field, "owningId", owner_ids, "relatedId")

    def owner_ids(self, class_name: str, field: str, related_ids: Iterable[str]) -> list[str]:
        return self._linked(class_name, field, "relatedId", related_ids, "owningId")

    # -- the rest -----------------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            before = self.snapshot()
            try:
                yield
            except BaseException:
                self.restore(before)
                raise

    def ping(self) -> None:
        return None

    def clear(self, *, indexes: bool = False) -> None:
        with self._lock:
            self._classes, self._tables, self._unique = {}, {}, {}
            self._version += 1

    def snapshot(self) -> State:
        """The present state, for `restore`."""
        with self._lock:
            # Stored docs are replaced, never changed in place, so copies of the tables are enough.
            return dict(self._classes), {name: dict(table) for name, table in self._tables.items()}, dict(self._unique)

    def restore(self, state: State) -> None:
        """The state of a `snapshot` comes back."""
        classes, tables, unique = state
        with self._lock:
            self._classes, self._unique = dict(classes), dict(unique)
            self._tables = {name: dict(table) for name, table in tables.items()}
            self._version += 1

    def close(self) -> None:
        return None

    # -- private ------------------------------------------------------------------------------------------------------

    def _matching(self, class_name: str, where: Node) -> list[Doc]:
        table = self._tables.get(class_name, {})
        if where == EVERYTHING:
            return list(table.values())
        now = ids.now()
        return [doc for doc in table.values() if matches(where, doc, now)]

    def _read_all(self, class_name: str) -> list[Doc]:
        return [copied(doc) for doc in self._tables.get(class_name, {}).values()]

    def _replace(self, class_name: str, before: Doc, after: Doc) -> Doc:
        self._forget_keys(class_name, before)
        try:
            self._claim_keys(class_name, after)
        except DuplicateKey:
            self._claim_keys(class_name, before)
            raise
        self._tables[class_name][before["objectId"]] = copied(after)
        return after

    def _claim_keys(self, class_name: str, doc: Doc) -> None:
        keys = [(class_name, path, text) for path, text in unique_keys(class_name, doc).items()]
        for key in keys:
            if key in self._unique:
                raise DuplicateKey(key[1])
        self._unique.update((key, str(doc["objectId"])) for key in keys)

    def _forget_keys(self, class_name: str, doc: Doc) -> None:
        for path, text in unique_keys(class_name, doc).items():
            self._unique.pop((class_name, path, text), None)

    def _linked(self, class_name: str, field: str, known: str, known_ids: Iterable[str], wanted: str) -> list[str]:
        with self._lock:
            ends = set(known_ids)
            table = self._tables.get(join_name(field, class_name), {})
            return list(dict.fromkeys(row[wanted] for row in table.values() if row[known] in ends))
