"""Files: upload, download, metadata, delete. contract/00 section 5, contract/11 sections 1 to 4.

Every way to the bytes (whole, range, metadata) passes `_may_download` and the find hooks; every way in passes `upload`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from parse_shim.classes.names import check_keywords
from parse_shim.errors import Code, ParseError, TransportError
from parse_shim.rest.core import Auth, Context, Core
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.file_rules import check_access, check_directory, check_extension, check_name, served_type, with_extension
from parse_shim.rest.file_store import FileStore, FolderFiles, MemoryFiles
from parse_shim.rest.file_triggers import after_delete, after_find, after_save, before_delete, before_find, before_save
from parse_shim.settings_fields import load_object

RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


@dataclass(slots=True)
class Upload:
    """What a client sends. `directory` is unchecked JSON; None: not given."""

    name: str
    data: bytes
    content_type: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, Any] = field(default_factory=dict)
    directory: Any = None
    streamed: bool = False
    """Sent with X-Parse-Upload-Mode: stream; hooks are told."""
    url: str | None = None
    """Set by a hook that answers with a file that is stored already: nothing is stored then."""


@dataclass(frozen=True, slots=True)
class Download:
    """An answer: `total` bytes in all, of which `data` starts at `start`. `partial`: status 206."""

    name: str
    data: bytes
    total: int
    start: int = 0
    partial: bool = False
    content_type: str = "application/octet-stream"
    headers: Mapping[str, str] = field(default_factory=lambda: {"X-Content-Type-Options": "nosniff"})
    force_download: bool = False


class UnsatisfiableRange(Exception):
    """416: the range begins behind the end. `total` is the file's size."""

    def __init__(self, total: int) -> None:
        super().__init__(total)
        self.total = total


def open_files(core: Core) -> FileStore:
    """The store of this server: `filesAdapter`, else GridFS on MongoDB, a folder beside an SQLite file, memory for a store in memory.

    With `fileKey` the content lies encrypted in each of them."""
    store: FileStore | None = core.extras.get("files")
    if store is None:
        store = core.extras["files"] = _make_store(core)
    return store


def _make_store(core: Core) -> FileStore:
    settings = core.settings
    if settings.files_adapter is None and hasattr(core.engine, "files"):
        # GridFS has the layout of its own for encrypted files, which parse-server reads too
        stored: FileStore = core.engine.files(settings.file_key)
        return stored
    store = _plain_store(core)
    if not settings.file_key:
        return store
    from parse_shim.rest.file_encryption import EncryptedFiles  # cryptography: 6 ms of every start

    return EncryptedFiles(store, settings.file_key)


def _plain_store(core: Core) -> FileStore:
    if core.settings.files_adapter is not None:
        found = load_object(core.settings.files_adapter)
        made: FileStore = found() if isinstance(found, type) else found
        return made
    uri = core.settings.database_uri
    if uri.startswith("sqlite:///") and uri != "sqlite:///:memory:":
        return FolderFiles(Path(uri.removeprefix("sqlite:///").split("?")[0] + ".files"))
    return MemoryFiles()


def keep_files(core: Core) -> Any:
    """The files of now, for `bring_back`; None from a store that cannot tell. For the emulator."""
    store = _memory(core)
    return store.snapshot() if store else None


def bring_back(core: Core, kept: Any) -> None:
    """The files of then. A store on disk or in a database is emptied, as at a fresh start."""
    store = _memory(core)
    if store and kept is not None:
        store.restore(kept)
    elif store is None:
        open_files(core).clear()


def _memory(core: Core) -> MemoryFiles | None:
    store: Any = open_files(core)
    inner = getattr(store, "inner", store)
    return inner if isinstance(inner, MemoryFiles) else None


def upload(ctx: Context, upload: Upload) -> tuple[str, str]:
    """Store a file; (stored name, url). Raises ParseError 122, 130, 105, 119; what a hook raises comes out as it is."""
    settings = ctx.settings
    auth = ctx.auth
    if auth.is_read_only:
        raise TransportError(403, "Permission denied", "read-only masterKey isn't allowed to create a file.")
    check_access("upload", auth.unrestricted, auth.user is not None, is_anonymous(auth), settings.file_upload)
    check_name(upload.name)
    if not auth.unrestricted:
        check_extension(upload.name, upload.content_type, settings.file_upload.file_extensions)
    if upload.directory is not None:
        upload.directory = check_directory(upload.directory, auth.unrestricted)
    if not upload.data:
        raise ParseError(Code.FILE_SAVE_ERROR, "Invalid file upload.")
    for given in (upload.metadata, upload.tags):
        check_keywords(given, settings.request_keyword_denylist)
    upload.name = with_extension(upload.name, upload.content_type)
    upload = before_save(ctx, upload)
    if upload.url is not None:
        after_save(ctx, upload.name, upload.url, None)
        return upload.name, upload.url
    stored = _stored_name(ctx, upload)
    with translated():
        open_files(ctx.core).put(stored, upload.data, upload.metadata)
    url = ctx.file_url(stored)
    after_save(ctx, stored, url, len(upload.data))
    return stored, url


