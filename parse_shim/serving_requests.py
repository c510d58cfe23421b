"""What gunicorn's worker does for each request and need not: 11 of the 141 µs of a get on SQLite (gunicorn 26.2).

Its parser, its checks and its environ stay; only work is left out whose result is known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gunicorn import http
from gunicorn.http import wsgi
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser

Environ = dict[str, Any]


class Head(Request):  # type: ignore[misc]
    def _peer_is_trusted_proxy(self) -> bool:
        """No: only the trustProxy option says whose headers are believed. gunicorn looks the address up in its empty list."""
        return False


class Parser(RequestParser):  # type: ignore[misc]
    """Of one connection."""

    mesg_class = Head

    def finish_body(self, deadline: float | None = None, max_bytes: int | None = None) -> bool:
        """Read what the application left of a body. Mostly that is nothing, which gunicorn finds out by asking the socket."""
        if self.mesg is not None and getattr(self.mesg.body.reader, "length", None) == 0:
            return True
        done: bool = super().finish_body(deadline, max_bytes)
        return done


def install() -> None:
    """For this process: gunicorn's workers have no other door for it."""
    http.RequestParser = Parser
    wsgi.base_environ = _copied(wsgi.base_environ)


def _copied(make: Callable[[Any], Environ]) -> Callable[[Any], Environ]:
    """The part of an environ that is the same in all requests: gunicorn looks the error log's streams up again for each."""
    made: Environ = {}

    def base_environ(cfg: Any) -> Environ:
        if not made:
            made.update(make(cfg))
        return dict(made)

    return base_environ
