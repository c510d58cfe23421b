"""Mails about an account: is this address yours, and here is a link for a new password (contract/03, sections 11 and 12).

The pages behind the links are web's; the functions here do what they ask for. A token works once: it is taken away by the same
atomic update that honours it. Mails leave in the background, so that an answer takes as long for an unknown address as for a known one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from parse_shim import ids
from parse_shim.errors import Code, ObjectNotFound, ParseError
from parse_shim.query.ast import And, Compare, Eq, Exists, Node, Not, Or
from parse_shim.query.options import FindOptions
from parse_shim.rest import mail
from parse_shim.rest.core import Context
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.triggers import before_password_reset
from parse_shim.rest.write_state import Write
from parse_shim.settings_fields import load_object
from parse_shim.update.ops import Set, Unset, Update
from parse_shim.values.types import Doc

log = logging.getLogger(__name__)

NOT_CONFIGURED = "An appName, publicServerURL, and emailAdapter are required for password reset and email verification functionality."
VERIFY = ("_email_verify_token", "_email_verify_token_expires_at")
RESET = ("_perishable_token", "_perishable_token_expires_at")


# -- while users are written --------------------------------------------------------------------------------------------


def ask_for_verification(write: Write, email: str) -> None:
    """A user got this address: mark it unverified and send the link once the user is stored."""
    user = {**(write.original or {}), "email": email, "objectId": write.object_id}
    if not _decide(write.ctx, write.ctx.core.settings.verify_user_emails, user, write.original):
        return
    if write.provider and write.provider != "anonymous":
        return  # the provider vouches for its users
    token, settings = ids.new_token(), write.ctx.core.settings
    write.update |= _token_ops(VERIFY, token, settings.email_verify_token_validity_duration)
    if "emailVerified" not in write.update or "emailVerified" in write.sent:
        write.update["emailVerified"] = Set(False)
    if _decide(write.ctx, settings.send_user_email_verification, user, write.original):
        write.stored.append(lambda: _send_verification(write.ctx, write.after, token))


def blocks_sign_up(ctx: Context, user: Doc) -> bool:
    """A new user gets no session before its address is verified."""
    settings = ctx.core.settings
    if not settings.prevent_login_with_unverified_email or not settings.verify_user_emails:
        return False
    return _decide(ctx, settings.verify_user_emails, user) and _decide(ctx, settings.prevent_login_with_unverified_email, user)


def blocks_login(ctx: Context, user: Doc) -> bool:
    """The address is not verified, and the server wants it so."""
    settings = ctx.core.settings
    if user.get("emailVerified") or not settings.prevent_login_with_unverified_email or not settings.verify_user_emails:
        return False
    return _decide(ctx, settings.verify_user_emails, user) and _decide(ctx, settings.prevent_login_with_unverified_email, user)


# -- verification ---------------------------------------------------------------------------------------------------------


def request_verification(ctx: Context, body: Mapping[str, Any]) -> None:
    """POST /verificationEmailRequest. Raises 1 (not configured), 125, 204; 205 and -1 where the settings tell who is known."""
    require_configured(ctx)
    email = _email_of(body.get("email"))
    settings = ctx.core.settings
    found = _find(ctx, Eq("email", email))
    if found is None:
        if settings.email_verify_success_on_invalid_email:
            return
        raise ParseError(Code.EMAIL_NOT_FOUND, f"No user found with email {email}")
    if found.get("emailVerified"):
        if settings.email_verify_success_on_invalid_email:
            return
        raise ParseError(Code.OTHER_CAUSE, f"Email {email} is already verified.")
    resend_verification(ctx, found)


def resend_verification(ctx: Context, user: Doc) -> None:
    """A new link replaces the old one, unless the old one is to be used again while it is valid."""
    settings = ctx.core.settings
    token = user.get(VERIFY[0])
    if not (settings.email_verify_token_reuse_if_valid and isinstance(token, str) and _is_open(user, VERIFY)):
        token = ids.new_token()
        _write(ctx, _by_id(user), _token_ops(VERIFY, token, settings.email_verify_token_validity_duration))
    if _decide(ctx, settings.send_user_email_verification, user, user, resend=True):
        _send_verification(ctx, user, token)


def resend_by_name(ctx: Context, username: object, token: object) -> bool:
    """The resend form of the pages: by an old token or a user name. False when there is nobody to write to."""
    where = _text_eq(VERIFY[0], token) or _text_eq("username", username)
    found = _find(ctx, where) if where is not None else None
    if found is None or found.get("emailVerified") or not found.get("email"):
        return False
    resend_verification(ctx, found)
    return True


def verify_email(ctx: Context, token: object) -> bool:
    """Honour a link, once. False for an unknown, used or expired token."""
    open_now = _open_token(VERIFY, token)
    if open_now is None:
        return False
    changes: Update = {"emailVerified": Set(True), VERIFY[0]: Unset(), VERIFY[1]: Unset()}
    return _save(ctx, open_now, changes)


# -- password reset ---------------------------------------------------------------------------------------------------------


def request_password_reset(ctx: Context, body: Mapping[str, Any]) -> None:
    """POST /requestPasswordReset. Raises 1 (not configured), 101 (if told so), 125, 162, 204, or what the hook raises."""
    require_configured(ctx)
    policy = ctx.core.settings.password_policy
    user = _reset_user(ctx, body)
    if user is None:
        if policy.reset_password_success_on_invalid_email:
            return
        raise ObjectNotFound("A user with that email does not exist.")
    before_password_reset(ctx, user)
    token = user.get(RESET[0])
    if not (policy.reset_token_reuse_if_valid and isinstance(token, str) and _is_open(user, RESET)):
        token = ids.new_token()
        _write(ctx, _by_id(user), _token_ops(RESET, token, policy.reset_token_validity_duration))
    _send_reset(ctx, user, token)


def find_by_reset_token(ctx: Context, token: object) -> Doc | None:
    """The user whose reset link this is, None for an unknown or used one. Raises -1 when it has expired."""
    where = _text_eq(RESET[0], token)
    user = _find(ctx, where) if where is not None else None
    if user is not None and not _is_open(user, RESET):
        raise ParseError(Code.OTHER_CAUSE, "The password reset link has expired")
    return user


def reset_password(ctx: Context, token: object, password: str) -> None:
    """Set a new password by a reset link, once. Raises -1 with the reason: bad token, expired, password policy."""
    user = find_by_reset_token(ctx, token)
    open_now = _open_token(RESET, token)
    if user is None or open_now is None:
        raise _bad_token()
    changes: Update = {"password": Set(password)}
    if ctx.core.settings.account_lockout.unlock_on_password_reset:
        changes |= {"_failed_login_count": Set(0), "_account_lockout_expires_at": Unset()}
    try:
        # The condition and the new password are one atomic update, which also takes the token away.
        saved = _save(ctx, open_now, changes)
    except ParseError as error:
        raise ParseError(Code.OTHER_CAUSE, error.message) from error
    if not saved:
        raise _bad_token()


def require_configured(ctx: Context) -> None:
    """Raises 1 when mails cannot be made; 400, since SDKs repeat what is answered with a 5xx."""
    settings = ctx.core.settings
    if not (settings.app_name and settings.public_server_url and sender(ctx)):
        raise ParseError(Code.INTERNAL_SERVER_ERROR, NOT_CONFIGURED, status=400)


def send_mail(ctx: Context, message: Mapping[str, Any]) -> None:
    """Cloud code's own mails; without an adapter one line in the log."""
    adapter = sender(ctx)
    if adapter is None:
        log.error("cannot send a mail to %s: there is no emailAdapter", message.get("to"))
    else:
        _in_background(lambda: adapter.send_mail(message))


