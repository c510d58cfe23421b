"""Every route of the server. A new family of routes is one file in routes/ and one row here."""

from __future__ import annotations

from parse_shim.web.routes import batch, classes, files, push, schemas, server, sessions, users
from parse_shim.web.routing import routes

ROUTES = routes(
    classes.ROUTES,
    users.ROUTES,
    sessions.ROUTES,
    batch.ROUTES,
    schemas.ROUTES,
    server.ROUTES,
    files.ROUTES,
    push.ROUTES,
)
