"""What a file may be called, hold and cost. Pure checks; sources: contract/00 section 5, contract/11 section 1."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Sequence

from parse_shim.errors import Code, ParseError

NAME = re.compile(r"[_a-zA-Z0-9][a-zA-Z0-9@. ~_-]*")
DIRECTORY = re.compile(r"[a-zA-Z0-9@. ~_/-]+")
CONTENT_TYPE = re.compile(r"[a-zA-Z0-9!#$&^_.+-]+/([a-zA-Z0-9!#$&^_.+-]+)\s*(?:;.*)?")
SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(b|kb|mb|gb)?\s*", re.IGNORECASE)
UNITS = {"b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}
OCTETS = "application/octet-stream"

# A fixed table: the machine's own mime.types must not change what a server answers.
_TYPES = mimetypes.MimeTypes(filenames=())
for _extension, _type in {
    ".webp": "image/webp", ".avif": "image/avif", ".heic": "image/heic", ".woff": "font/woff", ".woff2": "font/woff2",
    ".md": "text/markdown", ".m4a": "audio/mp4",
    ".mjs": "text/javascript", ".js": "text/javascript", ".gz": "application/gzip", ".wasm": "application/wasm",
}.items():  # fmt: skip
    _TYPES.add_type(_type, _extension)
_EXTENSIONS = {"text/plain": ".txt", "image/jpeg": ".jpg", OCTETS: ".bin", "audio/mpeg": ".mp3", "video/quicktime": ".mov"}


def check_name(name: str) -> None:
    """Raises ParseError 122."""
    if len(name) > 128:
        raise ParseError(Code.INVALID_FILE_NAME, "Filename too long.")
    if not NAME.fullmatch(name):
        raise ParseError(Code.INVALID_FILE_NAME, "Filename contains invalid characters.")


def check_directory(directory: object, master: bool) -> str:
    """The directory without change. Raises ParseError 119 for clients, 122 for a malformed one."""
    if not master:
        raise ParseError(Code.OPERATION_FORBIDDEN, "Directory can only be set using the Master Key.")
    fault = _directory_fault(directory)
    if fault:
        raise ParseError(Code.INVALID_FILE_NAME, f"Directory {fault}")
    return str(directory)


def _directory_fault(directory: object) -> str | None:
    if not isinstance(directory, str):
        return "must be a string."
    if not directory:
        return "must not be empty."
    if len(directory) > 256:
        return "path is too long."
    if ".." in directory:
        return 'must not contain "..".'
    if directory.startswith("/") or directory.endswith("/"):
        return 'must not start or end with "/".'
    if "//" in directory:
        return "must not contain consecutive slashes."
    if directory.split("/")[0] == "metadata":
        return 'must not start with reserved segment "metadata".'
    return None if DIRECTORY.fullmatch(directory) else "contains invalid characters."


def extension_of(name: str) -> str:
    """What follows the last dot, without it; "" when there is none. Dots and blanks at the end do not hide it."""
    name = name.rstrip(". ")
    return name.rsplit(".", 1)[1].strip() if "." in name else ""


def check_extension(name: str, content_type: str | None, allowed: Sequence[str]) -> None:
    """Refuse what a browser would run as a page of ours. Raises ParseError 130.

    A known extension decides alone (it also decides the type that is served); otherwise the content type must pass too."""
    if "*" in allowed:
        return
    extension = extension_of(name)
    if extension and not _passes(extension, allowed):
        raise ParseError(Code.FILE_SAVE_ERROR, f"File upload of extension {extension} is disabled.")
    if type_of(name) is not None or not content_type:
        return
    # an unknown extension lets the content type speak, and may get an extension by it
    found = CONTENT_TYPE.fullmatch(content_type.strip())
    if not found:
        raise ParseError(Code.FILE_SAVE_ERROR, "Invalid Content-Type.")
    for named in (found[1], extension_of(with_extension(name, content_type))):
        if named and not _passes(named, allowed):
            raise ParseError(Code.FILE_SAVE_ERROR, f"File upload of extension {named} is disabled.")


def _passes(extension: str, allowed: Sequence[str]) -> bool:
    return any(re.search(pattern, extension) for pattern in allowed)


def type_of(name: str) -> str | None:
    """Content type by extension, None for an unknown one."""
    extension = extension_of(name).lower()
    return _TYPES.types_map[True].get(f".{extension}") if extension else None


def served_type(name: str) -> str:
    """The Content-Type of a download."""
    found = type_of(name) or OCTETS
    is_text = found.startswith("text/") or found in ("application/json", "application/xml")
    return f"{found}; charset=utf-8" if is_text else found


def with_extension(name: str, content_type: str | None) -> str:
    """A name without extension gets the one of its content type: `noext` + image/png -> `noext.png`; `.txt` for none given."""
    if extension_of(name):
        return name
    base = name.rstrip(". ") or name
    plain = (content_type or "").split(";")[0].strip().lower()
    if not plain:
        return f"{base}.txt"
    found = _EXTENSIONS.get(plain) or _TYPES.guess_extension(plain)
    return f"{base}{found}" if found else name


def parse_size(text: str) -> int | None:
    """Bytes of `20mb`, `1kb`, `300`; None when it cannot be read."""
    found = SIZE.fullmatch(text)
    return int(float(found[1]) * UNITS[(found[2] or "b").lower()]) if found else None


def check_access(action: str, master: bool, user: bool, anonymous: bool, rules: object) -> None:
    """`action` is upload or download; `rules` the option group. Raises ParseError 130 (upload) or 119 (download)."""
    if master:
        return
    who, flag = (
        ("public", "enable_for_public") if not user
        else ("anonymous user", "enable_for_anonymous_user") if anonymous
        else ("authenticated user", "enable_for_authenticated_user")
    )  # fmt: skip
    if not getattr(rules, flag):
        code = Code.FILE_SAVE_ERROR if action == "upload" else Code.OPERATION_FORBIDDEN
        raise ParseError(code, f"File {action} by {who} is disabled.")


__all__ = [
    "check_access", "check_directory", "check_extension", "check_name", "parse_size", "served_type", "type_of", "with_extension",
]  # fmt: skip
