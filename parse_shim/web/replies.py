"""Reply -> WSGI answer, and every error -> Reply: the only place where error JSON is made (contract/00, sections 3, 4.6 and 6)."""

from __future__ import annotations

import gzip
import hashlib
import html
import logging
from binascii import b2a_base64
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from parse_shim.errors import Denied, InternalError, ParseError, TransportError
from parse_shim.settings import Settings
from parse_shim.values.codec import dumps, encode
from parse_shim.web.call import Reply

log = logging.getLogger(__name__)

HEADERS = (
    "X-Parse-Master-Key, X-Parse-REST-API-Key, X-Parse-Javascript-Key, X-Parse-Application-Id, X-Parse-Client-Version, "
    "X-Parse-Session-Token, X-Requested-With, X-Parse-Revocable-Session, X-Parse-Request-Id, Content-Type, Pragma, "
    "Cache-Control"
)
METHODS = "GET,PUT,POST,DELETE,OPTIONS"
EXPOSED = "X-Parse-Job-Status-Id, X-Parse-Push-Status-Id"
JSON = "application/json; charset=utf-8"
GZIP_FROM = 4096
"""Bytes; smaller answers fit into a few packets anyway."""

_STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
StartResponse = Callable[..., Any]
Answer = tuple[str, list[tuple[str, str]], list[bytes]]


def error_reply(error: Exception, settings: Settings) -> Reply:
    """The answer for whatever was raised. An exception that is neither kind is our fault: it is logged, the client hears 500."""
    if isinstance(error, ParseError):
        reply = Reply(error_body(error, settings), error.status)
        reply.headers |= getattr(error, "headers", {})
        if error.status == 503:
            reply.headers["Retry-After"] = "1"
        return reply
    if isinstance(error, TransportError):
        text = error.message if settings.enable_sanitized_error_response else error.detail or error.message
        # the early refusal carries no type on the peer either; SDKs do not look at it
        return Reply({"error": text}, error.status)
    log.error("uncaught %s", type(error).__name__, exc_info=error)
    return Reply({"code": 1, "message": "Internal server error."}, 500)


def error_body(error: ParseError, settings: Settings) -> dict[str, Any]:
    """{"code", "error"}; details of refusals only when answers are not sanitised."""
    if isinstance(error, Denied) and not settings.enable_sanitized_error_response:
        return {"code": error.code, "error": error.detail}
    return {"code": error.code, "error": encode(error.message)}


def item_error(error: Exception, settings: Settings) -> Any:
    """The error of one item of a batch."""
    if isinstance(error, ParseError):
        return error_body(error, settings)
    if isinstance(error, TransportError):
        return error_reply(error, settings).body
    log.error("uncaught %s", type(error).__name__, exc_info=error)
    # `{}` on the peer, which Android cannot read
    return error_body(InternalError(), settings)


def not_found(method: str, shown: str) -> Reply:
    """The page for an unknown route."""
    text = html.escape(f"Cannot {method[:40]} {shown[:2000]}")
    page = f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n<pre>{text}</pre>\n</body>\n</html>\n'  # noqa: E501
    headers = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}
    return Reply(page.encode(), 404, headers, "text/html; charset=utf-8")


def preflight() -> Reply:
    return Reply(b"OK", 200, {}, "text/plain; charset=utf-8")


class Sender:
    """Writes answers with the headers that every one of them carries."""

    def __init__(self, settings: Settings) -> None:
        self._origins = settings.allow_origin or ("*",)
        allowed = ", ".join((HEADERS, *settings.allow_headers))
        self._fixed: tuple[tuple[str, str], ...] = (
            ("Access-Control-Allow-Methods", METHODS),
            ("Access-Control-Allow-Headers", allowed),
            ("Access-Control-Expose-Headers", EXPOSED),
        )

    def answer(self, reply: Reply, environ: dict[str, Any], request_id: str = "") -> Answer:
        """Status line, headers and body: ETag and 304, gzip where it is welcome and worth it, no body for HEAD."""
        body = reply.body if type(reply.body) is bytes else dumps(reply.body)
        headers = [("Access-Control-Allow-Origin", self._origin(environ)), *self._fixed]
        if len(self._origins) > 1:
            headers.append(("Vary", "Origin"))
        if request_id:
            headers.append(("X-Request-Id", request_id))
        if reply.content_type:
            headers.append(("Content-Type", reply.content_type))
        headers += reply.headers.items()
        status = reply.status
        method = environ["REQUEST_METHOD"]
        if reply.content_type == JSON:
            tag = etag(body)
            headers.append(("ETag", tag))
            if status == 200 and _unchanged(tag, method, environ):
                status, body = 304, b""
                headers = [pair for pair in headers if pair[0] != "Content-Type"]
            elif len(body) >= GZIP_FROM and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
                body = gzip.compress(body, 3, mtime=0)
                headers += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
        if status != 304:
            headers.append(("Content-Length", str(len(body))))
        return _STATUS.get(status) or f"{status} Unknown", headers, [] if method == "HEAD" or not body else [body]

    def _origin(self, environ: dict[str, Any]) -> str:
        """A listed Origin is echoed, any other gets the first of the list."""
        if len(self._origins) == 1:
            return self._origins[0]
        origin: str = environ.get("HTTP_ORIGIN", "")
        return origin if origin in self._origins else self._origins[0]


def etag(body: bytes) -> str:
    """Weak: the same JSON may be sent with or without gzip."""
    digest = b2a_base64(hashlib.sha1(body, usedforsecurity=False).digest(), newline=False)
    return f'W/"{len(body):x}-{digest[:27].decode("ascii")}"'


def _unchanged(tag: str, method: str, environ: dict[str, Any]) -> bool:
    known: str | None = environ.get("HTTP_IF_NONE_MATCH")
    if known is None or method not in ("GET", "HEAD") or "no-cache" in environ.get("HTTP_CACHE_CONTROL", ""):
        return False
    if known.strip() == "*":
        return True
    bare = tag.removeprefix("W/")
    return any(part.strip().removeprefix("W/") == bare for part in known.split(","))
