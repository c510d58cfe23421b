"""where JSON -> Node: the one place that reads the where language (contract/02, sections 2 to 7).

A field's operators are in operators.py, geo words in parse_geo.py. Everything is checked while it is read, depth before
the next level is entered, so no hostile text costs more than its size.
"""

from __future__ import annotations

import re
from typing import Any

from parse_shim.errors import Code, Denied, ParseError, TransportError
from parse_shim.query.ast import EVERYTHING, NOTHING, And, Eq, Node, Not, Or, RelatedTo
from parse_shim.query.limits import DEFAULT, HARD_DEPTH, UNLIMITED, Limits, Reader
from parse_shim.query.operators import TYPES, field_nodes
from parse_shim.query.relative_time import RelativeTime
from parse_shim.values.codec import decode_column, decode_nested, loads
from parse_shim.values.jsontext import TooDeep
from parse_shim.values.jstext import js_text
from parse_shim.values.php import as_object
from parse_shim.values.types import Json, Pointer

KEY = re.compile(r"[a-zA-Z][a-zA-Z0-9_.]*")
PERMISSION_KEYS = frozenset({"_rperm", "_wperm"})
INTERNAL_KEYS = frozenset(
    """_email_verify_token _email_verify_token_expires_at _perishable_token _perishable_token_expires_at
    _failed_login_count _account_lockout_expires_at _password_changed_at _password_history _tombstone""".split()
)
"""Columns that only the server itself and callers with the master or maintenance key may ask for."""


def parse_where(where: Json, limits: Limits | None = DEFAULT, *, internal: bool = False) -> Node:
    """The conditions as a tree. `where` is an object, or text that holds one (Android). `limits` None: none (master key).

    Raises ParseError 102, 105 or 107 with the contract's texts.
    """
    if isinstance(where, str):
        where = read_text(where)
    if where == []:
        return EVERYTHING
    if isinstance(where, list):
        raise ParseError(Code.INVALID_KEY_NAME, "Invalid key name: 0")
    if not isinstance(where, dict):
        raise ParseError(Code.INVALID_JSON, f"where parameter should be an object, not {js_text(where)}")
    return _Parser(limits or UNLIMITED, internal).where(where)


def read_text(text: str) -> Json:
    """`where` that came as text. Raises ParseError 107, 102 when it is nested too deeply."""
    try:
        value = loads(text)
    except TooDeep:
        raise _too_complex("Query condition", DEFAULT.depth)
    except TransportError:
        raise ParseError(Code.INVALID_JSON, "where parameter is not valid JSON")
    if isinstance(value, str):
        raise ParseError(Code.INVALID_JSON, "where parameter is not valid JSON")
    return value


