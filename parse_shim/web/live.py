"""Where LiveQuery clients come in: a WebSocket on any path of the server that is not a socket route of the application's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException

from parse_shim.livequery.hub import Hub, hub_of
from parse_shim.web.address import base_url, client_address
from parse_shim.web.envelope import Headers

if TYPE_CHECKING:
    from parse_shim.web.app import ParseApp


def wanted_hub(app: ParseApp, environ: dict[str, Any]) -> Hub | None:
    """The LiveQuery server, if this request is a client of it."""
    if environ.get("HTTP_UPGRADE", "").lower() != "websocket" or environ.get("REQUEST_METHOD") != "GET":
        return None
    hub = hub_of(app.core)
    return None if hub is None or _is_own(app, environ) else hub


def talk(hub: Hub, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """One client, from its first frame to its last."""
    from parse_shim.livequery.sockets import serve  # simple-websocket and wsproto: 19 ms that no start need take

    settings = hub.core.settings
    return serve(
        hub,
        environ,
        start_response,
        ip=client_address(environ, settings.trust_proxy),
        headers=Headers(environ),
        base_url=base_url(environ, settings.trust_proxy, settings.mount_path),
    )


def _is_own(app: ParseApp, environ: dict[str, Any]) -> bool:
    """The application has a socket route of its own there."""
    if not any(rule.websocket for rule in app.url_map.iter_rules()):
        return False
    try:
        app.url_map.bind_to_environ(environ).match()
    except HTTPException:
        return False
    return True
