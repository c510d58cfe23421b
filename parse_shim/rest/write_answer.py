"""What a write tells the client: only what the client cannot know by itself (contract/10, section 4)."""

from __future__ import annotations

from parse_shim.rest.protected import protection_for
from parse_shim.rest.write_state import Write, Written
from parse_shim.update.apply import op_results
from parse_shim.update.ops import Op, Relate, Set, Update
from parse_shim.values.compare import equal
from parse_shim.values.types import Value

DELETED = {"__op": "Delete"}
SILENT = frozenset({"password", "authData", "objectId", "createdAt", "updatedAt"})
"""Fields whose change by a hook is not told."""


def answer(write: Write, changed_by_hook: frozenset[str]) -> Written:
    """The body: ids and dates, operation results, what the server filled in, what the hook changed.

    With a hook on the class a dotted key brings its whole parent."""
    after = write.after
    if write.creating:
        body: dict[str, Value] = {"objectId": write.object_id, "createdAt": after["createdAt"]}
    else:
        body = {"updatedAt": after["updatedAt"]}
    body |= op_results(write.update, after)
    if write.hooked:
        body |= {root: after[root] for root in _parents(write.sent) if root in after}
    for name in changed_by_hook:
        body[name] = after.get(name, DELETED)
    body |= write.given
    body |= write.extra
    if not write.ctx.core.settings.protected_fields_save_response_exempt:
        _hide(write, body)
    return Written(write.class_name, write.object_id or "", body, 201 if write.creating else 200)


def _hide(write: Write, body: dict[str, Value]) -> None:
    """Take out what the caller could not read."""
    auth = write.ctx.auth
    own = write.class_name == "_User" and write.object_id == auth.user_id
    protected = protection_for(write.ctx, write.cls)
    if protected and not (own and write.ctx.core.settings.protected_fields_owner_exempt):
        for name in protected.hidden(write.after, auth.user_id):
            body.pop(name, None)


def changes_of_hook(sent: Update, merged: Update) -> frozenset[str]:
    """Fields that a before_save hook set, unset or took back; links of relations are not told."""
    names: set[str] = set()
    for path in {*sent, *merged}:
        before, after = sent.get(path), merged.get(path)
        root = path.partition(".")[0]
        if root in SILENT or isinstance(before, Relate) or isinstance(after, Relate) or _same(before, after):
            continue
        names.add(root if path not in merged or "." in path else path)
    return frozenset(names)


def _same(first: Op | None, second: Op | None) -> bool:
    if isinstance(first, Set) and isinstance(second, Set):
        return equal(first.value, second.value)
    return type(first) is type(second) and first == second


def _parents(update: Update) -> set[str]:
    return {path.partition(".")[0] for path in update if "." in path} - {"authData"}
