"""`/batch` with `"transaction": true`: all of it, or nothing (contract/01, section 11).

All hooks and checks run first, then the writes alone inside one transaction of the store, then the after-hooks: SQLite holds its
write lock during a transaction, so nothing may wait there. A write of the batch therefore does not see the ones before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from parse_shim.errors import TransactionConflict
from parse_shim.rest import delete, write
from parse_shim.rest.core import Context
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.write_state import Write, Written
from parse_shim.update.ops import Update
from parse_shim.values.types import Json

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Item:
    """One write of the batch. `body` for REST, `update` for cloud code. `object_id` None: create."""

    method: Literal["create", "update", "delete"]
    class_name: str
    object_id: str | None = None
    body: Json = None
    update: Update | None = None


@dataclass(slots=True)
class _Step:
    """A write or delete, and its answer once there is one."""

    work: Write | delete.Delete
    written: Written | None = None


def transaction(ctx: Context, items: Sequence[Item]) -> list[Written | None]:
    """Carry out all items or none, in their order; None for a delete. Raises the error of the first item that fails."""
    steps = [_Step(_open(ctx, item)) for item in items]
    try:
        for step in steps:
            _stage(step)
        _store(ctx, steps)
    except BaseException:
        for step in steps:
            if isinstance(step.work, Write):
                write.abandon(step.work)
        raise
    for step in steps:
        _finish(step)
    return [step.written for step in steps]


def _open(ctx: Context, item: Item) -> Write | delete.Delete:
    if item.method == "delete":
        return delete.open_delete(ctx, item.class_name, item.object_id or "")
    if item.update is not None:
        return write.open_update_of(ctx, item.class_name, item.object_id, item.update)
    if item.method == "create":
        return write.open_create(ctx, item.class_name, item.body)
    return write.open_update(ctx, item.class_name, item.object_id or "", item.body)


def _stage(step: _Step) -> None:
    if isinstance(step.work, Write):
        step.written = write.stage(step.work)
    else:
        delete.stage(step.work)


def _store(ctx: Context, steps: Sequence[_Step]) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with translated(), ctx.core.engine.transaction():
                for step in steps:
                    _store_one(step)
            return
        except Exception as error:
            if attempt == ATTEMPTS or not isinstance(error.__cause__, TransactionConflict):
                raise


def _store_one(step: _Step) -> None:
    if isinstance(step.work, delete.Delete):
        delete.store(step.work)
    elif step.written is None:
        write.store(step.work)


def _finish(step: _Step) -> None:
    if isinstance(step.work, delete.Delete):
        delete.finish(step.work)
    elif step.written is None:
        step.written = write.finish(step.work)
