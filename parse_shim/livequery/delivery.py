"""What one subscriber gets of one change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parse_shim.classes.model import ClassDef
from parse_shim.classes.permissions import Protection
from parse_shim.errors import ParseError
from parse_shim.events import Change
from parse_shim.hooks.kinds import AFTER_LIVE_QUERY_EVENT
from parse_shim.hooks.live_requests import EventRequest
from parse_shim.hooks.run import SKIPPED
from parse_shim.livequery.messages import error_frame
from parse_shim.livequery.subscription import Subscription, differs
from parse_shim.query.ast import Node
from parse_shim.query.match import matches
from parse_shim.rest.calling import call_hook, caller_of
from parse_shim.rest.core import Context
from parse_shim.rest.protected import hide
from parse_shim.values.codec import encode_doc
from parse_shim.values.types import Doc

ALWAYS = frozenset({"objectId", "createdAt", "updatedAt", "ACL"})
"""Fields that `keys` do not take away."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A change, and whether the conditions of a group of subscriptions hold before and after it."""

    cls: ClassDef
    change: Change
    old: bool
    new: bool


@dataclass(slots=True)
class Event:
    """`op` is what the frame will say. `original` None: not to be sent."""

    op: str
    class_name: str
    doc: Doc
    original: Doc | None = None


def deliver(seen: Seen, subscription: Subscription) -> None:
    """Send the event, if there is one for this subscriber, or the error of the hook that refused it."""
    ctx = subscription.context(seen.change.context)
    try:
        permitted, protected = subscription.rights(ctx, seen.cls)
    except ParseError:
        return
    event = event_of(seen, permitted)
    if event is None or not _watched(event, subscription, seen.change):
        return
    try:
        if not _ask_hook(ctx, event, subscription):
            return
    except ParseError as error:
        subscription.client.send(error_frame(error, subscription.request_id))
        return
    shown = {"object": _shown(ctx, seen.cls, protected, event.doc, event.class_name, subscription)}
    if event.original is not None:
        shown["original"] = _shown(ctx, seen.cls, protected, event.original, seen.cls.name, subscription)
    if subscription.live:
        subscription.client.send(subscription.client.frame(event.op, subscription.request_id, **shown))


def event_of(seen: Seen, permitted: Node) -> Event | None:
    """The table of contract/12, section 3. `permitted`: what the subscriber may see."""
    before, after, name = seen.change.before, seen.change.after, seen.cls.name
    saw = before is not None and matches(permitted, before)
    sees = after is not None and matches(permitted, after)
    old, new = seen.old and saw, seen.new and sees
    if after is None:
        return Event("delete", name, before) if old and before is not None else None
    if old and new:
        return Event("update", name, after, before)
    if old and before is not None:
        # Who may not read it any more gets nothing of what it has become.
        return Event("leave", name, after if sees else before, before)
    if not new:
        return None
    if before is None:
        return Event("create", name, after)
    return Event("enter", name, after, before if saw else None)


def _watched(event: Event, subscription: Subscription, change: Change) -> bool:
    if subscription.watch is None or event.op not in ("create", "update"):
        return True
    return differs(subscription.watch, change.before, event.doc)


def _ask_hook(ctx: Context, event: Event, subscription: Subscription) -> bool:
    """Let the hook change the event; is it to be sent? Raises what the hook raises."""
    core = ctx.core
    hook = core.hooks.find(AFTER_LIVE_QUERY_EVENT, event.class_name)
    if hook is None:
        return True
    request = EventRequest(event.op, event.class_name, event.doc, event.original, caller_of(ctx), context=ctx.cloud)
    if call_hook(ctx, hook, request) is SKIPPED:
        return True
    if not request.send_event or request.object is None:
        return False
    event.op, event.class_name = str(request.event), request.object.class_name
    event.doc = request.object.to_answer()
    if event.original is not None and request.original is not None:
        event.original = request.original.to_answer()
    return True


def _shown(
    ctx: Context, cls: ClassDef, protected: Protection, doc: Mapping[str, Any], class_name: str, subscription: Subscription
) -> dict[str, Any]:
    """The object as this subscriber gets it: a copy without what is protected from it, and with its `keys` alone."""
    own = dict(doc)
    hide(ctx, cls, protected, [own])
    if class_name == "_User" and not ctx.auth.unrestricted:
        own.pop("authData", None)
    relations: Mapping[str, str] = cls.relations
    if subscription.keys is not None:
        kept = ALWAYS.union(key.partition(".")[0] for key in subscription.keys)
        own = {name: value for name, value in own.items() if name in kept}
        relations = {name: target for name, target in relations.items() if name in kept}
    return {"className": class_name, **encode_doc(own, file_url=ctx.file_url, relations=relations)}