def sender(ctx: Context) -> mail.MailSender | None:
    """The mail adapter of this server. Raises ValueError when the setting names nothing that can be loaded."""
    extras = ctx.core.extras
    if "mail" not in extras:
        extras["mail"] = mail.sender(ctx.core.settings.email_adapter)
    found: mail.MailSender | None = extras["mail"]
    return found


# -- private ------------------------------------------------------------------------------------------------------------------


def _decide(ctx: Context, setting: object, user: Doc, original: Doc | None = None, *, resend: bool = False) -> bool:
    """A setting that is a boolean, or code that is asked with what it may want to know."""
    if setting is None or isinstance(setting, bool):
        return bool(setting)
    asked = {
        "object": {name: value for name, value in user.items() if not name.startswith("_")},
        "original": original,
        "master": ctx.auth.is_master,
        "ip": ctx.ip,
        "installation_id": ctx.auth.installation_id,
        "resend_request": resend,
    }
    return bool(load_object(setting)(asked))


def _token_ops(names: tuple[str, str], token: str, valid_seconds: float | None) -> Update:
    until = ids.now() + timedelta(seconds=valid_seconds) if valid_seconds else None
    return {names[0]: Set(token), names[1]: Set(until) if until else Unset()}


def _is_open(user: Doc, names: tuple[str, str]) -> bool:
    until = user.get(names[1])
    return not isinstance(until, datetime) or until > ids.now()


