"""Changes on their way between the processes of one machine that serve one database: a UNIX socket each, in one folder.

No service is needed, and nothing is stored: a change that cannot be handed over is lost for the live queries of that process,
as on Redis. Several machines are beyond it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import queue
import socket
import stat
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from parse_shim.events import Change
from parse_shim.settings import Settings
from parse_shim.values.codec import decode_column, dumps, loads
from parse_shim.values.types import Doc

log = logging.getLogger("parse_shim.livequery")

MOST_WAITING = 10_000
"""Changes that may wait to be handed over; further ones are dropped."""
PATIENCE = 5.0
"""Seconds another process may take for one change."""
_HEAD = struct.Struct("!I")


class Relay:
    """`send` hands a change to all other processes, `deliver` gets theirs. Raises OSError when there is no way to listen."""

    def __init__(self, settings: Settings, deliver: Callable[[Change], None], folder: Path | None = None) -> None:
        self.folder = folder or folder_of(settings)
        self._deliver = deliver
        self._peers: dict[str, socket.socket] = {}
        self._changes: queue.Queue[Change | None] = queue.Queue(MOST_WAITING)
        self._closed = False
        self.path = self.folder / f"{os.getpid()}-{token_hex(4)}"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self._listener.listen(64)
        for work in (self._listen, self._spread):
            threading.Thread(target=work, name="LiveQuery relay", daemon=True).start()

    def send(self, change: Change) -> None:
        """Waits for nobody, but lets the handing over begin: it is mostly done before the client hears of its write."""
        try:
            self._changes.put_nowait(change)
        except queue.Full:
            log.warning("too many changes wait for the other workers: one of %s is dropped", change.class_name)
        time.sleep(0)

    def close(self) -> None:
        self._closed = True
        with suppress(OSError):
            self.path.unlink()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with suppress(queue.Full):
            self._changes.put_nowait(None)

    # -- out --------------------------------------------------------------------------------------------------------------

    def _spread(self) -> None:
        while (change := self._changes.get()) is not None:
            try:
                self._hand_over(change)
            except Exception:
                log.exception("a change of %s was not handed to the other workers", change.class_name)
        for peer in self._peers.values():
            peer.close()

    def _hand_over(self, change: Change) -> None:
        names = {name for name in os.listdir(self.folder) if name != self.path.name}
        for gone in self._peers.keys() - names:
            self._peers.pop(gone).close()
        if not names:
            return
        data = encoded(change)
        frame = _HEAD.pack(len(data)) + data
        for name in names:
            try:
                self._peer(name).sendall(frame)
            except OSError as error:
                self._lose(name, error)

    def _peer(self, name: str) -> socket.socket:
        peer = self._peers.get(name)
        if peer is None:
            peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            peer.settimeout(PATIENCE)
            self._peers[name] = peer
            peer.connect(str(self.folder / name))
        return peer

    def _lose(self, name: str, error: OSError) -> None:
        self._peers.pop(name).close()
        if isinstance(error, ConnectionRefusedError):  # a process that was killed leaves its file behind
            with suppress(OSError):
                (self.folder / name).unlink()
        elif not isinstance(error, FileNotFoundError | BrokenPipeError | ConnectionResetError):
            log.warning("a change was not handed to another worker: %s", error)

    # -- in ---------------------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        while not self._closed:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._read, args=(peer,), name="LiveQuery relay", daemon=True).start()

    def _read(self, peer: socket.socket) -> None:
        with peer, suppress(OSError, EOFError):
            while not self._closed:
                (size,) = _HEAD.unpack(_exactly(peer, _HEAD.size))
                data = _exactly(peer, size)
                try:
                    self._deliver(decoded(data))
                except Exception:
                    log.exception("a change of another worker was not understood")


def folder_of(settings: Settings) -> Path:
    """The same for all processes of this user that serve the database, and for nobody else. Raises OSError."""
    name = f"{os.path.realpath(settings.database_uri.partition('://')[2].removeprefix('/'))} {settings.database_uri}"
    name += f" {settings.collection_prefix} {settings.app_id}"
    folder = Path(tempfile.gettempdir()) / f"parse-shim-{os.getuid()}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} is not a folder of this user alone")
    return folder


def encoded(change: Change) -> bytes:
    """A change as text: objects in their wire form."""
    found = {"className": change.class_name, "before": change.before, "after": change.after}
    try:
        return dumps({**found, "context": change.context})
    except TypeError:  # a hook may keep anything in its context
        return dumps({**found, "context": None})


def decoded(data: bytes) -> Change:
    found: Any = loads(data)
    return Change(found["className"], _doc(found["before"]), _doc(found["after"]), found["context"])


def _doc(found: Mapping[str, Any] | None) -> Doc | None:
    return None if found is None else {name: decode_column(value) for name, value in found.items()}


def _exactly(peer: socket.socket, size: int) -> bytes:
    """Raises EOFError when the other side has closed."""
    parts = []
    while size:
        part = peer.recv(min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
