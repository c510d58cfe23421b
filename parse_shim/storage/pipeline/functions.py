"""Operators as functions of their values: numbers, texts, comparison, types. Null in gives null out, as in MongoDB."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from parse_shim.errors import Refused
from parse_shim.storage.pipeline.arrays import ARRAY_FUNCTIONS
from parse_shim.storage.pipeline.dates import DATE_FUNCTIONS
from parse_shim.storage.pipeline.order import key_of, number_of, truth
from parse_shim.values.codec import number
from parse_shim.values.dates import iso, parse_iso, to_ms
from parse_shim.values.types import MISSING

Function = Callable[..., Any]
_NOTHING = (None, MISSING)


def null_safe(function: Function) -> Function:
    """Null when any argument is null or missing."""

    def call(*arguments: Any) -> Any:
        return None if any(value is None or value is MISSING for value in arguments) else function(*arguments)

    return call


def numeric(name: str, function: Function) -> Function:
    """For numbers only; the result is a number as Parse prints it."""

    def call(*arguments: Any) -> Any:
        if any(value is None or value is MISSING for value in arguments):
            return None
        if not all(map(number_of, arguments)):
            raise Refused(f"{name} only supports numeric types")
        try:
            return number(function(*arguments))
        except (ValueError, OverflowError, TypeError, ZeroDivisionError):
            raise Refused(f"{name} cannot compute with these numbers")

    return call


def textual(name: str, function: Function) -> Function:
    """For texts; null counts as the empty text."""

    def call(*arguments: Any) -> Any:
        texts = ["" if value is None or value is MISSING else value for value in arguments]
        if not isinstance(texts[0], str):
            raise Refused(f"{name} requires a string argument")
        return function(*texts)

    return call


def _add(*values: Any) -> Any:
    if any(value is None or value is MISSING for value in values):
        return None
    dates = [value for value in values if isinstance(value, datetime)]
    rest = [value for value in values if not isinstance(value, datetime)]
    if len(dates) > 1 or not all(map(number_of, rest)):
        raise Refused("$add only supports numeric or date types")
    total = number(sum(rest))
    return dates[0] + timedelta(milliseconds=int(total or 0)) if dates else total


def _subtract(first: Any, second: Any) -> Any:
    if first in _NOTHING or second in _NOTHING:
        return None
    if isinstance(first, datetime):
        if isinstance(second, datetime):
            return to_ms(first) - to_ms(second)
        if number_of(second):
            return first - timedelta(milliseconds=int(second))
    if number_of(first) and number_of(second):
        return number(first - second)
    raise Refused("$subtract only supports numeric or date types")


def _multiply(*values: Any) -> Any:
    return numeric("$multiply", lambda *numbers: math.prod(numbers))(*values)


def _divide(first: Any, second: Any) -> Any:
    if number_of(second) and second == 0:
        raise Refused("can't $divide by zero")
    return numeric("$divide", lambda a, b: a / b)(first, second)


def _modulo(first: Any, second: Any) -> Any:
    if number_of(second) and second == 0:
        raise Refused("can't $mod by zero")
    return numeric("$mod", math.fmod)(first, second)


def _round(value: Any, places: Any = 0) -> Any:
    return numeric("$round", lambda a, b: round(a, int(b)))(value, places)


def _truncate(value: Any, places: Any = 0) -> Any:
    return numeric("$trunc", lambda a, b: math.trunc(a * 10 ** int(b)) / 10 ** int(b))(value, places)


def _concat(*values: Any) -> Any:
    if any(value in _NOTHING for value in values):
        return None
    if not all(isinstance(value, str) for value in values):
        raise Refused("$concat only supports strings")
    return "".join(values)


def _substring(text: Any, start: Any, length: Any) -> str:
    whole = "" if text in _NOTHING else _as_text(text)
    if not number_of(start) or not number_of(length):
        raise Refused("$substrCP: starting index and length must be numbers")
    return whole[int(start) :] if length < 0 else whole[int(start) : int(start) + int(length)]


def _split(text: Any, separator: Any) -> Any:
    if text in _NOTHING or separator in _NOTHING:
        return None
    if not isinstance(text, str) or not isinstance(separator, str) or not separator:
        raise Refused("$split requires an expression that evaluates to a string, and a separator")
    return text.split(separator)


def _trim(side: str) -> Function:
    strip = {"$trim": str.strip, "$ltrim": str.lstrip, "$rtrim": str.rstrip}[side]

    def call(arguments: Mapping[str, Any]) -> Any:
        text, chars = arguments.get("input"), arguments.get("chars")
        return strip(text, chars) if isinstance(text, str) else None

    return call


def _replace(count: int) -> Function:
    def call(arguments: Mapping[str, Any]) -> Any:
        values = [arguments.get(key) for key in ("input", "find", "replacement")]
        if not all(isinstance(value, str) for value in values):
            return None
        text, find, replacement = map(str, values)
        return text.replace(find, replacement, count)

    return call


def _index_of(text: Any, part: Any, start: int = 0, end: int | None = None) -> Any:
    if text in _NOTHING:
        return None
    if not isinstance(text, str) or not isinstance(part, str):
        raise Refused("$indexOfCP requires strings")
    return text.find(part, start, len(text) if end is None else end)


def _compare(test: Callable[[int], bool]) -> Function:
    def call(first: Any, second: Any) -> bool:
        one, other = key_of(first), key_of(second)
        return test((one > other) - (one < other))

    return call


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return iso(value) if isinstance(value, datetime) else str(value)


def _to_number(whole: bool) -> Function:
    def call(value: Any) -> Any:
        try:
            found = to_ms(value) if isinstance(value, datetime) else float(value)
            return int(found) if whole else number(found)
        except (ValueError, TypeError, OverflowError):
            raise Refused(f"Failed to parse number '{str(value)[:40]}'")

    return null_safe(call)


def _to_date(value: Any) -> Any:
    if isinstance(value, datetime | str) or number_of(value):
        return value if isinstance(value, datetime) else parse_iso(value)
    raise Refused("Unsupported conversion to date")


def _type_name(value: Any) -> str:
    if value is MISSING:
        return "missing"
    if isinstance(value, int) and not isinstance(value, bool):
        return "int" if -(2**31) <= value < 2**31 else "long"
    names = {bool: "bool", float: "double", str: "string", dict: "object", list: "array", datetime: "date", bytes: "binData"}
    return names.get(type(value), "null")


def _merge(*values: Any) -> Any:
    out: dict[str, Any] = {}
    objects = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    for value in objects:
        if isinstance(value, Mapping):
            out |= value
        elif value not in _NOTHING:
            raise Refused("$mergeObjects requires object inputs")
    return out


FUNCTIONS: Mapping[str, Function] = {
    **ARRAY_FUNCTIONS,
    **DATE_FUNCTIONS,
    "$add": _add,
    "$subtract": _subtract,
    "$multiply": _multiply,
    "$divide": _divide,
    "$mod": _modulo,
    "$abs": numeric("$abs", abs),
    "$ceil": numeric("$ceil", math.ceil),
    "$floor": numeric("$floor", math.floor),
    "$round": _round,
    "$trunc": _truncate,
    "$sqrt": numeric("$sqrt", math.sqrt),
    "$pow": numeric("$pow", lambda a, b: float(a) ** b),
    "$exp": numeric("$exp", math.exp),
    "$ln": numeric("$ln", math.log),
    "$log10": numeric("$log10", math.log10),
    "$log": numeric("$log", math.log),
    "$concat": _concat,
    "$toLower": textual("$toLower", str.lower),
    "$toUpper": textual("$toUpper", str.upper),
    "$strLenCP": textual("$strLenCP", len),
    "$strLenBytes": textual("$strLenBytes", lambda text: len(text.encode())),
    "$substr": _substring,
    "$substrCP": _substring,
    "$substrBytes": _substring,
    "$split": _split,
    "$trim": _trim("$trim"),
    "$ltrim": _trim("$ltrim"),
    "$rtrim": _trim("$rtrim"),
    "$replaceOne": _replace(1),
    "$replaceAll": _replace(-1),
    "$indexOfCP": _index_of,
    "$strcasecmp": textual("$strcasecmp", lambda a, b: (a.upper() > b.upper()) - (a.upper() < b.upper())),
    "$eq": _compare(lambda sign: sign == 0),
    "$ne": _compare(lambda sign: sign != 0),
    "$gt": _compare(lambda sign: sign > 0),
    "$gte": _compare(lambda sign: sign >= 0),
    "$lt": _compare(lambda sign: sign < 0),
    "$lte": _compare(lambda sign: sign <= 0),
    "$cmp": lambda a, b: (key_of(a) > key_of(b)) - (key_of(a) < key_of(b)),
    "$not": lambda value: not truth(value),
    "$type": _type_name,
    "$isNumber": number_of,
    "$toString": null_safe(_as_text),
    "$toInt": _to_number(True),
    "$toLong": _to_number(True),
    "$toDouble": _to_number(False),
    "$toDecimal": _to_number(False),
    "$toBool": null_safe(lambda value: (not number_of(value) and value is not False) or bool(value)),
    "$toDate": null_safe(_to_date),
    "$mergeObjects": _merge,
}
