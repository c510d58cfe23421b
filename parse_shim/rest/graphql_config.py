"""GET and PUT /graphql-config: which classes GraphQL shows. Kept for the dashboard; there is no GraphQL here (contract/11, section 8)."""

from __future__ import annotations

from typing import Any

from parse_shim import ids
from parse_shim.errors import Code, DuplicateKey, ParseError
from parse_shim.query.ast import Eq
from parse_shim.query.options import ONE
from parse_shim.rest.core import Context
from parse_shim.rest.engine_errors import translated
from parse_shim.update.ops import Set
from parse_shim.values.types import Json

GRAPHQL_CONFIG = "_GraphQLConfig"
ROW = "1"
NAME_LISTS = ("enabledForClasses", "disabledForClasses")
CLASS_CONFIG = frozenset({"className", "type", "query", "mutation"})


def read_config(ctx: Context) -> dict[str, Any]:
    """{} when nothing is stored."""
    with translated(GRAPHQL_CONFIG):
        rows = ctx.core.engine.find(ctx.core.classes.get_or_empty(GRAPHQL_CONFIG), Eq("objectId", ROW), ONE)
    found = rows[0].get("config") if rows else None
    return found if isinstance(found, dict) else {}


def write_config(ctx: Context, body: Json) -> None:
    """`body` is {"params": {...}}; each key sent replaces the stored one, null removes it. Raises ParseError 107 (the peer: 500)."""
    ctx.auth.require_writer("update the GraphQL config")
    sent = body.get("params") if isinstance(body, dict) else None
    if not isinstance(sent, dict):
        raise ParseError(Code.INVALID_JSON, "params must be an object")
    _check(sent)
    config = {name: value for name, value in {**read_config(ctx), **sent}.items() if value is not None}
    core, now = ctx.core, ids.now()
    cls = core.classes.ensure(GRAPHQL_CONFIG)
    with translated(GRAPHQL_CONFIG):
        if core.engine.update(cls, Eq("objectId", ROW), {"config": Set(config), "updatedAt": Set(now)}) is not None:
            return
        try:
            core.engine.insert(cls, {"objectId": ROW, "createdAt": now, "updatedAt": now, "config": config})
        except DuplicateKey:  # another worker was faster
            core.engine.update(cls, Eq("objectId", ROW), {"config": Set(config), "updatedAt": Set(now)})


def _check(sent: dict[str, Json]) -> None:
    for name, value in sent.items():
        if value is None:
            continue
        if name in NAME_LISTS:
            fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
        elif name == "classConfigs":
            fits = isinstance(value, list) and all(_is_class_config(item) for item in value)
        else:
            raise ParseError(Code.INVALID_JSON, f"GraphQL config: unknown key {name}")
        if not fits:
            raise ParseError(Code.INVALID_JSON, f"GraphQL config: {name} is not valid")


def _is_class_config(item: Json) -> bool:
    return isinstance(item, dict) and isinstance(item.get("className"), str) and CLASS_CONFIG.issuperset(item)
