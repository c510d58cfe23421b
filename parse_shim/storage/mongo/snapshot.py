"""Every document of the database, and back: what the emulator's `reset` is made of."""

from __future__ import annotations

from collections.abc import Mapping

from pymongo import WriteConcern

from parse_shim.storage.mongo.connection import Connection, Raw

State = Mapping[str, list[Raw]]
"""Documents by class name (without the prefix). Indexes are no part of it."""

AT_ONCE = WriteConcern(w=1)
"""Waiting for the journal would cost 10 ms a collection; a state that an emulator lost is made again."""


def snapshot(connection: Connection) -> State:
    """All that is stored now."""
    found = {name: list(connection.collection(name).find({})) for name in connection.names()}
    return {name: documents for name, documents in found.items() if documents}


def fill(connection: Connection, state: State) -> None:
    """Write the documents of `state` into collections that are empty."""
    for name, documents in state.items():
        connection.collection(name).with_options(write_concern=AT_ONCE).insert_many(documents)
