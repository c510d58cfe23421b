"""Users and their authData: signing in or up with POST /users, linking and unlinking with PUT (contract/03, section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parse_shim import ids
from parse_shim.errors import Code, ParseError
from parse_shim.query.ast import Eq
from parse_shim.rest import authdata, sessions
from parse_shim.rest.authdata import UNSUPPORTED, is_credential
from parse_shim.rest.core import Context
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.triggers import after_save, before_login
from parse_shim.rest.write_state import Write, Written
from parse_shim.update.ops import Set
from parse_shim.values.types import Doc, Relation

__all__ = ["UNSUPPORTED", "change_logins", "is_credential", "sign_in_or_up", "store_logins"]

ALREADY_USED = "this auth is already used"


def sign_in_or_up(write: Write, value: object) -> Written | None:
    """A user is known by one of the ids: the answer of its login. Otherwise the write goes on as a sign-up, with what the providers
    accepted. Raises 141, 162, 208, 252."""
    ctx = write.ctx
    auth_data = {name: data for name, data in authdata.check_shape(value).items() if data is not None}
    users = authdata.find_users(ctx, auth_data)
    if len(users) > 1 or (users and _is_other(ctx, users[0])) or (users and _is_locked(ctx, users[0])):
        authdata.validate(ctx, auth_data, None, login=False)
        raise ParseError(Code.ACCOUNT_ALREADY_LINKED, ALREADY_USED)
    if users:
        return _sign_in(write, auth_data, users[0])
    checked = authdata.validate(ctx, auth_data, None, login=False)
    write.update.pop("authData", None)
    if checked.keep:
        write.update["authData"] = Set(checked.keep)
    write.provider = ",".join(auth_data)
    write.extra["authDataResponse"] = checked.response
    username = write.update.get("username")
    if not isinstance(username, Set) or username.value in (None, ""):
        write.extra["username"] = generated = ids.new_token()
        write.update["username"] = Set(generated)
    return None


def change_logins(write: Write, user: Doc) -> None:
    """PUT with authData, by somebody who may change `user`: link, change, unlink. Data that did not change is not asked about."""
    op = write.update.pop("authData")
    auth_data = authdata.check_shape(op.value if isinstance(op, Set) else None)
    changes = authdata.changed(auth_data, authdata.known(user))
    others = [found for found in authdata.find_users(write.ctx, changes) if found["objectId"] != user["objectId"]]
    if not changes:
        return
    checked = authdata.validate(write.ctx, changes, user, login=False)
    if others:
        raise ParseError(Code.ACCOUNT_ALREADY_LINKED, ALREADY_USED)
    write.update |= checked.changes()
    write.provider = ",".join(name for name, data in changes.items() if data is not None)
    write.extra["authDataResponse"] = checked.response


def store_logins(ctx: Context, user: Doc, checked: authdata.Checked) -> Doc:
    """Keep what the providers accepted at a login, where it differs from what is stored; the user afterwards."""
    stored = authdata.known(user)
    fresh = authdata.Checked(authdata.changed(checked.keep, stored))
    if not fresh.keep:
        return user
    with translated("_User"):
        cls = ctx.core.classes.get_or_empty("_User")
        after = ctx.core.engine.update(cls, Eq("objectId", user["objectId"]), fresh.changes())
    ctx.core.cache.forget_user(user["objectId"])
    return after or user


def _sign_in(write: Write, auth_data: Mapping[str, Any], user: Doc) -> Written:
    ctx = write.ctx
    is_login = ctx.auth.user is None and not ctx.auth.unrestricted
    asked = auth_data if is_login else authdata.changed(auth_data, authdata.known(user))
    checked = authdata.validate(ctx, asked, user, login=is_login)
    if is_login:
        authdata.require_configured(ctx, auth_data, user)
        before_login(ctx, user)
    user = store_logins(ctx, user, checked)
    relations = {name: Relation(target) for name, target in write.cls.relations.items()}
    body: dict[str, Any] = {**relations, **user}
    if is_login or checked.response:
        body["authDataResponse"] = checked.response
    if is_login and ctx.auth.installation_id != sessions.CLOUD_INSTALLATION:
        created_with = {"action": "login", "authProvider": ",".join(auth_data)}
        body["sessionToken"] = sessions.new_session(ctx, user["objectId"], created_with)["sessionToken"]
    body["authData"] = authdata.shown(ctx.core, authdata.known(user)) or {}
    outcome = after_save(ctx, write.cls, user, user)
    body |= outcome.changed
    return Written("_User", user["objectId"], body, 200, outcome.replaced, outcome.replacement, located=True)


def _is_other(ctx: Context, user: Doc) -> bool:
    return ctx.auth.user is not None and ctx.auth.user["objectId"] != user["objectId"]


def _is_locked(ctx: Context, user: Doc) -> bool:
    """An empty ACL: only the master key reaches the user."""
    return not ctx.auth.unrestricted and user.get("ACL") == {}
