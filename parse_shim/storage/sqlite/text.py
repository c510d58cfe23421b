"""Full text search: an FTS5 table narrows down, the matcher decides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apsw

from parse_shim.query.ast import Text
from parse_shim.storage.sqlite.layout import Table
from parse_shim.values.types import Doc


def text_prefilter(table: Table, node: Text, parameters: list[Any]) -> str | None:
    """A condition that holds for every match of `node`, None without an index on the column."""
    return None


def place(connection: apsw.Connection, table: Table, row_id: int, doc: Doc, before: Doc | None = None) -> None:
    """Keep the indexes true to a stored object."""


def remove(connection: apsw.Connection, table: Table, row_ids: Iterable[int]) -> None:
    """Take rows out of the indexes."""
