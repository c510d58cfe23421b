"""Full text search: an FTS5 table a searched column narrows down, query/text.py decides.

The table holds no text, only short codes of the words: FTS5 would cut and fold words by rules of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import apsw
import orjson

from parse_shim.classes.model import ClassDef
from parse_shim.query.ast import And, Node, Not, Or, Text
from parse_shim.query.text import parse_term, words_of
from parse_shim.storage.sqlite.connection import rows_of
from parse_shim.storage.sqlite.layout import Table, bump_version
from parse_shim.storage.sqlite.names import is_column, path, table_name, text_table
from parse_shim.storage.sqlite.rows import field_value
from parse_shim.values.types import Doc

_SEARCHING = frozenset((And, Or, Not, Text))


def text_prefilter(table: Table, node: Text, parameters: list[Any]) -> str | None:
    """A condition that holds for every match of `node`; None without an index on the column, or where words alone do not decide:
    a phrase may begin within a word, a search that minds case or marks compares other words."""
    if node.path not in table.text or node.case_sensitive or node.diacritic_sensitive:
        return None
    terms = parse_term(node)
    if terms.phrases:
        return None
    if not terms.words:
        return "0"
    parameters.append(" OR ".join(sorted({_code(word) for word in terms.words})))
    return f"id IN (SELECT rowid FROM {text_table(table.name, node.path)}(?))"


def wanted(cls: ClassDef, table: Table, where: Node) -> list[str]:
    """Columns that `where` searches and that have no index yet."""
    return [name for name in _searched(where) if name not in table.text and cls.kind(name) == "String" and is_column(name)]


def searches(where: Node) -> bool:
    kind = type(where)
    if kind is And:
        return any(type(part) in _SEARCHING and searches(part) for part in where.parts)  # type: ignore[union-attr]
    return kind in _SEARCHING and bool(_searched(where))


def ensure(connection: apsw.Connection, table: Table, columns: Iterable[str]) -> None:
    """Index the columns. Made with the first search, as the peer does."""
    for column in columns:
        if column in table.text:
            continue
        index = text_table(table.name, column)
        connection.execute(f"CREATE VIRTUAL TABLE {index} USING fts5(words, content='', contentless_delete=1, detail=none)")
        for row_id, value in rows_of(connection, f"SELECT id, doc -> {path(column)} FROM {table_name(table.name)}"):
            if value is not None:
                _insert(connection, index, row_id, field_value(value))
        table.text.add(column)
        _list(connection, table, column)
        bump_version(connection)


def _list(connection: apsw.Connection, table: Table, column: str) -> None:
    """Show the index with the class, as the peer does: one of text for each class."""
    for (definition,) in connection.execute("SELECT definition FROM classes WHERE name = ?", (table.name,)).fetchall():
        stored = orjson.loads(str(definition))
        if not any("text" in keys.values() for keys in stored["indexes"].values()):
            stored["indexes"][f"{column}_text"] = {column: "text"}
            connection.execute("UPDATE classes SET definition = ? WHERE name = ?", (orjson.dumps(stored).decode(), table.name))


def place(connection: apsw.Connection, table: Table, row_id: int, doc: Doc, before: Doc | None = None) -> None:
    """Keep the indexes true to a stored object."""
    for column in table.text:
        value, old = doc.get(column), before.get(column) if before else None
        if value == old:
            continue
        index = text_table(table.name, column)
        if old is not None:
            connection.execute(f"DELETE FROM {index} WHERE rowid = ?", (row_id,))
        _insert(connection, index, row_id, value)


def remove(connection: apsw.Connection, table: Table, row_ids: Iterable[int]) -> None:
    """Take rows out of the indexes."""
    keys = [(row_id,) for row_id in row_ids]
    for column in table.text:
        connection.executemany(f"DELETE FROM {text_table(table.name, column)} WHERE rowid = ?", keys)


def _insert(connection: apsw.Connection, index: str, row_id: int, value: Any) -> None:
    texts = [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]
    codes = {_code(word) for text in texts for word in words_of(text)}
    if codes:
        connection.execute(f"INSERT INTO {index} (rowid, words) VALUES (?, ?)", (row_id, " ".join(codes)))


def _code(word: str) -> str:
    """A code that FTS5 takes for one word. Two words with one code cost a look at the object, nothing else."""
    return "s" + hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _searched(node: Node) -> set[str]:
    match node:
        case Text():
            return {node.path}
        case And(parts) | Or(parts):
            return {name for part in parts for name in _searched(part)}
        case Not(part):
            return _searched(part)
    return set()
