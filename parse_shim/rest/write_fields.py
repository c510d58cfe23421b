"""The fields that belong to the server: objectId, createdAt, updatedAt, the default ACL (contract/01, section 1; contract/03, 9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from parse_shim import ids
from parse_shim.errors import Code, ParseError, ValidationFailed
from parse_shim.rest.write_state import Write
from parse_shim.settings import Settings
from parse_shim.update.ops import Set, Unset

PUBLIC = {"*": {"read": True, "write": True}}
DATES = ("createdAt", "updatedAt")


def take_new_id(settings: Settings, class_name: str, body: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """The objectId that a create asks for, and the rest of its body. Raises 104, 105."""
    rest = dict(body)
    if settings.allow_custom_object_id:
        if "objectId" in rest and not rest["objectId"]:
            raise ParseError(Code.MISSING_OBJECT_ID, "objectId must not be empty, null or undefined")
        wanted = rest.pop("objectId", None)
        return _custom_id(class_name, wanted), rest
    if rest.pop("objectId", None):
        raise ParseError(Code.INVALID_KEY_NAME, "objectId is an invalid field name.")
    if rest.get("id"):
        raise ParseError(Code.INVALID_KEY_NAME, "id is an invalid field name.")
    return None, rest


def drop_same_id(object_id: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body of an update without its objectId, which Android repeats. Raises 105 for another one."""
    if "objectId" not in body:
        return body
    if body["objectId"] != object_id:
        raise ParseError(Code.INVALID_KEY_NAME, "objectId is an invalid field name.")
    return {name: value for name, value in body.items() if name != "objectId"}


def settle(write: Write) -> None:
    """After type checks: the id and the dates of the object, the class's default ACL. Raises 142 for dates in a wrong order."""
    sent = {name: write.update.pop(name, None) for name in DATES} if write.update else {}
    now = ids.now()
    if write.creating:
        chosen = _sent_date(write, sent.get("createdAt"))
        created = chosen or now
        # Without a createdAt of its own an object is of now, whatever updatedAt says (RestWrite.setRequiredFieldsIfNeeded).
        updated = (chosen and _sent_date(write, sent.get("updatedAt"))) or created
        if updated < created:
            raise ValidationFailed("updatedAt cannot occur before createdAt")
        write.object_id = write.object_id or ids.new_object_id(write.ctx.core.settings.object_id_size)
        write.update["createdAt"] = Set(created)
        write.update["updatedAt"] = Set(updated)
        _default_acl(write)
    else:
        write.update["updatedAt"] = Set(now)


def id_of_hook(class_name: str, op: object) -> str | None:
    """The objectId that cloud code chose for a new object. Raises 111 for anything but text."""
    return _custom_id(class_name, op.value) if isinstance(op, Set) and op.value else None


def _custom_id(class_name: str, wanted: Any) -> str | None:
    if wanted is None or isinstance(wanted, str):
        return wanted
    kind = {bool: "Boolean", int: "Number", float: "Number", list: "Array"}.get(type(wanted), "Object")
    raise ParseError(Code.INCORRECT_TYPE, f"schema mismatch for {class_name}.objectId; expected String but got {kind}")


def _sent_date(write: Write, op: object) -> datetime | None:
    """Only the maintenance key makes them count."""
    if write.ctx.auth.is_maintenance and isinstance(op, Set) and isinstance(op.value, datetime):
        return op.value
    return None


def _default_acl(write: Write) -> None:
    acl = (write.cls.permissions or {}).get("ACL")
    op = write.update.get("ACL")
    if not isinstance(acl, Mapping) or acl == PUBLIC or (op is not None and not isinstance(op, Unset)):
        return
    own = acl.get("currentUser")
    filled = {who: dict(flags) for who, flags in acl.items() if who != "currentUser"}
    if isinstance(own, Mapping) and write.ctx.auth.user_id:
        filled[write.ctx.auth.user_id] = dict(own)
    write.update["ACL"] = Set(filled)
    write.given["ACL"] = filled
