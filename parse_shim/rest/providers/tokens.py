"""Signed identity tokens (JWT): fixed algorithm, known key, issuer and audience, or no login."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jwt
import requests

from parse_shim import ids
from parse_shim.rest.providers.base import refused

TIMEOUT_SECONDS = 5.0
KEEP_SECONDS = 3600.0
ASK_AGAIN_SECONDS = 60.0
"""An unknown key id makes the keys be asked for again, not more often than this: the id comes from the client."""

FetchJson = Callable[[str], Mapping[str, Any]]


def fetch_json(url: str) -> Mapping[str, Any]:
    """GET a JSON object. Only for addresses out of our own code or settings. Raises requests.RequestException, ValueError."""
    answer = requests.get(url, timeout=TIMEOUT_SECONDS, allow_redirects=False)
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


class KeySet:
    """The public keys of an issuer (JWKS), fetched when needed and kept for an hour."""

    def __init__(self, url: str, fetch: FetchJson = fetch_json) -> None:
        self._url, self._fetch = url, fetch
        self._keys: dict[str, Any] = {}
        self._fetched_at = float("-inf")
        self._lock = threading.Lock()

    def key(self, key_id: str) -> Any:
        """The RSA key of that id; None when the issuer has none."""
        with self._lock:
            age = ids.timestamp() - self._fetched_at
            if age > KEEP_SECONDS or (key_id not in self._keys and age > ASK_AGAIN_SECONDS):
                self._refresh()
            return self._keys.get(key_id)

    def _refresh(self) -> None:
        try:
            found = jwt.PyJWKSet.from_dict(dict(self._fetch(self._url)))
        except (requests.RequestException, ValueError, jwt.PyJWTError) as error:
            raise refused("The public keys of the authentication provider could not be fetched.") from error
        self._keys = {key.key_id: key.key for key in found.keys if key.key_id and key.key_type == "RSA"}
        self._fetched_at = ids.timestamp()


def read_token(token: str, keys: KeySet, *, issuers: Sequence[str], audiences: Sequence[str]) -> Mapping[str, Any]:
    """The claims of a valid RS256 token for one of `audiences` by one of `issuers`. Raises ParseError 101."""
    if not audiences:  # PyJWT would take "none" for "any" (CVE-2026-30863)
        raise refused("The client id of this authentication provider is not configured.")
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        key = keys.key(key_id) if isinstance(key_id, str) else None
        if key is None:
            raise refused("Unable to find matching key for Key ID.")
        # The algorithm is ours to name: the token's own word for it may be "none" (CVE-2026-27804).
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=list(audiences),
            issuer=list(issuers),
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
    except jwt.PyJWTError as error:
        raise refused(f"The identity token is not valid: {error}.") from error
    return claims
