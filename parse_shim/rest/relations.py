"""Relation columns on their way into the store: the object's row holds nothing, the links lie in a join collection."""

from __future__ import annotations

from parse_shim.rest.core import Core
from parse_shim.update.ops import Relate, Update


def links(update: Update) -> dict[str, Relate]:
    """The relation operations among `update`."""
    return {name: op for name, op in update.items() if isinstance(op, Relate)}


def without_links(update: Update) -> Update:
    """What engines may see."""
    return {name: op for name, op in update.items() if not isinstance(op, Relate)}


def carry_out(core: Core, class_name: str, object_id: str, wanted: dict[str, Relate]) -> None:
    """Add and remove links of one object. Repeats and absent ones are ignored."""
    for field, op in wanted.items():
        if op.add:
            core.engine.link(class_name, field, object_id, op.add)
        if op.remove:
            core.engine.unlink(class_name, field, object_id, op.remove)
    if class_name == "_Role":
        core.cache.forget_roles()
