"""Finds: one SELECT where SQL can do it all, otherwise SQL for the condition and Python for order and page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from parse_shim.classes.model import ClassDef
from parse_shim.query.ast import EVERYTHING, Near, Node
from parse_shim.query.options import FindOptions
from parse_shim.storage.arrange import find_near
from parse_shim.storage.sqlite.geo import circle, distance
from parse_shim.storage.sqlite.layout import Table
from parse_shim.storage.sqlite.names import geo_table, table_name
from parse_shim.storage.sqlite.order import order_by
from parse_shim.storage.sqlite.where import Where, compile_where

FIRST_RADIANS = 0.0005
GROWTH = 2.5
"""Nearest N without a limit of distance: circles from 2 miles on, each 2.5 times as wide, until N are found."""


@dataclass(frozen=True, slots=True)
class Select:
    """SQL text with parameters that gives (JSON text) rows. `finished`: order and page are already right."""

    text: str
    parameters: Sequence[Any]
    finished: bool = True


def texts(connection: apsw.Connection, cls: ClassDef, table: Table, where: Node, options: FindOptions) -> tuple[list[str], bool]:
    """Stored JSON of what matches, and whether it is already ordered and cut to the page."""
    near = find_near(where)
    if near is not None and near.path in table.geo and not options.order and not options.want_score:
        return _nearest(connection, cls, table, where, near, options), True
    select = plain(cls, table, where, options)
    return [row[0] for row in connection.execute(select.text, select.parameters)], select.finished


def plain(cls: ClassDef, table: Table, where: Node, options: FindOptions) -> Select:
    """Everything but nearness."""
    condition = compile_where(cls, table, where)
    start = f"SELECT json(doc) FROM {table_name(cls.name)}{_filter(condition, where)}"
    order = order_by(cls, options.order)
    if order is None or options.want_score or (find_near(where) is not None and not options.order):
        return Select(f"{start} ORDER BY id", condition.parameters, finished=False)
    if options.limit is None and not options.skip:
        return Select(f"{start} ORDER BY {order}", condition.parameters)
    page = (-1 if options.limit is None else options.limit, options.skip)
    return Select(f"{start} ORDER BY {order} LIMIT ? OFFSET ?", [*condition.parameters, *page])


def counting(cls: ClassDef, table: Table, where: Node) -> Select:
    condition = compile_where(cls, table, where)
    return Select(f"SELECT count(*) FROM {table_name(cls.name)}{_filter(condition, where)}", condition.parameters)


def row_ids(cls: ClassDef, table: Table, where: Node, columns: str = "id, json(doc)", limit: int | None = None) -> Select:
    """For writes: number and text of the matching rows, in the order they were stored."""
    condition = compile_where(cls, table, where)
    cut = "" if limit is None else f" LIMIT {int(limit)}"
    text = f"SELECT {columns} FROM {table_name(cls.name)}{_filter(condition, where)} ORDER BY id{cut}"
    return Select(text, condition.parameters)


def _filter(condition: Where, where: Node) -> str:
    return "" if where == EVERYTHING else f" WHERE {condition.text}"


def _nearest(connection: apsw.Connection, cls: ClassDef, table: Table, where: Node, near: Near, options: FindOptions) -> list[str]:
    wanted = math.inf if options.limit is None else options.limit + options.skip
    most = math.inf if near.max_radians is None else near.max_radians
    radians = most if wanted == math.inf else min(FIRST_RADIANS, most)
    while True:
        found = _within(connection, cls, table, where, near, radians, options)
        if len(found) >= wanted or radians >= min(most, math.pi):
            return found[options.skip :]
        radians = min(radians * GROWTH, most)


def _within(
    connection: apsw.Connection, cls: ClassDef, table: Table, where: Node, near: Near, radians: float, options: FindOptions
) -> list[str]:
    """The nearest within `radians`, those to be skipped too. Sorted by number and distance first: the sorter is spared the
    documents."""
    parameters: list[Any] = []
    away = distance(near.point, parameters)
    inside = circle(near.point, None if radians >= math.pi else radians, parameters)
    condition = compile_where(cls, table, where, skip=near)
    page = -1 if options.limit is None else options.limit + options.skip
    rows = connection.execute(
        f"SELECT json(doc) FROM (SELECT tree.id AS number, tree.away AS away FROM (SELECT id, {away} AS away "
        f"FROM {geo_table(cls.name, near.path)} WHERE {inside}) AS tree "
        f"CROSS JOIN {table_name(cls.name)} AS object USING (id) WHERE {condition.text} "
        f"ORDER BY tree.away, tree.id LIMIT ?) JOIN {table_name(cls.name)} AS object ON object.id = number ORDER BY away, number",
        [*parameters, *condition.parameters, page],
    )
    return [row[0] for row in rows]
