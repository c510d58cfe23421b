"""The pages behind the links in mails: verify an address, choose a new password (contract/11, section 10; contract/03, sections 11, 12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from parse_shim.errors import Code, ParseError
from parse_shim.rest import emails
from parse_shim.rest.auth import unauthorized
from parse_shim.rest.core import Context
from parse_shim.settings import Settings
from parse_shim.settings_fields import load_object
from parse_shim.web.call import Call, Reply
from parse_shim.web.pages import site
from parse_shim.web.pages.site import Visit
from parse_shim.web.routing import Route

FROM_VISITOR = ("token", "error", "username")
"""What a static page takes over from its address."""

Handler = Callable[[Context, Call, Visit], Reply]


def verify_email(ctx: Context, call: Call, visit: Visit) -> Reply:
    token = _text(call, "token")
    if token and emails.verify_email(ctx, token):
        return site.show(visit, "emailVerificationSuccess", {})
    return site.show(visit, "emailVerificationLinkInvalid", {"token": token})


def resend(ctx: Context, call: Call, visit: Visit) -> Reply:
    sent = emails.resend_by_name(ctx, _text(call, "username"), _text(call, "token"))
    shown = sent or ctx.settings.email_verify_success_on_invalid_email
    return site.show(visit, "emailVerificationSendSuccess" if shown else "emailVerificationSendFail", {})


def reset_form(ctx: Context, call: Call, visit: Visit) -> Reply:
    token = _text(call, "token")
    try:
        user = emails.find_by_reset_token(ctx, token) if token else None
    except ParseError as error:  # expired
        return site.show(visit, "passwordResetLinkInvalid", {"error": str(error.message)})
    if user is None:
        return site.show(visit, "passwordResetLinkInvalid", {})
    return site.show(visit, "passwordReset", {"token": token})


def reset(ctx: Context, call: Call, visit: Visit) -> Reply:
    token, password = _text(call, "token"), _text(call, "new_password")
    is_script = call.headers.get("x-requested-with", "").lower() == "xmlhttprequest"
    if not token or not password:
        if is_script:
            raise ParseError(Code.PASSWORD_MISSING, "Missing password") if token else ParseError(Code.OTHER_CAUSE, "Missing token")
        return site.show(visit, "passwordResetLinkInvalid", {"token": token}, redirect=True)
    try:
        emails.reset_password(ctx, token, password)
    except ParseError as error:
        if is_script or error.status >= 500:
            raise
        return site.show(visit, "passwordReset", {"token": token, "error": str(error.message)}, redirect=False)
    return Reply("Password successfully reset") if is_script else site.show(visit, "passwordResetSuccess", {}, redirect=False)


def choose_password(ctx: Context, call: Call) -> Reply:
    if (_text(call, "appId") or _text(call, "id")) != ctx.settings.app_id:
        raise unauthorized()
    return _visit(ctx, call, lambda visit: site.show(visit, "passwordReset", _given(call)))


def static(ctx: Context, call: Call, file: str) -> Reply:
    return _visit(ctx, call, lambda visit: site.show_file(visit, file, _given(call)))


def page(handler: Handler, ctx: Context, call: Call, appId: str) -> Reply:
    """A page of one application. Raises TransportError 403 for another application's."""
    if appId != ctx.settings.app_id:
        raise unauthorized()
    return _visit(ctx, call, lambda visit: handler(ctx, call, visit))


def own_page(handler: Any, ctx: Context, call: Call, visit: Visit) -> Reply:
    """`pages.customRoutes`: the handler gets {"method", "query", "body", "headers"} and gives {"file", "query"}, or nothing for 404."""
    asked = {"method": call.method, "query": dict(call.query), "body": call.body, "headers": dict(call.headers)}
    answer = handler(asked) or {}
    if not answer.get("file"):
        return site.not_found()
    query = answer.get("query") or {}
    return site.show_file(visit, str(answer["file"]), {str(name): str(value) for name, value in query.items()})


def page_routes(settings: Settings) -> list[Route]:
    """The rows for a server, whose first word is `pages.pagesEndpoint`."""
    base = "/" + settings.pages.pages_endpoint.strip("/")
    known: list[tuple[str, str, Handler]] = [
        ("GET", "verify_email", verify_email),
        ("POST", "resend_verification_email", resend),
        ("GET", "request_password_reset", reset_form),
        ("POST", "request_password_reset", reset),
        *(_own_route(route) for route in settings.pages.custom_routes),
    ]
    return [
        *(_public(method, f"{base}/:appId/{path}", partial(page, handler)) for method, path, handler in known),
        _public("GET", f"{base}/choose_password", choose_password),
        _public("GET", f"{base}/*file", static),
    ]


def _public(method: str, rule: str, handler: Callable[..., Reply]) -> Route:
    return Route(method, rule, handler, batch=False, public=True)


def _own_route(route: Mapping[str, Any]) -> tuple[str, str, Handler]:
    method, path, handler = route.get("method"), route.get("path"), route.get("handler")
    if not isinstance(method, str) or not isinstance(path, str) or handler is None:
        raise ValueError("pages.customRoutes: expected method, path and handler")
    return method.upper(), path.strip("/"), partial(own_page, load_object(handler))


def _visit(ctx: Context, call: Call, show: Callable[[Visit], Reply]) -> Reply:
    try:
        locale = site.read_locale(_text(call, "locale") or call.headers.get("x-parse-page-param-locale"))
    except ValueError:
        return site.not_found()
    return show(Visit(ctx.settings, ctx.public_url(), "GET" if call.method == "HEAD" else call.method, locale))


def _given(call: Call) -> dict[str, str | None]:
    return {name: _text(call, name) for name in FROM_VISITOR}


def _text(call: Call, name: str) -> str | None:
    """A field of the form or of the address; None unless it is one text."""
    value = call.body.get(name)
    if value is None:
        value = call.query.get(name)
    return value if isinstance(value, str) and value else None
