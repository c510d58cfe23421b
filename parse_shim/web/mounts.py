"""Flask blueprints of the application's cloud code, served beside the API, with a server to talk to as hooks have it.

In a view of such a blueprint Query and Object work; `flask.g.video` is the video service and `flask.g.ip` the caller's address.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from flask import Flask, g, request

from parse_shim.rest.calling import cloud_session
from parse_shim.rest.core import Context, Core
from parse_shim.web.address import base_url, client_address


def mount_blueprints(app: Flask, core: Core) -> None:
    """Register what `cloud.mount` got."""
    for blueprint, prefix in core.hooks.blueprints:
        app.register_blueprint(blueprint, url_prefix=prefix)
    mounted = frozenset(blueprint.name for blueprint, _ in core.hooks.blueprints)
    if not mounted:
        return

    @app.before_request
    def enter() -> None:
        if not mounted.isdisjoint(request.blueprints):
            settings = core.settings
            g.ip = client_address(request.environ, settings.trust_proxy)
            g.video = core.video
            address = base_url(request.environ, settings.trust_proxy, settings.mount_path)
            g.cloud_session = cloud_session(Context(core, ip=g.ip, base_url=address, from_cloud=True))
            g.cloud_session.__enter__()

    @app.teardown_request
    def leave(_: BaseException | None = None) -> None:
        session: AbstractContextManager[None] | None = g.pop("cloud_session", None)
        if session is not None:
            session.__exit__(None, None, None)
