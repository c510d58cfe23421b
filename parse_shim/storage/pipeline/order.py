"""The order and equality of values within a pipeline: BSON's, which is that of values/compare.py plus whole arrays."""

from __future__ import annotations

from typing import Any

from parse_shim.values.compare import sort_key
from parse_shim.values.types import MISSING

_MISSING_KEY = (0, 0)
_OBJECT, _ARRAY = 4, 6


def key_of(value: Any) -> tuple[Any, ...]:
    """A hashable key: equal for equal values of one type, ordered as MongoDB compares them."""
    if isinstance(value, dict):
        return (_OBJECT, tuple((key, key_of(item)) for key, item in value.items()))
    if isinstance(value, list):
        return (_ARRAY, tuple(key_of(item) for item in value))
    return _MISSING_KEY if value is MISSING else sort_key(value)


def group_key(value: Any) -> tuple[Any, ...]:
    """As `key_of`, but missing is null: so `$group` and `$addToSet` count it."""
    return key_of(None if value is MISSING else value)


def number_of(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def truth(value: Any) -> bool:
    """False are: false, null, missing, 0."""
    return not (value is None or value is MISSING or value is False or (number_of(value) and value == 0))
