"""WSGI environ -> Call: the many ways a Parse client passes its keys, its method and its body (contract/00, sections 3 and 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from parse_shim.errors import Code, ParseError, TransportError
from parse_shim.rest.auth import check_keys, unauthorized
from parse_shim.settings import Settings
from parse_shim.values.types import Json
from parse_shim.web.address import base_url, client_address
from parse_shim.web.bodies import MULTIPART, parse_body, parse_form, read_bytes
from parse_shim.web.call import Call, QueryValue
from parse_shim.web.credentials import header_credentials, read_context, take_body_credentials, with_basic
from parse_shim.web.uploads import read_upload

RAW_ROUTES = frozenset({"files"})
"""First words of paths whose bodies are bytes, whatever their type."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. `segments` are percent-decoded, `shown` is the path as sent, without the query string."""

    shown: str
    segments: tuple[str, ...]
    query: str


class Headers(Mapping[str, str]):
    """Request headers by lower-case name, read from the environ only when somebody asks."""

    __slots__ = ("_environ",)

    def __init__(self, environ: dict[str, Any]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        key = name.upper().replace("-", "_")
        value: str = self._environ[key if key in _BARE else "HTTP_" + key]
        return value

    def __iter__(self) -> Iterator[str]:
        for key in self._environ:
            if key.startswith("HTTP_"):
                yield key[5:].lower().replace("_", "-")
            elif key in _BARE and self._environ[key]:
                yield key.lower().replace("_", "-")

    def __len__(self) -> int:
        return sum(1 for _ in self)


_BARE = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})


def read_target(environ: dict[str, Any], mount: str) -> Target:
    """The path below the mount, from the request line where the server keeps it: an encoded `/` stays inside its part.

    Raises TransportError 400 for percent-encoding that is none.
    """
    raw: str | None = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if raw is None:
        path: str = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
        below = path[len(mount) :] if path.startswith(mount) else path
        return Target(path, tuple(part for part in below.split("/") if part), environ.get("QUERY_STRING", ""))
    path = raw.partition("?")[0]
    if "://" in path[:8]:  # the absolute form, as proxies send it
        path = "/" + path.split("://", 1)[1].partition("/")[2]
    shown = path.partition("#")[0]
    start = environ.get("SCRIPT_NAME", "") + mount
    below = shown.lstrip("/") if not start else shown[len(start) :] if shown.startswith(start) else shown
    parts = [part for part in below.split("/") if part]
    if "%" in below or not below.isascii():
        parts = [decoded(part) for part in parts]
    return Target(shown, tuple(parts), environ.get("QUERY_STRING", ""))


def read_call(environ: dict[str, Any], settings: Settings, target: Target, request_id: str = "") -> Call:
    """The request as a Call, in the contract's order of checks 2 to 7 and 9 (contract/00, section 4.5).

    Raises TransportError 400, 403, 413, 415 and ParseError 107 (cloud context).
    """
    trust = settings.trust_proxy
    ip = client_address(environ, trust)
    credentials = header_credentials(environ, ip)
    if credentials.master_key or credentials.maintenance_key:
        check_keys(settings, credentials)
    method = environ["REQUEST_METHOD"]
    content_type = environ.get("CONTENT_TYPE") or ""
    call = Call(
        method=method,
        segments=target.segments,
        shown=target.shown,
        query=_query(target.query) if target.query else {},
        content_type=content_type,
        headers=Headers(environ),
        ip=ip,
        base_url=base_url(environ, trust, settings.mount_path),
        request_id=request_id,
    )
    known = bool(settings.app_id) and credentials.app_id == settings.app_id
    if target.segments and target.segments[0].lower() in RAW_ROUTES:
        _read_file_body(call, read_upload(environ, credentials, settings), known, settings)
    elif data := _read_bytes(environ, call, settings):
        _read_body(call, data, settings)
    if method == "POST" and call.body:
        _override_method(call)
    context = environ.get("HTTP_X_PARSE_CLOUD_CONTEXT")
    if context is not None:
        call.cloud = read_context(context)
    call.credentials = credentials
    if not known:
        _other_credentials(call, environ.get("HTTP_AUTHORIZATION"), settings)
    return call


def _read_bytes(environ: dict[str, Any], call: Call, settings: Settings) -> bytes:
    try:
        return read_bytes(environ, settings.max_upload_size)
    except TransportError as error:
        if error.status == 413 and call.content_type[:19].lower() == MULTIPART:
            raise ParseError(Code.OBJECT_TOO_LARGE, "Multipart request exceeds maximum upload size.") from error
        raise


def _read_body(call: Call, data: bytes, settings: Settings) -> None:
    if call.content_type[:19].lower() == MULTIPART:
        call.raw = data
        return
    call.body = parse_body(data, call.content_type, settings.max_body_depth)


def _read_file_body(call: Call, data: bytes, known: bool, settings: Settings) -> None:
    """Bytes of a file; or, when no header names the application, JSON that holds them together with the credentials."""
    call.raw = data
    if known or call.method != "POST" or "authorization" in call.headers:
        return
    try:
        call.body = parse_body(data, "", settings.max_body_depth)
    except TransportError:
        raise unauthorized()


def _query(text: str) -> dict[str, QueryValue]:
    if not text.isascii():
        text = text.encode("latin-1", "replace").decode("utf-8", "replace")
    return parse_form(text)


def _override_method(call: Call) -> None:
    """`_method` of a POST is the method that counts; `_noBody` means nothing."""
    call.body.pop("_noBody", None)
    if "_method" in call.body:
        method = call.body.pop("_method")
        if isinstance(method, str) and method:
            call.method = method.upper()


def _other_credentials(call: Call, authorization: str | None, settings: Settings) -> None:
    """No header named this application: Basic authorization may, or the body."""
    if authorization:
        call.credentials = with_basic(call.credentials, authorization, settings)
        if call.credentials.app_id == settings.app_id:
            check_keys(settings, call.credentials)
            return
    if not call.body:  # health, OPTIONS and file downloads need no application id; everything else is refused later
        return
    if "_ApplicationId" in call.body:
        content_type = call.body.get("_ContentType")
        call.credentials = take_body_credentials(call.credentials, call.body, settings)
        if isinstance(content_type, str):
            call.content_type = content_type
        if "_context" in call.body:
            call.cloud = _body_context(call.body.pop("_context"), call.cloud)


def _body_context(value: Json, known: dict[str, Any]) -> dict[str, Any]:
    return known if value is None or value == "" else read_context(value)


def decoded(part: str) -> str:
    """A part of a path without its percent-encoding. Raises TransportError 400."""
    if "%" not in part:
        return part if part.isascii() else part.encode("latin-1", "replace").decode("utf-8", "replace")
    for piece in part.split("%")[1:]:
        if len(piece) < 2 or not all(digit in _HEX for digit in piece[:2]):
            raise _bad_encoding(part)
    try:
        return unquote_to_bytes(part.encode("latin-1", "replace")).decode("utf-8")
    except UnicodeDecodeError:
        raise _bad_encoding(part)


_HEX = frozenset("0123456789abcdefABCDEF")


def _bad_encoding(part: str) -> TransportError:
    return TransportError(400, f"Failed to decode param '{part[:100]}'")
