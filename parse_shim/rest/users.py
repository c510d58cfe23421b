"""What is special about writing a `_User`: names, addresses, passwords, owner's ACL, sessions (contract/03, sections 1, 3 and 5)."""

from __future__ import annotations

import re
from typing import Any

from parse_shim import ids
from parse_shim.errors import Code, Denied, ObjectNotFound, ParseError
from parse_shim.query.ast import And, Eq, EqFold, Node, Not, both
from parse_shim.query.options import ONE
from parse_shim.rest import emails, sessions, signin
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.passwords import check_policy, former_hashes, hash_password, next_history
from parse_shim.rest.write_state import Write, Written
from parse_shim.update.apply import apply_create
from parse_shim.update.ops import Set, Unset, Update
from parse_shim.values.types import Doc

EMAIL = re.compile(r".+@.+")
OURS = ("sessionToken", "authDataResponse", "createdWith")
"""What answers about users carry and SDKs may send back; never columns."""
NEEDS_STORED = ("authData", "password", "email")
PERISHABLE: Update = {"_perishable_token": Unset(), "_perishable_token_expires_at": Unset()}


def prepare(write: Write) -> Written | None:
    """Before hooks. Returns the whole answer when the write turns out to be a login by authData. Raises 119, 200, 201, 206, 208, 252."""
    for name in OURS:
        write.update.pop(name, None)
    if write.creating:
        return _prepare_create(write)
    _prepare_update(write)
    return None


def finish(write: Write) -> None:
    """After hooks and type checks, before the store. Raises 125, 142, 202, 203."""
    _lower_case(write)
    _finish_username(write)
    _finish_email(write)
    _finish_password(write)
    _keep_owner(write)


def together(write: Write) -> None:
    """Before a transaction: the session of a new user is stored with it, or neither is."""
    if not write.creating or emails.blocks_sign_up(write.ctx, {"objectId": write.object_id, **apply_create(write.update)}):
        return
    ctx, session = write.ctx, _first_session(write)
    if session is not None:
        ctx.core.classes.ensure(sessions.SESSION)
        write.with_store.append(lambda: sessions.store(ctx, session))
        write.stored.append(lambda: sessions.tell(ctx, session))


def stored(write: Write) -> None:
    """Once the user is stored."""
    if write.creating:
        _begin_session(write)
    else:
        write.ctx.core.cache.forget_user(write.object_id or "")
        _begin_linked_session(write)


# -- before hooks -----------------------------------------------------------------------------------------------------------


def _prepare_create(write: Write) -> Written | None:
    _guard_verified(write)
    if write.object_id and write.object_id.startswith("role:"):  # would be taken for a role in every ACL
        raise ParseError(Code.OPERATION_FORBIDDEN, "Invalid object ID.")
    op = write.update.get("authData")
    value = op.value if isinstance(op, Set) else None
    if signin.is_credential(value):
        return signin.sign_in_or_up(write, value)
    if not _text(write, "username"):
        raise ParseError(Code.USERNAME_MISSING, "bad or missing username")
    if not _text(write, "password"):
        raise ParseError(Code.PASSWORD_MISSING, "password is required")
    if op is not None and not isinstance(value, dict):
        raise ParseError(Code.UNSUPPORTED_SERVICE, signin.UNSUPPORTED)
    write.update.pop("authData", None)
    return None


def _prepare_update(write: Write) -> None:
    auth = write.ctx.auth
    if auth.user is None and not auth.unrestricted:
        raise Denied(f"Cannot modify user {write.object_id}.", Code.SESSION_MISSING)
    if any(name in write.update for name in NEEDS_STORED):
        # Rights first: what follows tells whether names, addresses and logins of others exist.
        write.original = _stored_user(write)
    _guard_verified(write)
    if isinstance(write.update.get("username"), Unset):
        raise ParseError(Code.INVALID_JSON, "You cannot use [object Object] as a query parameter.")
    password = write.update.get("password")
    if isinstance(password, Unset) or (isinstance(password, Set) and password.value is None):
        raise ParseError(Code.PASSWORD_MISSING, "password is required")
    if "authData" in write.update and write.original is not None:
        signin.change_logins(write, write.original)


def _stored_user(write: Write) -> Doc:
    with translated("_User"):
        where = both(Eq("objectId", write.object_id), write.permitted())
        found = write.ctx.core.engine.find(write.cls, where, ONE)
    if not found:
        raise not_found(write)
    return found[0]


def not_found(write: Write) -> ParseError:
    """The answer for a user that is not there or not the caller's to change."""
    return ObjectNotFound() if write.ctx.auth.unrestricted else Denied("Insufficient auth.", Code.SESSION_MISSING)


def _guard_verified(write: Write) -> None:
    if "emailVerified" in write.update and not write.ctx.auth.unrestricted and not write.internal:
        raise Denied("Clients aren't allowed to manually update email verification.")


def _text(write: Write, name: str) -> str:
    op = write.update.get(name)
    return op.value if isinstance(op, Set) and isinstance(op.value, str) else ""


# -- after hooks ------------------------------------------------------------------------------------------------------------


