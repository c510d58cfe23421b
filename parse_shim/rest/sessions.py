"""Sessions: how they begin and end, and what clients may change about them (contract/03, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from parse_shim import ids
from parse_shim.errors import Code, InvalidSession, ObjectNotFound, ParseError
from parse_shim.events import Change
from parse_shim.query.ast import And, Eq, Node, Not, both
from parse_shim.query.options import ONE
from parse_shim.rest.access import own_session
from parse_shim.rest.auth import auth_for_token, auth_for_user
from parse_shim.rest.core import Context, as_client, as_master
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.protected import hide, protection_for
from parse_shim.rest.read import get_doc
from parse_shim.rest.triggers import after_logout
from parse_shim.rest.write_state import Write
from parse_shim.update.apply import apply_create
from parse_shim.update.ops import Set
from parse_shim.values.types import Doc, Pointer, Value

SESSION = "_Session"
OURS = ("user", "sessionToken", "expiresAt", "createdWith")
IMMUTABLE = ("sessionToken", "installationId", "expiresAt", "createdWith")
NEED_TOKEN = "Session token required."
CLOUD_INSTALLATION = "cloud"
"""The installation id of calls by cloud code and by a master key in a header: these get no session."""


def new_session(ctx: Context, user_id: str, created_with: Mapping[str, Value], more: Mapping[str, Value] | None = None) -> Doc:
    """Begin a session of the user; the user's older one on the same installation ends.

    The installation is the one the request came from, never one named in a body: who may choose it could end others' sessions."""
    doc = session_doc(ctx, user_id, created_with, more)
    store(ctx, doc)
    tell(ctx, doc)
    end_others_here(ctx, user_id, doc["objectId"])
    return doc


def session_doc(ctx: Context, user_id: str, created_with: Mapping[str, Value], more: Mapping[str, Value] | None = None) -> Doc:
    """A session that is not stored yet."""
    settings, now = ctx.core.settings, ids.now()
    doc: Doc = dict(more or {})
    doc |= {
        "objectId": ids.new_object_id(settings.object_id_size),
        "sessionToken": ids.new_session_token(),
        "user": Pointer("_User", user_id),
        "createdWith": dict(created_with),
        "createdAt": now,
        "updatedAt": now,
    }
    if settings.expire_inactive_sessions:
        doc["expiresAt"] = now + timedelta(seconds=settings.session_length)
    if (installation_id := _installation(ctx)) and "installationId" not in doc:
        doc["installationId"] = installation_id
    return doc


def store(ctx: Context, doc: Doc) -> None:
    cls = ctx.core.classes.ensure(SESSION)
    with translated(SESSION):
        ctx.core.engine.insert(cls, dict(doc))


def tell(ctx: Context, doc: Doc) -> None:
    """Once it is stored: those who listen to sessions hear of it."""
    if ctx.core.bus.wants(SESSION):
        ctx.core.bus.publish(Change(SESSION, None, doc, ctx.cloud))


def end_sessions(ctx: Context, user_id: str, where: Node | None = None) -> None:
    """End the sessions of the user, or those that match `where`."""
    cls = ctx.core.classes.get_or_empty(SESSION)
    with translated(SESSION):
        ctx.core.engine.delete(cls, where if where is not None else Eq("user", Pointer("_User", user_id)))
    ctx.core.cache.forget_user(user_id)


def end_others_here(ctx: Context, user_id: str, object_id: str) -> None:
    """End the user's sessions on the installation that asks, except this one."""
    if installation_id := _installation(ctx):
        here = (Eq("user", Pointer("_User", user_id)), Eq("installationId", installation_id))
        end_sessions(ctx, user_id, And((*here, Not(Eq("objectId", object_id)))))


def current(ctx: Context) -> Doc:
    """GET /sessions/me, without fields that are protected from its user. An expired session is shown too. Raises 209."""
    if not ctx.auth.session_token:
        raise InvalidSession(NEED_TOKEN)
    found = find_session(ctx, ctx.auth.session_token)
    if found is None:
        raise InvalidSession("Session token not found.")
    cls = ctx.core.classes.get_or_empty(SESSION)
    if ctx.auth.unrestricted or not (cls.permissions and cls.permissions.get("protectedFields")):
        return found
    owner = _owner(ctx, found)
    shown = dict(found)
    hide(owner, cls, protection_for(owner, cls), [shown])
    return shown


