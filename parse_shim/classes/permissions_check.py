"""Is a class-level permissions map well formed? Source: contract/04, section 5; texts are the peer's, oddities
included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from parse_shim.classes.model import ClassDef
from parse_shim.classes.permissions import OPERATIONS, PUBLIC_MAP
from parse_shim.classes.system import default_columns
from parse_shim.errors import Code, ParseError
from parse_shim.values.jstext import js_text
from parse_shim.values.php import as_object
from parse_shim.values.types import Json

GROUPED = ("readUserFields", "writeUserFields")
KEYS = frozenset((*OPERATIONS, *GROUPED, "protectedFields", "ACL"))

_USER_ID = re.compile(r"[a-zA-Z0-9]+\Z")
_ROLE = re.compile(r"role:.*\Z", re.DOTALL)
_USER_FIELD = re.compile(r"userField:.*\Z", re.DOTALL)


def check_permissions(value: Json, cls: ClassDef, *, custom_ids: bool = False) -> dict[str, Any] | None:
    """The map to store for `cls`: as sent, missing operations filled with {}; None for null (public again).

    `custom_ids`: user ids may be any text. Raises ParseError 107.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _bad(f"'{js_text(value)}' is not a valid value for class level permissions")
    value = {name: rules if name in GROUPED else as_object(rules) for name, rules in value.items()}
    for name, rules in value.items():
        if name not in KEYS:
            raise _bad(f"{name} is not a valid operation for class level permissions")
        if name in GROUPED:
            _check_grouped(name, rules, cls)
        elif not isinstance(rules, dict):
            raise _bad(f"'{js_text(rules)}' is not a valid value for class level permissions {name} - must be an object")
        elif name == "protectedFields":
            _check_protected(rules, cls, custom_ids)
        elif name == "ACL":
            _check_acl(rules, custom_ids)
        else:
            _check_operation(name, rules, cls, custom_ids)
    return {**{name: {} for name in OPERATIONS}, **value}


def permissions_json(cls: ClassDef) -> dict[str, Any]:
    """What schema routes show. parse-server stores a map as it was sent, without the operations it closes by leaving them out."""
    if cls.permissions is None:
        return dict(PUBLIC_MAP)
    return {**{name: {} for name in (*OPERATIONS, "protectedFields")}, **cls.permissions}


def _check_operation(name: str, rules: Mapping[str, Json], cls: ClassDef, custom_ids: bool) -> None:
    for who, flag in rules.items():
        _check_entity(who, ("*", "requiresAuthentication", "pointerFields"), custom_ids)
        if who == "pointerFields":
            if not isinstance(flag, list):
                raise _bad(f"'{js_text(flag)}' is not a valid value for {name}[pointerFields] - expected an array.")
            for field in flag:
                _check_pointer_field(field, "[object Object]", cls)
        elif flag is not True:
            raise _bad(f"'{js_text(flag)}' is not a valid value for class level permissions acl {name}:{who}")


def _check_grouped(name: str, fields: Json, cls: ClassDef) -> None:
    if not isinstance(fields, list):
        raise _bad(f"'{js_text(fields)}' is not a valid value for class level permissions {name} - must be an array")
    for field in fields:
        _check_pointer_field(field, name, cls)


def _check_pointer_field(field: Json, where: str, cls: ClassDef) -> None:
    column = cls.fields.get(field) if isinstance(field, str) else None
    if column is None or not (column.kind == "Array" or (column.kind, column.target) == ("Pointer", "_User")):
        raise _bad(f"'{js_text(field)}' is not a valid column for class level pointer permissions {where}")


def _check_protected(rules: Mapping[str, Json], cls: ClassDef, custom_ids: bool) -> None:
    for who, fields in rules.items():
        if not _USER_FIELD.match(who):
            _check_entity(who, ("*", "authenticated", "requiresAuthentication"), custom_ids)
        if not isinstance(fields, list):
            raise _bad(f"'{js_text(fields)}' is not a valid value for protectedFields[{who}] - expected an array.")
        for field in fields:
            if field in default_columns("") or (isinstance(field, str) and field == "ACL"):
                raise _bad(f"Default field '{field}' can not be protected")
            if not isinstance(field, str) or field not in cls.fields:
                raise _bad(f"Field '{js_text(field)}' in protectedFields:{who} does not exist")


def _check_acl(rules: Mapping[str, Json], custom_ids: bool) -> None:
    for who, flags in rules.items():
        _check_entity(who, ("*", "currentUser"), custom_ids)
        if not isinstance(flags, dict):
            raise _bad(f"'{js_text(flags)}' is not a valid value for class level permissions acl")
        for flag, on in flags.items():
            if flag not in ("read", "write"):
                raise _bad(f"'{flag}' is not a valid key for class level permissions acl")
            if not isinstance(on, bool):
                raise _bad(f"'{js_text(on)}' is not a valid value for class level permissions acl")


def _check_entity(who: str, words: tuple[str, ...], custom_ids: bool) -> None:
    if who in words or _ROLE.match(who) or _USER_ID.match(who) or (custom_ids and who):
        return
    raise _bad(f"'{who}' is not a valid key for class level permissions")


def _bad(text: str) -> ParseError:
    return ParseError(Code.INVALID_JSON, text)
