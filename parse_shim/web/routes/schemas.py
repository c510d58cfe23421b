"""/schemas (contract/04)."""

from __future__ import annotations

from parse_shim.rest import schemas
from parse_shim.rest.core import Context
from parse_shim.web.call import Call, Reply
from parse_shim.web.routes.answers import empty
from parse_shim.web.routing import Route


def list_all(ctx: Context, call: Call) -> Reply:
    return Reply({"results": schemas.list_schemas(ctx)})


def get(ctx: Context, call: Call, className: str) -> Reply:
    return Reply(schemas.get_schema(ctx, className))


def create(ctx: Context, call: Call, className: str | None = None) -> Reply:
    return Reply(schemas.create_schema(ctx, className, call.body))


def update(ctx: Context, call: Call, className: str) -> Reply:
    return Reply(schemas.update_schema(ctx, className, call.body))


def delete(ctx: Context, call: Call, className: str) -> Reply:
    schemas.delete_schema(ctx, className)
    return empty()


ROUTES = [
    Route("GET", "/schemas", list_all, master=True),
    Route("POST", "/schemas", create, master=True),
    Route("GET", "/schemas/:className", get, master=True),
    Route("POST", "/schemas/:className", create, master=True),
    Route("PUT", "/schemas/:className", update, master=True),
    Route("DELETE", "/schemas/:className", delete, master=True),
]
