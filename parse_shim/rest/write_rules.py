"""Which classes have rules of their own for writes, and at which steps of write.py they are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from parse_shim.errors import ObjectNotFound, ParseError
from parse_shim.rest import installations, sessions, users
from parse_shim.rest.write_state import Write, Written


def _nothing(_write: Write) -> None:
    return None


def _not_found(_write: Write) -> ParseError:
    return ObjectNotFound()


@dataclass(frozen=True, slots=True)
class Rules:
    """`prepare`: before hooks; may answer the whole request. `finish`: after hooks and type checks. `stored`: once stored.
    `not_found`: the error of an update that matches nothing. `together`: before a transaction, what else is stored in it."""

    prepare: Callable[[Write], Written | None] = _nothing
    finish: Callable[[Write], None] = _nothing
    stored: Callable[[Write], None] = _nothing
    not_found: Callable[[Write], ParseError] = _not_found
    together: Callable[[Write], None] = _nothing


def _role_stored(write: Write) -> None:
    write.ctx.core.cache.forget_roles()


PLAIN = Rules()
RULES: Mapping[str, Rules] = {
    "_User": Rules(users.prepare, users.finish, users.stored, users.not_found, users.together),
    "_Session": Rules(sessions.prepare, stored=sessions.stored),
    "_Installation": Rules(installations.prepare, not_found=installations.not_found),
    "_Role": Rules(stored=_role_stored),
}


def rules_of(class_name: str) -> Rules:
    if class_name[:1] != "_":
        return PLAIN
    return RULES["_Role"] if is_role_link(class_name) else RULES.get(class_name, PLAIN)


def is_role_link(class_name: str) -> bool:
    """A row of such a class (written by the master key) gives or takes rights."""
    return class_name.startswith("_Join:") and class_name.endswith(":_Role")
