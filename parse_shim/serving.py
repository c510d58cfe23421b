"""Running the server under gunicorn: what `parse-shim serve` does once it knows its settings.

The application is made in each worker after the fork, so that every worker has its own connections to the store.
"""

import gc
import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import gunicorn_h1c
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.glogging import Logger

from parse_shim import log_lines
from parse_shim.serving_send import whole
from parse_shim.serving_start import CannotServe, check_port, configure_logs
from parse_shim.settings import Settings

if TYPE_CHECKING:
    from parse_shim.rest.core import Core


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our configuration instead of its command line."""

    def __init__(self, settings: Settings, ready: Callable[[], None], children: Iterable["subprocess.Popen[str]"]) -> None:
        self.settings = settings
        self.ready = ready
        self.children = list(children)
        self.first = False
        self.close: Callable[[], None] | None = None
        super().__init__()

    def load_config(self) -> None:
        for name, value in {**configuration(self.settings), **self.callbacks()}.items():
            self.cfg.set(name, value)

    def callbacks(self) -> dict[str, Any]:
        def when_ready(arbiter: Any) -> None:
            gc.enable()

        def post_fork(arbiter: Any, worker: Any) -> None:
            self.first = worker.age == 1
            gc.disable()  # until all is imported, which stays

        def post_worker_init(worker: Any) -> None:
            # Looking through all modules for garbage stops a worker for 50 ms now and then: 99th percentile of a get 8 ms for 31.
            if not self.settings.dev:
                gc.freeze()
            gc.enable()
            if self.first:
                self.ready()

        def on_exit(arbiter: Any) -> None:
            for child in self.children:
                child.terminate()

        def worker_exit(arbiter: Any, worker: Any) -> None:
            if self.close is not None:
                self.close()

        return {
            "when_ready": when_ready,
            "post_fork": post_fork,
            "post_worker_init": post_worker_init,
            "on_exit": on_exit,
            "worker_exit": worker_exit,
        }

    def load(self) -> Any:
        """The WSGI application of one worker. What is wrong with settings or cloud code becomes one line."""
        configure_logs(self.settings)
        log_lines.gather()
        from parse_shim.errors import EngineError, ParseError
        from parse_shim.settings import SettingsError
        from parse_shim.web.app import create_app

        try:
            if self.settings.dev:
                from parse_shim.serving_reload import start

                watched = start(self.settings, quiet=not self.first)
                self.close = watched.close
                return watched
            app = create_app(self.settings)
            self.close = lambda: put_away(app.core)
            return whole(app)
        except Exception as error:
            if self.first:  # the others would only repeat it
                if not isinstance(error, (SettingsError, ParseError, EngineError, ValueError, OSError)):
                    traceback.print_exception(error)
                print(f"parse-shim: cannot start: {error}", file=sys.stderr, flush=True)
            raise SystemExit(Arbiter.APP_LOAD_ERROR) from error


def put_away(core: "Core") -> None:
    """Stop background work and close the store: SQLite then has everything in the file itself, which somebody may copy."""
    try:
        core.close()
        core.engine.close()
    except Exception:
        logging.getLogger(__name__).exception("the store was not closed")


class WorkerLog(Logger):  # type: ignore[misc]
    """gunicorn's own messages through our handler."""

    def setup(self, cfg: Any) -> None:
        self.error_log.propagate = True
        self.error_log.handlers[:] = []
        self.error_log.setLevel(logging.WARNING)
        self.error_log.addFilter(is_news)

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Nothing: web/server.py tells of requests."""


def is_news(record: logging.LogRecord) -> bool:
    """Not what gunicorn adds to a failed start, whose reason we have told."""
    text = record.getMessage()
    return not any(said in text for said in ("exited with code 4", "Shutting down: Master", "App failed to load"))


def configuration(settings: Settings) -> dict[str, Any]:
    """gunicorn's settings by name (gunicorn 26.2, config.py)."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    found: dict[str, Any] = {
        "bind": f"{host}:{settings.port}",
        "workers": settings.workers,
        "worker_class": "parse_shim.serving_worker.Worker",
        "worker_connections": 10_000,
        # Without it gunicorn falls back in silence to a parser that is a third slower.
        "http_parser": "fast",
        # It would open a control socket in the home folder.
        "control_socket_disable": True,
        "accesslog": None,
        "logger_class": WorkerLog,
        "proc_name": "parse-shim",
        "timeout": max(1, int(settings.request_timeout_seconds)),
        "graceful_timeout": 30,
        # Also the time a client has for sending the head of a request.
        "keepalive": 30,
        # 0 is 1 MB here; gunicorn's 4,094 are too few for a `where` in a URL. The head as a whole stays bounded.
        "limit_request_line": 0,
        # Forwarded headers are believed by the trustProxy option alone.
        "forwarded_allow_ips": "",
    }
    if os.path.isdir("/dev/shm"):
        # Heartbeats on a disk that stalls would look like dead workers.
        found["worker_tmp_dir"] = "/dev/shm"
    if settings.certfile:
        found |= {"certfile": settings.certfile, "keyfile": settings.keyfile}
    return found


def serve(settings: Settings, ready: Callable[[], None], children: Iterable["subprocess.Popen[str]"] = ()) -> None:
    """Serve until SIGTERM or Ctrl-C. `ready` is called once, when the first worker answers. Raises CannotServe."""
    check_can_serve(settings)
    configure_logs(settings)
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        Server(settings, ready, children).run()
    except HaltServer as halted:  # several workers failed at once, which gunicorn does not expect
        raise SystemExit(halted.exit_status) from halted


def check_can_serve(settings: Settings) -> None:
    """What would otherwise end in a traceback or go wrong in silence."""
    if not hasattr(gunicorn_h1c, "LimitRequestLine"):
        raise CannotServe("the C parser gunicorn_h1c is too old: install the version that setup.cfg names")
    for name, file in (("certfile", settings.certfile), ("keyfile", settings.keyfile)):
        if file and not os.access(file, os.R_OK):
            raise CannotServe(f"{name} {file}: there is no such file, or it cannot be read")
    if settings.workers > 1 and settings.database_uri in ("sqlite://", "sqlite:///:memory:", "memory:"):
        raise CannotServe("a database in memory has one worker: drop --workers or give --database-uri sqlite:///FILE")
    check_port(settings.host, settings.port)
