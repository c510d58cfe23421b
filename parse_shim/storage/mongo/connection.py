"""The connection: one MongoClient per process, made at the first use, with limits so that nothing waits for ever."""

from __future__ import annotations

import logging
import os
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qsl

from pymongo import MongoClient, ReadPreference, WriteConcern, common
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from parse_shim.errors import Refused
from parse_shim.storage.mongo.errors import translate, translated

Raw = dict[str, Any]

log = logging.getLogger(__name__)

DEFAULT_TIMEOUT_MS = 3000
DEFAULT_MAX_TIME_MS = 20_000
_SOCKET_MARGIN_MS = 5000
_COMMIT_TRIES = 3

READ_PREFERENCES: Mapping[str, Any] = {
    "PRIMARY": ReadPreference.PRIMARY,
    "PRIMARY_PREFERRED": ReadPreference.PRIMARY_PREFERRED,
    "SECONDARY": ReadPreference.SECONDARY,
    "SECONDARY_PREFERRED": ReadPreference.SECONDARY_PREFERRED,
    "NEAREST": ReadPreference.NEAREST,
}


class Connection:
    """Collections of one database. A child process starts without a client and makes its own."""

    def __init__(
        self,
        uri: str,
        *,
        prefix: str = "",
        timeout_ms: int = DEFAULT_TIMEOUT_MS,
        max_time_ms: int | None = None,
        driver: Mapping[str, Any] | None = None,
        make_client: Callable[..., Any] = MongoClient,
    ) -> None:
        self.uri = uri
        self.prefix = prefix
        self.max_time_ms = max_time_ms or DEFAULT_MAX_TIME_MS
        self._options = client_options(uri, timeout_ms, self.max_time_ms, known_options(driver or {}))
        if make_client is MongoClient:
            check_options(uri, self._options)
        self._make_client = make_client
        self._lock = threading.Lock()
        self._client: Any = None
        self._left_behind: list[Any] = []
        self._collections: dict[str, Collection[Raw]] = {}
        self._transactions: bool | None = None
        self._session: ContextVar[ClientSession | None] = ContextVar("session", default=None)
        self._after_commit: ContextVar[list[Callable[[], None]] | None] = ContextVar("after_commit", default=None)
        _CONNECTIONS.add(self)

    @property
    def client(self) -> MongoClient[Raw]:
        if self._client is None:
            with self._lock:
                if self._client is None:
                    self._client = self._make_client(self.uri, **self._options)
        return self._client  # type: ignore[no-any-return]

    @property
    def database(self) -> Database[Raw]:
        """The one that the URI names; `test` without a name, as all drivers have it."""
        return self.client.get_default_database("test")

    def collection(self, name: str) -> Collection[Raw]:
        """The collection of class `name` (the prefix is added here)."""
        found = self._collections.get(name)
        if found is None:
            found = self._collections[name] = self.database.get_collection(self.prefix + name)
        return found

    def reading(self, name: str, preference: str | None) -> Collection[Raw]:
        """The collection with a read preference; inside a transaction only the primary may be asked."""
        wanted = READ_PREFERENCES.get(preference or "")
        found = self.collection(name)
        return found if wanted is None or self.session else found.with_options(read_preference=wanted)

    def names(self) -> list[str]:
        """Collections of ours, without the prefix."""
        found = self.database.list_collection_names(filter={"type": "collection"})
        size = len(self.prefix)
        return [name[size:] for name in found if name.startswith(self.prefix) and not name[size:].startswith("system.")]

    def exists(self, name: str) -> bool:
        return bool(self.database.list_collection_names(filter={"name": self.prefix + name}))

    # -- transactions -------------------------------------------------------------------------------------------------

    @property
    def session(self) -> ClientSession | None:
        """The session of the transaction that this thread or greenlet is in."""
        return self._session.get()

    def supports_transactions(self) -> bool:
        """A replica set or a mongos. A standalone has none."""
        if self._transactions is None:
            hello = self.client.admin.command("hello")
            self._transactions = "setName" in hello or hello.get("msg") == "isdbgrid"
        return self._transactions

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All calls inside go through one session. A transaction inside a transaction is part of the outer one."""
        if self.session is not None:
            yield
            return
        with translated():
            if not self.supports_transactions():
                raise Refused("Transactions need a MongoDB replica set.")
            session = self.client.start_session()
            session.start_transaction(read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority", j=True))
        marks = self._session.set(session), self._after_commit.set([])
        later: list[Callable[[], None]] = []
        try:
            yield
            _commit(session)
            later = self._after_commit.get() or []
        finally:
            self._session.reset(marks[0])
            self._after_commit.reset(marks[1])
            session.end_session()  # aborts what was not committed
        for work in later:
            work()

    def outside(self, work: Callable[[], None]) -> None:
        """Do `work` now, or after the transaction: making an index inside would wait for the transaction's own lock."""
        waiting = self._after_commit.get()
        if waiting is None:
            work()
        else:
            waiting.append(work)

    # -- life ---------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._forget()

    def _forget(self) -> None:
        self._client, self._collections, self._transactions = None, {}, None

    def _after_fork(self) -> None:
        # Kept, not closed: its sockets belong to the parent, and pymongo warns about a client that is thrown away.
        self._left_behind.append(self._client)
        self._lock = threading.Lock()
        self._forget()


