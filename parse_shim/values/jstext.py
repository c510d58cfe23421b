"""How JavaScript writes a value as text. Error messages of the contract are made of it."""

from __future__ import annotations

from parse_shim.values.types import MISSING, Json


def js_text(value: Json, *, limit: int = 200) -> str:
    """`String(value)`: `null`, `undefined`, `true`, `5`, `2,3`, `[object Object]`; cut after `limit` characters."""
    if value is MISSING:
        return "undefined"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "[object Object]"
    if isinstance(value, (list, tuple)):
        # only the first 50 elements and one level: the text is for people, the value may be anything
        return ",".join(_element(item) for item in value[:50])[:limit]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return str(value)[:limit]


def _element(item: Json) -> str:
    if item is None:
        return ""
    return "..." if isinstance(item, (list, tuple)) else js_text(item)
