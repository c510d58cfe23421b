"""create_app(): the Flask application around a Core. Flask adds nothing to Parse's routes; it is where further routes go:
LiveQuery sockets, video callbacks, blueprints of the application's own cloud code.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import Any

from flask import Flask, Response, request
from werkzeug.routing import BaseConverter, Rule

from parse_shim.rest.core import Core
from parse_shim.settings import Settings, load
from parse_shim.web import services
from parse_shim.web.assemble import assemble
from parse_shim.web.live import talk, wanted_hub
from parse_shim.web.mounts import mount_blueprints
from parse_shim.web.replies import StartResponse
from parse_shim.web.routes.video import callback_routes
from parse_shim.web.routing import Router
from parse_shim.web.server import Server
from parse_shim.web.table import routes_of

EARLY = frozenset({"batch", "classes", "functions"})
"""First words of paths that are answered before Flask sees them."""
TURN_SECONDS = 1e-9
"""So short a sleep is one turn of gevent's loop, 1 µs of CPU more than sleep(0)."""


class Rest(BaseConverter):
    """Whatever is left of a path, slashes, line ends and all."""

    regex = "(?s:.*?)"
    part_isolating = False


class ParseApp(Flask):
    """A Flask application with a Parse server below `settings.mount_path`. `core` and `server` are there for tests and hosts."""

    core: Core
    server: Server
    early: frozenset[str] = EARLY

    def wsgi_app(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Hand the busiest routes over directly: Flask's contexts cost more than the answer (style/performance, section 2)."""
        # A busy connection whose store never waits (SQLite) would keep all others waiting. After sleep(0) gevent may take 50 more
        # such turns before it looks at sockets: four connections with batches of 50, 99th percentile 45 ms against 145.
        time.sleep(TURN_SECONDS)
        path: str = environ.get("PATH_INFO", "")
        mount = self.core.settings.mount_path
        if "HTTP_UPGRADE" in environ and (hub := wanted_hub(self, environ)) is not None:
            return talk(hub, environ, start_response)
        if path.startswith(mount) and path[len(mount) + 1 :].partition("/")[0] in self.early:
            return self.server.wsgi(environ, start_response)
        answer: Iterable[bytes] = super().wsgi_app(environ, start_response)
        return answer


def create_app(settings: Settings | None = None, *, core: Core | None = None, **options: Any) -> ParseApp:
    """The application. `options` are parse-server's own names (`appId=...`); without settings the environment is read too.

    `core` is used as it is, for tests and for processes that have built one. Raises SettingsError.
    """
    if core is None:
        core = assemble(_settings(settings, options))
    app = ParseApp("parse_shim", static_folder=None)
    app.core = core
    app.server = Server(core, Router(routes_of(core.settings)))
    services.start(core)
    core.forgetters.append(app.server.limits.forget)
    _mount(app, core.settings.mount_path)
    app.register_blueprint(callback_routes(core))
    mount_blueprints(app, core)
    return app


def _settings(settings: Settings | None, options: dict[str, Any]) -> Settings:
    if settings is None:
        return load(environ=os.environ, keywords=options).settings
    return Settings.from_options(options, settings) if options else settings


def _mount(app: ParseApp, mount: str) -> None:
    """One rule for all methods and paths: the contract's own table decides, and never with a redirect."""
    app.url_map.converters["rest"] = Rest
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    for rule in [mount, f"{mount}/<rest:path>"] if mount else ["/<rest:path>"]:
        app.url_map.add(Rule(rule, endpoint="parse", methods=None))
    app.view_functions["parse"] = lambda path="": _view(app)


def _view(app: ParseApp) -> Response:
    status, headers, body = app.server.answer(request.environ)
    response = Response(body, status=status)
    response.headers.clear()
    for name, value in headers:
        response.headers.add(name, value)
    return response
