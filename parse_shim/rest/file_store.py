"""Where the bytes of files lie: GridFS on MongoDB (storage/mongo/gridfs.py), a folder beside an SQLite file, memory for tests.

A store keeps the newest upload of a name. It knows nothing of rights, hooks or URLs: that is rest/files.py.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from parse_shim.errors import Unavailable


class FileStore(Protocol):
    """Every method may raise Unavailable."""

    def put(self, name: str, data: bytes, metadata: Mapping[str, Any]) -> None:
        """Keep `data` durably under `name`; an older upload of the name is no longer found."""
        ...

    def size(self, name: str) -> int | None:
        """Bytes, None for an unknown name."""
        ...

    def read(self, name: str, start: int, end: int) -> bytes:
        """Bytes `start` (included) to `end` (excluded); b"" for an unknown name."""
        ...

    def metadata(self, name: str) -> dict[str, Any] | None:
        """What was given to `put`, None for an unknown name."""
        ...

    def delete(self, name: str) -> bool:
        """Remove every upload of `name`; False when there was none."""
        ...

    def clear(self) -> None:
        """Remove everything (the emulator's reset)."""
        ...


class MemoryFiles:
    """For `sqlite://` and `memory://`: gone with the process."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, dict[str, Any]]] = {}

    def put(self, name: str, data: bytes, metadata: Mapping[str, Any]) -> None:
        self._files[name] = (data, dict(metadata))

    def size(self, name: str) -> int | None:
        found = self._files.get(name)
        return len(found[0]) if found else None

    def read(self, name: str, start: int, end: int) -> bytes:
        found = self._files.get(name)
        return found[0][start:end] if found else b""

    def metadata(self, name: str) -> dict[str, Any] | None:
        found = self._files.get(name)
        return dict(found[1]) if found else None

    def delete(self, name: str) -> bool:
        return self._files.pop(name, None) is not None

    def clear(self) -> None:
        self._files.clear()

    def snapshot(self) -> dict[str, tuple[bytes, dict[str, Any]]]:
        """All that is stored now, for `restore`."""
        return dict(self._files)

    def restore(self, state: Mapping[str, tuple[bytes, dict[str, Any]]]) -> None:
        self._files = dict(state)


class FolderFiles:
    """A folder; a file's own name is the SHA-256 of its Parse name, so that no name can leave the folder or be too long."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, data: bytes, metadata: Mapping[str, Any]) -> None:
        about = json.dumps({"name": name, "metadata": dict(metadata)}).encode()
        with _disk():
            path = self._path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path.with_suffix(".json"), about)
            # The content last: a name is found only when its file is whole.
            _write(path, data)

    def size(self, name: str) -> int | None:
        try:
            with _disk():
                return self._path(name).stat().st_size
        except FileNotFoundError:
            return None

    def read(self, name: str, start: int, end: int) -> bytes:
        try:
            with _disk(), self._path(name).open("rb") as file:
                file.seek(start)
                return file.read(max(0, end - start))
        except FileNotFoundError:
            return b""

    def metadata(self, name: str) -> dict[str, Any] | None:
        try:
            with _disk():
                if not self._path(name).exists():
                    return None
                found = json.loads(self._path(name).with_suffix(".json").read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return dict(found.get("metadata") or {})

    def delete(self, name: str) -> bool:
        path = self._path(name)
        try:
            with _disk():
                path.unlink()
                path.with_suffix(".json").unlink(missing_ok=True)
        except FileNotFoundError:
            return False
        return True

    def clear(self) -> None:
        with _disk():
            for path in sorted(self._folder.rglob("*"), reverse=True):
                if path.is_file():
                    path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / digest[:2] / digest


class _disk:
    """Disk trouble as Unavailable; a missing file stays what it is."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            raise Unavailable(f"the file store failed: {error.strerror}") from error


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and on disk before the upload is answered."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