class _Parser(Reader):
    """Reads one where and the subqueries in it. `depth` counts $or/$and/$nor, `subqueries` the queries entered."""

    def __init__(self, limits: Limits, internal: bool) -> None:
        super().__init__(limits)
        self.internal = internal
        self.depth = 0
        self.subqueries = 0

    def where(self, where: dict[str, Json]) -> Node:
        parts: list[Node] = []
        for key, value in where.items():
            if key[:1] == "$" and key in _LOGIC:
                parts.append(self._logic(key, value))
            elif key == "$relatedTo" and value is not None:
                parts.append(_related_to(value))
            else:
                self._field(key, value, parts)
        return _flat_and(parts)

    def subquery(self, where: dict[str, Json]) -> Node:
        """The where of $inQuery or $select: a query of its own, counted separately."""
        most = self.limits.subquery_depth
        if self.subqueries >= (HARD_DEPTH if most is None else most):
            raise _too_complex("Subquery", most)
        outside = self.depth, self.near_seen, self.near_allowed
        self.depth, self.near_seen, self.near_allowed = 0, False, True
        self.subqueries += 1
        node = self.where(where)
        self.subqueries -= 1
        self.depth, self.near_seen, self.near_allowed = outside
        return node

    def _logic(self, key: str, value: Json) -> Node:
        if not isinstance(value, list):
            raise Denied(f"{key} must be an array", Code.INVALID_QUERY)
        if not value:
            raise ParseError(Code.INVALID_QUERY, f"Bad {key} format - use an array of at least 1 value.")
        most = self.limits.depth
        if self.depth >= (HARD_DEPTH if most is None else most):
            raise _too_complex("Query condition", most)
        allowed = self.near_allowed
        # a near query inside $or or $nor has no meaning as an order; no store can do it
        self.near_allowed = allowed and key == "$and"
        self.depth += 1
        parts = tuple([self._branch(key, item) for item in value])
        self.depth -= 1
        self.near_allowed = allowed
        if key == "$and":
            return _flat_and(list(parts))
        either = parts[0] if len(parts) == 1 else Or(parts)
        return either if key == "$or" else Not(either)

    def _branch(self, key: str, item: Json) -> Node:
        item = as_object(item)
        if not isinstance(item, dict):
            raise ParseError(Code.INVALID_QUERY, f"Bad {key} format - each value should be an object.")
        return self.where(item)

    def _field(self, key: str, value: Json, parts: list[Node]) -> None:
        if KEY.fullmatch(key) is None:
            if key in PERMISSION_KEYS:  # accepted and without effect: the caller's own rights decide
                return
            if not (self.internal and key in INTERNAL_KEYS):
                raise ParseError(Code.INVALID_KEY_NAME, f"Invalid key name: {js_text(key)}")
        elif key == "ACL" or key.startswith("ACL."):
            raise ParseError(Code.INVALID_QUERY, "Cannot query on ACL.")
        if type(value) is str or value is None or type(value) is bool:
            parts.append(Eq(key, value))
        elif type(value) is dict:
            if any(word[:1] == "$" for word in value):
                parts += field_nodes(self, key, value)
            else:
                parts.append(_equal_to(key, value))
        elif type(value) is list:
            parts.append(_equal_to_list(value))
        else:
            parts.append(Eq(key, decode_column(value)))


_LOGIC = frozenset({"$or", "$and", "$nor"})


def _equal_to(key: str, value: dict[str, Json]) -> Node:
    tag = value.get("__type")
    if tag and type(tag) is str and tag in TYPES:
        try:
            return Eq(key, decode_column(value))
        except ParseError as error:
            raise ParseError(Code.INVALID_JSON, error.message)
    if not value:
        return Eq(key, {})
    if "." in key:
        return Eq(key, decode_nested(value))
    raise ParseError(Code.INVALID_JSON, "You cannot use [object Object] as a query parameter.")


def _equal_to_list(value: list[Json]) -> Node:
    if value:
        raise ParseError(Code.INVALID_JSON, f"You cannot use {js_text(value)} as a query parameter.")
    return NOTHING


def _related_to(value: Json) -> Node:
    """Malformed: nothing is related (contract/02, section 5)."""
    owner, key = (value.get("object"), value.get("key")) if isinstance(value, dict) else (None, None)
    if not isinstance(owner, dict) or not isinstance(key, str):
        return NOTHING
    name, object_id = owner.get("className"), owner.get("objectId")
    if not isinstance(name, str) or not isinstance(object_id, str) or KEY.fullmatch(key) is None:
        return NOTHING
    return RelatedTo(Pointer(name, object_id), key)


def _flat_and(parts: list[Node]) -> Node:
    if len(parts) == 1:
        return parts[0]
    flat: list[Node] = []
    for part in parts:
        if isinstance(part, And):
            flat += part.parts
        else:
            flat.append(part)
    return And(tuple(flat))


def _too_complex(what: str, most: Any) -> ParseError:
    number = HARD_DEPTH if most is None else most
    return ParseError(Code.INVALID_QUERY, f"{what} nesting depth exceeds maximum allowed depth of {number}")


__all__ = ["DEFAULT", "INTERNAL_KEYS", "UNLIMITED", "Limits", "RelativeTime", "parse_where", "read_text"]
