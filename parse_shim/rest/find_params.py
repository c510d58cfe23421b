"""The parameters of a find, as Parse's clients send them. Source: contract/02, section 1.

`find_params` and `get_params` take a mapping whose query-string texts were already read as JSON where they are JSON.
Refused beyond the peer: a negative skip (there a 500).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from parse_shim.errors import Code, ParseError
from parse_shim.query.ast import Node
from parse_shim.values.jstext import js_text
from parse_shim.values.types import Json

LARGEST = 2**31 - 1
"""Limits and skips are cut here: databases take no more, and nobody has as many rows."""

NO_LIMIT = -1
"""`FindParams.limit` for the server's own reading: every match."""

GET_WORDS = frozenset("keys include excludeKeys readPreference includeReadPreference subqueryReadPreference".split())
READ_PREFERENCES = frozenset("PRIMARY PRIMARY_PREFERRED SECONDARY SECONDARY_PREFERRED NEAREST".split())
EXPLAIN_WORDS = frozenset("queryPlanner queryPlannerExtended executionStats allPlansExecution".split())

_ORDER = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[\w-]+)*\Z")
_ORDER_ALIASES = {"_created_at": "createdAt", "_updated_at": "updatedAt"}


@dataclass(slots=True)
class FindParams:
    """What a find asks for. Never changed; frozen it would take three times as long to make.

    `where`: JSON (an object or its text, unread yet) or a Node. `limit` None: the server's default, NO_LIMIT: all.
    `order`: (path, descending) pairs. `keys` None: all fields. `explain`: a verbosity word, or None."""

    where: Json | Node = field(default_factory=dict)
    limit: int | None = None
    skip: int = 0
    order: tuple[tuple[str, bool], ...] = ()
    count: bool = False
    keys: tuple[str, ...] | None = None
    exclude_keys: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    include_all: bool = False
    redirect_key: str | None = None
    hint: str | dict[str, Any] | None = None
    comment: str | None = None
    explain: str | None = None
    read_preference: str | None = None
    include_read_preference: str | None = None
    subquery_read_preference: str | None = None


EVERY = FindParams()


def find_params(raw: Mapping[str, Json]) -> FindParams:
    """Parameters of `GET /classes/C`. Raises ParseError 102 (unknown or unusable parameter), 105 (order)."""
    if not raw:
        return EVERY
    if not FIND_WORDS.issuperset(raw):
        unknown = next(name for name in raw if name not in FIND_WORDS)
        raise ParseError(Code.INVALID_QUERY, f"Invalid parameter for query: {unknown}")
    return FindParams(**{attribute: read(raw[word]) for word, attribute, read in _READERS if word in raw})


def get_params(raw: Mapping[str, Json]) -> FindParams:
    """Parameters of `GET /classes/C/ID`. Raises ParseError 102 `Improper encode of parameter` for any other word."""
    if not raw:
        return EVERY
    if not GET_WORDS.issuperset(raw):
        raise ParseError(Code.INVALID_QUERY, "Improper encode of parameter")
    return find_params(raw)


def parse_order(value: Json) -> tuple[tuple[str, bool], ...]:
    """`m,-n` or a list of such names -> ((path, descending), ...). Raises ParseError 105."""
    if value is None or value == "" or value == []:
        return ()
    text = ",".join(map(js_text, value)) if isinstance(value, (list, tuple)) else js_text(value, limit=10_000)
    found: dict[str, bool] = {}
    for part in text.split(","):
        name = part.strip()
        descending = name.startswith("-")
        path = _order_path(name[1:] if descending else name, name)
        found[path] = descending
    return tuple(found.items())


def is_path(text: str) -> bool:
    """A field name, or a dotted path that begins with one."""
    return _ORDER.match(text) is not None


def _order_path(path: str, shown: str) -> str:
    path = _ORDER_ALIASES.get(path, path)
    if path == "$score":
        return path
    if re.match(r"authData\.\w+\.id\Z", path):
        raise ParseError(Code.INVALID_KEY_NAME, f"Cannot sort by {path}")
    if not is_path(path) or path == "className":
        raise ParseError(Code.INVALID_KEY_NAME, f"Invalid field name: {shown.removeprefix('-')}.")
    return path


def _limit(value: Json) -> int | None:
    if value is None or value == "":
        return None
    number = _number(value)
    return LARGEST if number is None else abs(number)


def _skip(value: Json) -> int:
    number = _number(value) or 0
    if number < 0:
        raise ParseError(Code.INVALID_QUERY, "skip must not be negative")
    return number


def _number(value: Json) -> int | None:
    """A whole number within ±LARGEST, as JavaScript's Number() and truncation give it; None for what is no number."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if not isinstance(value, (int, float)) or (isinstance(value, float) and math.isnan(value)):
        return None
    return int(max(-LARGEST, min(LARGEST, value)))


def _truthy(value: Json) -> bool:
    """JavaScript's truth: an empty list or object counts."""
    return bool(value) or isinstance(value, (list, dict))


def _names(value: Json) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    text = ",".join(map(js_text, value)) if isinstance(value, list) else js_text(value, limit=100_000)
    return tuple(text.split(","))


def _redirect(value: Json) -> str | None:
    if not value:
        return None
    return js_text(value)


def _hint(value: Json) -> str | dict[str, Any] | None:
    return value if value and isinstance(value, (str, dict)) else None


def _explain(value: Json) -> str | None:
    if not value:
        return None
    if value is True:
        return "queryPlanner"
    if not isinstance(value, str) or value not in EXPLAIN_WORDS:
        raise ParseError(Code.INVALID_QUERY, "Invalid value for explain")
    return value


def checked_preference(value: Json) -> str | None:
    """A read preference in upper case. Raises ParseError 102 for an unknown one."""
    if not value:
        return None
    if not isinstance(value, str) or value.upper() not in READ_PREFERENCES:
        raise ParseError(Code.INVALID_QUERY, "Not supported read preference.")
    return value.upper()


def _text_or_none(value: Json) -> str | None:
    return value.upper() if isinstance(value, str) and value else None


_READERS: tuple[tuple[str, str, Callable[[Json], Any]], ...] = (
    ("where", "where", lambda value: value),
    ("limit", "limit", _limit),
    ("skip", "skip", _skip),
    ("order", "order", parse_order),
    ("count", "count", _truthy),
    ("keys", "keys", lambda value: None if value is None else _names(value)),
    ("excludeKeys", "exclude_keys", _names),
    ("include", "include", _names),
    ("includeAll", "include_all", _truthy),
    ("redirectClassNameForKey", "redirect_key", _redirect),
    ("hint", "hint", _hint),
    ("comment", "comment", lambda value: value if isinstance(value, str) else None),
    ("explain", "explain", _explain),
    ("readPreference", "read_preference", checked_preference),
    ("includeReadPreference", "include_read_preference", _text_or_none),
    ("subqueryReadPreference", "subquery_read_preference", _text_or_none),
)
"""Word, attribute of FindParams, how it is read; in the order in which they may be refused."""

FIND_WORDS = frozenset(word for word, _, _ in _READERS)
