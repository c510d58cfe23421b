"""The body of a request: bytes within the size limit, unpacked, then JSON or a form (contract/00, section 3)."""

from __future__ import annotations

import zlib
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from parse_shim.errors import TransportError
from parse_shim.values.codec import loads
from parse_shim.values.jstext import js_text
from parse_shim.values.types import Json

MULTIPART = "multipart/form-data"
FORM = "application/x-www-form-urlencoded"
MANY_FIELDS = 1000
"""Fields of a form or query string; more are refused, as body-parser does."""


def too_large() -> TransportError:
    return TransportError(413, "request entity too large")


def read_bytes(environ: dict[str, Any], limit: int) -> bytes:
    """The whole body, unpacked when it was sent with gzip or deflate. Raises TransportError 400, 413, 415."""
    length = environ.get("CONTENT_LENGTH")
    if not length:
        if "chunked" not in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            return b""
        data = _read(environ, limit + 1)
    else:
        if not length.isdecimal():
            raise TransportError(400, "invalid Content-Length")
        size = int(length)
        if size > limit:
            raise too_large()
        data = _read(environ, size) if size else b""
        if len(data) < size:
            raise TransportError(400, "request aborted")
    if len(data) > limit:
        raise too_large()
    encoding = environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    return data if encoding in ("identity", "") or not data else _unpack(data, encoding, limit)


def parse_body(data: bytes, content_type: str, depth: int) -> dict[str, Json]:
    """The parameters in a body. JSON for every type but forms; a list gets the keys "0", "1"; multipart is not read here."""
    kind, _, options = content_type.partition(";")
    kind = kind.strip().lower()
    if not data or kind == MULTIPART:
        return {}
    if kind == FORM:
        return parse_form(data.decode("utf-8", "replace"))
    value = loads(_recoded(data, options) if "charset" in options.lower() else data, depth=depth)
    if type(value) is dict:
        return value
    if type(value) is list:
        return {str(position): item for position, item in enumerate(value)}
    raise TransportError(400, f"Unexpected token {js_text(value, limit=40)} in JSON at position 0")


def parse_form(text: str) -> dict[str, Json]:
    """Names to texts; a name sent twice to a list of them."""
    if text.count("&") >= MANY_FIELDS:
        raise TransportError(413, "too many parameters")
    found: dict[str, Any] = {}
    for part in text.split("&"):
        if not part:
            continue
        name, _, value = map(_form_text, part.partition("="))
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _form_text(text: str) -> str:
    """As urllib's parse_qsl reads names and values; a near query takes 5 µs so, and 10 there."""
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    return unquote_to_bytes(text).decode("utf-8", "replace") if text.isascii() else unquote(text, errors="replace")


def _read(environ: dict[str, Any], size: int) -> bytes:
    """Up to `size` bytes; a stream may give less at a time."""
    stream = environ["wsgi.input"]
    try:
        data: bytes = stream.read(size)
        if len(data) == size:
            return data
        parts = [data]
        missing = size - len(data)
        while missing and (part := stream.read(missing)):
            parts.append(part)
            missing -= len(part)
    except (OSError, ValueError) as error:
        raise TransportError(400, "request aborted") from error
    return b"".join(parts)


def _unpack(data: bytes, encoding: str, limit: int) -> bytes:
    """At most one byte beyond the limit is unpacked: 47 KB of gzip may be 48 MB."""
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise TransportError(415, f'unsupported content encoding "{encoding[:40]}"')
    for window in (47,) if encoding != "deflate" else (15, -15):  # 47: gzip or zlib by header; deflate comes with or without
        unpacker = zlib.decompressobj(window)
        try:
            out = unpacker.decompress(data, limit + 1)
        except zlib.error:
            continue
        if len(out) > limit:
            raise too_large()
        if unpacker.eof:
            return out
    raise TransportError(400, "the body is not what its Content-Encoding says")


def _recoded(data: bytes, options: str) -> bytes:
    """Bytes in UTF-8, whatever UTF they came in. Raises TransportError 415 for other charsets."""
    for option in options.split(";"):
        name, _, value = option.partition("=")
        if name.strip().lower() != "charset":
            continue
        charset = value.strip().strip('"').lower()
        if charset in ("utf-8", "utf8", ""):
            return data
        if charset not in ("utf-16", "utf-16le", "utf-16be", "utf-32"):
            raise TransportError(415, f'unsupported charset "{charset[:40].upper()}"')
        return data.decode(charset, "replace").encode("utf-8", "replace")
    return data
