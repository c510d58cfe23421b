"""Logging in and out, and who am I (contract/03, sections 2 and 5). Routes hand over one dict of parameters, from body or query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parse_shim import ids
from parse_shim.errors import Code, Denied, ObjectNotFound, ParseError
from parse_shim.query.ast import And, Eq, Node, Or
from parse_shim.query.options import ONE, FindOptions
from parse_shim.rest import authdata, emails, read, sessions, signin
from parse_shim.rest.auth import auth_for_user, resolve_session
from parse_shim.rest.core import Context, as_client
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.lockout import Attempt
from parse_shim.rest.passwords import begins_to_age, expired, fits
from parse_shim.rest.triggers import after_login, before_login
from parse_shim.update.ops import Set, Update
from parse_shim.values.types import Doc

WRONG = "Invalid username/password."
UNVERIFIED = "User email is not verified."
EXPIRED = "Your password has expired. Please reset your password."


def log_in(ctx: Context, parameters: Mapping[str, Any]) -> Doc:
    """GET or POST /login: the user as it sees itself, with a new sessionToken. Raises 101, 200, 201, 205."""
    user = _judge(ctx, parameters)
    policy = ctx.core.settings.password_policy
    if expired(policy, user):
        raise ObjectNotFound(EXPIRED)
    if begins_to_age(policy, user):
        _note(ctx, user, {"_password_changed_at": Set(ids.now())})
    checked = _check_further(ctx, parameters, user)
    before_login(ctx, user)
    user = signin.store_logins(ctx, user, checked)
    session = sessions.new_session(ctx, user["objectId"], {"action": "login", "authProvider": "password"})
    after_login(ctx, user, session["sessionToken"])
    shown = _as_itself(ctx, user, session["sessionToken"])
    if "authData" in parameters:
        shown["authDataResponse"] = checked.response
    return shown


def verify_password(ctx: Context, parameters: Mapping[str, Any]) -> Doc:
    """GET or POST /verifyPassword: the same checks, no session. Counts for the lockout."""
    user = _judge(ctx, parameters)
    return _own_view(ctx, user)


def log_in_as(ctx: Context, parameters: Mapping[str, Any]) -> Doc:
    """POST /loginAs, for the master key. Raises 101, 119, 162."""
    if not ctx.auth.is_master:
        raise Denied("master key is required")
    ctx.auth.require_writer("login as another user")
    user_id = parameters.get("userId")
    if user_id is None or user_id == "":
        raise ParseError(Code.INVALID_VALUE, "userId must not be empty, null, or undefined")
    user = _find_one(ctx, Eq("objectId", user_id)) if isinstance(user_id, str) else None
    if user is None:
        raise ObjectNotFound("user not found")
    session = sessions.new_session(ctx, user["objectId"], {"action": "login", "authProvider": "masterkey"})
    return _as_itself(ctx, user, session["sessionToken"])


def me(ctx: Context) -> Doc:
    """GET /users/me: the caller as it sees itself, with its sessionToken. Raises 209, 119."""
    token = ctx.auth.session_token
    if not token:
        raise Denied("Invalid session token", Code.INVALID_SESSION_TOKEN)
    user = ctx.auth.user or resolve_session(ctx.core, token).user
    try:
        found = read.get(_in_name_of(ctx, user, token), "_User", user["objectId"])
    except ObjectNotFound as error:
        raise Denied("Invalid session token", Code.INVALID_SESSION_TOKEN) from error
    return {**found.results[0], "sessionToken": token}


def challenge(ctx: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """POST /challenge: what providers want answered before a login, {"challengeData": {provider: answer}}. Raises -1, 101."""
    asked = parameters.get("challengeData")
    if not asked:
        raise _other("Nothing to challenge.")
    if not isinstance(asked, dict):
        raise _other("challengeData should be an object.")
    sent, user = _challenged_user(ctx, parameters)
    answers: dict[str, Any] = {}
    for name in sorted(asked):
        data = sent.get(name) or authdata.known(user).get(name)
        found = authdata.ask_challenge(ctx, name, asked[name], data, user)
        if found is not None:
            answers[name] = found
    return {"challengeData": answers}


# -- private --------------------------------------------------------------------------------------------------------------------


def _judge(ctx: Context, parameters: Mapping[str, Any]) -> Doc:
    """The user whose name and password these are; unknown names take as long to refuse as wrong passwords."""
    username, email, password = (parameters.get(name) for name in ("username", "email", "password"))
    if not username and not email:
        raise ParseError(Code.USERNAME_MISSING, "username/email is required.")
    if not password:
        raise ParseError(Code.PASSWORD_MISSING, "password is required.")
    texts = all(value is None or value == "" or isinstance(value, str) for value in (username, email))
    user = _find_named(ctx, username, email) if texts and isinstance(password, str) else None
    if user is None:
        fits(password if isinstance(password, str) else "", None)
        raise ObjectNotFound(WRONG)
    with Attempt(ctx, user) as attempt:
        if not fits(password, user.get("_hashed_password")):
            raise ObjectNotFound(WRONG)
        attempt.succeeded()
    if not ctx.auth.unrestricted and user.get("ACL") == {}:
        raise ObjectNotFound(WRONG)
    if emails.blocks_login(ctx, user) and not (ctx.auth.is_master and parameters.get("ignoreEmailVerification")):
        raise ParseError(Code.EMAIL_NOT_FOUND, UNVERIFIED)
    return user


def _find_named(ctx: Context, username: object, email: object) -> Doc | None:
    """By name and address together, by address, or by a name that may also be an address; a real name wins."""
    where: Node
    if username and email:
        where = And((Eq("username", str(username)), Eq("email", str(email))))
    elif email:
        where = Eq("email", str(email))
    else:
        where = Or((Eq("username", str(username)), Eq("email", str(username))))
    with translated("_User"):
        found = ctx.core.engine.find(ctx.core.classes.get_or_empty("_User"), where, FindOptions(limit=2))
    return next((user for user in found if user.get("username") == username), found[0] if found else None)


def _find_one(ctx: Context, where: Node) -> Doc | None:
    with translated("_User"):
        found = ctx.core.engine.find(ctx.core.classes.get_or_empty("_User"), where, ONE)
    return found[0] if found else None


def _note(ctx: Context, user: Doc, changes: Update) -> None:
    with translated("_User"):
        ctx.core.engine.update(ctx.core.classes.get_or_empty("_User"), Eq("objectId", user["objectId"]), changes)


def _check_further(ctx: Context, parameters: Mapping[str, Any], user: Doc) -> authdata.Checked:
    """authData sent beside the password, and the providers that this user must bring."""
    sent = parameters.get("authData")
    if sent is None or sent == {}:  # old Android SDKs send the empty one
        authdata.require_configured(ctx, {}, user)
        return authdata.Checked()
    auth_data = {name: data for name, data in authdata.check_shape(sent).items() if data is not None}
    authdata.require_configured(ctx, auth_data, user)
    others = [found for found in authdata.find_users(ctx, auth_data) if found["objectId"] != user["objectId"]]
    checked = authdata.validate(ctx, auth_data, user, login=True)
    if others:
        raise ParseError(Code.ACCOUNT_ALREADY_LINKED, signin.ALREADY_USED)
    return checked


def _challenged_user(ctx: Context, parameters: Mapping[str, Any]) -> tuple[Mapping[str, Any], Doc | None]:
    named = bool(parameters.get("username") or parameters.get("email"))
    auth_data = parameters.get("authData")
    if named and not parameters.get("password"):
        raise _other("You provided username or email, you need to also provide password.")
    if auth_data is not None and not isinstance(auth_data, dict):
        raise _other("authData should be an object.")
    if named and auth_data:
        raise _other("You cannot provide username/email and authData, only use one identification method.")
    if named:
        return {}, _judge(ctx, parameters)
    if not auth_data:
        return {}, None
    identified = [n for n, data in authdata.check_shape(auth_data).items() if isinstance(data, dict) and data.get("id")]
    if len(identified) > 1:
        raise _other("You cannot provide more than one authData provider with an id.")
    users = authdata.find_users(ctx, auth_data)
    if identified and not users:
        raise ObjectNotFound("User not found.")
    if users:
        authdata.validate(ctx, {name: auth_data[name] for name in identified}, users[0], login=True)
    return auth_data, users[0] if users else None


def _as_itself(ctx: Context, user: Doc, token: str) -> Doc:
    shown = _own_view(ctx, user, token)
    return {**shown, "sessionToken": token}


def _own_view(ctx: Context, user: Doc, token: str | None = None) -> Doc:
    """What the user may read of itself, through its find hooks; only the id where its class or ACL hides it."""
    try:
        found = read.get(_in_name_of(ctx, user, token), "_User", user["objectId"]).results
    except ParseError as error:
        if error.code not in (Code.OBJECT_NOT_FOUND, Code.OPERATION_FORBIDDEN):
            raise
        return {"objectId": user["objectId"]}
    return found[0] if found else {"objectId": user["objectId"]}


def _in_name_of(ctx: Context, user: Doc, token: str | None = None) -> Context:
    auth = auth_for_user(ctx.core, user, session_token=token, installation_id=ctx.auth.installation_id)
    return as_client(ctx, auth)


def _other(text: str) -> ParseError:
    return ParseError(Code.OTHER_CAUSE, text)
