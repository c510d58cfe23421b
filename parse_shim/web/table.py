"""Every route of the server. A new family of routes is one file in routes/ and one row here."""

from __future__ import annotations

from parse_shim.settings import Settings
from parse_shim.web.routes import batch, classes, files, functions, hooks, ops, push, schemas, server, sessions, users
from parse_shim.web.routes.pages import page_routes
from parse_shim.web.routing import Route, routes

ROUTES = routes(
    classes.ROUTES,
    users.ROUTES,
    sessions.ROUTES,
    batch.ROUTES,
    schemas.ROUTES,
    server.ROUTES,
    functions.ROUTES,
    hooks.ROUTES,
    files.ROUTES,
    push.ROUTES,
    ops.ROUTES,
)


def routes_of(settings: Settings) -> list[Route]:
    """The rows of one server: pages stand under a word of its own choice."""
    return routes(ROUTES, page_routes(settings))
