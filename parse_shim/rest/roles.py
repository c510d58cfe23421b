"""Which roles a user holds. Source: contract/03, section 6.

A user holds role R if it is in R.users, or holds a role that is in R.roles, at any depth. The answer is cached per user;
any write to `_Role` or its relations calls `core.cache.forget_roles()`.
"""

from __future__ import annotations

from parse_shim.query.ast import In
from parse_shim.query.options import FindOptions
from parse_shim.rest.cache import ROLES
from parse_shim.rest.core import Core
from parse_shim.rest.engine_errors import translated
from parse_shim.values.types import Value

_NAMES = FindOptions(keys=frozenset({"name"}))


def roles_of(core: Core, user_id: str) -> tuple[str, ...]:
    """("role:A", "role:B", ...), sorted."""
    known: tuple[str, ...] | None = core.cache.get("r:" + user_id)
    if known is None:
        ticket = core.cache.ticket()
        with translated("_Role"):
            known = _read(core, user_id)
        core.cache.put("r:" + user_id, known, ROLES, ticket)
    return known


def _read(core: Core, user_id: str) -> tuple[str, ...]:
    """Level by level. Links of a role that was deleted stay in the store: they lead nowhere."""
    cls = core.classes.get_or_empty("_Role")
    names: dict[str, Value] = {}
    fresh = set(core.engine.owner_ids("_Role", "users", [user_id]))
    while fresh:
        found = core.engine.find(cls, In("objectId", tuple(sorted(fresh))), _NAMES)
        level = {role["objectId"]: role.get("name") for role in found}
        names |= level
        fresh = set(core.engine.owner_ids("_Role", "roles", sorted(level))) - names.keys() if level else set()
    return tuple(sorted(f"role:{name}" for name in names.values() if isinstance(name, str)))
