"""JSON text with the server's rules, over orjson.

| text                         | becomes                                                     |
|------------------------------|-------------------------------------------------------------|
| 1e400, 5,000 digits          | infinity, which `codec.number` turns into null              |
| NaN, Infinity                | refused: they are not JSON                                  |
| a lone surrogate             | U+FFFD                                                      |
| bytes that are not UTF-8     | U+FFFD                                                      |
| more than `depth` levels     | refused                                                     |
| NUL in a text                | taken                                                       |
| NUL in a key                 | refused: no store could hold it                             |
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from parse_shim.errors import Code, ParseError, TransportError
from parse_shim.values.types import Json

DEPTH = 64
"""Levels of nested lists and objects that a text may have."""


class TooDeep(TransportError):
    """JSON with more levels than allowed."""

    def __init__(self) -> None:
        super().__init__(400, "JSON is nested too deeply")


def loads(text: bytes | str, *, depth: int = DEPTH) -> Json:
    """Read JSON. Raises TransportError 400 for what is not JSON or nested too deeply, ParseError 105 for NUL in a key."""
    try:
        value = orjson.loads(text)
    except ValueError as error:
        if "depth limit" in str(error):
            raise TooDeep()
        value = _forgiving(text)
    braces = text.count(b"{") + text.count(b"[") if isinstance(text, bytes) else text.count("{") + text.count("[")
    if braces > depth:
        check_depth(value, depth)
    if (b"\\u0000" if isinstance(text, bytes) else "\\u0000") in text:  # type: ignore[operator]
        _check_keys(value)
    return value


def check_depth(value: Json, depth: int = DEPTH) -> None:
    """Raise TooDeep if `value` has more than `depth` levels. Works level by level: no recursion."""
    level: list[Any] = [value]
    for _ in range(depth + 1):
        below: list[Any] = []
        for item in level:
            if type(item) is dict:
                below += [v for v in item.values() if type(v) is dict or type(v) is list]
            elif type(item) is list:
                below += [v for v in item if type(v) is dict or type(v) is list]
        if not below:
            return
        level = below
        depth -= 1
        if depth < 1:
            raise TooDeep()


def _check_keys(value: Json) -> None:
    todo: list[Any] = [value]
    while todo:
        item = todo.pop()
        if type(item) is dict:
            for key in item:
                if "\0" in key:
                    raise ParseError(Code.INVALID_KEY_NAME, f"Invalid key name: {key[:100]!r}")
            todo += item.values()
        elif type(item) is list:
            todo += item


def dumps(value: Any, default: Any = None) -> bytes:
    """Write JSON as UTF-8. NaN and infinity become null, a lone surrogate U+FFFD. TypeError for unknown types."""
    try:
        return orjson.dumps(value, default=default, option=_OPTIONS)
    except TypeError:
        return orjson.dumps(_writable(value), default=default, option=_OPTIONS)


_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


def _forgiving(text: bytes | str) -> Json:
    """The rare forms that orjson refuses and JavaScript takes."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    try:
        value = json.loads(text.removeprefix("\ufeff"), parse_int=_integer, parse_constant=_refuse)
    except RecursionError:
        raise TooDeep()
    except ValueError as error:
        raise TransportError(400, f"Malformed JSON: {str(error)[:100]}")
    return _without_surrogates(value)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 20 else float(digits)


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _text(value: str) -> str:
    if value.isascii():
        return value
    # pairs that were written as two escapes are joined, single halves replaced
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _without_surrogates(value: Json) -> Json:
    """Depth is bounded by json's own recursion, which has already succeeded with fewer frames to spare."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_text(key): _without_surrogates(item) for key, item in value.items()}
    return value


def _writable(value: Any) -> Any:
    """What orjson refuses, made writable: integers beyond 64 bits, surrogates, subclasses, keys that are not text."""
    if isinstance(value, str):
        return _text(str(value))
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value) if -(2**63) <= value < 2**64 else _double(value)
    if isinstance(value, dict):
        return {_text(str(key)): _writable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_writable(item) for item in value]
    return value


def _double(value: int) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None
