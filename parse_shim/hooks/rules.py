"""Validator, Field, RateLimit: what a hook asks of its request before it runs. Also read from the camelCase dicts of
parse-server.

    @cloud.function("rename", validator=Validator(require_user=True, fields={"name": Field(type=str, required=True)}))

Source: contract/10, section 11; texts are the peer's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields
from datetime import datetime
from inspect import iscoroutinefunction
from typing import Any, Literal

from parse_shim.values.types import MISSING

Roles = Sequence[str] | Callable[[], Iterable[str]]
Type = type | tuple[type, ...] | str


@dataclass(frozen=True, slots=True)
class Field:
    """`type`: str, bool, list, dict, datetime, int or float (both mean a number). `options`: allowed values, or a
    function of the value that raises or returns something false to refuse. `default`: stands in for missing and null.
    `constant` (objects): never changed by an update, and `default` on a create. `error`: text instead of the one
    about options."""

    type: Type | None = None
    required: bool = False
    default: Any = None
    options: Any = None
    constant: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `count` calls in `window_ms` from one `zone`; 429 beyond it. On functions, before_save, before_delete, before_find,
    before_login and before_password_reset_request. Each worker process counts for itself, unless `redis_url` names a Redis."""

    window_ms: int
    count: int
    message: str = "Too many requests."
    include_master_key: bool = False
    include_internal_requests: bool = False
    zone: Literal["ip", "user", "session", "global"] = "ip"
    redis_url: str | None = None


@dataclass(frozen=True, slots=True)
class Validator:
    """All rules that are given must hold. Not asked of the master key unless `validate_master_key`.

    `skip_with_master_key`: with it, a trigger's handler does not run at all. `fields` and `require_user_keys` take a
    list of names, or {name: Field}."""

    require_user: bool = False
    require_master: bool = False
    require_any_user_roles: Roles | None = None
    require_all_user_roles: Roles | None = None
    require_user_keys: Sequence[str] | Mapping[str, Any] | None = None
    fields: Sequence[str] | Mapping[str, Any] | None = None
    skip_with_master_key: bool = False
    validate_master_key: bool = False
    rate_limit: RateLimit | None = None


CAMEL: Mapping[str, tuple[str, str]] = {
    "requireUser": ("require_user", "boolean"),
    "requireMaster": ("require_master", "boolean"),
    "requireAnyUserRoles": ("require_any_user_roles", "array|function"),
    "requireAllUserRoles": ("require_all_user_roles", "array|function"),
    "requireUserKeys": ("require_user_keys", "array|object"),
    "fields": ("fields", "array|object"),
    "skipWithMasterKey": ("skip_with_master_key", "boolean"),
    "validateMasterKey": ("validate_master_key", "boolean"),
    "rateLimit": ("rate_limit", "object"),
}
"""Keys of the peer's dict: the name here, and the types it may have."""

RATE_CAMEL: Mapping[str, str] = {
    "requestTimeWindow": "window_ms",
    "requestCount": "count",
    "errorResponseMessage": "message",
    "includeMasterKey": "include_master_key",
    "includeInternalRequests": "include_internal_requests",
    "zone": "zone",
    "redisUrl": "redis_url",
}

WORDS: Mapping[type, str] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    list: "array",
    dict: "object",
    datetime: "date",
}
"""Python types by the names that texts use."""


def read_rules(given: Mapping[str, Any]) -> Validator:
    """A dict in parse-server's or our spelling. Raises ValueError with the peer's text."""
    ours = {field.name for field in dataclass_fields(Validator)}
    names = dict(CAMEL.values())
    values: dict[str, Any] = {}
    for key, value in given.items():
        name, types = CAMEL.get(key, (key, names.get(key, "")))
        if name not in ours:
            raise ValueError(f"{key} is not a supported parameter for Cloud Function validations.")
        if name == "rate_limit" and isinstance(value, Mapping):
            value = _read_rate_limit(value)
        elif not isinstance(value, RateLimit):
            _check_type(key, value, types)
        values[name] = value
    return checked(Validator(**values))


def checked(rules: Validator) -> Validator:
    """`rules` with its fields read. Raises ValueError for unusable ones."""
    for key in ("require_any_user_roles", "require_all_user_roles"):
        _check_plain(key, getattr(rules, key))
    if rules.fields is not None:
        rules = replace(rules, fields=_read_fields("fields", rules.fields))
    if rules.require_user_keys is not None:
        rules = replace(rules, require_user_keys=_read_fields("requireUserKeys", rules.require_user_keys))
    return rules


def type_words(wanted: Type) -> tuple[str, ...]:
    """`("number",)` for int, float, (int, float) or "Number"."""
    kinds = wanted if isinstance(wanted, tuple) else (wanted,)
    return tuple(dict.fromkeys(kind.lower() if isinstance(kind, str) else WORDS.get(kind, kind.__name__) for kind in kinds))


def word_of(value: object) -> str:
    """The name of a value's type; null is an object, as in JavaScript."""
    for kind in type(value).__mro__:
        if kind in WORDS:
            return WORDS[kind]
    return "object" if value is None else type(value).__name__


def _read_fields(key: str, given: Sequence[str] | Mapping[str, Any]) -> Mapping[str, Field]:
    _check_type(key, given, "array|object")
    if not isinstance(given, Mapping):
        return {name: Field(required=True) for name in given}
    return {name: _read_field(name, value) for name, value in given.items()}


def _check_plain(key: str, value: Any) -> None:
    if iscoroutinefunction(value):
        raise ValueError(f"{key} takes a plain function, and {value.__name__} is async: make the whole validator one")


def _read_field(name: str, given: Any) -> Field:
    if isinstance(given, Field):
        _check_plain(f"options of {name}", given.options)
        return given
    if isinstance(given, str):
        return Field(required=True)
    if not isinstance(given, Mapping):
        return Field(type=given)
    known = {field.name for field in dataclass_fields(Field)}
    for key in given:
        if key not in known:
            raise ValueError(f"{key} is not a supported parameter for Cloud Function validations.")
    for key, types in (("required", "boolean"), ("constant", "boolean"), ("error", "string")):
        value = given.get(key, MISSING)
        if value is not MISSING:
            _check_type(key, value, types)
    _check_plain(f"options of {name}", given.get("options"))
    return Field(**given)


def _read_rate_limit(given: Mapping[str, Any]) -> RateLimit:
    values: dict[str, Any] = {}
    ours = {field.name for field in dataclass_fields(RateLimit)}
    for key, value in given.items():
        name = RATE_CAMEL.get(key, key)
        if name not in ours:
            raise ValueError(f'Invalid rate limit option "{key}"')
        values[name] = value
    if not {"window_ms", "count"} <= values.keys():
        raise ValueError("Invalid rate limit: it needs requestTimeWindow and requestCount")
    return RateLimit(**values)


def _check_type(key: str, value: Any, types: str) -> None:
    actual = "function" if callable(value) else word_of(list(value) if isinstance(value, tuple | set) else value)
    if actual not in types.split("|"):
        raise ValueError(f"Invalid type for Cloud Function validation key {key}. Expected {types}, actual {actual}")
