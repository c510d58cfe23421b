"""Locks in the store: rows of a closed class, one a key, with an owner and an expiry. For cloud code (sdk/lock.py) and our own timers.

Taking is one insert or one conditional update, so that any number of processes and machines agree on who has it.
"""

from __future__ import annotations

from datetime import timedelta

from parse_shim.classes.model import DATE, STRING, ClassDef
from parse_shim.classes.rights import Permissions
from parse_shim.errors import DuplicateKey
from parse_shim.ids import now
from parse_shim.query.ast import And, Compare, Eq, Or
from parse_shim.rest.core import Core
from parse_shim.rest.engine_errors import translated
from parse_shim.update.ops import Set, Update
from parse_shim.values.types import Doc

COLUMNS = {"owner": STRING, "expiresAt": DATE}


def take(core: Core, class_name: str, key: str, owner: str, seconds: float) -> bool:
    """`owner` has the lock `key` for `seconds` from now: it was free, expired, or its own. False: somebody else's."""
    cls = _class(core, class_name)
    moment = now()
    until = moment + timedelta(seconds=seconds)
    with translated(class_name):
        try:
            core.engine.insert(
                cls, {"objectId": key, "createdAt": moment, "updatedAt": moment, "owner": owner, "expiresAt": until}
            )
        except DuplicateKey:
            free = Or((Eq("owner", owner), Compare("expiresAt", "lte", moment)))
            change: Update = {"owner": Set(owner), "expiresAt": Set(until), "updatedAt": Set(moment)}
            return core.engine.update(cls, And((Eq("objectId", key), free)), change) is not None
    return True


def holder(core: Core, class_name: str, key: str) -> str | None:
    """Who has the lock now; None when nobody does or it has expired."""
    row = _row(core, class_name, key)
    return row["owner"] if row and row["expiresAt"] > now() else None


def drop(core: Core, class_name: str, key: str, owner: str) -> bool:
    """Give the lock back; False when `owner` does not have it."""
    with translated(class_name):
        return core.engine.delete(_class(core, class_name), And((Eq("objectId", key), Eq("owner", owner)))) > 0


def _row(core: Core, class_name: str, key: str) -> Doc | None:
    with translated(class_name):
        found = core.engine.find(_class(core, class_name), Eq("objectId", key))
    return found[0] if found else None


def _class(core: Core, class_name: str) -> ClassDef:
    known = core.classes.get(class_name)
    if known is None or not COLUMNS.keys() <= known.fields.keys():
        # Closed: a lock that clients could delete would be none.
        fields = {**core.classes.get_or_empty(class_name).fields, **COLUMNS}
        known = core.classes.save(ClassDef(class_name, fields, Permissions()))
    return known
