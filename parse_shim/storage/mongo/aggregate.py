"""Run a pipeline and give its rows REST names and Values (contract/02, section 9)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bson import json_util

from parse_shim.storage.mongo.connection import Connection, Raw
from parse_shim.storage.mongo.layout import Layout
from parse_shim.storage.mongo.values import from_bson
from parse_shim.storage.pipeline.names import compile_pipeline, groups_by_pointer
from parse_shim.storage.pipeline.native import Native, without_secrets
from parse_shim.values.codec import iso
from parse_shim.values.types import Doc, Pointer

_EXTENDED = json_util.JSONOptions(
    json_mode=json_util.JSONMode.RELAXED, datetime_representation=json_util.DatetimeRepresentation.ISO8601
)


class Aggregation:
    """Pipelines of one connection. `options`: hint, comment, readPreference, rawValues, rawFieldNames.

    With one of the raw flags the rows are JSON already: with `rawValues` extended JSON, else dates as texts. Secrets of users and
    session tokens never come out, also not through `$lookup`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, layout: Layout, pipeline: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> list[Doc]:
        stages = compile_pipeline(pipeline, Native(layout.cls))
        rows = [without_secrets(row) for row in self._rows(layout, stages, options)]
        if options.get("rawValues"):
            rows = [json.loads(json_util.dumps(row, json_options=_EXTENDED)) for row in rows]
        elif options.get("rawFieldNames"):
            rows = [_json(row) for row in rows]
        else:
            grouped = groups_by_pointer(pipeline, layout.cls)
            return [_doc(row, layout, grouped) for row in rows]
        return rows if options.get("rawFieldNames") else [_rename_id(row) for row in rows]

    def _rows(self, layout: Layout, stages: list[Raw], options: Mapping[str, Any]) -> list[Raw]:
        more: dict[str, Any] = {}
        if options.get("hint"):
            more["hint"] = options["hint"]
        if options.get("comment"):
            more["comment"] = options["comment"]
        collection = self._connection.reading(layout.cls.name, options.get("readPreference"))
        return list(
            collection.aggregate(
                stages,
                allowDiskUse=True,
                session=self._connection.session,
                maxTimeMS=self._connection.max_time_ms,
                **more,
            )
        )


def _doc(row: Raw, layout: Layout, grouped: bool) -> Doc:
    """A row in REST form: hidden names go, so does the ACL (as on parse-server); group ids that are pointers become bare ids."""
    doc = layout.read(row)
    doc.pop("ACL", None)
    if "_id" in row:
        doc["objectId"] = _group_id(row["_id"], grouped)
    return {key: value for key, value in doc.items() if not key.startswith("_")}


def _group_id(value: Any, grouped: bool) -> Any:
    if value in ("", {}, []) and not isinstance(value, bool):
        return None
    if grouped and isinstance(value, str) and "$" in value:
        return value.split("$", 1)[1]
    found = from_bson(value)
    return found.object_id if isinstance(found, Pointer) else found


def _rename_id(row: Raw) -> Raw:
    if "_id" not in row:
        return row
    return {**{key: value for key, value in row.items() if key != "_id"}, "objectId": row["_id"]}


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    return value if isinstance(value, bytes) else from_bson(value)

