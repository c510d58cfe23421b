"""POST /push: who gets a message, and the `_PushStatus` row that tells how it went. Source: contract/11, section 7.

The answer goes out once the row exists; the sending follows in the background (`deliver`). A push for later (`push_time` with the option
scheduledPush) waits in its row, which holds all that is needed; push_schedule.py sends it when its time has come.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from parse_shim import ids
from parse_shim.errors import Code, ParseError
from parse_shim.query.ast import Eq, In
from parse_shim.query.options import FindOptions
from parse_shim.rest import push_status
from parse_shim.rest.core import Context, Core, as_master
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.find_params import FindParams
from parse_shim.rest.push_body import Push, groups, read_push, recipients_of
from parse_shim.rest.push_senders import PushSender, open_sender
from parse_shim.rest.push_status import Tally
from parse_shim.rest.read import find
from parse_shim.update.ops import Increment, Set, Unset, Update
from parse_shim.values.codec import encode_doc
from parse_shim.values.types import Doc

log = logging.getLogger(__name__)

BATCH = 100
INSTALLATIONS = "_Installation"
BY_ID = (("objectId", False),)


def send_push(ctx: Context, body: Mapping[str, Any]) -> str:
    """Accept a push; the objectId of its `_PushStatus`. The caller has checked the master key. Raises ParseError 115, 102, 107, 119."""
    ctx.auth.require_writer("send push notifications")
    recipients_of(body)
    if sender(ctx.core) is None:
        raise ParseError(Code.PUSH_MISCONFIGURED, "Missing push configuration")
    master = as_server(ctx)
    now = ids.timestamp()
    push = read_push(body, now)
    # Refuse conditions that cannot be read while the client still listens.
    find(master, INSTALLATIONS, FindParams(where=push.recipients, limit=0))
    later = ctx.settings.scheduled_push and push.at is not None and push.at > now
    status_id = push_status.create(master, push, "scheduled" if later else "pending")
    _count_audience(master, body.get("audience_id"))
    if not later:
        in_background(lambda: deliver(master, status_id, push))
    return status_id


def deliver(ctx: Context, status_id: str, push: Push) -> None:
    """Send to everyone who matches now, batch after batch; the row ends as `succeeded` or `failed`. Raises nothing."""
    try:
        try:
            _send_all(ctx, status_id, push)
        except Exception as error:
            log.exception("push %s failed", status_id)
            push_status.fail(ctx, status_id, str(error.message) if isinstance(error, ParseError) else "The push could not be sent.")
        else:
            push_status.finish(ctx, status_id)
    except Exception:
        log.exception("the outcome of push %s could not be kept", status_id)


def sender(core: Core) -> PushSender | None:
    """The sender of this server, None without the option `push`. Raises ValueError when the option cannot be used."""
    if "push" not in core.extras:
        core.extras["push"] = open_sender(core.settings.push)
    found: PushSender | None = core.extras["push"]
    return found


def as_server(ctx: Context) -> Context:
    """The same server with all rights and nobody's address: what runs on after the request has ended."""
    return replace(as_master(ctx), ip=None, headers=None, cloud={}, from_cloud=True)


def in_background(work: Callable[[], None]) -> None:
    """A thread; a greenlet where gevent rules."""
    threading.Thread(target=work, name="push", daemon=True).start()


def _send_all(ctx: Context, status_id: str, push: Push) -> None:
    found = sender(ctx.core)
    if found is None:
        raise ParseError(Code.PUSH_MISCONFIGURED, "Missing push configuration")
    if push.expires_ms is not None and push.expires_ms <= ids.timestamp() * 1000:
        return
    total = find(ctx, INSTALLATIONS, FindParams(where=push.recipients, limit=0, count=True)).count or 0
    if not total:
        return
    push_status.run(ctx, status_id, -(-total // BATCH))
    last = ""
    while rows := _page(ctx, push, last):
        last = rows[-1]["objectId"]
        tally = Tally()
        for message, installations in groups(push, _with_badges(ctx, push, rows)):
            tally.count(found.send(message, [encode_doc(row) for row in installations], status_id))
        push_status.add(ctx, status_id, tally)
        if ctx.settings.cleanup_invalid_installations:
            _forget_tokens(ctx, tally.dead)
        if len(rows) < BATCH:
            return


def _page(ctx: Context, push: Push, last: str) -> list[Doc]:
    """The next recipients in order of objectId. By id and not by `skip`: rows that come or go must not shift the pages."""
    where = {"$and": [push.recipients, {"objectId": {"$gt": last}}]} if last else push.recipients
    return find(ctx, INSTALLATIONS, FindParams(where=where, limit=BATCH, order=BY_ID)).results


def _with_badges(ctx: Context, push: Push, rows: list[Doc]) -> list[Doc]:
    """A badge belongs to the installation: it is changed there first, and each device then gets its own number."""
    if push.badge is None:
        return rows
    core = ctx.core
    cls = core.classes.get_or_empty(INSTALLATIONS)
    chosen = In("objectId", tuple(row["objectId"] for row in rows))
    with translated(INSTALLATIONS):
        core.engine.update_many(cls, chosen, {"badge": push.badge, "updatedAt": Set(ids.now())})
        return core.engine.find(cls, chosen, FindOptions(order=BY_ID))


def _forget_tokens(ctx: Context, tokens: list[str]) -> None:
    """Device tokens that the service called dead."""
    if tokens:
        with translated(INSTALLATIONS):
            cls = ctx.core.classes.get_or_empty(INSTALLATIONS)
            ctx.core.engine.update_many(cls, In("deviceToken", tuple(tokens)), {"deviceToken": Unset(), "updatedAt": Set(ids.now())})


def _count_audience(ctx: Context, audience_id: object) -> None:
    if isinstance(audience_id, str) and audience_id:
        change: Update = {"timesUsed": Increment(1), "lastUsed": Set(ids.now())}
        with translated("_Audience"):
            ctx.core.engine.update(ctx.core.classes.get_or_empty("_Audience"), Eq("objectId", audience_id), change)
