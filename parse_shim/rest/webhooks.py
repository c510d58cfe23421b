"""/hooks: hooks that live on another server, stored in `_Hooks`. They take the place of cloud code's own. Source: contract/10, section 14.

Each process holds them in its Registry. A change is seen by the next request of every worker of this machine; servers on others look
every few seconds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from parse_shim import ids
from parse_shim.errors import Code, ObjectNotFound, ParseError
from parse_shim.hooks.kinds import BY_WIRE, FUNCTION, KINDS
from parse_shim.hooks.registry import Hook, RegistrationError
from parse_shim.query.ast import And, Eq, Node
from parse_shim.query.options import ALL
from parse_shim.rest.core import FOLLOW_HOOKS, Context, Core
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.jobs import in_background
from parse_shim.rest.webhook_call import WebhookCall
from parse_shim.update.ops import Set
from parse_shim.values.types import Doc, Json

log = logging.getLogger(__name__)

CLASS = "_Hooks"
LOOK_EVERY = 5.0
"""Seconds between two looks at the list that other machines may have changed."""

TAG = "webhooks"
"""Forgotten in the cache when the list changed."""

INVALID = "invalid hook declaration"


def functions(ctx: Context) -> list[dict[str, Json]]:
    """[{"functionName", "url"}, ...]"""
    return [_shown(row) for row in _rows(ctx.core) if row.get("functionName")]


def triggers(ctx: Context) -> list[dict[str, Json]]:
    """[{"className", "triggerName", "url"}, ...]"""
    return [_shown(row) for row in _rows(ctx.core) if row.get("triggerName")]


def function(ctx: Context, name: str) -> dict[str, Json]:
    """Raises ParseError 143."""
    return _shown(_existing(ctx.core, {"functionName": name}))


def trigger(ctx: Context, class_name: str, trigger_name: str) -> dict[str, Json]:
    """Raises ParseError 143."""
    return _shown(_existing(ctx.core, {"className": class_name, "triggerName": trigger_name}))


def create(ctx: Context, body: Json) -> dict[str, Json]:
    """A function's or a trigger's webhook, by what `body` holds. Raises ParseError 143."""
    ctx.auth.require_writer("create a hook")
    key, url = _declaration(body)
    if _row(ctx.core, key) is not None:
        taken = f"function name: {key['functionName']} already exists" if "functionName" in key else None
        raise _refused(taken or f"class {key['className']} already has trigger {key['triggerName']}")
    moment = ids.now()
    core = ctx.core
    row: Doc = {"objectId": ids.new_object_id(), "createdAt": moment, "updatedAt": moment, **key, "url": url}
    _put(core, row)
    with translated(CLASS):
        core.engine.insert(core.classes.ensure(CLASS), dict(row))
    core.cache.forget(TAG)
    return _shown(row)


def change(ctx: Context, key: Mapping[str, str], body: Json) -> dict[str, Json]:
    """PUT: another url, or `{"__op": "Delete"}`. `key`: {"functionName"}, or {"className", "triggerName"}. Raises ParseError 143, 101."""
    ctx.auth.require_writer("update a hook")
    if isinstance(body, dict) and body.get("__op") == "Delete":
        return _delete(ctx.core, key)
    row = _existing(ctx.core, key)
    url = body.get("url") if isinstance(body, dict) else None
    if not _is_url(url):
        raise _refused(INVALID)
    core = ctx.core
    _put(core, {**row, "url": url})
    with translated(CLASS):
        core.engine.update(core.classes.ensure(CLASS), Eq("objectId", row["objectId"]), {"url": Set(url), "updatedAt": Set(ids.now())})
    core.cache.forget(TAG)
    return _shown({**row, "url": url})


def start(core: Core) -> Callable[[], None]:
    """Load the stored webhooks, and follow changes of other workers and machines. Returns what stops the following."""
    stopping = threading.Event()
    core.extras[FOLLOW_HOOKS] = _follower(core)
    refresh(core)
    # A lone worker on a store of its own machine hears of others there through the cache; those of other machines share no memory.
    if core.settings.workers != 1 or core.engine.scheme not in ("memory", "sqlite"):
        in_background(lambda: _follow(core, stopping), "webhooks")
    return stopping.set


def refresh(core: Core) -> None:
    """Make the Registry hold exactly the stored webhooks. A store that is away changes nothing."""
    try:
        rows = _rows(core)
    except ParseError as problem:
        log.warning("webhooks were not read: %s", problem.message)
        return
    wanted = {_place(row): row["url"] for row in rows if _place(row) is not None}
    held = {(hook.kind, hook.target): hook.handler.url for hook in core.hooks.webhooks() if isinstance(hook.handler, WebhookCall)}
    for place in held.keys() - wanted.keys():
        core.hooks.uncover(*place)
    for row in rows:
        if _place(row) is not None and held.get(_place(row)) != row["url"]:  # type: ignore[arg-type]
            try:
                _put(core, row)
            except ParseError as problem:
                log.warning("a webhook in _Hooks cannot be used: %s", problem.message)


def _follower(core: Core) -> Callable[[], None]:
    """Refreshes when another worker changed the list since the last call."""
    number = core.cache.watch(TAG)
    seen = number()
    lock = threading.Lock()

    def follow() -> None:
        nonlocal seen
        if number() == seen:
            return
        with lock:
            now = number()
            if now != seen:
                refresh(core)
                seen = now

    return follow


def _follow(core: Core, stopping: threading.Event) -> None:
    while not stopping.wait(LOOK_EVERY):
        try:
            core.classes.refresh()  # the first webhook of all makes the class they are stored in
            refresh(core)
        except Exception as problem:  # the list is looked at again in any case
            log.warning("webhooks were not read: %s", problem)


def _declaration(body: Json) -> tuple[dict[str, str], str]:
    given: dict[str, Any] = body if isinstance(body, dict) else {}
    url = given.get("url")
    if not _is_url(url):
        raise _refused(INVALID)
    name = given.get("functionName")
    if isinstance(name, str) and name:
        return {"functionName": name}, str(url)
    class_name, trigger_name = given.get("className"), given.get("triggerName")
    if isinstance(class_name, str) and class_name and isinstance(trigger_name, str) and trigger_name in BY_WIRE:
        return {"className": class_name, "triggerName": trigger_name}, str(url)
    raise _refused(INVALID)


def _is_url(url: object) -> bool:
    return isinstance(url, str) and url.lower().startswith(("http://", "https://"))


def _delete(core: Core, key: Mapping[str, str]) -> dict[str, Json]:
    row = _row(core, key)
    if row is None:
        raise ObjectNotFound()
    with translated(CLASS):
        core.engine.delete(core.classes.get_or_empty(CLASS), Eq("objectId", row["objectId"]))
    place = _place(row)
    if place is not None:
        core.hooks.uncover(*place)
    core.cache.forget(TAG)
    return {}


def _put(core: Core, row: Doc) -> None:
    """Let the webhook take its place in the Registry. Raises ParseError 143 for one that cannot hang there."""
    place = _place(row)
    if place is None:
        raise _refused(INVALID)
    settings = core.settings
    ctx = Context(core, base_url=settings.server_url)
    handler = WebhookCall(*place, row["url"], settings.webhook_key, settings.hook_timeout_seconds, ctx.file_url)
    try:
        core.hooks.cover(Hook(*place, handler, file=row["url"], webhook=True))
    except RegistrationError as problem:
        raise _refused(str(problem))


def _place(row: Doc) -> tuple[str, str] | None:
    """(kind, target) in the Registry."""
    if row.get("functionName"):
        return FUNCTION, row["functionName"]
    kind = BY_WIRE.get(row.get("triggerName") or "")
    if kind is None:
        return None
    return kind.name, row.get("className") or "" if KINDS[kind.name].target == "class" else ""


def _existing(core: Core, key: Mapping[str, str]) -> Doc:
    row = _row(core, key)
    if row is None:
        name = key.get("functionName")
        raise _refused(f"no function named: {name} is defined" if name is not None else f"class {key['className']} does not exist")
    return row


def _row(core: Core, key: Mapping[str, str]) -> Doc | None:
    where: Node = And(tuple(Eq(name, value) for name, value in key.items()))
    with translated(CLASS):
        found = core.engine.find(core.classes.get_or_empty(CLASS), where)
    return found[0] if found else None


def _rows(core: Core) -> list[Doc]:
    with translated(CLASS):
        return core.engine.find(core.classes.get_or_empty(CLASS), And(()), ALL) if core.classes.is_stored(CLASS) else []


def _shown(row: Doc) -> dict[str, Json]:
    return {name: row[name] for name in ("functionName", "className", "triggerName", "url") if row.get(name)}


def _refused(text: str) -> ParseError:
    return ParseError(Code.WEBHOOK_ERROR, text)
