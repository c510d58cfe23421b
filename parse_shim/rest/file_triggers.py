"""Hooks on files (target `@File`) around upload, download and delete. Source: contract/10, sections 9 and 16.

What a hook raises that is no ParseError becomes 130 (save), 153 (delete) or 141 (find), and a refused find is HTTP 403.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from parse_shim.errors import Code, ParseError
from parse_shim.hooks.kinds import AFTER_DELETE, AFTER_FIND, AFTER_SAVE, BEFORE_DELETE, BEFORE_FIND, BEFORE_SAVE, FILE, KINDS
from parse_shim.hooks.requests import FileRequest
from parse_shim.hooks.run import SKIPPED, call
from parse_shim.rest.calling import caller_of
from parse_shim.rest.core import Context
from parse_shim.rest.file_rules import served_type
from parse_shim.sdk.file import File
from parse_shim.sdk.session import Session, bound

if TYPE_CHECKING:
    from parse_shim.rest.files import Download, Upload


def has_hook(ctx: Context, kind: str) -> bool:
    return ctx.core.hooks.find(kind, FILE) is not None


def before_save(ctx: Context, upload: Upload) -> Upload:
    """What is to be stored: another file that the hook gave, or the client's with what the hook changed about it.

    `url` of the answer is set when the hook gave a file that is stored already."""
    if not has_hook(ctx, BEFORE_SAVE):
        return upload
    file = _file(upload)
    request = _request(ctx, BEFORE_SAVE, file, len(upload.data), stream=upload.streamed)
    given = _call(ctx, BEFORE_SAVE, request, Code.FILE_SAVE_ERROR, f"Could not store file: {upload.name}.")
    if isinstance(given, File):
        if given.is_saved:
            with bound(_session(ctx)):
                upload.name, upload.url = given.name, given.url or ctx.file_url(given.name)
            return upload
        file = given
        upload.name = file.name
        upload.data = file.data if file.data is not None else upload.data
        upload.content_type = file.content_type or upload.content_type
    upload.metadata, upload.tags, upload.directory = file.metadata, file.tags, file.directory
    return upload


def after_save(ctx: Context, name: str, url: str, size: int | None) -> None:
    """`size` None: the hook before supplied a stored file."""
    if has_hook(ctx, AFTER_SAVE):
        request = _request(ctx, AFTER_SAVE, File.stored(name, url), size)
        _call(ctx, AFTER_SAVE, request, Code.FILE_SAVE_ERROR, f"Could not store file: {name}.")


def before_delete(ctx: Context, name: str, url: str) -> None:
    _around_delete(ctx, BEFORE_DELETE, name, url)


def after_delete(ctx: Context, name: str, url: str) -> None:
    _around_delete(ctx, AFTER_DELETE, name, url)


def before_find(ctx: Context, name: str) -> str:
    """The name to look for: the client's, or that of the file that the hook gave. Raises ParseError with status 403."""
    if not has_hook(ctx, BEFORE_FIND):
        return name
    request = _request(ctx, BEFORE_FIND, File.stored(name), None)
    answer = _find(ctx, BEFORE_FIND, request, name)
    file = answer.get("file") if isinstance(answer, dict) else None
    return file.name if isinstance(file, File) else name


def after_find(ctx: Context, found: Download) -> Download:
    """What is answered: another content, other headers, or as an attachment. The hook sees no data of a range."""
    if not has_hook(ctx, AFTER_FIND):
        return found
    file = File.stored(found.name, data=b"" if found.partial else found.data)
    request = _request(ctx, AFTER_FIND, file, None)
    answer = _find(ctx, AFTER_FIND, request, found.name)
    headers = {str(name): str(value) for name, value in request.response_headers.items()}
    found = replace(found, headers=headers, force_download=bool(request.force_download))
    other = answer.get("file") if isinstance(answer, dict) else None
    if found.partial or not isinstance(other, File):
        return found
    with bound(_session(ctx)):
        data = other.get_data() if other.is_saved else other.data or b""
    return replace(found, name=other.name, data=data, total=len(data), content_type=served_type(other.name))


def _around_delete(ctx: Context, kind: str, name: str, url: str) -> None:
    if has_hook(ctx, kind):
        _call(ctx, kind, _request(ctx, kind, File.stored(name, url), None), Code.FILE_DELETE_ERROR, "Could not delete file.")


def _find(ctx: Context, kind: str, request: FileRequest, name: str) -> Any:
    try:
        return _call(ctx, kind, request, Code.SCRIPT_FAILED, f"Could not find file: {name}.")
    except ParseError as error:
        error.status = 403
        raise


def _request(ctx: Context, kind: str, file: File, size: int | None, *, stream: bool = False) -> FileRequest:
    return FileRequest(KINDS[kind].wire, file, size, caller_of(ctx), stream=stream)


def _call(ctx: Context, kind: str, request: FileRequest, code: int, empty: str) -> Any:
    hook = ctx.core.hooks.find(kind, FILE)
    assert hook is not None
    limit = ctx.settings.hook_timeout_seconds
    result = call(hook, request, session=_session(ctx), time_limit=limit, code=code, empty=empty)
    return None if result is SKIPPED else result


def _session(ctx: Context) -> Session:
    from parse_shim.rest.session_impl import session_for  # which reads and writes files itself

    return session_for(ctx)


def _file(upload: Upload) -> File:
    file = File(upload.name, upload.data, upload.content_type, metadata=upload.metadata, tags=upload.tags)
    file.directory = upload.directory
    return file
