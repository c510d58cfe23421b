"""Sessions, users and roles for a few seconds, with exact invalidation across the worker processes of one machine.

An entry is valid while its *tag* (a user id, `roles`) was not forgotten and its time has not passed. What was forgotten is told by a
table of random numbers, one slot for many tags, which all workers map into their memory: a look costs 0.2 µs and no system call, and a
logout, a password change or a write to `_Role` takes effect in every worker before its answer is sent. Two tags in one slot only forget
too much. Servers on other machines and hands in the database are seen after `ttl_seconds` (cacheTTL, 5 s), as contract/00 section 7 allows.
"""

from __future__ import annotations

import mmap
import os
import secrets
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

from parse_shim.ids import timestamp

SLOTS = 4096
SLOT_BYTES = 8
ROLES = "roles"


class Slots:
    """The table. `Slots(None)` belongs to this process, `Slots(path)` to all processes that name the same file."""

    def __init__(self, path: Path | None) -> None:
        self._map = _open(path)
        self._numbers = memoryview(self._map).cast("Q")

    def __getitem__(self, slot: int) -> int:
        return self._numbers[slot]

    def change(self, slot: int) -> None:
        # Aligned eight bytes are written at once; a random number cannot be taken for an older one.
        self._numbers[slot] = secrets.randbits(64)


class Cache:
    """A bounded map. A miss is filled in three steps, so that nothing is kept that was forgotten while it was being read:

    ticket = cache.ticket(); value = <read the store>; cache.put(key, value, tag, ticket)
    """

    def __init__(self, ttl_seconds: float, size: int, slots: Slots | None = None) -> None:
        self._ttl = ttl_seconds
        self._size = size
        self._slots = slots or Slots(None)
        self._entries: OrderedDict[str, tuple[Any, int, int, int, float]] = OrderedDict()

    def get(self, key: str) -> Any:
        """The value, None when there is none. Values are shared: a receiver that changes one copies it first."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        value, slot, number, everything, since = entry
        if self._slots[slot] == number and self._slots[0] == everything and since <= timestamp() < since + self._ttl:
            return value
        self._entries.pop(key, None)
        return None

    def ticket(self) -> tuple[int, int, float]:
        """Taken before reading the store."""
        return self._slots[1], self._slots[0], timestamp()

    def put(self, key: str, value: Any, tag: str, ticket: tuple[int, int, float]) -> None:
        """Keep `value`, read after `ticket`, unless anything was forgotten since."""
        if not self._ttl or not self._size:
            return
        slot = _slot(tag)
        number = self._slots[slot]
        # `forget` changes slot 1 before the tag's: an unchanged slot 1 says that `number` is older than any reading of the store.
        if (self._slots[1], self._slots[0]) != ticket[:2]:
            return
        self._entries[key] = (value, slot, number, ticket[1], ticket[2])
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def forget(self, tag: str) -> None:
        """After a write took effect, before its answer is sent: entries of `tag` are gone, in all workers."""
        self._slots.change(1)
        self._slots.change(_slot(tag))

    def forget_user(self, user_id: str) -> None:
        """The user changed, or any of its sessions went."""
        self.forget("user:" + user_id)

    def forget_roles(self) -> None:
        """Any write to `_Role` or to its relations."""
        self.forget(ROLES)

    def clear(self) -> None:
        """Everything, in all workers (purge, reset)."""
        self._slots.change(1)
        self._slots.change(0)
        self._entries.clear()


def _slot(tag: str) -> int:
    return 2 + zlib.crc32(tag.encode("utf-8", "surrogatepass")) % (SLOTS - 2)


def _open(path: Path | None) -> mmap.mmap:
    if path is None:
        return mmap.mmap(-1, SLOTS * SLOT_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.fstat(handle).st_size < SLOTS * SLOT_BYTES:
            os.ftruncate(handle, SLOTS * SLOT_BYTES)
        return mmap.mmap(handle, SLOTS * SLOT_BYTES)
    finally:
        os.close(handle)
