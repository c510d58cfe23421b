"""Indexes on demand in MongoDB: named `demand_COLUMN`; why they were made stands in the collection `_ParseShim`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo.errors import OperationFailure

from parse_shim import ids
from parse_shim.query.ast import Node
from parse_shim.query.options import FindOptions
from parse_shim.storage.demand import Demanded, Examined
from parse_shim.storage.mongo.connection import Connection, Raw
from parse_shim.storage.mongo.layout import Layout
from parse_shim.storage.mongo.reading import Reading

NOTES = "_ParseShim"
_EXPLAIN_MS = 5000


def examine(reading: Reading, layout: Layout, where: Node, options: FindOptions) -> Examined:
    """The query is run once more, with statistics."""
    question = reading.question(layout, where, options)
    name = reading.connection.prefix + layout.cls.name
    command: Raw = {"find": name, "filter": question.filter}
    command |= {"sort": dict(question.sort)} if question.sort else {}
    command |= {"limit": options.limit} if options.limit else {}
    command |= {"skip": options.skip} if options.skip else {}
    explain: Raw = {"explain": command, "verbosity": "executionStats", "maxTimeMS": _EXPLAIN_MS}
    plan = reading.connection.database.command(explain)
    total = reading.connection.collection(layout.cls.name).estimated_document_count()
    return Examined(plan["executionStats"]["totalDocsExamined"], _index(plan["queryPlanner"]["winningPlan"]), total)


def listed(connection: Connection) -> list[Demanded]:
    rows = connection.collection(NOTES).find({"_id": {"$regex": "^demand:"}}).sort("_id", 1)
    return [Demanded(row["class"], row["column"], row["reason"], row["since"], row.get("dropped", False)) for row in rows]


def make(connection: Connection, layout: Layout, column: str, reason: str) -> bool:
    """MongoDB builds it beside the other requests."""
    class_name = layout.cls.name
    try:
        connection.collection(class_name).create_index([(layout.path(column), 1)], name=_name(column))
    except OperationFailure:
        # the same index under another name, or as many as a collection may have
        return False
    note: Raw = {"class": class_name, "column": column, "reason": reason, "since": ids.now()}
    connection.collection(NOTES).replace_one({"_id": _key(class_name, column)}, note, upsert=True)
    return True


def drop(connection: Connection, class_name: str, column: str) -> bool:
    found = connection.collection(NOTES).update_one({"_id": _key(class_name, column)}, {"$set": {"dropped": True}})
    if not found.matched_count:
        return False
    try:
        connection.collection(class_name).drop_index(_name(column))
    except OperationFailure:
        pass  # gone already
    return True


def _name(column: str) -> str:
    return f"demand_{column}"


def _key(class_name: str, column: str) -> str:
    return f"demand:{class_name}/{column}"


def _index(stage: Any) -> str | None:
    """The first index in a plan, whatever its stages are called."""
    if not isinstance(stage, Mapping):
        return None
    if "indexName" in stage:
        return str(stage["indexName"])
    below = [stage.get("inputStage"), stage.get("queryPlan"), *stage.get("inputStages", ())]
    return next((name for one in below if (name := _index(one))), None)
