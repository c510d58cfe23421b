"""Class-level permissions as schemas/ write them: `Permissions(find=PUBLIC, update=named_in("owner"))`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PUBLIC = "*"
"""Everybody, logged in or not."""
USERS = "requiresAuthentication"
"""Any logged-in user."""
NOBODY: tuple[str, ...] = ()
"""The master key only."""


@dataclass(frozen=True, slots=True)
class named_in:
    """Users whom the object names in one of these columns: `update=named_in("owner")`."""

    fields: tuple[str, ...]

    def __init__(self, *fields: str) -> None:
        object.__setattr__(self, "fields", fields)


Who = str | named_in | Iterable["str | named_in"]


def Permissions(
    *,
    find: Who = NOBODY,
    get: Who | None = None,
    count: Who | None = None,
    create: Who = NOBODY,
    update: Who = NOBODY,
    delete: Who = NOBODY,
    add_field: Who = NOBODY,
    protected_fields: Mapping[str, Iterable[str]] | None = None,
    acl: Mapping[str, Mapping[str, bool]] | None = None,
) -> dict[str, Any]:
    """A class-level permissions map in REST form. What is not named is for the master key only; `get` and `count`
    follow `find`.

    Each of them takes PUBLIC, USERS, NOBODY, a user id, "role:Name", named_in(columns), or a list of these.
    `protected_fields`: {"*": [columns hidden from all]}. `acl`: the ACL of new objects ("currentUser" may stand for
    the maker).
    """
    rules = {
        "find": find,
        "get": find if get is None else get,
        "count": find if count is None else count,
        "create": create,
        "update": update,
        "delete": delete,
        "addField": add_field,
    }
    out: dict[str, Any] = {name: _rule(who) for name, who in rules.items()}
    out["protectedFields"] = {who: list(names) for who, names in (protected_fields or {"*": ()}).items()}
    if acl is not None:
        out["ACL"] = {who: dict(flags) for who, flags in acl.items()}
    return out


def _rule(who: Who) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for item in [who] if isinstance(who, str | named_in) else who:
        if isinstance(item, named_in):
            out["pointerFields"] = [*out.get("pointerFields", []), *item.fields]
        else:
            out[item] = True
    return out
