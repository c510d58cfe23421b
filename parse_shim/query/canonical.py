"""Node -> stable text: the same for queries that mean the same up to the order of conditions. For grouping and logs."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import orjson

from parse_shim.query.ast import And, Node, Not, Or
from parse_shim.values.codec import encode

_NODES = Node.__args__


def canonical(node: Node) -> str:
    """`And(Eq("a",1),Exists("b"))`, parts in alphabetical order; keys of Objects sorted."""
    if isinstance(node, (And, Or)):
        return f"{type(node).__name__}({','.join(sorted(map(canonical, node.parts)))})"
    if isinstance(node, Not):
        return f"Not({canonical(node.part)})"
    return f"{type(node).__name__}({','.join(_text(getattr(node, field.name)) for field in fields(node))})"


def shape(node: Node) -> str:
    """The query without its values, for logs: `And(Eq("a"),Exists("b"))`."""
    if isinstance(node, (And, Or)):
        return f"{type(node).__name__}({','.join(sorted(map(shape, node.parts)))})"
    if isinstance(node, Not):
        return f"Not({shape(node.part)})"
    op = getattr(node, "op", "")
    path = getattr(node, "path", "")
    return f"{type(node).__name__}({' '.join(part for part in (path, op) if part)})"


def _text(value: Any) -> str:
    if isinstance(value, _NODES):
        return canonical(value)
    if isinstance(value, tuple):
        return f"[{','.join(map(_text, value))}]"
    try:
        return orjson.dumps(encode(value), option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS).decode()
    except TypeError:
        return repr(value)