_CONNECTIONS: weakref.WeakSet[Connection] = weakref.WeakSet()


def _forked() -> None:
    for connection in _CONNECTIONS:
        connection._after_fork()


os.register_at_fork(after_in_child=_forked)


def client_options(uri: str, timeout_ms: int, max_time_ms: int, driver: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments for MongoClient. What the URI or `driver` says wins over our defaults.

    Majority and journal: an acknowledged write survives a failover and a kill. Selecting a server must leave time to answer
    within `timeout_ms`; a socket may be silent a little longer than the longest query."""
    select = max(200, timeout_ms - 500)
    ours: dict[str, Any] = {
        "serverSelectionTimeoutMS": select,
        "connectTimeoutMS": select,
        "waitQueueTimeoutMS": select,
        "socketTimeoutMS": max_time_ms + _SOCKET_MARGIN_MS,
        "w": "majority",
        "journal": True,
        "appname": "parse-shim",
        # Dates that Python cannot hold become the nearest one it can, instead of an error in the middle of a result.
        "datetime_conversion": "DATETIME_CLAMP",
    }
    given = {key.lower() for key, _ in parse_qsl(uri.partition("?")[2])} | {key.lower() for key in driver}
    aliases = {"journal": "j"}
    if {"w", "writeconcern"} & given:
        given |= {"w", "journal"}
    return {
        **{key: value for key, value in ours.items() if not {key.lower(), aliases.get(key, key).lower()} & given},
        **driver,
    }


def known_options(driver: Mapping[str, Any]) -> dict[str, Any]:
    """Without options that only the Node driver has; each is named in the log."""
    known = {name.lower() for name in common.VALIDATORS}
    for name in driver:
        if name.lower() not in known:
            log.warning("databaseOptions.%s is not an option of the Python driver and is left out", name)
    return {name: value for name, value in driver.items() if name.lower() in known}


def check_options(uri: str, options: Mapping[str, Any]) -> None:
    """Say at start what is wrong with a URI or an option, not at the first query. Raises ValueError."""
    if uri.startswith("mongodb+srv:"):
        return  # needs an answer of the name server, which may come later
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            MongoClient(uri, **{**options, "connect": False}).close()
        except (PyMongoError, TypeError, ValueError, UserWarning) as error:
            raise ValueError(f"databaseURI or databaseOptions: {error}") from error


def _commit(session: ClientSession) -> None:
    """Commit; an answer that got lost is asked for again, which cannot commit twice."""
    for attempt in range(1, _COMMIT_TRIES + 1):
        try:
            session.commit_transaction()
            return
        except PyMongoError as error:
            if attempt == _COMMIT_TRIES or not error.has_error_label("UnknownTransactionCommitResult"):
                raise translate(error) from error
