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
    engine = core.engine
    fresh = set(engine.owner_ids("_Role", "users", [user_id]))
    held: set[str] = set()
    while fresh:
        held |= fresh
        fresh = set(engine.owner_ids("_Role", "roles", sorted(fresh))) - held
    if not held:
        return ()
    found = engine.find(core.classes.get_or_empty("_Role"), In("objectId", tuple(sorted(held))), _NAMES)
    return tuple(sorted(f"role:{role['name']}" for role in found if isinstance(role.get("name"), str)))
