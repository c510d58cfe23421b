"""Templates in the part of the mustache language that pages use: {{name}}, {{{name}}}, {{#name}}...{{/name}}, {{^name}}...{{/name}}.

Own lines and not a library: {{{raw}}} must stay escaped for values that a visitor sent, which no mustache library can be told.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

TAG = re.compile(r"\{\{\{\s*([\w.-]+)\s*\}\}\}|\{\{\s*([#^/&!]?)\s*([^{}]*?)\s*\}\}")


def render(template: str, visitor: Mapping[str, str], own: Mapping[str, Any]) -> str:
    """`template` with its names filled in. `own` are the operator's placeholders, which {{{name}}} shows as they are;
    values of `visitor` are escaped in every case and win over placeholders of the same name."""
    out: list[str] = []
    # For each open section: whether what is inside shows.
    shown = [True]
    position = 0
    for tag in TAG.finditer(template):
        if shown[-1]:
            out.append(template[position : tag.start()])
        position = tag.end()
        raw, sign, name = tag[1], tag[2], tag[1] or tag[3]
        if sign in ("#", "^"):
            shown.append(shown[-1] and bool(_value(name, visitor, own)) == (sign == "#"))
        elif sign == "/":
            if len(shown) > 1:
                shown.pop()
        elif shown[-1] and sign != "!":
            out.append(_text(name, visitor, own, as_is=bool(raw) or sign == "&"))
    if shown[-1]:
        out.append(template[position:])
    return "".join(out)


def _value(name: str, visitor: Mapping[str, str], own: Mapping[str, Any]) -> Any:
    if name in visitor:
        return visitor[name]
    found: Any = own
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _text(name: str, visitor: Mapping[str, str], own: Mapping[str, Any], *, as_is: bool) -> str:
    value = _value(name, visitor, own)
    if value is None:
        return ""
    return str(value) if as_is and name not in visitor else html.escape(str(value))
