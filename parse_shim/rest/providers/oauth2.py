"""Any OAuth2 server with token introspection (RFC 7662): `{"id", "access_token"}`; switched on by `"oauth2": true`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests

from parse_shim.rest.providers.base import AuthData, AuthRequest, Provider, names, refused, text_of
from parse_shim.rest.providers.tokens import TIMEOUT_SECONDS

INVALID = "OAuth2 access token is invalid for this user."
WRONG_APP = "OAuth2: the access_token's appID is empty or is not in the list of permitted appIDs in the auth configuration."

Post = Callable[[str, Mapping[str, str], Mapping[str, str]], Mapping[str, Any]]


def post_form(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Mapping[str, Any]:
    """What the introspection address answers; {} for anything but an object."""
    answer = requests.post(url, data=dict(form), headers=dict(headers), timeout=TIMEOUT_SECONDS, allow_redirects=False)
    found = answer.json() if answer.ok else {}
    return found if isinstance(found, dict) else {}


class OAuth2(Provider):
    """One instance a provider name: settings are never shared between two of them (CVE-2026-32242).

    `tokenIntrospectionEndpointUrl`: where to ask; `useridField` (default `sub`): whose token it is; `appidField` with `appIds`:
    for which applications; `authorizationHeader`: sent along.
    """

    def __init__(
        self,
        *,
        tokenIntrospectionEndpointUrl: object = None,
        useridField: object = None,
        appidField: object = None,
        appIds: object = None,
        authorizationHeader: object = None,
        post: Post = post_form,
        **_options: object,
    ) -> None:
        if not isinstance(tokenIntrospectionEndpointUrl, str) or not tokenIntrospectionEndpointUrl.startswith("http"):
            raise ValueError("tokenIntrospectionEndpointUrl is missing")
        self._url, self._post = tokenIntrospectionEndpointUrl, post
        # Without a field of its own the standard's subject is compared: "active" alone does not say whose token it is.
        self._user_field = useridField if isinstance(useridField, str) and useridField else "sub"
        self._app_field = appidField if isinstance(appidField, str) else ""
        self._app_ids = names(appIds)
        if self._app_field and not self._app_ids:
            raise ValueError("appIds is missing: appidField needs it")
        self._header = authorizationHeader if isinstance(authorizationHeader, str) else ""

    def validate_auth_data(self, data: AuthData, request: AuthRequest) -> None:
        found = self._introspect(text_of(data, "access_token"))
        if found.get("active") is not True or not data.get("id") or str(found.get(self._user_field, "")) != data["id"]:
            raise refused(INVALID)
        if self._app_field and not set(names(found.get(self._app_field))) & set(self._app_ids):
            raise refused(WRONG_APP)

    def _introspect(self, access_token: str) -> Mapping[str, Any]:
        if not access_token:
            raise refused(INVALID)
        headers = {"Authorization": self._header} if self._header else {}
        try:
            return self._post(self._url, {"token": access_token}, headers)
        except (requests.RequestException, ValueError) as error:
            raise refused("OAuth2: the authorization server could not be asked.") from error
