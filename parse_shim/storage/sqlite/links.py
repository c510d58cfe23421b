"""Join tables: classes `_Join:field:Class` whose rows are {objectId, owningId, relatedId}, unique in the last two."""

from __future__ import annotations

from collections.abc import Iterable

import apsw
import orjson

from parse_shim.classes.model import BASE_FIELDS, STRING, ClassDef
from parse_shim.storage.sqlite.names import path, table_name

_END = {"owningId": f"doc ->> {path('owningId')}", "relatedId": f"doc ->> {path('relatedId')}"}


def join_class(name: str) -> ClassDef:
    return ClassDef(name, {**BASE_FIELDS, "owningId": STRING, "relatedId": STRING})


def add(connection: apsw.Connection, name: str, rows: Iterable[tuple[str, str, str]]) -> None:
    """Rows are (object id, owner, related); those that are linked already are passed over."""
    connection.executemany(
        f"INSERT OR IGNORE INTO {table_name(name)} (oid, doc) VALUES (?, jsonb(json_object('objectId', ?, 'owningId', ?, 'relatedId', ?)))",
        [(object_id, object_id, owner, related) for object_id, owner, related in rows],
    )


def remove(connection: apsw.Connection, name: str, owner_id: str, related_ids: list[str]) -> None:
    connection.execute(
        f"DELETE FROM {table_name(name)} WHERE {_END['owningId']} = ? AND {_END['relatedId']} IN (SELECT value FROM json_each(?))",
        (owner_id, orjson.dumps(related_ids).decode()),
    )


def ends(connection: apsw.Connection, name: str, known: str, known_ids: list[str], wanted: str) -> list[str]:
    """The other ends of the links that have one of `known_ids` at their `known` end, in order of linking."""
    rows = connection.execute(
        f"SELECT {_END[wanted]} FROM {table_name(name)} WHERE {_END[known]} IN (SELECT value FROM json_each(?)) ORDER BY id",
        (orjson.dumps(known_ids).decode(),),
    )
    return list(dict.fromkeys(row[0] for row in rows))
