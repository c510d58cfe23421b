"""Delete one object. Without a hook or a listener it is one call of the engine (contract/01, section 4; contract/10, sections 3 and 6)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from parse_shim.classes.model import ClassDef
from parse_shim.classes.system import can_hold_objects
from parse_shim.errors import Code, Denied, ObjectNotFound, ParseError
from parse_shim.events import Change
from parse_shim.query.ast import Eq, Node, both
from parse_shim.query.options import ONE
from parse_shim.rest import read
from parse_shim.rest.access import check_class, check_class_exists, check_system_class, own_session, readable, writable
from parse_shim.rest.core import Context
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.triggers import after_delete, before_delete, has_hook
from parse_shim.rest.write_rules import is_role_link
from parse_shim.values.types import Doc, Pointer

GONE = "Object not found for delete."
LOOKED_UP = frozenset({"_Session", "_User"})
"""Classes whose object is read first: caches must forget it by what it holds."""


@dataclass(slots=True)
class Delete:
    """One delete on its way through the stages of write.py: `stage`, `store`, `finish`."""

    ctx: Context
    class_name: str
    object_id: str
    cls: ClassDef
    where: Node
    doc: Doc | None = None


def delete(ctx: Context, class_name: str, object_id: str) -> None:
    """DELETE /classes/C/ID. Links of relations that the object owns stay. Raises 101, 119, 206, 209."""
    deleting = open_delete(ctx, class_name, object_id)
    stage(deleting)
    store(deleting)
    finish(deleting)


def open_delete(ctx: Context, class_name: str, object_id: str) -> Delete:
    check_system_class(ctx.auth, "delete", class_name)
    check_class_exists(ctx, class_name)
    auth, cls = ctx.auth, ctx.core.classes.get_or_empty(class_name)
    if not can_hold_objects(class_name):
        raise ObjectNotFound()
    if class_name == "_User" and auth.user is None and not auth.unrestricted:
        raise ParseError(Code.SESSION_MISSING, "Insufficient auth to delete user")
    where = both(Eq("objectId", object_id), both(check_class(auth, cls, "delete"), writable(auth)))
    if class_name == "_Session" and not auth.unrestricted:
        where = both(where, own_session(auth))
    return Delete(ctx, class_name, object_id, cls, where)


def stage(deleting: Delete) -> None:
    """Read the object if somebody wants to see it, and ask before_delete."""
    ctx, class_name = deleting.ctx, deleting.class_name
    has_before = has_hook(ctx, "before_delete", class_name)
    hooked = has_before or has_hook(ctx, "after_delete", class_name)
    if not (hooked or class_name in LOOKED_UP or ctx.core.bus.wants(class_name)):
        return
    deleting.doc = _read(deleting, hooked)
    if has_before:
        before_delete(ctx, deleting.cls, deleting.doc)


def store(deleting: Delete) -> None:
    with translated(deleting.class_name):
        if not deleting.ctx.core.engine.delete(deleting.cls, deleting.where):
            raise _not_found(deleting)


def finish(deleting: Delete) -> None:
    """Caches, listeners, after_delete, whose error the client gets although the object is gone."""
    ctx, class_name, doc = deleting.ctx, deleting.class_name, deleting.doc
    if class_name == "_Role" or is_role_link(class_name):
        ctx.core.cache.forget_roles()
    if doc is None:
        return
    if class_name == "_User":
        ctx.core.cache.forget_user(doc["objectId"])
    elif class_name == "_Session" and isinstance(doc.get("user"), Pointer):
        ctx.core.cache.forget_user(doc["user"].object_id)
    if ctx.core.bus.wants(class_name):
        shown = {name: value for name, value in doc.items() if class_name != "_User" or not name.startswith("_")}
        ctx.core.bus.publish(Change(class_name, shown, None, ctx.cloud))
    if has_hook(ctx, "after_delete", class_name):
        after_delete(ctx, deleting.cls, doc)


def _read(deleting: Delete, hooked: bool) -> Doc:
    """The object as stored. With hooks it must be the caller's to read too, and the find hooks run, with an empty context."""
    ctx = deleting.ctx
    where = both(deleting.where, readable(ctx.auth)) if hooked else deleting.where
    with translated(deleting.class_name):
        found = ctx.core.engine.find(deleting.cls, where, ONE)
    if not found:
        raise _not_found(deleting)
    finds = has_hook(ctx, "before_find", deleting.class_name) or has_hook(ctx, "after_find", deleting.class_name)
    if not (hooked and finds):
        return found[0]
    try:
        return read.get(replace(ctx, cloud={}), deleting.class_name, deleting.object_id).results[0]
    except ObjectNotFound as error:
        raise _not_found(deleting) from error


def _not_found(deleting: Delete) -> ParseError:
    if deleting.class_name == "_User" and not deleting.ctx.auth.unrestricted:
        return Denied("Insufficient auth.", Code.SESSION_MISSING)
    hooked = any(has_hook(deleting.ctx, kind, deleting.class_name) for kind in ("before_delete", "after_delete"))
    return ObjectNotFound(GONE if hooked or deleting.class_name == "_Session" else "Object not found.")
