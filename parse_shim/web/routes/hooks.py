"""/hooks: webhooks, for the master key (contract/10, section 14)."""

from __future__ import annotations

from parse_shim.rest import webhooks
from parse_shim.rest.core import Context
from parse_shim.web.call import Call, Reply
from parse_shim.web.routing import Route


def functions(ctx: Context, call: Call) -> Reply:
    return Reply(webhooks.functions(ctx))


def triggers(ctx: Context, call: Call) -> Reply:
    return Reply(webhooks.triggers(ctx))


def function(ctx: Context, call: Call, name: str) -> Reply:
    return Reply(webhooks.function(ctx, name))


def trigger(ctx: Context, call: Call, className: str, triggerName: str) -> Reply:
    return Reply(webhooks.trigger(ctx, className, triggerName))


def create(ctx: Context, call: Call) -> Reply:
    """Either route takes either shape."""
    return Reply(webhooks.create(ctx, call.body))


def change_function(ctx: Context, call: Call, name: str) -> Reply:
    return Reply(webhooks.change(ctx, {"functionName": name}, call.body))


def change_trigger(ctx: Context, call: Call, className: str, triggerName: str) -> Reply:
    return Reply(webhooks.change(ctx, {"className": className, "triggerName": triggerName}, call.body))


ROUTES = [
    Route("GET", "/hooks/functions", functions, master=True),
    Route("GET", "/hooks/triggers", triggers, master=True),
    Route("GET", "/hooks/functions/:name", function, master=True),
    Route("GET", "/hooks/triggers/:className/:triggerName", trigger, master=True),
    Route("POST", "/hooks/functions", create, master=True),
    Route("POST", "/hooks/triggers", create, master=True),
    Route("PUT", "/hooks/functions/:name", change_function, master=True),
    Route("PUT", "/hooks/triggers/:className/:triggerName", change_trigger, master=True),
]
