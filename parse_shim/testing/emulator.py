"""`parse-shim emulator`: the whole server in one process, in memory by default, with a control port for tests.

The application can be replaced while the port stays open (`reconfigure`), and the state of a fresh start comes back
in milliseconds (`reset`). Development and CI only: it trusts whoever reaches its loopback control port.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Condition
from typing import Any

from parse_shim import ids
from parse_shim.rest.core import Core, open_store
from parse_shim.rest.files import bring_back, keep_files
from parse_shim.settings import Settings, SettingsError
from parse_shim.storage.base import Engine
from parse_shim.testing.seed import load_seed
from parse_shim.web.app import create_app
from parse_shim.web.assemble import assemble

log = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class Emulator:
    """One server that can be reset, reconfigured, seeded, and moved in time. `wsgi` is the application to serve."""

    def __init__(self, base: Settings, seed: Path | None = None) -> None:
        self.base = base
        self._seed = seed
        self._gate = _Gate()
        self._engine: Engine | None = None
        self._store: tuple[Any, ...] = ()
        self._held_data = False
        self._snapshots: dict[str, Any] = {}
        self._start(base)

    # -- serving --------------------------------------------------------------------------------------------------------

    def wsgi(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """A request to the Parse API; waits while the server is being reset or replaced."""
        with self._gate.request(bool(environ.get("HTTP_UPGRADE"))):
            answer: Iterable[bytes] = self._app(environ, start_response)
            return answer

    # -- control --------------------------------------------------------------------------------------------------------

    def reset(self, *, full: bool = False) -> None:
        """The state of the first start: data, schemas, config, hooks, jobs, pushes, every cache; cloud code stays."""
        with self._gate.closed():
            self._restore(self._fresh, full=full)

    def reconfigure(self, overlay: Mapping[str, Any]) -> None:
        """Restart with `overlay` (parse-server's option names) over the base options; the data stay. Raises SettingsError,
        and then the base options are in force."""
        with self._gate.closed():
            try:
                self._start(Settings.from_options(overlay, base=self.base) if overlay else self.base)
            except Exception:
                self._start(self.base)
                raise

    def set_clock(self, *, now: float | None = None, advance: float = 0.0) -> float:
        """Move the server's clock to `now` (seconds since 1970) and on by `advance`; it runs on from there. Both absent:
        the real time. Returns the time now in force."""
        if now is None and not advance:
            ids.set_clock(None)
            return ids.timestamp()
        target = (ids.timestamp() if now is None else now) + advance
        offset = target - time.time()
        ids.set_clock(lambda: time.time() + offset)
        self.core.forget()
        return target

    def snapshot(self) -> str:
        """Keep the present state; the name is for `restore`."""
        name = secrets.token_hex(8)
        with self._gate.closed():
            self._snapshots[name] = self._state()
        return name

    def restore(self, name: str | None = None) -> None:
        """Bring a kept state back, the last one when no name is given. Raises ValueError when there is none."""
        wanted = name if name is not None else next(reversed(self._snapshots), None)
        if wanted not in self._snapshots:
            raise ValueError("no snapshot was taken" if wanted is None else f"there is no snapshot {wanted}")
        state = self._snapshots[wanted]
        with self._gate.closed():
            self._restore(state)

    def close(self) -> None:
        """Stop background work and release the store."""
        self.core.close()
        if self._engine:
            self._engine.close()

    # -- inside ---------------------------------------------------------------------------------------------------------

    def _start(self, settings: Settings) -> None:
        """Put a server with these settings over the store. What is stored stays, and a reset goes back to the first start."""
        previous: Core | None = getattr(self, "core", None)
        files = keep_files(previous) if previous else None
        if previous:
            previous.close()
        first = _store(settings) != self._store
        if first:
            self._open(settings)
        self.settings = settings
        self.core = assemble(settings, engine=self._engine)
        self._app = create_app(settings, core=self.core)
        if files is not None and keep_files(self.core) is not None:
            bring_back(self.core, files)
        if first:
            if self._seed:
                load_seed(self.core, self._seed)
            self._fresh = self._state()
            self._snapshots.clear()

    def _open(self, settings: Settings) -> None:
        opened = open_store(settings)
        if self._engine:
            self._engine.close()
        self._engine, self._store = opened, _store(settings)
        self._held_data = bool(opened.load_classes())

    def _state(self) -> Any:
        assert self._engine is not None
        return self._engine.snapshot(), keep_files(self.core)

    def _restore(self, state: Any, *, full: bool = False) -> None:
        """Indexes and stored files of a database that was not empty at the start are not ours to throw away."""
        assert self._engine is not None
        objects, files = state
        if full and not self._held_data:
            self._engine.clear(indexes=True)
        self._engine.restore(objects)
        if files is not None or not self._held_data:
            bring_back(self.core, files)
        self.core.forget()


def _store(settings: Settings) -> tuple[Any, ...]:
    """What names the store: the same for settings that can share an open engine."""
    return settings.database_uri, settings.database_adapter, settings.collection_prefix, settings.database_options


class _Gate:
    """Many requests or one change: a change waits until running requests have ended, and holds new ones back.

    Open sockets (LiveQuery) are not waited for: they last as long as their clients like.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._running = 0
        self._shut = False

    def request(self, socket: bool) -> _Pass:
        return _Pass(self, socket)

    def closed(self) -> _Closing:
        return _Closing(self)

    def enter(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._shut)
            self._running += 1

    def leave(self) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def shut(self, patience: float = 5.0) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._shut)
            self._shut = True
            # A hook that hangs must not hold a test's reset for ever.
            self._changed.wait_for(lambda: self._running == 0, timeout=patience)

    def open(self) -> None:
        with self._changed:
            self._shut = False
            self._changed.notify_all()


