"""/push and /push_audiences, both for the master key (contract/11, section 7)."""

from __future__ import annotations

from parse_shim.rest import audiences, write
from parse_shim.rest import delete as deleting
from parse_shim.rest.audiences import AUDIENCE
from parse_shim.rest.core import Context
from parse_shim.rest.find_params import find_params
from parse_shim.rest.push import send_push
from parse_shim.web.call import Call, Reply
from parse_shim.web.routes.answers import empty, found_reply, one_reply, written_reply
from parse_shim.web.routing import Route


def push(ctx: Context, call: Call) -> Reply:
    return Reply({"result": True}, 200, {"X-Parse-Push-Status-Id": send_push(ctx, call.body)})


def find(ctx: Context, call: Call) -> Reply:
    return found_reply(ctx, audiences.find_audiences(ctx, find_params(call.words())))


def get(ctx: Context, call: Call, objectId: str) -> Reply:
    return one_reply(ctx, audiences.get_audience(ctx, objectId))


def create(ctx: Context, call: Call) -> Reply:
    return written_reply(ctx, write.create(ctx, AUDIENCE, call.body))


def update(ctx: Context, call: Call, objectId: str) -> Reply:
    return written_reply(ctx, write.update(ctx, AUDIENCE, objectId, call.body))


def delete(ctx: Context, call: Call, objectId: str) -> Reply:
    deleting.delete(ctx, AUDIENCE, objectId)
    return empty()


ROUTES = [
    Route("POST", "/push", push, master=True),
    Route("GET", "/push_audiences", find, master=True),
    Route("POST", "/push_audiences", create, master=True),
    Route("GET", "/push_audiences/:objectId", get, master=True),
    Route("PUT", "/push_audiences/:objectId", update, master=True),
    Route("DELETE", "/push_audiences/:objectId", delete, master=True),
]
