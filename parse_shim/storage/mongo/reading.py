"""find, count, distinct, explain. Errors of the driver are translated by the engine around it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from bson import json_util

from parse_shim.query.ast import And, EqFold, In, Node, Not, Or, Regex, Text
from parse_shim.query.options import FindOptions
from parse_shim.storage.mongo import geo
from parse_shim.storage.mongo.alike import Alike
from parse_shim.storage.mongo.classes import Schemas
from parse_shim.storage.mongo.connection import Connection, Raw
from parse_shim.storage.mongo.indexes import CASELESS, Indexes
from parse_shim.storage.mongo.layout import AUTH_DATA, Layout
from parse_shim.storage.mongo.near import Question, nearest
from parse_shim.storage.mongo.values import from_bson
from parse_shim.storage.mongo.where import compile_where, uses
from parse_shim.storage.nearby import Densities
from parse_shim.storage.unique import fold
from parse_shim.values.types import Value

REGEX_MAX_TIME_MS = 5000
SCORE = {"$meta": "textScore"}
_ALWAYS = ("_created_at", "_updated_at", "_rperm", "_wperm")
_FIRST_BATCH = 100
"""The server answers with 101 documents at first unless told otherwise; a second request costs as much as the first."""
_VERBOSITY = frozenset({"queryPlanner", "executionStats", "allPlansExecution"})


class Reading:
    """Reads of one connection."""

    def __init__(self, connection: Connection, indexes: Indexes, schemas: Schemas) -> None:
        self.connection = connection
        self.indexes = indexes
        self.densities = Densities()
        self._schemas = schemas
        self._alike = Alike(self)

    def find(self, layout: Layout, where: Node, options: FindOptions) -> list[Raw]:
        """Stored documents."""
        where = self.prepared(layout, where)
        near = None if options.order else geo.ordering(where)
        if near is not None:
            return nearest(self, layout, where, near, options)
        return self._alike.find(layout, where, options, lambda: self.ask(layout, self.question(layout, where, options), options))

    def count(self, layout: Layout, where: Node) -> int:
        where = self.prepared(layout, where)
        collection = self.connection.collection(layout.cls.name)
        return collection.count_documents(
            compile_where(where, layout), session=self.connection.session, **self.limits(where)
        )

    def distinct(self, layout: Layout, path: str, where: Node) -> list[Value]:
        where = self.prepared(layout, where)
        found = self._values(layout, path, where)
        if "." in path:
            values = [from_bson(value) for value in found]
        else:
            column = layout.path(path)
            values = [layout.read({column: value}).get(path) for value in found]
        return [value for value in values if value is not None]

    def explain(self, layout: Layout, where: Node, options: FindOptions, verbosity: str) -> dict[str, Any]:
        question = self.question(layout, self.prepared(layout, where), options)
        command: Raw = {"find": self.connection.prefix + layout.cls.name, "filter": question.filter}
        command |= {"sort": dict(question.sort)} if question.sort else {}
        command |= {"projection": question.projection} if question.projection else {}
        command |= {"limit": options.limit} if options.limit else {}
        command |= {"skip": options.skip} if options.skip else {}
        command |= {"hint": _hint(layout, options.hint)} if options.hint else {}
        level = verbosity if verbosity in _VERBOSITY else "queryPlanner"
        plan = self.connection.database.command({"explain": command, "verbosity": level})
        return plain(plan)

    def prepared(self, layout: Layout, where: Node) -> Node:
        """Make the indexes the class wants; replace conditions that need a look-up of their own."""
        self.indexes.prepare(layout.cls.name)
        text = find_text(where)
        if text is not None:
            self._prepare_text(layout, text.path)
        return self._unfold(layout, where) if uses(where, EqFold) else where

    def limits(self, where: Node, wanted: int | None = None) -> Raw:
        """Time limit of a read. A pattern that runs away is cut off earlier than an honest scan."""
        longest = min(wanted or self.connection.max_time_ms, self.connection.max_time_ms)
        return {"maxTimeMS": min(longest, REGEX_MAX_TIME_MS) if uses(where, Regex) else longest}

    def question(self, layout: Layout, where: Node, options: FindOptions) -> Question:
        return Question(
            compile_where(where, layout),
            projection(layout, options),
            [(layout.path(p), -1 if down else 1) if p != "$score" else ("score", SCORE) for p, down in options.order],
            self.limits(where, options.max_time_ms),
        )

    def ask(self, layout: Layout, question: Question, options: FindOptions) -> list[Raw]:
        """Send it. Raw documents."""
        limit = options.limit or 0
        more: dict[str, Any] = {}
        # One more than the limit: with a batch as large as the limit the server keeps the cursor open.
        if limit == 0 or limit > _FIRST_BATCH:
            more["batch_size"] = limit + 1 if limit else 1000
        if options.comment:
            more["comment"] = options.comment
        if options.hint:
            more["hint"] = _hint(layout, options.hint)
        return list(
            self.connection.reading(layout.cls.name, options.read_preference).find(
                question.filter,
                question.projection,
                skip=options.skip,
                limit=limit,
                sort=question.sort or None,
                session=self.connection.session,
                max_time_ms=question.limits["maxTimeMS"],
                **more,
            )
        )

    # -- private ------------------------------------------------------------------------------------------------------

    def _values(self, layout: Layout, path: str, where: Node) -> list[Any]:
        condition, column = compile_where(where, layout), layout.path(path)
        collection = self.connection.collection(layout.cls.name)
        session = self.connection.session
        if layout.cls.kind(path) == "GeoPoint":
            # `distinct` would take the pair of a point for an array of two values.
            rows = collection.aggregate([{"$match": condition}, {"$group": {"_id": f"${column}"}}], session=session)
            return [row["_id"] for row in rows]
        return collection.distinct(column, condition, session=session, **self.limits(where))

    def _prepare_text(self, layout: Layout, column: str) -> None:
        """The text index of a class, made at the first search and then listed with the class."""
        name = layout.cls.name
        if self.indexes.knows(name, f"{column}_text") or self.connection.session:
            return
        stored = self._schemas.one(name)
        if stored is None and not self.connection.exists(name):
            return  # a search makes no collection, except of a class that waits for its first object
        listed = stored.indexes if stored else {}
        if self.indexes.text(layout, column, listed) and not any("text" in keys.values() for keys in listed.values()):
            self._schemas.note_index(name, f"{column}_text", {layout.path(column): "text"})

    def _unfold(self, layout: Layout, node: Node) -> Node:
        """EqFold by the case-insensitive index, as ids: a collation would hold for every condition of the query."""
        match node:
            case And(parts):
                return And(tuple(self._unfold(layout, part) for part in parts))
            case Or(parts):
                return Or(tuple(self._unfold(layout, part) for part in parts))
            case Not(part):
                return Not(self._unfold(layout, part))
            case EqFold(path, text):
                return In("objectId", tuple(self._fold_ids(layout, path, text)))
        return node

    def _fold_ids(self, layout: Layout, path: str, text: str) -> Iterable[Any]:
        column = layout.path(path)
        rows = self.connection.collection(layout.cls.name).find(
            {column: text}, {column: 1}, collation=CASELESS, session=self.connection.session, **_time(self.limits(And(())))
        )
        wanted = fold(text)
        return [row["_id"] for row in rows if _holds(row, column, wanted)]


def find_text(node: Node) -> Text | None:
    if isinstance(node, Text):
        return node
    if isinstance(node, And | Or):
        return next((found for part in node.parts if (found := find_text(part))), None)
    return find_text(node.part) if isinstance(node, Not) else None


def projection(layout: Layout, options: FindOptions) -> Raw | None:
    """Stored names of `options.keys`; None for whole documents."""
    out: Raw = {}
    if options.keys is not None and "authData" not in options.keys:
        out = dict.fromkeys(_ALWAYS, 1)
        out |= {name: 1 for key in options.keys for name in layout.paths(key) if not name.startswith((AUTH_DATA, "$"))}
    if options.want_score:
        out["score"] = SCORE
    return out or None


def plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """A plan as JSON: the database's own types become text or numbers; what concerns only its cluster is left out."""
    shown = {k: v for k, v in value.items() if not k.startswith("$") and k not in ("ok", "operationTime")}
    found: dict[str, Any] = json.loads(json_util.dumps(shown, json_options=json_util.RELAXED_JSON_OPTIONS))
    return found


def _hint(layout: Layout, hint: Any) -> Any:
    """The name of an index, or its keys."""
    if isinstance(hint, Mapping):
        return [(layout.path(path), direction) for path, direction in hint.items()]
    return hint


def _time(limits: Raw) -> Raw:
    return {"max_time_ms": limits["maxTimeMS"]}


def _holds(row: Mapping[str, Any], column: str, wanted: str) -> bool:
    value: Any = row
    for part in column.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    values = value if isinstance(value, list) else [value]
    return any(isinstance(one, str) and fold(one) == wanted for one in values)
