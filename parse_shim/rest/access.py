"""What a caller may do with a class, and the query nodes that hold it to its objects.

Every operation asks `check_class` first; the node it returns (pointer permissions) and `readable`/`writable` (ACL) go into the query.
"""

from __future__ import annotations

from parse_shim.classes.model import ClassDef
from parse_shim.classes.permissions import Operation, allowed, pointer_node
from parse_shim.classes.system import is_closed
from parse_shim.errors import Code, Denied, TransportError
from parse_shim.query.ast import EVERYTHING, Eq, Node, Readable, Writable
from parse_shim.rest.core import Auth, Context
from parse_shim.values.types import Pointer

WRITES = frozenset({"create", "update", "delete"})


def check_system_class(auth: Auth, operation: str, class_name: str) -> None:
    """Rules that no class permission can loosen. Raises Denied 119 (209 for `_Session` reads without a user).

    `operation`: get, find, count, create, update, delete."""
    if operation in WRITES:
        auth.require_writer(f"perform the {operation} operation")
    if class_name[:1] != "_" or auth.is_master:
        return
    if class_name == "_Session" and operation not in WRITES and auth.user is None:
        raise Denied("Invalid session token", Code.INVALID_SESSION_TOKEN)
    if auth.unrestricted:
        return
    if class_name == "_Installation" and operation in ("find", "count", "delete"):
        raise Denied(f"Clients aren't allowed to perform the {operation} operation on the installation collection.")
    if is_closed(class_name):
        raise Denied(f"Clients aren't allowed to perform the {operation} operation on the {class_name} collection.")


def check_class_exists(ctx: Context, class_name: str, *, reading: bool = False) -> None:
    """With allowClientClassCreation off, clients hear 119 for a class that does not exist, on reads as on writes.

    The maintenance key may write into a new class but not read one (contract/03, section 13)."""
    if ctx.core.settings.allow_client_class_creation or ctx.auth.is_master or (ctx.auth.is_maintenance and not reading):
        return
    if ctx.core.classes.get(class_name) is None:
        raise Denied(f"This user is not allowed to access non-existent class: {class_name}")


def check_class(auth: Auth, cls: ClassDef, operation: Operation, *, creating: bool = False) -> Node:
    """Class-level permission for `operation`: the node its objects must satisfy besides, EVERYTHING mostly; for none, NOTHING itself.

    `creating`: the write makes a new object (matters for addField). Raises Denied 119, or 101 with status 404 when
    somebody must log in first.
    """
    if cls.permissions is None or auth.unrestricted:
        return EVERYTHING
    verdict = allowed(cls, operation, auth.subjects(), auth.user_id, creating=creating)
    if verdict.outcome == "yes":
        return EVERYTHING
    if verdict.outcome == "login":
        raise Denied("Permission denied, user needs to be authenticated.", Code.OBJECT_NOT_FOUND, status=404)
    if verdict.outcome == "no":
        raise Denied(f"Permission denied for action {operation} on class {cls.name}.")
    return pointer_node(verdict.fields, auth.user_id)


def readable(auth: Auth) -> Node:
    """The object's ACL lets the caller read it."""
    return EVERYTHING if auth.unrestricted else Readable(auth.subjects())


def writable(auth: Auth) -> Node:
    """The object's ACL lets the caller write it."""
    return EVERYTHING if auth.unrestricted else Writable(auth.subjects())


def own_session(auth: Auth) -> Node:
    """`_Session` rows of the caller; all of them for the master key. Raises Denied 209 without a user."""
    if auth.is_master:
        return EVERYTHING
    if auth.user is None:
        raise Denied("Invalid session token", Code.INVALID_SESSION_TOKEN)
    return Eq("user", Pointer("_User", auth.user["objectId"]))


def require_master(ctx: Context, *, writing: str | None = None) -> None:
    """For operations of the master key. `writing` completes "read-only masterKey isn't allowed to" for those that change something."""
    if not ctx.auth.is_master:
        raise TransportError(403, "Permission denied", "unauthorized: master key is required")
    if writing is not None:
        ctx.auth.require_writer(writing)
