"""Sessions, users and roles for a few seconds, with exact invalidation in every process on the machine that uses the same database.

An entry is valid while its *tag* (`user:ID`, `roles`) was not forgotten and its time has not passed. What was forgotten is told by a
table of random numbers, one slot for many tags, which all these processes map into their memory: a look costs 0.2 µs and no system
call, and a logout, a password change or a write to `_Role` counts in every worker before its answer is sent. Two tags in one slot
only forget too much. Servers on other machines, and hands in the database, are seen after `ttl_seconds` (cacheTTL, 5 s), as
contract/00, section 7 allows.
"""

from __future__ import annotations

import mmap
import os
import secrets
import stat
import tempfile
import zlib
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from parse_shim.ids import timestamp

SLOTS = 8192
SLOT_BYTES = 8
ROLES = "roles"
Ticket = tuple[int, int, float]


class Slots:
    """The table, as one database uses it. `name`: the database; several may share a table."""

    def __init__(self, memory: mmap.mmap, name: str) -> None:
        self._numbers = memoryview(memory).cast("Q")
        self._start = zlib.crc32(name.encode("utf-8", "surrogatepass"))
        self.everything = self.of("")
        self.anything = self.of("\0")

    def of(self, tag: str) -> int:
        return zlib.crc32(tag.encode("utf-8", "surrogatepass"), self._start) % SLOTS

    def __getitem__(self, slot: int) -> int:
        return self._numbers[slot]

    def change(self, slot: int) -> None:
        # Eight aligned bytes are written at once; a random number cannot be taken for an older one.
        self._numbers[slot] = secrets.randbits(64)


def private_slots() -> Slots:
    """For a database that only this process can see."""
    return Slots(mmap.mmap(-1, SLOTS * SLOT_BYTES), "")


def shared_slots(name: str, folder: str | None = None) -> Slots:
    """For the database `name`, seen by all processes of this user. Raises OSError when nothing can be shared."""
    return Slots(_shared_memory(folder or tempfile.gettempdir()), name)


class Cache:
    """A bounded map. A miss is filled in three steps, so that nothing is kept that was forgotten while it was being read:

    ticket = cache.ticket(); value = <read the store>; cache.put(key, value, tag, ticket)
    """

    def __init__(self, ttl_seconds: float, size: int, slots: Slots | None = None) -> None:
        self._ttl = ttl_seconds
        self._size = size
        self._slots = slots or private_slots()
        self._entries: OrderedDict[str, tuple[Any, int, int, int, float]] = OrderedDict()

    def get(self, key: str) -> Any:
        """The value, None when there is none. Values are shared: a receiver that changes one copies it first."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        value, slot, number, everything, since = entry
        slots = self._slots
        unforgotten = slots[slot] == number and slots[slots.everything] == everything
        if unforgotten and since <= timestamp() < since + self._ttl:
            return value
        self._entries.pop(key, None)
        return None

    def ticket(self) -> Ticket:
        """Taken before reading the store."""
        slots = self._slots
        return slots[slots.anything], slots[slots.everything], timestamp()

    def put(self, key: str, value: Any, tag: str, ticket: Ticket) -> None:
        """Keep `value`, read after `ticket`, unless anything was forgotten since."""
        if self._ttl <= 0 or self._size <= 0:
            return
        slots = self._slots
        slot = slots.of(tag)
        number = slots[slot]
        # `forget` changes `anything` before the tag's slot: if that is unchanged, `number` is older than any reading of the store.
        if (slots[slots.anything], slots[slots.everything]) != ticket[:2]:
            return
        self._entries[key] = (value, slot, number, ticket[1], ticket[2])
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def forget(self, tag: str) -> None:
        """After a write took effect, before its answer is sent: entries of `tag` are gone, in all processes."""
        self._slots.change(self._slots.anything)
        self._slots.change(self._slots.of(tag))

    def watch(self, tag: str) -> Callable[[], int]:
        """What tells a number that is another one as soon as `tag` was forgotten, in whatever process of this machine."""
        slots, slot = self._slots, self._slots.of(tag)
        return lambda: slots[slot]

    def forget_user(self, user_id: str) -> None:
        """The user changed, or any of its sessions went."""
        self.forget("user:" + user_id)

    def forget_roles(self) -> None:
        """Any write to `_Role` or to its relations."""
        self.forget(ROLES)

    def clear(self) -> None:
        """Everything, in all processes (purge, reset)."""
        self._slots.change(self._slots.anything)
        self._slots.change(self._slots.everything)
        self._entries.clear()


@lru_cache(maxsize=8)
def _shared_memory(folder: str) -> mmap.mmap:
    path = Path(folder) / f"parse-shim-{os.getuid()}.cache"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        found = os.fstat(handle)
        # A file that another user put there could be cut short under us, or tell lies.
        if found.st_uid != os.getuid() or not stat.S_ISREG(found.st_mode):
            raise PermissionError(f"{path} belongs to somebody else")
        if found.st_size < SLOTS * SLOT_BYTES:
            os.ftruncate(handle, SLOTS * SLOT_BYTES)
        return mmap.mmap(handle, SLOTS * SLOT_BYTES)
    finally:
        os.close(handle)
