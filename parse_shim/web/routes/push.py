"""/push (contract/11, section 7)."""

from __future__ import annotations

from parse_shim.rest.core import Context
from parse_shim.rest.push import send_push
from parse_shim.web.call import Call, Reply
from parse_shim.web.routing import Route


def push(ctx: Context, call: Call) -> Reply:
    status_id = send_push(ctx, call.body)
    return Reply({"result": True}, 200, {"X-Parse-Push-Status-Id": status_id})


ROUTES = [Route("POST", "/push", push, master=True)]
