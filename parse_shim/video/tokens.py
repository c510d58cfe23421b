"""Session ids and client tokens, made and read without the SDK: for the fake, the emulator, callbacks and tests.

Facts: a session id embeds the project that owns it but is not signed; a token is a JWT (HS256 with the API secret, or
RS256 with the application's key) or the older T1 text with an HMAC-SHA1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from parse_shim.video.base import ROLES

DAY_SECONDS = 86400
MAX_TTL_SECONDS = 30 * DAY_SECONDS
MAX_TOKEN_CHARACTERS = 8192
T1_PREFIX = "T1=="

# expiry is judged by hand, against the clock that the caller passes
_NO_TIMES: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}


class BadToken(Exception):
    """A token that may not be used; the text says why."""


@dataclass(frozen=True, slots=True)
class ProjectKeys:
    """What a project's tokens are checked with: API key and secret, or application id and public key, or both pairs."""

    api_key: str = ""
    api_secret: str = field(default="", repr=False)
    application_id: str = ""
    public_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was checked. `project` is the API key or application id; times are seconds since 1970."""

    project: str
    session_id: str
    role: str
    data: str
    issued_at: int
    expires_at: int
    format: str


def make_session_id(project: str, milliseconds: int) -> str:
    """A new id as the vendor's look today: `1_` and base64url of `1~PROJECT~~MS~RANDOM~~` without padding."""
    text = f"1~{project}~~{milliseconds}~{secrets.token_urlsafe(18)}~~"
    return "1_" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def session_owner(session_id: str) -> str | None:
    """The project whose key the id embeds; None when it is no session id. Ids are not signed: this proves nothing."""
    body = session_id[2:]
    try:
        padded = body + "=" * (-len(body) % 4)
        parts = base64.b64decode(padded, b"-_", validate=True).decode().split("~")
    except (ValueError, binascii.Error):
        return None
    if len(parts) < 4 or not parts[1]:
        return None
    return parts[1]


def make_jwt(api_key: str, api_secret: str, session_id: str, *, role: str, data: str | None, now: int, ttl_seconds: int) -> str:
    """A client token with the claims of the SDK's (3.15.0, `generate_token`)."""
    import jwt  # with cryptography 20 ms of a start: only who signs or checks takes them

    claims: dict[str, object] = {
        "session_id": session_id,
        "role": role,
        "iat": now,
        "exp": now + ttl_seconds,
        "scope": "session.connect",
        "iss": api_key,
        "ist": "project",
        "nonce": secrets.randbelow(1_000_000),
    }
    if data:
        claims["connection_data"] = data
    return jwt.encode(claims, api_secret, algorithm="HS256")


def read_token(token: object, keys: ProjectKeys, now: float) -> Token:
    """Check form, signature, expiry and owner of a client token. Raises BadToken. The session may still be unknown."""
    if not isinstance(token, str) or len(token) > MAX_TOKEN_CHARACTERS:
        raise BadToken("Invalid token format")
    found = _read_t1(token, keys) if token.startswith(T1_PREFIX) else _read_jwt(token, keys)
    if found.expires_at <= now:
        raise BadToken("Token expired")
    if found.expires_at - found.issued_at > MAX_TTL_SECONDS:
        raise BadToken("Token valid for more than 30 days")
    if found.role not in ROLES:
        raise BadToken("Invalid role")
    if session_owner(found.session_id) != found.project:
        raise BadToken("The session belongs to another project")
    return found


def _read_jwt(token: str, keys: ProjectKeys) -> Token:
    """The header only chooses between keys that are of one kind each; `none` and a public key as secret fit neither."""
    import jwt

    try:
        algorithm = jwt.get_unverified_header(token).get("alg")
        if algorithm == "HS256" and keys.api_secret:
            claims = jwt.decode(token, keys.api_secret, algorithms=["HS256"], options=_NO_TIMES)
            project, owner = claims.get("iss"), keys.api_key
        elif algorithm == "RS256" and keys.public_key:
            claims = jwt.decode(token, keys.public_key, algorithms=["RS256"], options=_NO_TIMES)
            project, owner = claims.get("application_id"), keys.application_id
        else:
            raise BadToken("Invalid token format")
    except jwt.InvalidSignatureError:
        raise BadToken("Invalid signature") from None
    except (jwt.PyJWTError, ValueError):
        raise BadToken("Invalid token format") from None
    if project != owner:
        raise BadToken("Issuer not found")
    if claims.get("scope") != "session.connect":
        raise BadToken("Not a token for clients")
    return _jwt_token(owner, claims)


def _jwt_token(project: str, claims: dict[str, Any]) -> Token:
    data = claims.get("connection_data", "")
    return Token(
        project=project,
        session_id=str(claims.get("session_id", "")),
        role=str(claims.get("role", "publisher")),
        # the SDK lets an object through, although clients expect text
        data=data if isinstance(data, str) else json.dumps(data),
        issued_at=_seconds(claims.get("iat")),
        expires_at=_seconds(claims.get("exp")),
        format="jwt",
    )


def _read_t1(token: str, keys: ProjectKeys) -> Token:
    """The signature is over the raw text after the first colon: member order and encoding differ by producer."""
    try:
        text = base64.b64decode(token[len(T1_PREFIX) :], validate=True).decode()
    except (ValueError, binascii.Error):
        raise BadToken("Invalid token format") from None
    head, colon, payload = text.partition(":")
    signer = dict(parse_qsl(head))
    if not colon or "sig" not in signer:
        raise BadToken("Invalid token format")
    if not keys.api_secret or signer.get("partner_id") != keys.api_key:
        raise BadToken("Issuer not found")
    expected = hmac.new(keys.api_secret.encode(), payload.encode(), hashlib.sha1).hexdigest()
    if not hmac.compare_digest(expected.encode(), signer["sig"].encode()):
        raise BadToken("Invalid signature")
    return _t1_token(keys.api_key, dict(parse_qsl(payload, keep_blank_values=True)))


def _t1_token(project: str, fields: dict[str, str]) -> Token:
    created = _seconds(fields.get("create_time"))
    return Token(
        project=project,
        session_id=fields.get("session_id", ""),
        role=fields.get("role", "publisher"),
        data=fields.get("connection_data", ""),
        issued_at=created,
        expires_at=_seconds(fields["expire_time"]) if fields.get("expire_time") else created + DAY_SECONDS,
        format="t1",
    )


def _seconds(value: object) -> int:
    """A time claim; floats and anything else are refused, as the vendor does (they give 1004)."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise BadToken("Invalid time in the token")
    try:
        return int(value)
    except ValueError:
        raise BadToken("Invalid time in the token") from None
