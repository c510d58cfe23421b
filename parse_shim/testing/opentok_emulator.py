"""A local OpenTok for development and tests: REST for the unmodified SDK, control calls, monitoring callbacks.

`OpenTokEmulator` runs in a thread of the test's process; `python -m parse_shim.testing.opentok_emulator` (or
`start_emulator_process`) in one of its own, shared by all workers of a server. Loopback only: it guards nothing.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from flask import Flask, Response, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from parse_shim.testing.opentok_browser import BROWSER, Sockets, browser_routes
from parse_shim.testing.opentok_callbacks import Callbacks
from parse_shim.testing.opentok_control import control_routes
from parse_shim.testing.opentok_faults import CONTROL, Faults, install
from parse_shim.testing.opentok_process import READY, SECRET_VARIABLE
from parse_shim.testing.opentok_process import start_emulator_process as start_emulator_process
from parse_shim.testing.opentok_rest import vendor_routes
from parse_shim.testing.opentok_state import Event, Session, State
from parse_shim.video.fake import FAKE_KEY, FAKE_SECRET
from parse_shim.video.tokens import ProjectKeys

_POLL_SECONDS = 0.02
_MOST_REQUESTS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request of the vendor's interface as it came, and the status it got. Credentials are left out."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    status: int


class OpenTokEmulator:
    """The emulator in this process: `with OpenTokEmulator() as emulator: ... emulator.url`.

    `sessions` and `requests` tell what happened, `faults` spoils it, `state` acts as the clients (connect, publish,
    disconnect, close), `callbacks.plan` aims the monitoring callbacks. `clock_offset_seconds` moves its clock.
    """

    def __init__(
        self,
        key: str = FAKE_KEY,
        secret: str = FAKE_SECRET,
        *,
        application_id: str = "",
        public_key: str = "",
        host: str = "127.0.0.1",
        port: int = 0,
        state_file: Path | None = None,
    ) -> None:
        self.clock_offset_seconds = 0.0
        self.requests: list[LoggedRequest] = []
        self.faults = Faults()
        self.callbacks = Callbacks(self.now)
        keys = ProjectKeys(key, secret, application_id, public_key)
        self.sockets = Sockets()
        self.state = State(keys, self.now, self._tell, state_file, self.sockets.heard)
        self._host = host
        self._port = port
        self._stopping = threading.Event()
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._app = self._make_app()

    @property
    def url(self) -> str:
        """Without a slash at the end; known after `start`."""
        return f"http://{self._host}:{self._port}"

    @property
    def sessions(self) -> dict[str, Session]:
        return self.state.sessions

    def now(self) -> float:
        """Seconds since 1970 by the emulator's clock."""
        return time.time() + self.clock_offset_seconds

    def count(self, method: str, path: str) -> int:
        """How many requests with this method came whose path begins or ends like this."""
        return sum(each.method == method and (each.path.startswith(path) or each.path.endswith(path)) for each in list(self.requests))

    def start(self) -> Self:
        """Listen; the port stays the same when it was stopped or refusing before."""
        if self._server is None:
            handler = self._handler()
            self._server = make_server(self._host, self._port, self._app, threaded=True, request_handler=handler)
            self._port = self._server.server_port
            self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), name="opentok emulator", daemon=True)
            self._thread.start()
        return self

    def refuse(self) -> None:
        """Close the port: connections are refused until `start`."""
        server, thread, self._server, self._thread = self._server, self._thread, None, None
        if server is not None:
            server.shutdown()
            server.server_close()
        if thread is not None:
            thread.join(5)

    def refuse_for(self, seconds: float) -> None:
        """Close the port and open it again by itself. Returns at once, so that a control call gets its answer."""

        def work() -> None:
            self.refuse()
            if not self._stopping.wait(seconds):
                self.start()

        threading.Thread(target=work, name="emulator refusing", daemon=True).start()

    def reset(self) -> None:
        """Forget sessions, requests, faults and callbacks."""
        self.faults.clear()
        self.state.clear()
        self.requests.clear()
        self.callbacks.sent.clear()
        self.clock_offset_seconds = 0.0

    def stop(self) -> None:
        """End it for good; answers that are still dripping are cut off."""
        self._stopping.set()
        self.callbacks.stop()
        self.sockets.close()
        self.refuse()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _make_app(self) -> Flask:
        app = Flask(__name__)
        app.register_blueprint(vendor_routes(self.state, self.now))
        app.register_blueprint(control_routes(self))
        app.register_blueprint(browser_routes(self.state, self.sockets))
        # the form parser would leave nothing for the log
        app.before_request(_keep_body)
        # functions that run after a request run last first: the log sees what the faults made of the answer
        app.after_request(self._log)
        install(app, self.faults, self._stopping)
        return app

    def _tell(self, event: Event) -> None:
        self.sockets.tell(event)
        self.callbacks.tell(event)

    def _log(self, response: Response) -> Response:
        if not request.path.startswith((CONTROL, *BROWSER)):
            headers = {
                name: "<jwt>" if name.lower() in ("x-opentok-auth", "authorization") else value for name, value in request.headers.items()
            }
            self.requests.append(
                LoggedRequest(
                    method=request.method,
                    path=request.path,
                    query=request.query_string.decode(),
                    headers=headers,
                    body=request.get_data(as_text=True),
                    status=response.status_code,
                )
            )
            del self.requests[:-_MOST_REQUESTS_KEPT]
        return response

    def _handler(self) -> type[WSGIRequestHandler]:
        clock = self.now

        class Handler(_Quiet):
            def date_time_string(self, timestamp: float | None = None) -> str:
                return super().date_time_string(int(clock()))

        return Handler


def _keep_body() -> None:
    request.get_data(cache=True)


class _Quiet(WSGIRequestHandler):
    """No line per request on the error output."""

    def log(self, type: str, message: str, *args: Any) -> None:
        logging.getLogger(__name__).debug(message, *args)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="opentok_emulator", description="A local OpenTok for development and tests.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--key", default=FAKE_KEY, help="API key")
    parser.add_argument("--secret", default=os.environ.get(SECRET_VARIABLE, FAKE_SECRET), help="API secret")
    parser.add_argument("--application-id", default="", help="application id of the unified environment")
    parser.add_argument("--public-key", type=Path, help="PEM file that checks the application's tokens")
    parser.add_argument("--state", type=Path, help="file that keeps the known session ids over a restart")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input ends")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    ended = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: ended.set())
    emulator = OpenTokEmulator(
        options.key,
        options.secret,
        application_id=options.application_id,
        public_key=options.public_key.read_text("utf-8") if options.public_key else "",
        host=options.host,
        port=options.port,
        state_file=options.state,
    ).start()
    if options.exit_with_parent:
        threading.Thread(target=_wait_for_end_of_input, args=(ended,), daemon=True).start()
    print(f"{READY}{emulator.url}", flush=True)
    ended.wait()
    emulator.stop()


def _wait_for_end_of_input(ended: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    ended.set()


if __name__ == "__main__":
    main()
