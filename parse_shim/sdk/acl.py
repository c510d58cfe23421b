"""Who may read and write one object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from parse_shim.errors import Code, ParseError

if TYPE_CHECKING:
    from parse_shim.sdk.object import Object

PUBLIC = "*"


class ACL:
    """`ACL()` shuts everybody out but the master key; `ACL(user)` gives that user both rights.

    Whom to name: a user (object or id), a role (`role:Name`, or the Role object), or `*` for everybody.
    """

    __slots__ = ("_flags",)

    def __init__(self, who: Object | Mapping[str, Mapping[str, bool]] | None = None) -> None:
        self._flags: dict[str, dict[str, bool]] = {}
        if isinstance(who, Mapping):
            for name, flags in who.items():
                for flag, on in flags.items():
                    self._put(name, flag, bool(on))
        elif who is not None:
            self.set_read_access(who, True)
            self.set_write_access(who, True)

    def get_read_access(self, who: str | Object) -> bool:
        return self._flags.get(subject(who), {}).get("read", False)

    def get_write_access(self, who: str | Object) -> bool:
        return self._flags.get(subject(who), {}).get("write", False)

    def set_read_access(self, who: str | Object, allowed: bool = True) -> None:
        self._put(subject(who), "read", allowed)

    def set_write_access(self, who: str | Object, allowed: bool = True) -> None:
        self._put(subject(who), "write", allowed)

    def get_role_read_access(self, role: str | Object) -> bool:
        return self.get_read_access(role_subject(role))

    def get_role_write_access(self, role: str | Object) -> bool:
        return self.get_write_access(role_subject(role))

    def set_role_read_access(self, role: str | Object, allowed: bool = True) -> None:
        self.set_read_access(role_subject(role), allowed)

    def set_role_write_access(self, role: str | Object, allowed: bool = True) -> None:
        self.set_write_access(role_subject(role), allowed)

    def set_public_read_access(self, allowed: bool = True) -> None:
        self.set_read_access(PUBLIC, allowed)

    def set_public_write_access(self, allowed: bool = True) -> None:
        self.set_write_access(PUBLIC, allowed)

    @property
    def public_read(self) -> bool:
        return self.get_read_access(PUBLIC)

    @public_read.setter
    def public_read(self, allowed: bool) -> None:
        self.set_read_access(PUBLIC, allowed)

    @property
    def public_write(self) -> bool:
        return self.get_write_access(PUBLIC)

    @public_write.setter
    def public_write(self, allowed: bool) -> None:
        self.set_write_access(PUBLIC, allowed)

    def to_json(self) -> dict[str, dict[str, bool]]:
        """{"*": {"read": True}}: only what is allowed."""
        return {name: dict(flags) for name, flags in self._flags.items()}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ACL) and self._flags == other._flags

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"ACL({self._flags})"

    def _put(self, name: str, flag: str, allowed: bool) -> None:
        if flag not in ("read", "write"):
            raise ParseError(Code.INVALID_ACL, f"Invalid ACL: {flag} is neither read nor write")
        flags = self._flags.setdefault(name, {})
        if allowed:
            flags[flag] = True
        else:
            flags.pop(flag, None)
        if not flags:
            del self._flags[name]


def subject(who: Any) -> str:
    """The key of an ACL for a user, a role object, or a text that is one already."""
    if isinstance(who, str):
        return who
    if getattr(who, "class_name", None) == "_Role":
        return role_subject(who)
    if not who.id:
        raise ParseError(Code.INVALID_ACL, "Cannot set access for a user without an id")
    return str(who.id)


def role_subject(role: Any) -> str:
    """`role:Name` for a role's name or object."""
    name = role if isinstance(role, str) else role.get("name")
    if not name:
        raise ParseError(Code.INVALID_ACL, "Cannot set access for a role without a name")
    return name if name.startswith("role:") else f"role:{name}"
