"""Who a request says it comes from: headers, Basic authorization, or fields of the body (contract/00, sections 4.1 to 4.3)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import Any

from parse_shim.errors import Code, ParseError, TransportError
from parse_shim.rest.auth import Credentials, unauthorized
from parse_shim.settings import Settings
from parse_shim.values.codec import loads
from parse_shim.values.types import Json


def header_credentials(environ: dict[str, Any], ip: str) -> Credentials:
    """What the headers say."""
    get = environ.get
    return Credentials(
        app_id=get("HTTP_X_PARSE_APPLICATION_ID"),
        master_key=get("HTTP_X_PARSE_MASTER_KEY"),
        maintenance_key=get("HTTP_X_PARSE_MAINTENANCE_KEY"),
        client_key=get("HTTP_X_PARSE_CLIENT_KEY"),
        javascript_key=get("HTTP_X_PARSE_JAVASCRIPT_KEY"),
        rest_api_key=get("HTTP_X_PARSE_REST_API_KEY"),
        dot_net_key=get("HTTP_X_PARSE_WINDOWS_KEY"),
        session_token=get("HTTP_X_PARSE_SESSION_TOKEN"),
        installation_id=get("HTTP_X_PARSE_INSTALLATION_ID"),
        ip=ip,
    )


def with_basic(credentials: Credentials, authorization: str | None, settings: Settings) -> Credentials:
    """`Authorization: Basic APP:SECRET`; the secret is the master key, or `javascript-key=K`. Anything else is ignored."""
    scheme, _, encoded = (authorization or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return credentials
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return credentials
    app_id, colon, secret = text.partition(":")
    if not colon or ":" in secret or app_id != settings.app_id:
        return credentials
    if secret.startswith("javascript-key="):
        return replace(credentials, app_id=app_id, javascript_key=secret.removeprefix("javascript-key="))
    return replace(credentials, app_id=app_id, master_key=secret)


def take_body_credentials(credentials: Credentials, body: dict[str, Json], settings: Settings) -> Credentials:
    """The JavaScript SDK's form: credentials as fields of the body, which are removed from it.

    Only when no header named this application. Raises TransportError 403.
    """
    if body.get("_ApplicationId") != settings.app_id or not settings.app_id:
        raise unauthorized()
    if credentials.master_key is not None and credentials.master_key != settings.master_key:
        raise unauthorized()
    taken = {name: body.pop(name) for name in _TEXTS if name in body}
    if any(value is not None and not isinstance(value, str) for value in taken.values()):
        raise unauthorized()
    for name in _DROPPED:
        body.pop(name, None)
    master_key = taken.get("_MasterKey")
    return replace(
        credentials,
        app_id=settings.app_id,
        javascript_key=taken.get("_JavaScriptKey") or credentials.javascript_key,
        master_key=master_key or credentials.master_key,
        key_in_header=not master_key,
        session_token=taken.get("_SessionToken") or credentials.session_token,
        installation_id=taken.get("_InstallationId") or credentials.installation_id,
    )


def read_context(value: Json) -> dict[str, Any]:
    """The cloud context from a header or the body: an object, or text that holds one. Raises ParseError 107."""
    if isinstance(value, str):
        try:
            value = loads(value)
        except TransportError:
            value = None
    if not isinstance(value, dict):
        raise ParseError(Code.INVALID_JSON, "Invalid object for context.")
    return value


_TEXTS = ("_JavaScriptKey", "_MasterKey", "_SessionToken", "_InstallationId", "_ContentType")
_DROPPED = ("_ApplicationId", "_ClientVersion", "_RevocableSession")
