"""/users, logging in and out, and the mails about accounts (contract/03)."""

from __future__ import annotations

from parse_shim.rest import emails, login, sessions
from parse_shim.rest.core import Context
from parse_shim.web.call import Call, Reply
from parse_shim.web.routes.answers import doc_reply, empty
from parse_shim.web.routes.classes import family
from parse_shim.web.routing import Route


def me(ctx: Context, call: Call) -> Reply:
    return doc_reply(ctx, "_User", login.me(ctx))


def log_in(ctx: Context, call: Call) -> Reply:
    return doc_reply(ctx, "_User", login.log_in(ctx, call.texts()))


def log_in_as(ctx: Context, call: Call) -> Reply:
    return doc_reply(ctx, "_User", login.log_in_as(ctx, call.texts()))


def log_out(ctx: Context, call: Call) -> Reply:
    sessions.log_out(ctx)
    return empty()


def verify_password(ctx: Context, call: Call) -> Reply:
    return doc_reply(ctx, "_User", login.verify_password(ctx, call.texts()))


def challenge(ctx: Context, call: Call) -> Reply:
    return Reply(login.challenge(ctx, call.body))


def request_password_reset(ctx: Context, call: Call) -> Reply:
    emails.request_password_reset(ctx, call.body)
    return empty()


def request_verification(ctx: Context, call: Call) -> Reply:
    emails.request_verification(ctx, call.body)
    return empty()


ROUTES = [
    Route("GET", "/users/me", me),
    *family("users", "_User"),
    Route("GET", "/login", log_in, session="ignore"),
    Route("POST", "/login", log_in, session="ignore"),
    Route("POST", "/loginAs", log_in_as),
    Route("POST", "/logout", log_out, session="keep"),
    Route("GET", "/verifyPassword", verify_password),
    Route("POST", "/verifyPassword", verify_password),
    Route("POST", "/challenge", challenge),
    Route("POST", "/requestPasswordReset", request_password_reset),
    Route("POST", "/verificationEmailRequest", request_verification),
]
