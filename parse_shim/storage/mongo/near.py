"""Nearest first: by the `2d` index where its answer is right, else by distances that the database computes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from pymongo.errors import OperationFailure

from parse_shim.query.ast import Near, Node
from parse_shim.query.options import FindOptions
from parse_shim.storage.mongo import geo
from parse_shim.storage.mongo.connection import Connection, Raw
from parse_shim.storage.mongo.errors import NO_GEO_INDEX
from parse_shim.storage.mongo.indexes import Indexes
from parse_shim.storage.mongo.layout import Layout
from parse_shim.storage.mongo.where import Filter, compile_where


class Question(NamedTuple):
    """A find before it is sent: everything in stored names."""

    filter: Filter
    projection: Raw | None
    sort: list[tuple[str, Any]]
    limits: Raw


class Asker(Protocol):
    """What this file needs of storage/mongo/reading.py."""

    connection: Connection
    indexes: Indexes

    def question(self, layout: Layout, where: Node, options: FindOptions) -> Question: ...

    def ask(self, layout: Layout, question: Question, options: FindOptions) -> list[Raw]: ...


def nearest(reading: Asker, layout: Layout, where: Node, near: Near, options: FindOptions) -> list[Raw]:
    """Raw documents. Without a maximum, rings of growing radius are asked until one holds enough."""
    if near.max_radians is not None:
        return _ring(reading, layout, where, near, near.max_radians, options)
    if options.limit is not None:
        needed = options.skip + options.limit
        first = replace(options, skip=0, limit=needed)
        for radians in geo.RINGS:
            found = _ring(reading, layout, where, near, radians, first)
            if len(found) >= needed:
                return found[options.skip :]
    return _by_distance(reading, layout, where, near, None, options)


def _ring(reading: Asker, layout: Layout, where: Node, near: Near, radians: float, options: FindOptions) -> list[Raw]:
    found = None
    if geo.is_safe(near.point, radians) and reading.indexes.geo(layout.cls.name, near.path):
        found = _by_index(reading, layout, where, near, radians, options)
    return _by_distance(reading, layout, where, near, radians, options) if found is None else found


def _by_index(
    reading: Asker, layout: Layout, where: Node, near: Near, radians: float, options: FindOptions
) -> list[Raw] | None:
    """None when the index is gone: another process dropped the class since we last looked."""
    ring = geo.near(layout.path(near.path), near.point, radians)
    question = _with_filter(reading, layout, where, near, ring, options)
    try:
        return reading.ask(layout, question, options)
    except OperationFailure as error:
        if error.code != NO_GEO_INDEX:
            raise
        again = reading.indexes.geo(layout.cls.name, near.path, again=True)
        return reading.ask(layout, question, options) if again else None


def _by_distance(
    reading: Asker, layout: Layout, where: Node, near: Near, radians: float | None, options: FindOptions
) -> list[Raw]:
    column = layout.path(near.path)
    ring = geo.within(column, near.point, radians)
    question = _with_filter(reading, layout, where, near, ring, options)
    pipeline: list[Raw] = [
        {"$match": question.filter},
        {"$addFields": {geo.DISTANCE: geo.distance(column, near.point)}},
        {"$sort": {geo.DISTANCE: 1}},
    ]
    pipeline += [{"$skip": options.skip}] if options.skip else []
    pipeline += [{"$limit": options.limit}] if options.limit is not None else []
    pipeline.append({"$project": question.projection or {geo.DISTANCE: 0}})
    collection = reading.connection.reading(layout.cls.name, options.read_preference)
    return list(
        collection.aggregate(pipeline, allowDiskUse=True, session=reading.connection.session, **question.limits)
    )


def _with_filter(
    reading: Asker, layout: Layout, where: Node, near: Near, ring: Filter, options: FindOptions
) -> Question:
    """The question of the whole condition, its nearness replaced by `ring`."""
    others = compile_where(geo.without(where, near), layout)
    question = reading.question(layout, where, replace(options, order=(), want_score=False))
    return question._replace(filter={"$and": [others, ring]} if others else ring)
