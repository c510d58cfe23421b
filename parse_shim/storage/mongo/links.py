"""The rows behind relation columns: collections `_Join:<field>:<Class>` of `{_id: ObjectId, owningId, relatedId}`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from parse_shim.classes.model import join_name
from parse_shim.storage.mongo.connection import Connection, Raw
from parse_shim.storage.mongo.indexes import Indexes

_AT_ONCE = 1000
_DUPLICATE = 11000


class Links:
    """Links of all classes."""

    def __init__(self, connection: Connection, indexes: Indexes) -> None:
        self._connection = connection
        self._indexes = indexes

    def link(self, class_name: str, field: str, owner_id: str, related_ids: Iterable[str]) -> None:
        name = join_name(field, class_name)
        wanted = [{"owningId": owner_id, "relatedId": one} for one in dict.fromkeys(related_ids)]
        if not wanted:
            return
        self._indexes.prepare_links(name)
        for start in range(0, len(wanted), _AT_ONCE):
            self._upsert(name, wanted[start : start + _AT_ONCE])

    def unlink(self, class_name: str, field: str, owner_id: str, related_ids: Iterable[str]) -> None:
        ids = list(dict.fromkeys(related_ids))
        if ids:
            where: Raw = {"owningId": owner_id, "relatedId": {"$in": ids}}
            self._connection.collection(join_name(field, class_name)).delete_many(where, session=self._connection.session)

    def related(self, class_name: str, field: str, owner_ids: Iterable[str]) -> list[str]:
        return self._ends(join_name(field, class_name), "owningId", owner_ids, "relatedId")

    def owners(self, class_name: str, field: str, related_ids: Iterable[str]) -> list[str]:
        return self._ends(join_name(field, class_name), "relatedId", related_ids, "owningId")

    def _upsert(self, name: str, rows: Sequence[Raw]) -> None:
        collection = self._connection.collection(name)
        session = self._connection.session
        # In order, so that the rows lie as they were linked.
        writes: list[UpdateOne] = [UpdateOne(row, {"$set": row}, upsert=True) for row in rows]
        for _ in range(len(rows)):
            try:
                collection.bulk_write(writes, ordered=True, session=session)
                return
            except BulkWriteError as error:
                # Somebody else made the very same link in this moment: it is there, the rest still has to be written.
                failed = error.details["writeErrors"][0]
                if failed["code"] != _DUPLICATE or session is not None:
                    raise
                writes = writes[failed["index"] + 1 :]
            if not writes:
                return

    def _ends(self, name: str, known: str, ids: Iterable[str], wanted: str) -> list[str]:
        ends = list(dict.fromkeys(ids))
        if not ends:
            return []
        self._indexes.prepare(name)
        condition: Raw = {known: ends[0]} if len(ends) == 1 else {known: {"$in": ends}}
        rows = self._connection.collection(name).find(
            condition, {"_id": 0, wanted: 1}, sort=[("_id", 1)], batch_size=_AT_ONCE, session=self._connection.session
        )
        return list(dict.fromkeys(row[wanted] for row in rows))
