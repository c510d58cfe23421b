"""Create and update: the one write path of REST, batch, cloud code and the server itself.

A write passes three stages. `stage`: everything that may refuse or take long (rules of the class, hooks, checks, hashes). `store`: the
engine's atomic write alone, so that a transaction never waits for anything. `finish`: what others learn of it, and the answer.
Source of the order: contract/01, section 13; contract/10, section 3.
"""

from __future__ import annotations

from collections.abc import Callable

from parse_shim.errors import Code, DuplicateKey, ParseError
from parse_shim.events import Change
from parse_shim.query.ast import EVERYTHING, Eq, Node, both
from parse_shim.query.options import ONE
from parse_shim.rest.access import check_class
from parse_shim.rest.calling import cloud_session
from parse_shim.rest.core import Context, as_master
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.relations import carry_out, links, without_links
from parse_shim.rest.triggers import after_save, before_save, has_hook
from parse_shim.rest.write_answer import answer, changes_of_hook
from parse_shim.rest.write_checks import check_and_grow, check_body, check_class_access, check_names, check_values_of
from parse_shim.rest.write_fields import drop_same_id, id_of_hook, settle, take_new_id
from parse_shim.rest.write_rules import rules_of
from parse_shim.rest.write_state import Write, Written
from parse_shim.update.apply import apply_create
from parse_shim.update.ops import Update
from parse_shim.update.parse import check_conflicts, parse_update
from parse_shim.values.types import Doc, Json

__all__ = ["Written", "create", "save_internal", "save_update", "update"]


def create(ctx: Context, class_name: str, body: Json) -> Written:
    """POST /classes/C, /users, /roles, /installations, /sessions."""
    return _run_again(lambda: open_create(ctx, class_name, body))


def update(ctx: Context, class_name: str, object_id: str, body: Json) -> Written:
    """PUT /classes/C/ID. Raises ObjectNotFound; there is no upsert."""
    return run(open_update(ctx, class_name, object_id, body))


def save_update(ctx: Context, class_name: str, object_id: str | None, changes: Update) -> Written:
    """As `create` and `update`, for cloud code, which has operations instead of JSON."""
    return _run_again(lambda: open_update_of(ctx, class_name, object_id, changes))


def save_internal(ctx: Context, class_name: str, object_id: str, changes: Update, condition: Node = EVERYTHING) -> Written:
    """A write of the server's own, with hooks, if the stored object satisfies `condition` (single-use tokens).

    Raises ObjectNotFound."""
    master = as_master(ctx)
    cls = master.core.classes.get_or_empty(class_name)
    return run(Write(master, class_name, cls, dict(changes), False, object_id, condition=condition, internal=True))


# -- the beginning ------------------------------------------------------------------------------------------------------------


def open_create(ctx: Context, class_name: str, body: Json) -> Write:
    check_class_access(ctx, class_name, "create")
    object_id, fields = take_new_id(ctx.core.settings, class_name, check_body(ctx, body))
    write = Write(ctx, class_name, ctx.core.classes.get_or_empty(class_name), parse_update(fields, create=True), True, object_id)
    check_names(ctx, write.update, write)
    return write


def open_update(ctx: Context, class_name: str, object_id: str, body: Json) -> Write:
    check_class_access(ctx, class_name, "update")
    fields = drop_same_id(object_id, check_body(ctx, body))
    write = Write(ctx, class_name, ctx.core.classes.get_or_empty(class_name), parse_update(fields), False, object_id)
    check_names(ctx, write.update, write)
    return write


def open_update_of(ctx: Context, class_name: str, object_id: str | None, changes: Update) -> Write:
    check_class_access(ctx, class_name, "update" if object_id else "create")
    fields = dict(changes)
    wanted = id_of_hook(class_name, fields.pop("objectId", None))
    if wanted and wanted != object_id and (object_id or not ctx.core.settings.allow_custom_object_id):
        raise ParseError(Code.INVALID_KEY_NAME, "objectId is an invalid field name.")
    cls = ctx.core.classes.get_or_empty(class_name)
    write = Write(ctx, class_name, cls, fields, object_id is None, object_id or wanted)
    check_values_of(ctx, fields)
    check_conflicts(fields)
    check_names(ctx, fields, write)
    return write


# -- the steps ----------------------------------------------------------------------------------------------------------------


def run(write: Write) -> Written:
    """All three stages. What hooks asked to undo is undone when the write fails."""
    try:
        early = stage(write)
        if early is None:
            store(write)
    except BaseException:
        abandon(write)
        raise
    return early if early is not None else finish(write)


