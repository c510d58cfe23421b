"""/classes, and /roles and /installations, which are views on two of them (contract/00, section 2.1)."""

from __future__ import annotations

from functools import partial

from parse_shim.rest import delete as deleting
from parse_shim.rest import read, write
from parse_shim.rest.core import Context
from parse_shim.rest.find_params import find_params, get_params
from parse_shim.web.call import Call, Reply
from parse_shim.web.routes.answers import empty, found_reply, one_reply, written_reply
from parse_shim.web.routing import Route


def find(ctx: Context, call: Call, className: str) -> Reply:
    return found_reply(ctx, read.find(ctx, className, find_params(call.words()), as_json=True))


def get(ctx: Context, call: Call, className: str, objectId: str) -> Reply:
    return one_reply(ctx, read.get(ctx, className, objectId, get_params(call.words()), as_json=True))


def create(ctx: Context, call: Call, className: str) -> Reply:
    return written_reply(ctx, write.create(ctx, className, call.body))


def update(ctx: Context, call: Call, className: str, objectId: str) -> Reply:
    return written_reply(ctx, write.update(ctx, className, objectId, call.body))


def delete(ctx: Context, call: Call, className: str, objectId: str) -> Reply:
    deleting.delete(ctx, className, objectId)
    return empty()


def family(word: str, class_name: str) -> list[Route]:
    """The five routes of a class under a word of its own."""
    one = f"/{word}/:objectId"
    return [
        Route("GET", f"/{word}", partial(find, className=class_name)),
        Route("POST", f"/{word}", partial(create, className=class_name), operation="create", class_name=class_name),
        Route("GET", one, partial(get, className=class_name)),
        Route("PUT", one, partial(update, className=class_name), operation="update", class_name=class_name),
        Route("DELETE", one, partial(delete, className=class_name), operation="delete", class_name=class_name),
    ]


ROUTES = [
    Route("GET", "/classes/:className", find),
    Route("POST", "/classes/:className", create, operation="create"),
    Route("GET", "/classes/:className/:objectId", get),
    Route("PUT", "/classes/:className/:objectId", update, operation="update"),
    Route("DELETE", "/classes/:className/:objectId", delete, operation="delete"),
    *family("roles", "_Role"),
    *family("installations", "_Installation"),
]
