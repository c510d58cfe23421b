"""The token that tells when a class has changed.

On one machine it is exact: a file in memory, shared by every process that uses the same database, holds a counter; reading it takes
0.2 µs. Changes from other machines (and by parse-server) come through a change stream on replica sets, typically some
milliseconds later, and by looking every five seconds on a standalone or while the stream is broken.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bson import encode
from pymongo.errors import PyMongoError

from parse_shim.errors import EngineError
from parse_shim.storage.mongo.connection import Connection
from parse_shim.storage.mongo.shared import Slot, open_slot

log = logging.getLogger(__name__)

SCHEMA = "_SCHEMA"
POLL_SECONDS = 5.0
_AWAIT_MS = 1000


class Version:
    """`read` starts the watcher of this process; `close` ends it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._slot: Slot = open_slot(connection.uri + "\0" + connection.prefix)
        self._lock = threading.Lock()
        self._watcher: _Watcher | None = None

    def read(self) -> int:
        if self._watcher is None or not self._watcher.is_alive():
            self._start()
        return self._slot.counter()

    @contextmanager
    def change(self) -> Iterator[Callable[[], None]]:
        """Around a write to `_SCHEMA`: the function given says that something was written.

        The content is remembered with the counter, so that the echo of our own write is no change."""
        written: list[bool] = []
        with self._lock, self._slot.locked():
            try:
                yield lambda: written.append(True)
            finally:
                if written:
                    self._slot.advance(self._fingerprint())

    def look(self) -> None:
        """Compare the stored classes with what is known; advance when somebody else changed them."""
        with self._lock, self._slot.locked():
            found = self._fingerprint()
            if found and self._slot.fingerprint() != found:
                self._slot.advance(found)

    def close(self) -> None:
        if self._watcher is not None:
            self._watcher.stopped.set()

    def _start(self) -> None:
        with self._lock:
            if self._watcher is None or not self._watcher.is_alive():
                self._watcher = _Watcher(self)
                self._watcher.start()

    def _fingerprint(self) -> bytes:
        """Of the stored classes; b"" when the database cannot be asked."""
        try:
            digest = hashlib.blake2b(digest_size=16)
            for raw in self._connection.collection(SCHEMA).find({}).sort("_id", 1):
                digest.update(encode(raw))
            return digest.digest()
        except PyMongoError:
            return b""


class _Watcher(threading.Thread):
    """Holds no reference to the engine while it waits: an engine that is forgotten ends its watcher."""

    def __init__(self, version: Version) -> None:
        super().__init__(name="parse-shim-schema", daemon=True)
        self._version = weakref.ref(version)
        self.stopped = threading.Event()

    def run(self) -> None:
        while (connection := self._connection()) is not None:
            try:
                if connection.supports_transactions():
                    self._follow(connection)
                else:
                    self._wait()
            except (PyMongoError, EngineError, NotImplementedError) as error:
                log.debug("the schema cannot be watched: %s", error)
                self._wait()
            del connection

    def _follow(self, connection: Connection) -> None:
        """One change stream until it breaks or the engine is closed. What changed before it began is looked up first."""
        with connection.collection(SCHEMA).watch(max_await_time_ms=_AWAIT_MS) as stream:
            self._look()
            while stream.alive and self._connection() is not None:
                if stream.try_next() is not None:
                    self._look()

    def _wait(self) -> None:
        self.stopped.wait(POLL_SECONDS)
        self._look()

    def _look(self) -> None:
        version = self._version()
        if version is not None and not self.stopped.is_set():
            version.look()

    def _connection(self) -> Connection | None:
        version = self._version()
        return None if version is None or self.stopped.is_set() else version._connection