class _Pass:
    def __init__(self, gate: _Gate, socket: bool) -> None:
        self._gate, self._socket = gate, socket

    def __enter__(self) -> None:
        if not self._socket:
            self._gate.enter()

    def __exit__(self, *_: object) -> None:
        if not self._socket:
            self._gate.leave()


class _Closing:
    def __init__(self, gate: _Gate) -> None:
        self._gate = gate

    def __enter__(self) -> None:
        self._gate.shut()

    def __exit__(self, *_: object) -> None:
        self._gate.open()


def control_app(emulator: Emulator) -> Callable[[Environ, StartResponse], list[bytes]]:
    """The WSGI application of the control port: POST /reset, /reconfigure, /clock, /snapshot, /restore."""

    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        status, body = _control(emulator, environ)
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]

    return app


def _control(emulator: Emulator, environ: Environ) -> tuple[str, dict[str, Any]]:
    if environ["REQUEST_METHOD"] != "POST":
        return "405 Method Not Allowed", {"error": "the control port takes POST"}
    try:
        size = int(environ.get("CONTENT_LENGTH") or 0)
        body = json.loads(environ["wsgi.input"].read(size) or b"{}")
        if not isinstance(body, dict):
            raise ValueError("the body must be a JSON object")
        return "200 OK", _act(emulator, environ["PATH_INFO"], environ.get("QUERY_STRING", ""), body)
    except _UnknownPath as error:
        return "404 Not Found", {"error": str(error)}
    except (SettingsError, TypeError, ValueError, KeyError) as error:
        return "400 Bad Request", {"error": str(error), "kind": getattr(error, "kind", type(error).__name__)}
    except Exception as error:
        # Options fail in many ways: a module that is not there, a store that cannot be opened.
        if environ["PATH_INFO"].rstrip("/") == "/reconfigure":
            return "400 Bad Request", {"error": str(error), "kind": type(error).__name__}
        log.exception("the control port failed")
        return "500 Internal Server Error", {"error": str(error), "kind": type(error).__name__}


class _UnknownPath(Exception):
    pass


def _act(emulator: Emulator, path: str, query: str, body: dict[str, Any]) -> dict[str, Any]:
    match path.rstrip("/"):
        case "/reset":
            emulator.reset(full="full=1" in query.split("&"))
        case "/reconfigure":
            emulator.reconfigure(body)
        case "/clock":
            return {"now": emulator.set_clock(now=_seconds(body.get("now")), advance=float(body.get("advance") or 0))}
        case "/snapshot":
            return {"snapshot": emulator.snapshot()}
        case "/restore":
            emulator.restore(None if body.get("snapshot") is None else str(body["snapshot"]))
        case _:
            raise _UnknownPath(f"the control port has no {path}")
    return {}


def _seconds(value: Any) -> float | None:
    """`now` of /clock: seconds since 1970, or an ISO date."""
    if value is None or isinstance(value, (int, float)):
        return value
    from datetime import UTC, datetime

    moment = datetime.fromisoformat(str(value))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
