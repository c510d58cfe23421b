"""Indexes on demand in MongoDB: named `demand:KEYS`; why they were made stands in the collection `_ParseShim`.

parse-server copies every index that it finds into `_SCHEMA` when it starts; ours are known there by their name and left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pymongo
from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError, ExecutionTimeout, OperationFailure

from parse_shim import ids
from parse_shim.classes.model import ClassDef
from parse_shim.query.ast import Node
from parse_shim.query.options import FindOptions
from parse_shim.storage.demand import (
    EXISTS,
    NO_INDEX,
    TOO_LARGE,
    Demanded,
    Examined,
    IndexState,
    Keys,
    keys_text,
    read_keys,
    same_order,
    why_not,
)
from parse_shim.storage.mongo.connection import Connection, Raw
from parse_shim.storage.mongo.indexes import DEMAND
from parse_shim.storage.mongo.layout import Layout

if TYPE_CHECKING:
    from parse_shim.storage.mongo.reading import Reading

NOTES = "_ParseShim"
_NOTE: Raw = {"_id": {"$regex": "^demand:"}, "keys": {"$exists": True}}
LARGEST = 2_000_000
"""Objects; 4 s at a million. A larger class gets its index from its operator, who knows when."""
_BUILD_SECONDS = 600.0
_EXPLAIN_MS = 5000
_KINDS = frozenset({"Pointer", "String", "Date", "Number", "Boolean", "Array"})


def examine(reading: Reading, layout: Layout, where: Node, options: FindOptions) -> Examined:
    """The query is run once more, with statistics; where that takes too long, its plan alone must do."""
    question = reading.question(layout, reading.prepared(layout, where), options)
    database = reading.connection.database
    command: Raw = {"find": reading.connection.prefix + layout.cls.name, "filter": question.filter}
    command |= {"sort": dict(question.sort)} if question.sort else {}
    command |= {"limit": options.limit} if options.limit else {}
    command |= {"skip": options.skip} if options.skip else {}
    total = reading.connection.collection(layout.cls.name).estimated_document_count()
    try:
        plan = database.command({"explain": command, "verbosity": "executionStats", "maxTimeMS": _EXPLAIN_MS})
    except ExecutionTimeout:
        plan = database.command({"explain": command, "verbosity": "queryPlanner"})
    work = plan.get("executionStats", {"totalDocsExamined": total, "totalKeysExamined": 0})
    rows_read = max(work["totalDocsExamined"], work["totalKeysExamined"])
    found = _index(plan["queryPlanner"]["winningPlan"])
    return Examined(rows_read, found and _shown(found), total)


def can_index(cls: ClassDef, column: str) -> bool:
    return cls.kind(column) in _KINDS


def listed(connection: Connection) -> list[Demanded]:
    """A note outlives an index that went with its collection, or that somebody dropped by other means; it is not listed."""
    notes = list(connection.collection(NOTES).find(_NOTE).sort("_id", 1))
    there = {name: connection.collection(name).index_information() for name in {note["class"] for note in notes}}
    found = [_demanded(note) for note in notes]
    return [one for one in found if one.state != "made" or index_name(one.keys) in there[one.class_name]]


def make(connection: Connection, layout: Layout, keys: Keys, reason: str, by_operator: bool) -> str | None:
    """MongoDB builds it beside the other requests. The note comes first: no index of ours is without one."""
    name = layout.cls.name
    against = None if by_operator else why_not(listed(connection), name, keys) or _too_large(connection, name)
    against = against or _useless(connection, layout, keys)
    if against is not None:
        return against
    note: Raw = {"class": name, "keys": keys_text(keys), "reason": reason, "since": ids.now(), "state": "made"}
    if not _written(connection, _key(name, keys), note, by_operator):
        return EXISTS
    stored = [(layout.path(column), -1 if descending else 1) for column, descending in keys]
    index = IndexModel(stored, name=index_name(keys))
    # A member that is away must not keep the others waiting.
    quorum: Any = {"commitQuorum": "majority"} if connection.supports_transactions() else {}
    try:
        with pymongo.timeout(_BUILD_SECONDS):
            connection.collection(name).create_indexes([index], **quorum)
    except OperationFailure as error:
        # as many as a collection may have, or two arrays in one index
        connection.collection(NOTES).delete_one({"_id": _key(name, keys)})
        return str(error.details.get("errmsg", error)) if error.details else str(error)
    return None


def drop(connection: Connection, class_name: str, keys: Keys, state: IndexState) -> bool:
    if not any(one.class_name == class_name and one.keys == keys for one in listed(connection)):
        return False
    connection.collection(NOTES).update_one({"_id": _key(class_name, keys)}, {"$set": {"state": state}})
    _drop_index(connection, class_name, keys)
    return True


def forget(connection: Connection, class_name: str | None = None, columns: Iterable[str] | None = None) -> None:
    """Indexes and notes that name one of these columns, or all of the class, or all, go: a new column of the name is another one."""
    gone = None if columns is None else set(columns)
    chosen: Raw = {**_NOTE, **({} if class_name is None else {"class": class_name})}
    for note in list(connection.collection(NOTES).find(chosen)):
        keys = read_keys(note["keys"])
        if gone is None or gone & {column for column, _ in keys}:
            _drop_index(connection, note["class"], keys)
            connection.collection(NOTES).delete_one({"_id": note["_id"]})


def index_name(keys: Keys) -> str:
    return DEMAND + keys_text(keys)


# -- private --------------------------------------------------------------------------------------------------------------


def _useless(connection: Connection, layout: Layout, keys: Keys) -> str | None:
    """One that begins with the same columns serves as well, whoever made it."""
    if any(not can_index(layout.cls, column) for column, _ in keys):
        return NO_INDEX
    wanted = tuple((layout.path(column), descending) for column, descending in keys)
    for one in connection.collection(layout.cls.name).index_information().values():
        begins = tuple((column, direction == -1) for column, direction in one["key"][: len(wanted)])
        plain = all(direction in (1, -1) for _, direction in one["key"])
        if plain and same_order(begins, wanted) and not one.keys() & {"collation", "partialFilterExpression", "hidden"}:
            return EXISTS
    return None


def _written(connection: Connection, key: str, note: Raw, by_operator: bool) -> bool:
    """False while another process makes the same index: its note stands there already."""
    over = note["since"] - timedelta(seconds=_BUILD_SECONDS)
    free: Raw = {} if by_operator else {"$or": [{"since": {"$lt": over}}, {"state": {"$ne": "made"}}]}
    try:
        connection.collection(NOTES).replace_one({"_id": key, **free}, note, upsert=True)
    except DuplicateKeyError:
        return False
    return True


def _too_large(connection: Connection, name: str) -> str | None:
    return TOO_LARGE if connection.collection(name).estimated_document_count() > LARGEST else None


def _drop_index(connection: Connection, class_name: str, keys: Keys) -> None:
    try:
        connection.collection(class_name).drop_index(index_name(keys))
    except OperationFailure:
        pass  # gone already, with its collection or by other means


def _key(class_name: str, keys: Keys) -> str:
    return f"demand:{class_name}/{keys_text(keys)}"


def _demanded(note: Mapping[str, Any]) -> Demanded:
    return Demanded(note["class"], read_keys(note["keys"]), note["reason"], note["since"], note["state"])


def _shown(index: str) -> str:
    return "objectId" if index == "_id_" else index.removeprefix(DEMAND)


def _index(stage: Any) -> str | None:
    """The first index in a plan, whatever its stages are called."""
    if not isinstance(stage, Mapping):
        return None
    if "indexName" in stage:
        return str(stage["indexName"])
    below = [stage.get("inputStage"), stage.get("queryPlan"), *stage.get("inputStages", ())]
    return next((name for one in below if (name := _index(one))), None)
