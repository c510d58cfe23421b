"""Facebook: `{"id", "access_token"}`, asked of Facebook, or `{"id", "token"}` (limited login), a signed token."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

import requests

from parse_shim.rest.providers.base import AuthData, AuthRequest, Provider, names, refused, text_of
from parse_shim.rest.providers.tokens import TIMEOUT_SECONDS, FetchJson, KeySet, fetch_json, read_token

GRAPH_URL = "https://graph.facebook.com/v19.0/"
KEYS_URL = "https://limited.facebook.com/.well-known/oauth/openid/jwks/"
ISSUERS = ("https://www.facebook.com", "https://facebook.com")

Ask = Callable[[str, Mapping[str, str]], Mapping[str, Any]]


def ask_graph(path: str, parameters: Mapping[str, str]) -> Mapping[str, Any]:
    """What the Graph API answers; {} for anything but an object."""
    answer = requests.get(GRAPH_URL + path, params=dict(parameters), timeout=TIMEOUT_SECONDS, allow_redirects=False)
    found = answer.json()
    return found if isinstance(found, dict) else {}


class Facebook(Provider):
    """`appIds`: this app's ids; `appSecret` signs our questions and is asked for when given."""

    def __init__(
        self,
        *,
        appIds: object = None,
        appSecret: object = None,
        fetch: FetchJson = fetch_json,
        ask: Ask = ask_graph,
        **_options: object,
    ) -> None:
        self._app_ids = names(appIds)
        if not self._app_ids:
            raise ValueError("appIds is missing: tokens made for other apps would be taken")
        self._secret = appSecret if isinstance(appSecret, str) else ""
        self._keys, self._ask = KeySet(KEYS_URL, fetch), ask

    def validate_app_id(self, data: AuthData, request: AuthRequest) -> None:
        if text_of(data, "token"):
            return  # the audience of a signed token says it
        if self._graph("app", text_of(data, "access_token"), {}).get("id") not in self._app_ids:
            raise refused("Facebook auth is invalid for this user.")

    def validate_auth_data(self, data: AuthData, request: AuthRequest) -> None:
        if token := text_of(data, "token"):
            claims = read_token(token, self._keys, issuers=ISSUERS, audiences=self._app_ids)
            known = claims["sub"]
        else:
            known = self._graph("me", text_of(data, "access_token"), {"fields": "id"}).get("id")
        if not isinstance(known, str) or not known or known != data.get("id"):
            raise refused("Facebook auth is invalid for this user.")

    def _graph(self, path: str, access_token: str, parameters: Mapping[str, str]) -> Mapping[str, Any]:
        if not access_token:
            raise refused("Facebook auth is invalid for this user.")
        asked = {**parameters, "access_token": access_token}
        if self._secret:
            asked["appsecret_proof"] = hmac.new(self._secret.encode(), access_token.encode(), hashlib.sha256).hexdigest()
        try:
            return self._ask(path, asked)
        except (requests.RequestException, ValueError) as error:
            raise refused("Facebook could not be asked.") from error