def stage(write: Write) -> Written | None:
    """Everything before the store. A Written: the request is answered already, by a login."""
    rules = rules_of(write.class_name)
    early = rules.prepare(write)
    if early is not None:
        return early
    write.sent = dict(write.update)
    _run_before_save(write)
    check_and_grow(write)
    settle(write)
    rules.finish(write)
    return None


def store(write: Write) -> None:
    """The object, its links, and other rows that belong to the same write."""
    engine, wanted = write.ctx.core.engine, links(write.update)
    with translated(write.class_name):
        for work in write.with_store:
            work()
        if write.creating:
            write.after = {"objectId": write.object_id, **apply_create(write.update)}
            engine.insert(write.cls, dict(write.after))
        else:
            after = engine.update(write.cls, write.where, without_links(write.update) if wanted else write.update)
            if after is None:
                raise rules_of(write.class_name).not_found(write)
            write.after = after
        if wanted:
            carry_out(write.ctx.core, write.class_name, write.object_id or "", wanted)


def finish(write: Write) -> Written:
    """Sessions and caches, listeners, after_save, the answer. Raises `write.refusal`."""
    written = _finish(write)
    if write.refusal is not None:
        raise write.refusal
    return written


def _finish(write: Write) -> Written:
    rules_of(write.class_name).stored(write)
    for work in write.stored:
        work()
    _publish(write)
    written = answer(write, write.changed_by_hook)
    if not has_hook(write.ctx, "after_save", write.class_name):
        return written
    outcome = after_save(write.ctx, write.cls, write.after, None if write.creating else write.original)
    if write.class_name == "_User" and "username" in write.after:
        written.body["username"] = write.after["username"]
    written.body.update(outcome.changed)
    return Written(written.class_name, written.object_id, written.body, written.status, outcome.replaced, outcome.replacement)


def abandon(write: Write) -> None:
    """The write failed after its hook ran: carry out what the hook registered for that, last first."""
    if not write.undo:
        return
    with cloud_session(write.ctx):
        for undo in reversed(write.undo):
            try:
                undo()
            except Exception:
                write.ctx.core.log.exception("undoing a save of %s failed", write.class_name)
    write.undo.clear()


def _run_before_save(write: Write) -> None:
    """The hook sees objects that the caller may write, and only those: 119 and 101 come before it."""
    ctx, class_name = write.ctx, write.class_name
    has_before = has_hook(ctx, "before_save", class_name)
    listened = has_before or has_hook(ctx, "after_save", class_name) or ctx.core.bus.wants(class_name)
    if not write.creating and listened and write.original is None:
        write.original = _read_original(write)
    if not has_before:
        return
    if write.creating:
        check_class(ctx.auth, write.cls, "create")
    merged = before_save(write)
    if merged is write.sent:
        return  # the client's operations were checked already: 10 µs
    write.object_id = id_of_hook(class_name, merged.pop("objectId", None)) or write.object_id
    check_values_of(ctx, merged)
    check_names(ctx, [name for name in merged if name not in write.sent], write)
    write.changed_by_hook = changes_of_hook(write.sent, merged)
    write.update = merged


def _read_original(write: Write) -> Doc:
    with translated(write.class_name):
        where = both(Eq("objectId", write.object_id), write.permitted())
        found = write.ctx.core.engine.find(write.cls, where, ONE)
    if not found:
        raise rules_of(write.class_name).not_found(write)
    return found[0]


def _publish(write: Write) -> None:
    bus = write.ctx.core.bus
    if bus.wants(write.class_name):
        before = None if write.creating else write.original
        bus.publish(Change(write.class_name, _public(write, before), _public(write, write.after), write.ctx.cloud))


def _public(write: Write, doc: Doc | None) -> Doc | None:
    """Listeners never see the password hashes and tokens of users."""
    if doc is None or write.class_name != "_User":
        return doc
    return {name: value for name, value in doc.items() if not name.startswith("_")}


def _run_again(opened: Callable[[], Write]) -> Written:
    """Two sign-ups with one login of a provider at the same moment: the store lets one win, the other is a login then. Likewise
    two first saves of one installation: the second one is an update."""
    write = opened()
    try:
        return run(write)
    except ParseError as error:
        if not (write.creating and isinstance(error.__cause__, DuplicateKey)):
            raise
        is_device = write.class_name == "_Installation" and error.__cause__.field == "installationId"
        if error.code != Code.ACCOUNT_ALREADY_LINKED and not is_device:
            raise
    return run(opened())