def _owner(ctx: Context, session: Doc) -> Context:
    """The caller as the session's user; the route itself leaves the token unread."""
    pointer = session.get("user")
    user = get_doc(as_master(ctx), "_User", pointer.object_id) if isinstance(pointer, Pointer) else None
    return ctx if user is None else as_client(ctx, auth_for_user(ctx.core, user))


def upgrade(ctx: Context) -> Doc:
    """POST /upgradeToRevocableSession: a further session for the caller. Raises 101 without one."""
    if ctx.auth.user is None:
        raise ObjectNotFound("invalid session")
    return new_session(ctx, ctx.auth.user["objectId"], {"action": "upgrade"})


def log_out(ctx: Context) -> None:
    """End the session of the request, run after_logout. Without a token, or with one that just went: nothing.

    Raises InvalidSession for a client's bad token, where it was not read yet. The session of a user who is gone ends too:
    the JavaScript SDK deletes an anonymous user before it logs out."""
    token = ctx.auth.session_token
    if not token:
        return
    found = find_session(ctx, token)
    pointer = found.get("user") if found else None
    user_id = pointer.object_id if isinstance(pointer, Pointer) else ""
    caller, unread = ctx, ctx.auth.kind == "client" and ctx.auth.user is None
    if unread and (found is None or _is_there(ctx, user_id)):
        caller = as_client(ctx, auth_for_token(ctx.core, token, ctx.auth.installation_id))
    if found is not None:
        end_sessions(ctx, user_id, Eq("objectId", found["objectId"]))
        after_logout(caller, found)


def _is_there(ctx: Context, user_id: str) -> bool:
    """Asked of the store, so that no hook on users runs for it."""
    with translated("_User"):
        return bool(ctx.core.engine.find(ctx.core.classes.get_or_empty("_User"), Eq("objectId", user_id), ONE))


def find_session(ctx: Context, token: object) -> Doc | None:
    """The session with that token; anything but text is no token."""
    if not isinstance(token, str) or not token:
        return None
    with translated(SESSION):
        found = ctx.core.engine.find(ctx.core.classes.get_or_empty(SESSION), Eq("sessionToken", token), ONE)
    return found[0] if found else None


# -- writes to the class --------------------------------------------------------------------------------------------------


def prepare(write: Write) -> None:
    """Rules for POST and PUT of a session. Raises 105, 209."""
    auth = write.ctx.auth
    if auth.user is None and not auth.unrestricted:
        raise InvalidSession(NEED_TOKEN)
    if "ACL" in write.update:
        raise ParseError(Code.INVALID_KEY_NAME, "Cannot set ACL on a Session.")
    if not write.creating:
        _prepare_update(write)
    elif auth.user is not None and not auth.is_master:
        _prepare_create(write, auth.user["objectId"])


def stored(write: Write) -> None:
    """A changed session is looked at anew by the next request that uses it."""
    pointer = write.after.get("user")
    if isinstance(pointer, Pointer):
        write.ctx.core.cache.forget_user(pointer.object_id)


def _prepare_create(write: Write, user_id: str) -> None:
    kept = {name: op for name, op in write.update.items() if name not in OURS}
    doc = session_doc(write.ctx, user_id, {"action": "create"}, apply_create(kept))
    write.object_id = doc.pop("objectId")
    write.extra |= {name: value for name, value in doc.items() if name != "createdAt"}
    write.update = {name: Set(value) for name, value in doc.items() if name not in ("createdAt", "updatedAt")}
    write.stored.append(lambda: end_others_here(write.ctx, user_id, write.object_id or ""))


def _prepare_update(write: Write) -> None:
    auth = write.ctx.auth
    if auth.is_master:
        return
    if not auth.unrestricted:
        write.condition = both(write.condition, own_session(auth))
    for name in IMMUTABLE:
        if name in write.update:
            raise ParseError(Code.INVALID_KEY_NAME, f"Invalid key name: {name}")
    user = write.update.get("user")
    if user is not None and not _is_user(user, auth.user_id):
        raise ParseError(Code.INVALID_KEY_NAME, "Invalid key name: user")


def _is_user(op: Any, user_id: str | None) -> bool:
    return isinstance(op, Set) and isinstance(op.value, Pointer) and op.value == Pointer("_User", user_id or "")


def _installation(ctx: Context) -> str | None:
    installation_id = ctx.auth.installation_id
    return None if installation_id == CLOUD_INSTALLATION else installation_id
