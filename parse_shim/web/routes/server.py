"""What is about the server as a whole: config, serverInfo, events, aggregate, purchases (contract/00, sections 2.2 and 2.3)."""

from __future__ import annotations

from parse_shim.errors import Code, ParseError
from parse_shim.rest import config
from parse_shim.rest.aggregate import aggregate as run_aggregate
from parse_shim.rest.analytics import track
from parse_shim.rest.core import Context
from parse_shim.rest.server_info import server_info
from parse_shim.web.call import Call, Reply
from parse_shim.web.routing import Route


def get_config(ctx: Context, call: Call) -> Reply:
    return Reply(config.get_config(ctx))


def put_config(ctx: Context, call: Call) -> Reply:
    config.save_config(ctx, call.body)
    return Reply({"result": True})


def info(ctx: Context, call: Call) -> Reply:
    return Reply(server_info(ctx))


def event(ctx: Context, call: Call, name: str) -> Reply:
    return Reply(track(ctx, name, call.body))


def aggregate(ctx: Context, call: Call, className: str) -> Reply:
    return Reply({"results": run_aggregate(ctx, className, call.words())})


def purchase(ctx: Context, call: Call) -> Reply:
    """The legacy receipt check asked Apple; nobody can make such receipts any more."""
    if not call.body.get("receipt") or not call.body.get("productIdentifier"):
        raise ParseError(Code.INVALID_JSON, "missing receipt or productIdentifier")
    raise ParseError(Code.COMMAND_UNAVAILABLE, "receipts cannot be validated by this server")


ROUTES = [
    Route("GET", "/config", get_config),
    Route("PUT", "/config", put_config, master=True),
    Route("GET", "/serverInfo", info, master=True),
    Route("POST", "/events/:name", event),
    Route("GET", "/aggregate/:className", aggregate, master=True),
    Route("POST", "/validate_purchase", purchase),
]