def _open_token(names: tuple[str, str], token: object) -> Node | None:
    """The user with that token, not expired. None when the token is no text: types before queries."""
    known = _text_eq(names[0], token)
    if known is None:
        return None
    return And((known, Or((Not(Exists(names[1])), Compare(names[1], "gt", ids.now())))))


def _text_eq(name: str, value: object) -> Node | None:
    return Eq(name, value) if isinstance(value, str) and value else None


def _email_of(value: object) -> str:
    if value is None or value == "":
        raise ParseError(Code.EMAIL_MISSING, "you must provide an email")
    if not isinstance(value, str):
        raise ParseError(Code.INVALID_EMAIL_ADDRESS, "you must provide a valid email string")
    return value


def _reset_user(ctx: Context, body: Mapping[str, Any]) -> Doc | None:
    token = body.get("token")
    if token:
        if not isinstance(token, str):
            raise ParseError(Code.INVALID_VALUE, "token must be a string")
        # An expired link may be traded for a new one.
        user = _find(ctx, Eq(RESET[0], token))
        return user if user and user.get("email") else None
    email = _email_of(body.get("email"))
    if ctx.core.settings.convert_email_to_lowercase:
        email = email.lower()
    return _find(ctx, Or((Eq("email", email), And((Eq("username", email), Not(Exists("email")))))))


def _find(ctx: Context, where: Node) -> Doc | None:
    """The one user; when two match, the one whose address it is."""
    with translated("_User"):
        found = ctx.core.engine.find(ctx.core.classes.get_or_empty("_User"), where, FindOptions(limit=2))
    return next((user for user in found if user.get("email")), found[0] if found else None)


def _by_id(user: Doc) -> Node:
    return Eq("objectId", user["objectId"])


def _write(ctx: Context, where: Node, update: Update) -> Doc | None:
    with translated("_User"):
        return ctx.core.engine.update(ctx.core.classes.get_or_empty("_User"), where, update)


def _save(ctx: Context, where: Node, update: Update) -> bool:
    """A write of the server's own to the one user that matches, with its hooks; False when none does (any more)."""
    from parse_shim.rest.write import save_internal  # users.py is a step of write.py

    user = _find(ctx, where)
    if user is None:
        return False
    try:
        save_internal(ctx, "_User", user["objectId"], update, where)
    except ObjectNotFound:
        return False
    return True


def _bad_token() -> ParseError:
    return ParseError(Code.OTHER_CAUSE, "Failed to reset password: username / email / token is invalid")


def page_link(ctx: Context, page: str, token: str) -> str:
    """`PUBLICURL/apps/APP/<page>?token=...`; inside `customPages.parseFrameURL` where that is set."""
    settings = ctx.core.settings
    base = f"{ctx.public_url()}/{settings.pages.pages_endpoint}/{quote(settings.app_id, safe='')}/{page}"
    frame = settings.custom_pages.get("parseFrameURL")
    if isinstance(frame, str) and frame:
        return f"{frame}?link={quote(base, safe='')}&token={token}"
    return f"{base}?token={token}"


def _send_verification(ctx: Context, user: Doc, token: str) -> None:
    app, email = ctx.core.settings.app_name or "", user.get("email")
    link = page_link(ctx, "verify_email", token)
    text = f"Hello,\n\nplease confirm that {email} is your address with {app}:\n\n{link}\n"
    _send(ctx, user, "verification_email", link, f"Please verify your e-mail for {app}", text)


def _send_reset(ctx: Context, user: Doc, token: str) -> None:
    app, name = ctx.core.settings.app_name or "", user.get("username")
    link = page_link(ctx, "request_password_reset", token)
    who = f" (your user name is {name})" if name else ""
    text = f"Hello,\n\nsomebody, hopefully you, asked for a new password for {app}{who}. Set it here:\n\n{link}\n"
    _send(ctx, user, "password_reset_email", link, f"Password Reset for {app}", text)


def _send(ctx: Context, user: Doc, kind: str, link: str, subject: str, text: str) -> None:
    adapter = sender(ctx)
    if adapter is None:
        return
    shown = {name: value for name, value in user.items() if not name.startswith("_")}
    own: Callable[[Mapping[str, Any]], None] | None = getattr(adapter, f"send_{kind}", None)
    if own is not None:
        message = {"link": link, "appName": ctx.core.settings.app_name, "user": shown}
        _in_background(lambda: own(message))
    else:
        to = user.get("email") or user.get("username")
        _in_background(lambda: adapter.send_mail({"to": to, "subject": subject, "text": text}))


def _in_background(send: Callable[[], None]) -> None:
    threading.Thread(target=_logged, args=(send,), name="mail", daemon=True).start()


def _logged(send: Callable[[], None]) -> None:
    try:
        send()
    except Exception:
        log.exception("a mail could not be sent")
