"""/sessions and /upgradeToRevocableSession (contract/03, section 4)."""

from __future__ import annotations

from parse_shim.rest import sessions
from parse_shim.rest.core import Context
from parse_shim.web.call import Call, Reply
from parse_shim.web.routes.answers import doc_reply
from parse_shim.web.routes.classes import family
from parse_shim.web.routing import Route


def current(ctx: Context, call: Call) -> Reply:
    return doc_reply(ctx, "_Session", sessions.current(ctx))


def upgrade(ctx: Context, call: Call) -> Reply:
    return doc_reply(ctx, "_Session", sessions.upgrade(ctx))


ROUTES = [
    Route("GET", "/sessions/me", current, session="keep"),
    *family("sessions", "_Session"),
    Route("POST", "/upgradeToRevocableSession", upgrade, session="legacy"),
]
