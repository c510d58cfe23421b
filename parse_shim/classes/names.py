"""What things may be called: classes, columns, keys inside values, keywords that no request may hold. Source:
contract/01, section 5."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from parse_shim.classes.model import ClassDef
from parse_shim.classes.system import is_class_name, is_plain_name
from parse_shim.errors import Code, ParseError
from parse_shim.update.ops import Set, Update
from parse_shim.values.types import Json

DEFAULT_DENYLIST: Sequence[Mapping[str, Any]] = (
    {"key": "_bsontype", "value": "Code"},
    {"key": "constructor"},
    {"key": "__proto__"},
)
"""parse-server's requestKeywordDenylist."""

MANY = 20_000
"""How many key names a Denylist remembers as harmless."""


def check_class_name(name: str) -> None:
    """For writes. Raises ParseError 107."""
    if not is_class_name(name):
        raise ParseError(Code.INVALID_JSON, "schema class name does not revalidate")


def check_schema_class_name(name: str) -> None:
    """For schema routes and pointer targets there. Raises ParseError 103."""
    if not is_class_name(name):
        raise ParseError(Code.INVALID_CLASS_NAME, bad_class_name(name))


def bad_class_name(name: str) -> str:
    """The schema routes' text, its final blank included."""
    rule = "classnames can only have alphanumeric characters and _, and must start with an alpha character "
    return f"Invalid classname: {name}, {rule}"


def is_field_name(name: str, class_name: str = "") -> bool:
    """A column's name; `className` is one in _Hooks only."""
    return is_plain_name(name) or (name == "className" and class_name == "_Hooks")


def check_field_name(name: str, class_name: str = "") -> None:
    """For writes, `name` without dots. Raises ParseError 105."""
    if not is_field_name(name, class_name):
        raise ParseError(Code.INVALID_KEY_NAME, f"Invalid field name: {name}.")


def check_names(names: Iterable[str], cls: ClassDef | None, class_name: str, *, internal: bool = False) -> None:
    """Every key of a write, dotted ones included. `internal` lets `_x` pass (maintenance key). Raises ParseError 105.

    Refused beyond the peer's rule: empty parts (`a..b`) and MongoDB's array operators (`a.$[]`), which its database
    refuses or, worse, carries out.
    """
    known: Mapping[str, Any] = cls.fields if cls is not None else {}
    for name in names:
        if name in known:
            continue
        if internal and name.startswith("_"):
            continue
        if "." in name:
            _check_dotted(name)
        else:
            check_field_name(name, class_name)


def check_nested_keys(update: Update) -> None:
    """Keys inside set objects and arrays hold neither `$` nor `.`; the ACL's keys are user ids and roles. Raises
    ParseError 121."""
    for name, op in update.items():
        if type(op) is Set and isinstance(op.value, dict | list) and name != "ACL":
            _check_keys_inside(op.value)


Row = Mapping[str, Any] | str


class Denylist:
    """The rows of requestKeywordDenylist, ready to search with. A row has `key`, `value` or both, as patterns or
    plain values; a text alone is a key."""

    def __init__(self, rows: Sequence[Row] = DEFAULT_DENYLIST) -> None:
        self.rows = rows
        pairs = [{"key": row} if isinstance(row, str) else row for row in rows]
        self._pairs = list(zip(pairs, rows, strict=True))
        self._values = any("key" not in row or not row["key"] for row in pairs)
        self._patterns = [re.compile(row["key"]) for row in pairs if isinstance(row.get("key"), str) and row["key"]]
        self._harmless: set[str] = set()

    def check(self, body: Json) -> None:
        """Search keys at any depth. Raises ParseError 105 `Prohibited keyword in request data: {...}.`"""
        if not self.rows:
            return
        stack = [body]
        while stack:
            place = stack.pop()
            if isinstance(place, dict):
                for key, value in place.items():
                    if self._values or key not in self._harmless:
                        self._check_pair(key, value)
                    if isinstance(value, dict | list):
                        stack.append(value)
            elif isinstance(place, list):
                stack.extend(item for item in place if isinstance(item, dict | list))

    def _check_pair(self, key: str, value: Json) -> None:
        for row, given in self._pairs:
            if _refuses(row, key, value):
                text = orjson.dumps(given).decode()
                raise ParseError(Code.INVALID_KEY_NAME, f"Prohibited keyword in request data: {text}.")
        if not self._values and not any(p.search(key) for p in self._patterns) and len(self._harmless) < MANY:
            self._harmless.add(key)


def check_keywords(body: Json, rows: Sequence[Row] = DEFAULT_DENYLIST) -> None:
    """As Denylist.check, with a Denylist made once for each list of rows. Raises ParseError 105."""
    found = _made.get(id(rows))
    if found is None or found.rows is not rows:
        found = _made[id(rows)] = Denylist(rows)
    found.check(body)


_made: dict[int, Denylist] = {}


def _refuses(row: Mapping[str, Any], key: str, value: Json) -> bool:
    wanted_key, wanted_value = row.get("key"), row.get("value")
    if wanted_key and not _is_match(key, wanted_key):
        return False
    if wanted_value is None:
        return bool(wanted_key)
    return _is_match(value, wanted_value)


def _is_match(found: Json, wanted: Json) -> bool:
    if isinstance(found, str) and isinstance(wanted, str):
        return re.search(wanted, found) is not None
    return type(found) is type(wanted) and bool(found == wanted)


def _check_dotted(name: str) -> None:
    parts = name.split(".")
    if parts[0] == "authData":
        raise ParseError(Code.INVALID_KEY_NAME, f"Invalid field name for update: {name}")
    if not all(parts) or any(part == "$" or part.startswith("$[") for part in parts):
        raise ParseError(Code.INVALID_KEY_NAME, f"Invalid field name: {name}.")
    check_field_name(parts[0])


def _check_keys_inside(value: Json) -> None:
    stack = [value]
    while stack:
        place = stack.pop()
        if isinstance(place, dict):
            for key, inner in place.items():
                if "$" in key or "." in key:
                    raise ParseError(
                        Code.INVALID_NESTED_KEY, "Nested keys should not contain the '$' or '.' characters"
                    )
                if isinstance(inner, dict | list):
                    stack.append(inner)
        else:
            stack.extend(item for item in place if isinstance(item, dict | list))
