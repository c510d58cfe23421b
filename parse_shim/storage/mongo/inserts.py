"""Many new documents in one command."""

from __future__ import annotations

from collections.abc import Sequence

from pymongo.errors import BulkWriteError, OperationFailure

from parse_shim.errors import EngineError, Unavailable
from parse_shim.storage.mongo.connection import Connection, Raw
from parse_shim.storage.mongo.errors import translate


def insert_all(connection: Connection, class_name: str, raws: Sequence[Raw]) -> list[EngineError | None]:
    """The error of each document, None for one that is stored. The database takes them one by one, in their order."""
    outcomes: list[EngineError | None] = [None] * len(raws)
    try:
        connection.collection(class_name).insert_many(list(raws), ordered=False, session=connection.session)
    except BulkWriteError as error:
        details = error.details
        if details.get("writeConcernErrors"):
            raise Unavailable(str(details["writeConcernErrors"][0].get("errmsg", ""))) from error
        for one in details.get("writeErrors", ()):
            outcomes[one["index"]] = _outcome(OperationFailure(one.get("errmsg", ""), one.get("code"), one))
    return outcomes


def _outcome(error: OperationFailure) -> EngineError:
    found = translate(error)
    return found if isinstance(found, EngineError) else Unavailable(str(found))
