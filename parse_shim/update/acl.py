"""The ACL field of a request body: whatever a client sent, made into the one stored form. Source: contract/01,
section 10."""

from __future__ import annotations

from parse_shim.errors import Code, ParseError
from parse_shim.values.types import Json

AclMap = dict[str, dict[str, bool]]


def read_acl(value: Json) -> AclMap:
    """{"*": {"read": True}, ...} with only true flags and no empty entries; text, numbers and lists read as {}
    (nobody).

    Raises ParseError 123 for the key `*unresolved` and for entries that are null (the peer crashes on them).
    """
    if not isinstance(value, dict):
        return {}
    out: AclMap = {}
    for who, flags in value.items():
        if who == "*unresolved" or flags is None:
            raise ParseError(Code.INVALID_ACL, "Invalid ACL.")
        if isinstance(flags, dict):
            kept = {name: True for name in ("read", "write") if flags.get(name)}
            if kept:
                out[who] = kept
    return out
