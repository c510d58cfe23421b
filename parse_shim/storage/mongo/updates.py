"""Updates of one object that give it back: `findAndModify`, or a transaction for those of several requests that come at one moment.

MongoDB has no command that updates several objects and gives them back. Eight updates, one find and the commit cost the driver 105 µs
an update and the database 160; alone it is 230 and 550, since it keeps a copy of the object for a driver that asks again.
Whatever is odd (an object that is missing or may not be written, a value that does not fit, somebody else's write at the same
moment) ends the transaction with nothing written, and each update goes by itself.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import NamedTuple

from pymongo import ReturnDocument, UpdateOne
from pymongo.errors import AutoReconnect, NetworkTimeout, OperationFailure, ServerSelectionTimeoutError

from parse_shim.errors import TransactionConflict, Unavailable
from parse_shim.storage.mongo.connection import Connection, Raw
from parse_shim.storage.mongo.together import ALONE, Alone, Together
from parse_shim.storage.mongo.update import Operators

_FEW = 4
"""Fewer are as quick by themselves."""
_LONG_SECONDS = 0.05
"""A database so far away would keep requests waiting that it could serve beside each other."""
_REST_SECONDS = 1.0
"""A class whose group took long or did not succeed is left alone: its objects may be in dispute with other processes."""


class One(NamedTuple):
    """An update of the object `identity`."""

    identity: str
    condition: Raw
    operators: Operators


class _NotAll(Exception):
    """Some object does not exist or may not be written."""


class Updates:
    """Of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._together: Together[str, One, Raw | None] = Together(self._update, interrupted=_interrupted, in_turn=True)
        self._resting: dict[str, float] = {}
        self._under_way: Counter[tuple[str, str]] = Counter()
        self._mutex = threading.Lock()

    def update(self, class_name: str, condition: Raw, operators: Operators) -> Raw | None:
        """The document after it; None when there is none. Raises what the driver does, or an EngineError."""
        identity = condition.get("_id", {}).get("$eq")
        if type(identity) is not str or self._connection.session is not None or not self._may_group(class_name):
            return self._alone(class_name, condition, operators)
        with self._noted(class_name, identity):
            one = One(identity, condition, operators)
            return self._together.ask(class_name, one, lambda: self._alone(class_name, condition, operators))

    def _may_group(self, class_name: str) -> bool:
        return self._connection.has_transactions and self._resting.get(class_name, 0.0) < monotonic()

    @contextmanager
    def _noted(self, class_name: str, identity: str) -> Iterator[None]:
        key = class_name, identity
        with self._mutex:
            self._under_way[key] += 1
        try:
            yield
        finally:
            with self._mutex:
                self._under_way[key] -= 1
                if not self._under_way[key]:
                    del self._under_way[key]

    def _alone(self, class_name: str, condition: Raw, operators: Operators) -> Raw | None:
        return self._connection.collection(class_name).find_one_and_update(
            condition, operators, return_document=ReturnDocument.AFTER, session=self._connection.session
        )

    def _update(self, class_name: str, ones: Sequence[One]) -> Sequence[Raw | Exception | Alone | None]:
        # Two updates of one object would be in each other's way, and who counts up wants each number.
        apart = {one.identity: one for one in ones if self._under_way[class_name, one.identity] == 1}
        if len(apart) < _FEW:
            return [ALONE] * len(ones)
        began = monotonic()
        found: dict[str, Raw] = {}
        try:
            found = self._transaction(class_name, list(apart.values()))
        except (NetworkTimeout, ServerSelectionTimeoutError):
            raise
        except (_NotAll, OperationFailure, TransactionConflict, AutoReconnect):
            pass  # Nothing is written: when the commit gets lost, `transaction` raises Unavailable.
        if not found or monotonic() - began > _LONG_SECONDS:
            self._resting[class_name] = monotonic() + _REST_SECONDS
        return [found.get(one.identity, ALONE) if one.identity in apart else ALONE for one in ones]

    def _transaction(self, class_name: str, ones: Sequence[One]) -> dict[str, Raw]:
        """The documents after the updates, by id."""
        collection = self._connection.collection(class_name)
        with self._connection.transaction():
            session = self._connection.session
            writes = [UpdateOne(one.condition, one.operators) for one in ones]
            if collection.bulk_write(writes, ordered=False, session=session).matched_count != len(ones):
                raise _NotAll
            rows = collection.find({"_id": {"$in": [one.identity for one in ones]}}, session=session)
            return {row["_id"]: row for row in rows}


def _interrupted() -> Exception:
    return Unavailable("the write was interrupted")
