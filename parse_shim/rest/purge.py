"""DELETE /purge/:class: every object of a class away, the class stays. No hooks, no LiveQuery. Source: contract/11, section 8."""

from __future__ import annotations

from parse_shim.classes.system import can_hold_objects
from parse_shim.query.ast import EVERYTHING
from parse_shim.rest.core import Context
from parse_shim.rest.engine_errors import translated

CACHED = frozenset({"_User", "_Session", "_Role"})


def purge(ctx: Context, class_name: str) -> None:
    """For the master key, which the caller has checked. An unknown class is empty already. Raises Denied 119 for the read-only key."""
    ctx.auth.require_writer("purge a schema")
    core = ctx.core
    if not can_hold_objects(class_name):
        return
    with translated(class_name):
        core.engine.delete(core.classes.get_or_empty(class_name), EVERYTHING)
    if class_name in CACHED:
        core.cache.clear()
