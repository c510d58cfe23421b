"""Faults of the emulated video service on demand: wrong statuses, slowness, dripping, nonsense, lost connections."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask, Response, request

CONTROL = "/_control"
KINDS = ("status", "empty", "garbage", "object", "charset", "delay", "hang", "drip", "reset", "refuse")

_FAULT = "opentok_emulator.fault"

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `path` limits it to paths that begin so; `times` None means until cleared.

    status: answer `status` with `body` or the vendor's error JSON. empty: no body (`status`, default 200).
    garbage: 200 with text that is no JSON. object: an object where a list belongs. charset: a Content-Type the SDK
    does not take. delay: answer after `seconds`. hang: never answer. drip: a byte of the body each `seconds`.
    reset: cut the connection. refuse: the port is closed for `seconds`.
    """

    kind: str
    status: int = 200
    seconds: float = 0.05
    times: int | None = None
    path: str = ""
    body: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; faults are {', '.join(KINDS)}")


class Faults:
    """The faults switched on now. Control calls are never hit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def set(self, kind: str, **options: Any) -> Fault:
        """Switch one on; options are the members of Fault."""
        fault = Fault(kind, **options)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def active(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def take(self, path: str) -> Fault | None:
        """The fault for a request of this path, used up by one."""
        with self._lock:
            for at, fault in enumerate(self._faults):
                if path.startswith(fault.path):
                    if fault.times is not None:
                        left = fault.times - 1
                        self._faults[at : at + 1] = [replace(fault, times=left)] if left > 0 else []
                    return fault
        return None


def install(app: Flask, faults: Faults, stopping: threading.Event) -> None:
    """Let `faults` act on every request of `app` outside the control paths, until `stopping` is set."""
    inner: WsgiApp = app.wsgi_app

    def outer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        fault = None if path.startswith(CONTROL) else faults.take(path)
        environ[_FAULT] = fault
        if fault and fault.kind == "reset":
            # werkzeug's server takes the exception for a client that left; by itself it would keep the connection open
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError
        if fault and fault.kind in ("delay", "hang"):
            stopping.wait(3600 if fault.kind == "hang" else fault.seconds)
        return inner(environ, start_response)

    def before() -> Response | None:
        fault = request.environ[_FAULT]
        return _instead(fault) if fault else None

    def after(response: Response) -> Response:
        fault = request.environ[_FAULT]
        if fault and fault.kind == "charset":
            response.headers["Content-Type"] = "application/json; charset=utf-8"
        if fault and fault.kind == "drip":
            body = response.get_data()
            response.response = _drops(body, fault.seconds, stopping)
            response.headers["Content-Length"] = str(len(body))
        return response

    app.wsgi_app = outer  # type: ignore[method-assign]
    app.before_request(before)
    app.after_request(after)


def _instead(fault: Fault) -> Response | None:
    """The answer in place of the real one, for the faults that need none of it."""
    if fault.kind == "status":
        error = {"code": -1, "message": "emulated fault", "description": f"status {fault.status}"}
        return _json(fault.body if fault.body is not None else json.dumps(error), fault.status)
    if fault.kind == "empty":
        return _json("", fault.status)
    if fault.kind == "garbage":
        return _json(fault.body if fault.body is not None else "<<not json>>", fault.status)
    if fault.kind == "object":
        return _json('{"session_id": "1_none"}', fault.status)
    return None


def _json(body: str, status: int) -> Response:
    return Response(body, status, content_type="application/json")


def _drops(body: bytes, seconds: float, stopping: threading.Event) -> Iterator[bytes]:
    for at in range(len(body)):
        if stopping.wait(seconds):
            return
        yield body[at : at + 1]
