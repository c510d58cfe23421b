"""/files: upload, download with ranges, metadata, delete (contract/00, section 5; contract/11, sections 1 to 3)."""

from __future__ import annotations

import hashlib

from parse_shim.errors import Code, ParseError, TransportError
from parse_shim.rest import files
from parse_shim.rest.auth import auth_for_token, check_keys
from parse_shim.rest.core import Auth, Context, Core
from parse_shim.rest.files import Download, UnsatisfiableRange
from parse_shim.web.call import Call, Reply
from parse_shim.web.routing import Route
from parse_shim.web.uploads import read_file

NO_FILE = Reply(b"File not found.", 404, {}, "text/plain; charset=utf-8")


def upload(ctx: Context, call: Call, filename: str) -> Reply:
    name, url = files.upload(ctx, read_file(call, filename, ctx.settings))
    return Reply({"url": url, "name": name}, 201, {"Location": url})


def upload_without_name(ctx: Context, call: Call) -> Reply:
    raise ParseError(Code.INVALID_FILE_NAME, "Filename not provided.")


def download(ctx: Context, call: Call, appId: str, path: str) -> Reply:
    if appId != ctx.settings.app_id:
        raise TransportError(403, "Permission denied", "Invalid application ID.")
    try:
        found = files.download(ctx, path, call.headers.get("range"))
    except UnsatisfiableRange as error:
        headers = {"Content-Range": f"bytes */{error.total}", "Accept-Ranges": "bytes"}
        return Reply(b"", 416, headers, "text/plain; charset=utf-8")
    if found is None:
        return Reply(NO_FILE.body, 404, {}, NO_FILE.content_type)
    return _partial(found) if found.partial else _whole(found, call)


def metadata(ctx: Context, call: Call, appId: str, path: str) -> Reply:
    return Reply(files.metadata(ctx, path) if appId == ctx.settings.app_id else {})


def delete(ctx: Context, call: Call, path: str) -> Reply:
    files.delete(ctx, path)
    return Reply(b"", 200, {}, "")


def identify(core: Core, call: Call) -> Auth:
    """Downloads need no application id, but a session or a master key counts. Raises InvalidSession."""
    credentials = call.credentials
    kind = check_keys(core.settings, credentials)
    if kind == "client" and credentials.session_token:
        return auth_for_token(core, credentials.session_token, credentials.installation_id)
    return Auth(kind, installation_id=credentials.installation_id)


def _partial(found: Download) -> Reply:
    end = found.start + len(found.data) - 1
    headers = {"Accept-Ranges": "bytes", "Content-Range": f"bytes {found.start}-{end}/{found.total}", **_headers(found)}
    return Reply(found.data, 206, headers, found.content_type)


def _whole(found: Download, call: Call) -> Reply:
    tag = f'"{hashlib.sha256(found.data).hexdigest()[:32]}"'
    headers = {"Accept-Ranges": "bytes", "ETag": tag, **_headers(found)}
    known = call.headers.get("if-none-match", "")
    if tag in (part.strip().removeprefix("W/") for part in known.split(",")):
        return Reply(b"", 304, headers, "")
    return Reply(found.data, 200, headers, found.content_type)


def _headers(found: Download) -> dict[str, str]:
    headers = dict(found.headers)
    if found.force_download:
        name = "".join(c for c in found.name if c.isascii() and c.isprintable() and c not in '";\\')
        headers["Content-Disposition"] = f"attachment;filename={name}"
    return headers


ROUTES = [
    Route("POST", "/files", upload_without_name, batch=False),
    Route("POST", "/files/:filename", upload, batch=False),
    Route("GET", "/files/:appId/metadata/*path", metadata, batch=False, public=True, identify=identify),
    Route("GET", "/files/:appId/*path", download, batch=False, public=True, identify=identify),
    Route("DELETE", "/files/*path", delete, batch=False),
]
