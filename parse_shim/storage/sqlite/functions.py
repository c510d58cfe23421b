"""SQL functions of ours, on every connection: the conditions that SQL cannot say run query/match.py."""

from __future__ import annotations

from typing import Any

import apsw

from parse_shim.query.ast import Node
from parse_shim.query.match import matches
from parse_shim.query.regex import found_in
from parse_shim.storage.sqlite.rows import field_value, from_text
from parse_shim.storage.unique import fold


def register(connection: apsw.Connection) -> None:
    """The functions never change anything and give equal results for equal arguments."""
    functions: tuple[tuple[str, int, Any], ...] = (
        ("parse_match", 2, _match),
        ("parse_field", 3, _field),
        ("parse_regex", 3, _regex),
        ("parse_fold", 1, _fold),
    )
    for name, count, function in functions:
        connection.create_scalar_function(name, function, count, deterministic=True)


def _match(text: str, node: Node) -> int:
    """parse_match(json(doc), node): the whole object."""
    return matches(node, from_text(text))


def _field(name: str, text: str | None, node: Node) -> int:
    """parse_field('f', doc -> '$.f', node): a condition that looks at one column only; 2 µs where the object takes 10."""
    return matches(node, {} if text is None else {name: field_value(text)})


def _regex(text: Any, pattern: str, options: str) -> int:
    return isinstance(text, str) and found_in(pattern, options, text)


def _fold(text: Any) -> str | None:
    return fold(text) if isinstance(text, str) else None
