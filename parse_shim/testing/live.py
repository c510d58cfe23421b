"""A server with a real URL in a thread of the test's own process: up in milliseconds, on the test's own store."""

from __future__ import annotations

from threading import Thread
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from parse_shim.web.app import ParseApp


class LiveServer:
    """`url` is what SDKs take as their server URL, such as http://127.0.0.1:43211/parse."""

    def __init__(self, app: ParseApp) -> None:
        self.app = app
        self._server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        self._thread = Thread(target=lambda: self._server.serve_forever(0.02), name="live server", daemon=True)
        self._thread.start()
        settings = app.core.settings
        self.app_id: str = settings.app_id
        self.master_key: str = settings.master_key
        self.root = f"http://127.0.0.1:{self._server.server_port}"
        self.url = self.root + settings.mount_path

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()


class _Quiet(WSGIRequestHandler):
    """No line per request: the server's own log has one."""

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


__all__ = ["LiveServer"]
