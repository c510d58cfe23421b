"""Hooks around writes and logins: builds the request a hook gets, runs it, reads what it did (contract/10, sections 2 to 8).

A class without a hook pays one look into a dict for each kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from parse_shim.classes.infer import check_types
from parse_shim.classes.model import ClassDef
from parse_shim.classes.permissions import UNPROTECTED
from parse_shim.errors import ParseError
from parse_shim.hooks.kinds import (
    AFTER_DELETE,
    AFTER_LOGIN,
    AFTER_LOGOUT,
    AFTER_SAVE,
    BEFORE_DELETE,
    BEFORE_LOGIN,
    BEFORE_PASSWORD_RESET_REQUEST,
    BEFORE_SAVE,
    KINDS,
)
from parse_shim.hooks.requests import Caller, TriggerRequest
from parse_shim.rest.calling import call_hook, caller_of
from parse_shim.rest.core import Context, as_master
from parse_shim.rest.protected import hide, protection_for
from parse_shim.sdk.convert import stored
from parse_shim.update.apply import apply
from parse_shim.update.ops import Unset, Update
from parse_shim.update.parse import parse_update
from parse_shim.values.codec import encode
from parse_shim.values.compare import equal
from parse_shim.values.types import MISSING, Doc, Pointer, Value

if TYPE_CHECKING:
    from parse_shim.rest.write_state import Write

NOT_WRITABLE = ("createdAt", "updatedAt", "className")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an after_save hook did to the answer: fields to show besides, or a body of its own (JSON)."""

    changed: dict[str, Value] = field(default_factory=dict)
    replaced: bool = False
    replacement: Any = None


UNCHANGED = Outcome()


def has_hook(ctx: Context, kind: str, class_name: str) -> bool:
    """Whether cloud code has a hook of this kind on the class."""
    return ctx.core.hooks.find(kind, class_name) is not None


def before_save(write: Write) -> Update:
    """The client's operations with the hook's; `write.sent` itself when the hook did not look at the object. What the hook wants undone
    should the save fail goes into `write.undo`.

    Raises what the hook raises."""
    ctx = write.ctx
    request = TriggerRequest(
        KINDS[BEFORE_SAVE].wire,
        write.class_name,
        caller_of(ctx),
        doc={"objectId": write.object_id} if write.creating and write.object_id else None,
        original=_shown(ctx, write.cls, write.original),
        update=dict(write.sent),
        context=ctx.cloud,
        check_types=lambda update: check_types(update, write.cls),
    )
    # The same list: a hook that fails after it registered an undo is undone too.
    request.undo = write.undo
    result = _call(ctx, BEFORE_SAVE, request)
    if isinstance(result, Mapping) and isinstance(result.get("object"), Mapping):
        body = {name: value for name, value in result["object"].items() if name not in NOT_WRITABLE}
        return parse_update(body, create=write.creating)
    return request.changes() if request.touched else write.sent


def after_save(ctx: Context, cls: ClassDef, after: Doc, original: Doc | None) -> Outcome:
    """What the hook did to the answer. Its failure is logged: the object is stored, and the client must learn that."""
    hook = ctx.core.hooks.find(AFTER_SAVE, cls.name)
    if hook is None:
        return UNCHANGED
    doc = _shown_after(ctx, cls, after, original)
    request = TriggerRequest(
        KINDS[AFTER_SAVE].wire,
        cls.name,
        caller_of(ctx),
        doc=doc,
        original=_shown(ctx, cls, original),
        context=ctx.cloud,
    )
    try:
        result = call_hook(ctx, hook, request)
        if isinstance(result, Mapping | list):
            return Outcome(replaced=True, replacement=encode(stored(result), file_url=ctx.file_url))
        return Outcome(_mutated(request, doc))
    except ParseError as error:
        ctx.core.log.warning("after_save of %s failed: %s", cls.name, error.message)
        return UNCHANGED


def before_delete(ctx: Context, cls: ClassDef, doc: Doc) -> None:
    """Raises what the hook raises; nothing is deleted then."""
    _run(ctx, BEFORE_DELETE, cls.name, _shown(ctx, cls, doc), ctx.cloud)


def after_delete(ctx: Context, cls: ClassDef, doc: Doc) -> None:
    """Raises what the hook raises, although the object is gone."""
    _run(ctx, AFTER_DELETE, cls.name, _shown(ctx, cls, doc), ctx.cloud)


def before_login(ctx: Context, user: Doc) -> None:
    """Raises what the hook raises; no session begins then."""
    _run(ctx, BEFORE_LOGIN, "_User", _public(user), dict(ctx.cloud))


def after_login(ctx: Context, user: Doc, session_token: str) -> None:
    """Raises what the hook raises, although the session stays."""
    seen = {**(_public(user) or {}), "sessionToken": session_token}
    caller = replace(caller_of(ctx), user=_public(user), session_token=session_token)
    _run(ctx, AFTER_LOGIN, "_User", seen, dict(ctx.cloud), caller)


def after_logout(ctx: Context, session: Doc) -> None:
    """Raises what the hook raises, although the session is gone."""
    _run(ctx, AFTER_LOGOUT, "_Session", session, None)


def before_password_reset(ctx: Context, user: Doc) -> None:
    """Raises what the hook raises; no mail is sent then."""
    _run(ctx, BEFORE_PASSWORD_RESET_REQUEST, "_User", _public(user), dict(ctx.cloud))


def _run(ctx: Context, kind: str, class_name: str, doc: Doc | None, context: dict[str, Any] | None, caller: Caller | None = None) -> None:
    if not has_hook(ctx, kind, class_name):
        return
    request = TriggerRequest(KINDS[kind].wire, class_name, caller or caller_of(ctx), doc=doc, context=context)
    _call(ctx, kind, request)


def _call(ctx: Context, kind: str, request: TriggerRequest) -> Any:
    hook = ctx.core.hooks.find(kind, request.class_name)
    return None if hook is None else call_hook(ctx, hook, request)


def _mutated(request: TriggerRequest, doc: Doc) -> dict[str, Value]:
    """Fields that after_save set: shown in the answer, not stored. Pointers and nulls are not shown."""
    if not request.touched:
        return {}
    changes: Update = {path: op for path, op in request.changes().items() if not isinstance(op, Unset)}
    now = apply(changes, doc)
    roots = dict.fromkeys(path.partition(".")[0] for path in changes)
    return {name: now[name] for name in roots if now.get(name) is not None and not isinstance(now[name], Pointer)}


def _shown(ctx: Context, cls: ClassDef, doc: Doc | None) -> Doc | None:
    """A copy without what the caller must not see: a hook might tell. Internals of users never get into cloud code."""
    if doc is None:
        return None
    seen = dict(doc)  # Objects never change what is inside the Doc they stand on
    if cls.name == "_User" or not ctx.core.settings.protected_fields_trigger_exempt:
        hide(ctx, cls, protection_for(ctx, cls), [seen])
    return seen


def _shown_after(ctx: Context, cls: ClassDef, after: Doc, original: Doc | None) -> Doc:
    """As `_shown`, with what this very save wrote: a sign-up's hook sees the address and authData that were just sent."""
    whole, seen = dict(after), _shown(ctx, cls, after) or {}
    hide(as_master(ctx), cls, UNPROTECTED, [whole])
    before = original or {}
    return {**seen, **{name: value for name, value in whole.items() if not equal(value, before.get(name, MISSING))}}


def _public(user: Doc) -> Doc:
    return {name: value for name, value in user.items() if not name.startswith("_")}
