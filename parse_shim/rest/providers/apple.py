"""Sign in with Apple: `{"id", "token"}`."""

from __future__ import annotations

from parse_shim.rest.providers.base import AuthData, AuthRequest, Provider, names, refused, text_of
from parse_shim.rest.providers.tokens import FetchJson, KeySet, fetch_json, read_token

KEYS_URL = "https://appleid.apple.com/auth/keys"
ISSUERS = ("https://appleid.apple.com",)


class Apple(Provider):
    """`clientId`: the bundle or services id, or a list of them."""

    def __init__(self, *, clientId: object = None, fetch: FetchJson = fetch_json, **_options: object) -> None:
        self._audiences = names(clientId)
        if not self._audiences:
            raise ValueError("clientId is missing: tokens made for other apps would be taken")
        self._keys = KeySet(KEYS_URL, fetch)

    def validate_auth_data(self, data: AuthData, request: AuthRequest) -> None:
        token = text_of(data, "token")
        if not token:
            raise refused("id token is invalid for this user.")
        claims = read_token(token, self._keys, issuers=ISSUERS, audiences=self._audiences)
        if claims["sub"] != data.get("id"):
            raise refused("auth data is invalid for this user.")