def _lower_case(write: Write) -> None:
    settings = write.ctx.core.settings
    for name, wanted in (
        ("username", settings.convert_username_to_lowercase),
        ("email", settings.convert_email_to_lowercase),
    ):
        if wanted and (text := _text(write, name)):
            write.update[name] = Set(text.lower())


def _finish_username(write: Write) -> None:
    username = _text(write, "username")
    if username:
        if username != write.extra.get("username") and _is_taken(write, "username", username):
            raise ParseError(Code.USERNAME_TAKEN, "Account already exists for this username.")
    elif write.creating and write.provider:
        write.extra["username"] = generated = ids.new_token()
        write.update["username"] = Set(generated)


def _finish_email(write: Write) -> None:
    email = _text(write, "email")
    if not email:
        return
    if not EMAIL.fullmatch(email):
        raise ParseError(Code.INVALID_EMAIL_ADDRESS, "Email address format is invalid.")
    if _is_taken(write, "email", email):
        raise ParseError(Code.EMAIL_TAKEN, "Account already exists for this email address.")
    if (write.original or {}).get("email") != email:
        if not write.creating:
            write.update |= PERISHABLE
        emails.ask_for_verification(write, email)


def _is_taken(write: Write, name: str, text: str) -> bool:
    """Whether another user has it, in whatever case. Two sign-ups at once are told apart by the store's unique index."""
    where: Node = EqFold(name, text)
    if not write.creating:
        where = And((where, Not(Eq("objectId", write.object_id))))
    with translated("_User"):
        return bool(write.ctx.core.engine.find(write.cls, where, ONE))


def _finish_password(write: Write) -> None:
    op = write.update.pop("password", None)
    if not isinstance(op, Set) or not isinstance(op.value, str):
        return
    write.sent.pop("password", None)
    if op.value:
        _check_new_password(write, op.value)
    write.update["_hashed_password"] = Set(hash_password(op.value) if op.value else "")
    policy = write.ctx.core.settings.password_policy
    if policy.max_password_age:
        write.update["_password_changed_at"] = Set(ids.now())
    if write.creating:
        return
    history = next_history(policy, write.original or {})
    if history is not None:
        write.update["_password_history"] = Set(history)
    write.update |= PERISHABLE
    write.stored.append(lambda: _after_new_password(write))


def _check_new_password(write: Write, password: str) -> None:
    policy = write.ctx.core.settings.password_policy
    original = write.original or {}
    if policy.max_password_history and not write.creating and write.original is None:
        original = _stored_user(write)
        write.original = original
    username = _text(write, "username") or original.get("username")
    check_policy(policy, password, username, former_hashes(policy, original))


def _after_new_password(write: Write) -> None:
    ctx, user_id = write.ctx, write.object_id or ""
    if ctx.core.settings.revoke_session_on_password_reset:
        sessions.end_sessions(ctx, user_id)
    if not ctx.auth.unrestricted and ctx.auth.user_id == user_id and _may_begin(write):
        created_with = {"action": "login", "authProvider": "password"}
        write.extra["sessionToken"] = sessions.new_session(ctx, user_id, created_with)["sessionToken"]


def _keep_owner(write: Write) -> None:
    """A user can always read and change itself; only the master key locks one out."""
    op, owner = write.update.get("ACL"), {"read": True, "write": True}
    acl: dict[str, Any] = dict(op.value) if isinstance(op, Set) and isinstance(op.value, dict) else {}
    if write.creating:
        if op is None and not write.ctx.core.settings.enforce_private_users:
            acl["*"] = {"read": True}
    elif op is None or write.ctx.auth.unrestricted:
        return
    write.update["ACL"] = Set({**acl, write.object_id or "": owner})


# -- once stored ------------------------------------------------------------------------------------------------------------


def _begin_session(write: Write) -> None:
    if "sessionToken" in write.extra:
        return  # stored with the user
    if emails.blocks_sign_up(write.ctx, write.after):
        if write.ctx.core.settings.prevent_signup_with_unverified_email:
            write.refusal = ParseError(Code.EMAIL_NOT_FOUND, "User email is not verified.")
        return
    session = _first_session(write)
    if session is not None:
        sessions.store(write.ctx, session)
        sessions.tell(write.ctx, session)


def _first_session(write: Write) -> Doc | None:
    """The only session of a new user, not stored yet; the answer has its token. None where none begins."""
    ctx = write.ctx
    if not _may_begin(write) or (ctx.auth.user is not None and write.provider):
        return None
    created_with = (
        {"action": "login", "authProvider": write.provider} if write.provider else {"action": "signup", "authProvider": "password"}
    )
    doc = sessions.session_doc(ctx, write.object_id or "", created_with)
    write.extra["sessionToken"] = doc["sessionToken"]
    return doc


def _begin_linked_session(write: Write) -> None:
    """Who links a login for a user with the master key gets a session of that user (RestWrite.createSessionTokenIfNeeded)."""
    if write.provider and write.ctx.auth.user is None and _may_begin(write):
        created_with = {"action": "login", "authProvider": write.provider}
        write.extra["sessionToken"] = sessions.new_session(write.ctx, write.object_id or "", created_with)["sessionToken"]


def _may_begin(write: Write) -> bool:
    return write.ctx.auth.installation_id != sessions.CLOUD_INSTALLATION
