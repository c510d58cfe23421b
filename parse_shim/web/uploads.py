"""The body of a file upload: how large it may be, and in which of its three forms it came (contract/11, section 1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parse_shim.errors import Code, ParseError, TransportError
from parse_shim.rest.auth import Credentials, check_keys, unauthorized
from parse_shim.rest.file_rules import parse_size
from parse_shim.rest.files import Upload
from parse_shim.settings import Settings
from parse_shim.values.codec import lenient_base64, loads
from parse_shim.values.types import Json
from parse_shim.web.bodies import read_bytes
from parse_shim.web.call import Call

SIZE_HEADER = "HTTP_X_PARSE_FILE_MAX_UPLOAD_SIZE"


def read_upload(environ: dict[str, Any], credentials: Credentials, settings: Settings) -> bytes:
    """The bytes of a request to /files, within maxUploadSize or what the master key allows for this one.

    Raises TransportError 403 (an override by somebody else), 413; ParseError 130 (unreadable override, too large in stream mode)."""
    limit = settings.max_upload_size
    wanted = environ.get(SIZE_HEADER)
    if wanted is not None and environ["REQUEST_METHOD"] == "POST":
        if check_keys(settings, credentials) != "master":
            raise TransportError(403, "Permission denied", "unauthorized: master key is required")
        size = parse_size(wanted)
        if not size:
            raise ParseError(Code.FILE_SAVE_ERROR, f"Invalid maxUploadSize override value: {wanted[:50]}")
        limit = size
    try:
        return read_bytes(environ, limit)
    except TransportError as error:
        if error.status == 413 and environ.get("HTTP_X_PARSE_UPLOAD_MODE") == "stream":
            raise ParseError(Code.FILE_SAVE_ERROR, f"File size exceeds maximum allowed: {limit} bytes.") from error
        raise


def read_file(call: Call, name: str, settings: Settings) -> Upload:
    """The file of an upload: raw bytes when a header named the application, otherwise JSON that holds them in base64.

    Raises TransportError 403 for JSON of the wrong types, ParseError 107, 130."""
    headers = call.headers
    named = headers.get("x-parse-application-id") == settings.app_id or "authorization" in headers
    if not named:
        return _from_json(call, name)
    file = Upload(name, call.raw, call.content_type or None)
    if headers.get("x-parse-upload-mode") == "stream":
        file.streamed = True
        file.metadata = _header_object(headers, "X-Parse-File-Metadata")
        file.tags = _header_object(headers, "X-Parse-File-Tags")
        file.directory = headers.get("x-parse-file-directory")
    return file


def _from_json(call: Call, name: str) -> Upload:
    text = call.body.get("base64")
    if text is None:
        raise ParseError(Code.FILE_SAVE_ERROR, "Invalid file upload.")
    if not isinstance(text, str):
        raise unauthorized()
    more = call.body.get("fileData")
    more = more if isinstance(more, dict) else {}
    file = Upload(name, lenient_base64(text), call.content_type or None)
    file.metadata = _object(more.get("metadata"), "metadata")
    file.tags = _object(more.get("tags"), "tags")
    file.directory = more.get("directory")
    return file


def _object(value: Json, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ParseError(Code.INVALID_JSON, f"{name} must be an object")
    return value


def _header_object(headers: Mapping[str, str], name: str) -> dict[str, Any]:
    text = headers.get(name.lower())
    if not text:
        return {}
    try:
        value = loads(text)
    except TransportError:
        value = None
    if not isinstance(value, dict):
        raise ParseError(Code.INVALID_JSON, f"Invalid JSON in {name} header.")
    return value