def _stored_name(ctx: Context, upload: Upload) -> str:
    name = upload.name if ctx.settings.preserve_file_name else f"{secrets.token_hex(16)}_{upload.name}"
    return f"{upload.directory}/{name}" if upload.directory else name


def download(ctx: Context, name: str, range_header: str | None = None) -> Download | None:
    """The file or the part of it that `range_header` asks for; None for an unknown name. Raises UnsatisfiableRange, ParseError."""
    _may_download(ctx)
    name = before_find(ctx, name)
    with translated():
        store = open_files(ctx.core)
        total = store.size(name)
        if total is None:
            return None
        wanted = parse_range(range_header, total)
        start, end = wanted or (0, total)
        data = store.read(name, start, end)
    found = Download(name, data, total, start, wanted is not None, served_type(name))
    return after_find(ctx, found)


def metadata(ctx: Context, name: str) -> dict[str, Any]:
    """{"metadata": {...}}, {} for an unknown name."""
    _may_download(ctx, status=403)
    name = before_find(ctx, name)
    with translated():
        found = open_files(ctx.core).metadata(name)
    if found is None:
        return {}
    after_find(ctx, Download(name, b"", 0, partial=True))
    return {"metadata": found}


def delete(ctx: Context, name: str) -> None:
    """Master key only. Raises ParseError 153 for an unknown name."""
    if not ctx.auth.is_master or ctx.auth.is_read_only:
        detail = "read-only masterKey isn't allowed to delete a file." if ctx.auth.is_read_only else "unauthorized: master key is required"
        raise TransportError(403, "Permission denied", detail)
    before_delete(ctx, name, ctx.file_url(name))
    with translated():
        if not open_files(ctx.core).delete(name):
            raise ParseError(Code.FILE_DELETE_ERROR, "FileNotFound")
    after_delete(ctx, name, ctx.file_url(name))


def check_file_url(ctx: Context, url: object) -> None:
    """A File value's url must name an allowed host: the server never fetches it, but clients do. Raises ParseError 130."""
    allowed = ctx.settings.file_upload.allowed_file_url_domains
    if "*" in allowed or not isinstance(url, str) or not url:
        return
    host = _host(url)
    if host is None:
        raise ParseError(Code.FILE_SAVE_ERROR, "Invalid file URL.")
    if not any(host == rule or (rule.startswith("*.") and host.endswith(rule[1:])) for rule in allowed):
        raise ParseError(Code.FILE_SAVE_ERROR, f"File URL domain '{host}' is not allowed.")


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def parse_range(header: str | None, total: int) -> tuple[int, int] | None:
    """(start, end) with `end` excluded; None = the whole file. Raises UnsatisfiableRange.

    Several ranges, other units and nonsense give the whole file, as RFC 9110 allows."""
    found = RANGE.fullmatch(header.strip()) if header else None
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found.groups()
    if first == "":
        length = min(int(last), total)
        if length == 0:
            raise UnsatisfiableRange(total)
        return total - length, total
    start, end = int(first), min(int(last) + 1, total) if last else total
    if last and int(last) < start:
        return None
    if start >= total:
        raise UnsatisfiableRange(total)
    return start, end


def is_anonymous(auth: Auth) -> bool:
    """A user whose only login is the anonymous provider."""
    return auth.user is not None and "anonymous" in (auth.user.get("authData") or {})


def _may_download(ctx: Context, status: int | None = None) -> None:
    auth = ctx.auth
    try:
        check_access("download", auth.unrestricted, auth.user is not None, is_anonymous(auth), ctx.settings.file_download)
    except ParseError as error:
        if status is not None:
            error.status = status
        raise


__all__ = ["Download", "UnsatisfiableRange", "Upload", "check_file_url", "delete", "download", "metadata", "upload"]
