"""Installations: one row a device, however often an app is installed again (contract/01, section 12; contract/11, section 6)."""

from __future__ import annotations

from dataclasses import dataclass, field

from parse_shim.errors import Code, ObjectNotFound, ParseError
from parse_shim.query.ast import Eq, Node, Not, Or, both
from parse_shim.rest.access import writable
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.write_state import Write
from parse_shim.update.ops import Set, Unset
from parse_shim.values.types import Doc

INSTALLATION = "_Installation"
APNS_TOKEN_LENGTH = 64
FIXED = "{} may not be changed in this operation"


@dataclass(slots=True)
class Matches:
    """Stored rows that the write may be about: the one by id, the ones with the same device token."""

    by_id: Doc | None = None
    by_token: list[Doc] = field(default_factory=list)


def prepare(write: Write) -> None:
    """Find the row that is meant; a POST for a known one becomes an update of it. Raises 101, 132, 135, 136."""
    _normalise(write)
    sent_id, token = _text(write, "installationId"), _text(write, "deviceToken")
    known_id = sent_id or _header_id(write)
    if write.creating and not known_id and not token and not write.ctx.auth.installation_id:
        raise _missing("at least one ID field (deviceToken, installationId) must be specified in this operation")
    if not write.creating and not token and not sent_id and "deviceType" not in write.update:
        return
    found = _find(write, known_id, token)
    if write.creating:
        _prepare_create(write, found, known_id)
    else:
        _check_update(write, found.by_id)
        _merge(write, found)


def not_found(_write: Write) -> ParseError:
    return ObjectNotFound("Object not found for update.")


def _prepare_create(write: Write, found: Matches, known_id: str) -> None:
    if found.by_id is not None:
        _merge(write, found)
        return
    if not _text(write, "deviceType") and not found.by_token:
        raise _missing("deviceType must be specified in this operation")
    rows = found.by_token
    if not rows:
        return
    if len(rows) == 1 and (not rows[0].get("installationId") or not known_id):
        _become_update(write, rows[0])
    elif not _text(write, "installationId"):
        text = "Must specify installationId when deviceToken matches multiple Installation objects"
        raise ParseError(Code.INSTALLATION_AMBIGUOUS, text)
    else:
        if not _text(write, "deviceType"):
            raise _missing("deviceType must be specified in this operation")
        _clear(write, Not(Eq("installationId", known_id)))


def _merge(write: Write, found: Matches) -> None:
    """The write is about `by_id`; others that hold its device token give way, or one of them takes its place."""
    row = found.by_id
    assert row is not None
    others = [other for other in found.by_token if other["objectId"] != row["objectId"]]
    if len(found.by_token) == 1 and others and not others[0].get("installationId"):
        if write.ctx.core.settings.installation.duplicate_device_token_merge_priority == "deviceToken":
            _remove(write, Eq("objectId", row["objectId"]))
            row = others[0]
        else:
            _clear(write, Eq("objectId", others[0]["objectId"]))
    elif others and row.get("deviceToken") != _text(write, "deviceToken"):
        own_id = _text(write, "installationId") or row.get("installationId")
        _clear(write, Not(Eq("installationId", own_id)) if own_id else Not(Eq("objectId", row["objectId"])))
    _become_update(write, row)


def _become_update(write: Write, row: Doc) -> None:
    write.creating, write.object_id = False, row["objectId"]
    write.original = None


def _check_update(write: Write, row: Doc | None) -> None:
    if row is None:
        raise not_found(write)
    sent_id, token = _text(write, "installationId"), _text(write, "deviceToken")
    if sent_id and row.get("installationId") and sent_id != row["installationId"]:
        raise ParseError(Code.IMMUTABLE_FIELD, FIXED.format("installationId"))
    if token and row.get("deviceToken") not in (None, token) and not sent_id and not row.get("installationId"):
        raise ParseError(Code.IMMUTABLE_FIELD, FIXED.format("deviceToken"))
    device_type = _text(write, "deviceType")
    if device_type and device_type != row.get("deviceType"):
        raise ParseError(Code.IMMUTABLE_FIELD, FIXED.format("deviceType"))


def _find(write: Write, known_id: str, token: str) -> Matches:
    parts: list[Node] = []
    if not write.creating:
        parts.append(Eq("objectId", write.object_id))
    elif known_id:
        parts.append(Eq("installationId", known_id))
    if token:
        parts.append(Eq("deviceToken", token))
    if not parts:
        return Matches()
    with translated(INSTALLATION):
        rows = write.ctx.core.engine.find(write.cls, Or(tuple(parts)))
    found = Matches(by_token=[row for row in rows if token and row.get("deviceToken") == token])
    for row in rows:
        same = row["objectId"] == write.object_id if not write.creating else row.get("installationId") == known_id
        if same and (not write.creating or known_id):
            found.by_id = row
            break
    return found


def _clear(write: Write, which: Node) -> None:
    """Other rows with the same device token (of the same app, where one is named) go, or lose the token."""
    where = both(Eq("deviceToken", _text(write, "deviceToken")), which)
    if app := _text(write, "appIdentifier"):
        where = both(where, Eq("appIdentifier", app))
    if write.ctx.core.settings.installation.duplicate_device_token_action == "update":
        _schedule(write, where, keep_row=True)
    else:
        _remove(write, where)


def _remove(write: Write, where: Node) -> None:
    _schedule(write, where, keep_row=False)


def _schedule(write: Write, where: Node, *, keep_row: bool) -> None:
    engine, cls, settings = write.ctx.core.engine, write.cls, write.ctx.core.settings.installation
    if settings.duplicate_device_token_action_enforce_auth:
        where = both(where, writable(write.ctx.auth))

    def work() -> None:
        if keep_row:
            engine.update_many(cls, where, {"deviceToken": Unset()})
        else:
            engine.delete(cls, where)

    write.with_store.append(work)


def _normalise(write: Write) -> None:
    if sent_id := _text(write, "installationId"):
        write.update["installationId"] = Set(sent_id.lower())
    token = _text(write, "deviceToken")
    if len(token) == APNS_TOKEN_LENGTH:
        write.update["deviceToken"] = Set(token.lower())


def _header_id(write: Write) -> str:
    """Who asks, for finding the row only: it is not stored from there."""
    auth = write.ctx.auth
    return "" if auth.unrestricted else (auth.installation_id or "").lower()


def _text(write: Write, name: str) -> str:
    """Filled text or "": types before queries; others are refused by the type check (111)."""
    op = write.update.get(name)
    return op.value if isinstance(op, Set) and isinstance(op.value, str) else ""


def _missing(text: str) -> ParseError:
    return ParseError(Code.MISSING_FIELD, text)
