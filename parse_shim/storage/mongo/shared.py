"""A few bytes that all processes of one user on this machine share: a counter and a fingerprint for each database in use."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import mmap
import os
import stat
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

SLOTS = 2048
_FORM = struct.Struct("=8sQ16s")
_COUNTER = struct.Struct("=Q")
_LOCK_SECONDS = 3.0
_LOCK_PAUSE = 0.002


class Slot:
    """One database's place. `memory` is a shared map, or a private one when the file cannot be had."""

    def __init__(self, memory: mmap.mmap | bytearray, at: int, file: int | None) -> None:
        self._memory = memory
        self._at = at
        self._file = file

    def counter(self) -> int:
        found: int = _COUNTER.unpack_from(self._memory, self._at + 8)[0]
        return found

    def fingerprint(self) -> bytes:
        found: bytes = _FORM.unpack_from(self._memory, self._at)[2]
        return found

    def advance(self, fingerprint: bytes) -> None:
        """Only inside `locked`."""
        key, counter, _ = _FORM.unpack_from(self._memory, self._at)
        _FORM.pack_into(self._memory, self._at, key, counter + 1, fingerprint)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes out. Asked for without waiting, since waiting in the kernel would stop every greenlet of this
        process; after three seconds the change goes on without it (two changes at once are then one)."""
        held = self._file is not None and _take(self._file, self._at)
        try:
            yield
        finally:
            if held and self._file is not None:
                fcntl.lockf(self._file, fcntl.LOCK_UN, _FORM.size, self._at)


def _take(file: int, at: int) -> bool:
    deadline = time.monotonic() + _LOCK_SECONDS
    while time.monotonic() < deadline:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _FORM.size, at)
            return True
        except OSError:
            time.sleep(_LOCK_PAUSE)
    return False


_opening = threading.Lock()
_opened: tuple[mmap.mmap, int] | None = None


def open_slot(name: str) -> Slot:
    """The slot of `name`, the same one in every process."""
    key = hashlib.blake2b(name.encode(), digest_size=8).digest()
    try:
        memory, file = _open()
    except OSError as error:
        log.warning("no memory to share with other processes (%s): they see schema changes late", error)
        return Slot(bytearray(_FORM.size), 0, None)
    return Slot(memory, _find(memory, file, key) * _FORM.size, file)


def _open() -> tuple[mmap.mmap, int]:
    global _opened
    with _opening:
        if _opened is None:
            path = os.path.join(tempfile.gettempdir(), f"parse-shim-{os.getuid()}.classes")
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            found = os.fstat(file)
            # A file that another user put there could be cut short under us.
            if found.st_uid != os.getuid() or not stat.S_ISREG(found.st_mode):
                os.close(file)
                raise PermissionError(f"{path} belongs to somebody else")
            size = SLOTS * _FORM.size
            if found.st_size < size:
                os.ftruncate(file, size)
            _opened = mmap.mmap(file, size), file
        return _opened


def _find(memory: mmap.mmap, file: int, key: bytes) -> int:
    """The slot that holds `key`, else a free one, else the first choice: its last owner then sees changes that are none."""
    first = int.from_bytes(key, "big") % SLOTS
    whole = _take(file, 0)
    try:
        for step in range(16):
            number = (first + step) % SLOTS
            known = memory[number * _FORM.size : number * _FORM.size + 8]
            if known == key:
                return number
            if known == bytes(8):
                break
        else:
            number = first
        memory[number * _FORM.size : number * _FORM.size + 8] = key
        return number
    finally:
        if whole:
            fcntl.lockf(file, fcntl.LOCK_UN, _FORM.size, 0)
