"""/files: upload, download, metadata, delete (contract/11, sections 1 to 3). The rules are rest/files.py's."""

from __future__ import annotations

from typing import Any

from parse_shim.errors import Code, ParseError, TransportError
from parse_shim.rest import files
from parse_shim.rest.auth import auth_for_token, check_keys, unauthorized
from parse_shim.rest.core import Auth, Context, Core
from parse_shim.values.codec import lenient_base64, loads
from parse_shim.values.types import Json
from parse_shim.web.call import Call, Reply
from parse_shim.web.routing import Route

TEXT = "text/plain; charset=utf-8"


def upload(ctx: Context, call: Call, filename: str) -> Reply:
    name, url = files.upload(ctx, _from_json(call, filename) if call.body else _from_bytes(call, filename))
    return Reply({"url": url, "name": name}, 201, {"Location": url})


def nameless(ctx: Context, call: Call) -> Reply:
    raise ParseError(Code.INVALID_FILE_NAME, "Filename not provided.")


def download(ctx: Context, call: Call, appId: str, name: str) -> Reply:
    if appId != ctx.settings.app_id:
        raise TransportError(403, "Permission denied", "Invalid application ID.")
    try:
        found = files.download(ctx, name, call.headers.get("range"))
    except files.UnsatisfiableRange as error:
        return Reply(b"", 416, {"Content-Range": f"bytes */{error.total}"}, TEXT)
    if found is None:
        return Reply(b"File not found.", 404, {}, TEXT)
    headers = {**found.headers, "X-Content-Type-Options": "nosniff", "Accept-Ranges": "bytes"}
    if found.force_download:
        headers["Content-Disposition"] = "attachment"
    if found.partial:
        headers["Content-Range"] = f"bytes {found.start}-{found.start + len(found.data) - 1}/{found.total}"
    return Reply(found.data, 206 if found.partial else 200, headers, found.content_type)


def metadata(ctx: Context, call: Call, appId: str, name: str) -> Reply:
    return Reply(files.metadata(ctx, name) if appId == ctx.settings.app_id else {})


def delete(ctx: Context, call: Call, name: str) -> Reply:
    files.delete(ctx, name)
    return Reply(b"", 200, {}, "")


def identify(core: Core, call: Call) -> Auth:
    """Who downloads: no application id is needed, a session token counts when there is one. Raises InvalidSession."""
    kind = check_keys(core.settings, call.credentials)
    token = call.credentials.session_token
    if kind != "client" or not token:
        return Auth(kind)
    core.classes.refresh()
    return auth_for_token(core, token)


def _from_bytes(call: Call, name: str) -> files.Upload:
    """The body is the file; metadata, tags and directory come in headers when the client streams."""
    upload = files.Upload(name, call.raw, call.content_type or None)
    if call.headers.get("x-parse-upload-mode") == "stream":
        upload.metadata = _header_json(call, "X-Parse-File-Metadata")
        upload.tags = _header_json(call, "X-Parse-File-Tags")
        upload.directory = call.headers.get("x-parse-file-directory")
    return upload


def _from_json(call: Call, name: str) -> files.Upload:
    """The JavaScript SDK's form: `{"base64": ..., "fileData": {"metadata", "tags", "directory"}}`."""
    text = call.body.get("base64")
    if text is None:
        raise ParseError(Code.FILE_SAVE_ERROR, "Invalid file upload.")
    if not isinstance(text, str):
        raise unauthorized()
    more = _object(call.body.get("fileData"))
    return files.Upload(
        name,
        lenient_base64(text),
        call.content_type or None,
        _object(more.get("metadata")),
        _object(more.get("tags")),
        more.get("directory"),
    )


def _header_json(call: Call, name: str) -> dict[str, Any]:
    text = call.headers.get(name.lower())
    if not text:
        return {}
    try:
        value = loads(text)
    except TransportError:
        value = None
    if not isinstance(value, dict):
        raise ParseError(Code.INVALID_JSON, f"Invalid JSON in {name} header.")
    return value


def _object(value: Json) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


ROUTES = [
    Route("POST", "/files", nameless, batch=False),
    Route("POST", "/files/:filename", upload, batch=False),
    Route("GET", "/files/:appId/metadata/*name", metadata, batch=False, public=True, identify=identify),
    Route("GET", "/files/:appId/*name", download, batch=False, public=True, identify=identify),
    Route("DELETE", "/files/*name", delete, batch=False),
]
