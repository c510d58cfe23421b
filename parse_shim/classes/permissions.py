"""Class-level permissions as pure questions: may they, on which objects, and which fields stay hidden. Source:
contract/03, section 8.

Nothing here raises: rest/access.py turns a Verdict into 119, 101 or a narrower query. Validation of a map is
permissions_check.py's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from parse_shim.classes.model import ClassDef
from parse_shim.query.ast import NOTHING, Eq, Node, Or
from parse_shim.values.types import Doc, Pointer

OPERATIONS = ("find", "count", "get", "create", "update", "delete", "addField")
Operation = Literal["find", "count", "get", "create", "update", "delete", "addField"]
READS = frozenset({"find", "count", "get"})

PUBLIC_MAP: Mapping[str, Any] = {
    "ACL": {"*": {"read": True, "write": True}},
    **{name: {"*": True} for name in OPERATIONS},
    "protectedFields": {"*": []},
}
"""What schema routes show for a class that never had permissions set."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`yes`; `no` (119); `login` (a user is needed: 404 with 101); `pointer`: only objects that name the user in one
    of `fields`."""

    outcome: Literal["yes", "no", "login", "pointer"]
    fields: tuple[str, ...] = ()


YES = Verdict("yes")
NO = Verdict("no")
LOGIN = Verdict("login")


def allowed(
    cls: ClassDef, operation: Operation, subjects: Collection[str], user_id: str | None, *, creating: bool = False
) -> Verdict:
    """May a caller with `subjects` (`*`, user id, `role:Name`) do `operation`? The master key never asks.

    `creating`: the write makes a new object, on which pointer fields say nothing yet (addField).
    """
    if cls.permissions is None:
        return YES
    rules = cls.permissions.get(operation) or {}
    if any(rules.get(subject) is True for subject in ("*", *subjects)):
        return YES
    needs_user = bool(rules.get("requiresAuthentication"))
    if needs_user and user_id is None:
        return LOGIN
    fields = _pointer_fields(cls.permissions, operation, rules)
    if fields and operation != "create" and not creating:
        return Verdict("pointer", fields)
    return YES if needs_user else NO


def pointer_node(fields: Iterable[str], user_id: str | None) -> Node:
    """Objects that name the user in one of `fields` (a pointer, or an array that holds one). No user: none."""
    if user_id is None:
        return NOTHING
    me = Pointer("_User", user_id)
    parts = tuple(Eq(name, me) for name in fields)
    return parts[0] if len(parts) == 1 else Or(parts)


def names_user(doc: Doc, fields: Iterable[str], user_id: str | None) -> bool:
    """The same question for an object at hand."""
    return user_id is not None and any(_holds_user(doc.get(name), user_id) for name in fields)


def default_acl(cls: ClassDef, user_id: str | None) -> dict[str, dict[str, bool]] | None:
    """ACL for a new object without one; None: store none. `currentUser` is dropped when there is no user."""
    template = (cls.permissions or {}).get("ACL")
    if not isinstance(template, Mapping) or template == PUBLIC_MAP["ACL"]:
        return None
    out: dict[str, dict[str, bool]] = {}
    for who, flags in template.items():
        name = user_id if who == "currentUser" else who
        kept = {flag: True for flag in ("read", "write") if flags.get(flag)}
        if name and kept:
            out[name] = {**out.get(name, {}), **kept}
    return out


@dataclass(frozen=True, slots=True)
class Protection:
    """Fields a caller must not see. `everywhere`: None when no list applies, else the intersection of those that do
    (also forbidden in where and order). `by_owner`: (field, list) of `userField:` entries, judged on each object."""

    everywhere: frozenset[str] | None = None
    by_owner: tuple[tuple[str, frozenset[str]], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.everywhere) or bool(self.by_owner)

    @property
    def queried(self) -> frozenset[str]:
        """Fields that where and order may not name."""
        return self.everywhere or frozenset()

    def hidden(self, doc: Doc, user_id: str | None) -> frozenset[str]:
        """Fields to leave out of this object. An owner's lists are intersected with the others."""
        lists = [names for field, names in self.by_owner if names_user(doc, (field,), user_id)]
        if self.everywhere is not None:
            lists.append(self.everywhere)
        return frozenset.intersection(*lists) if lists else frozenset()


UNPROTECTED = Protection()


def protection(
    cls: ClassDef, subjects: Collection[str], user_id: str | None, option: Mapping[str, Iterable[str]] | None = None
) -> Protection:
    """Protected fields for a caller. `option`: the server's own lists for the class (protectedFields), added entity
    by entity."""
    own = (cls.permissions or {}).get("protectedFields") or {}
    if not own and not option:
        return UNPROTECTED
    lists = {who: frozenset(names) for who, names in own.items() if isinstance(names, list | tuple | set | frozenset)}
    for who, names in (option or {}).items():
        lists[who] = lists.get(who, frozenset()) | frozenset(names)
    me = {"*", *(s for s in subjects if s.startswith("role:"))}
    if user_id is not None:
        me |= {"authenticated", user_id}
    applying = [names for who, names in lists.items() if who in me]
    owners = tuple((who.removeprefix("userField:"), n) for who, n in lists.items() if who.startswith("userField:"))
    return Protection(frozenset.intersection(*applying) if applying else None, owners)


def _pointer_fields(permissions: Mapping[str, Any], operation: str, rules: Mapping[str, Any]) -> tuple[str, ...]:
    grouped = permissions.get("readUserFields" if operation in READS else "writeUserFields")
    lists = (rules.get("pointerFields"), grouped)
    return tuple(dict.fromkeys(name for names in lists if isinstance(names, list | tuple) for name in names))


def _holds_user(value: Any, user_id: str) -> bool:
    if isinstance(value, list):
        return any(_holds_user(item, user_id) for item in value)
    if isinstance(value, Pointer):
        return value.class_name == "_User" and value.object_id == user_id
    return bool(getattr(value, "doc", {}).get("objectId") == user_id)
