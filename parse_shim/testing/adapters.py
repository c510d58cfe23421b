"""Adapters that accept everything and deliver nothing, for tests and for the emulator. Options name them by dotted path, such as
`{"push": {"adapter": "parse_shim.testing.adapters:AcceptingPush"}}`. Never for a server that others can reach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parse_shim.rest.providers.base import AuthData, AuthRequest, Provider, refused, text_of
from parse_shim.rest.push_senders import Results, result
from parse_shim.values.codec import encode_doc

TIMEOUT_SECONDS = 10.0
OPTIONAL_METHODS = {"sendVerificationEmail": "send_verification_email", "sendPasswordResetEmail": "send_password_reset_email"}


class AcceptingProvider(Provider):
    """Believes every authData that has an id."""

    def __init__(self, **_options: Any) -> None:
        pass

    def validate_auth_data(self, data: AuthData, request: AuthRequest) -> None:
        if not text_of(data, "id"):
            raise refused("authData has no id.")


class AcceptingPush:
    """Says that every installation got its message; `sent` remembers them as (body, installations, push id)."""

    def __init__(self, **_options: Any) -> None:
        self.sent: list[tuple[dict[str, Any], list[dict[str, Any]], str]] = []

    def send(self, body: Mapping[str, Any], installations: Sequence[Mapping[str, Any]], push_status_id: str) -> Results:
        self.sent.append((dict(body), [dict(row) for row in installations], push_status_id))
        return [result(row, True, {"accepted": True}) for row in installations]


class AcceptingMail:
    """Takes mails and keeps them in `sent`."""

    def __init__(self, **_options: Any) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_mail(self, mail: Mapping[str, Any]) -> None:
        self.sent.append(dict(mail))


class WebhookMail:
    """Posts {"method", "args"} to `url` instead of sending mail: `sendMail` always, the other two where `methods` names them."""

    def __init__(self, url: str, methods: Sequence[str] = ("sendMail",)) -> None:
        self._url = url
        for method in methods:
            if method in OPTIONAL_METHODS:
                setattr(self, OPTIONAL_METHODS[method], self._sender(method))

    def send_mail(self, mail: Mapping[str, Any]) -> None:
        self._post("sendMail", mail)

    def _sender(self, method: str) -> Any:
        return lambda message: self._post(method, message)

    def _post(self, method: str, argument: Mapping[str, Any]) -> None:
        import requests  # 40 ms, for who wants mails posted

        answer = requests.post(self._url, json={"method": method, "args": [_plain(argument)]}, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()


def _plain(message: Mapping[str, Any]) -> dict[str, Any]:
    """`user` holds Values; the rest is text."""
    user = message.get("user")
    return {**message, "user": encode_doc(user)} if isinstance(user, dict) else dict(message)


__all__ = ["AcceptingMail", "AcceptingProvider", "AcceptingPush", "WebhookMail"]
