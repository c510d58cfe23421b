"""Sending mail: the interface, and two senders. `emailAdapter` names a sender by dotted path, or is one.

An adapter is any object with `send_mail({"to", "subject", "text"})`; it may also have `send_verification_email(link)` and
`send_password_reset_email(link)`, which then get `{"link", "appName", "user"}` and write the mail themselves.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any, Protocol

from parse_shim.settings_fields import load_object

log = logging.getLogger(__name__)

WEBHOOK = "parse_shim.testing.adapters:WebhookMail"


class MailSender(Protocol):
    """Raises any exception when the mail cannot be handed over; callers log it."""

    def send_mail(self, mail: Mapping[str, Any]) -> None: ...


class ConsoleSender:
    """Writes mails to the log. For development: the link is what one wants to see."""

    def __init__(self, **_options: Any) -> None:
        pass

    def send_mail(self, mail: Mapping[str, Any]) -> None:
        log.info("mail to %s: %s\n%s", mail.get("to"), mail.get("subject"), mail.get("text"))


class SmtpSender:
    """Plain SMTP, STARTTLS or TLS from the start. `timeout_seconds` bounds every step of the conversation."""

    def __init__(
        self,
        sender: str,
        host: str = "localhost",
        port: int = 25,
        *,
        user: str | None = None,
        password: str | None = None,
        starttls: bool = False,
        tls: bool = False,
        timeout_seconds: float = 10.0,
    ) -> None:
        self._sender, self._host, self._port = sender, host, port
        self._user, self._password = user, password
        self._starttls, self._tls, self._timeout_seconds = starttls, tls, timeout_seconds

    def send_mail(self, mail: Mapping[str, Any]) -> None:
        message = EmailMessage()  # refuses line breaks in headers
        message["From"] = str(mail.get("from") or self._sender)
        message["To"] = str(mail["to"])
        message["Subject"] = str(mail.get("subject", ""))
        message.set_content(str(mail.get("text", "")))
        if mail.get("html"):
            message.add_alternative(str(mail["html"]), subtype="html")
        with self._connect() as server:
            if self._user is not None:
                server.login(self._user, self._password or "")
            server.send_message(message)

    def _connect(self) -> smtplib.SMTP:
        if self._tls:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout_seconds, context=context)
        server = smtplib.SMTP(self._host, self._port, timeout=self._timeout_seconds)
        if self._starttls:
            server.starttls(context=ssl.create_default_context())
        return server


def sender(setting: object) -> MailSender | None:
    """The adapter that the `emailAdapter` option describes: an object, a dotted name, {"module", "options"}, `console`, `smtp`
    (as `{"module": "smtp", "options": {"sender", "host", ...}}`), or `{"$webhook": URL, "methods": [...]}`. None when mail is off."""
    if setting is None:
        return None
    if isinstance(setting, Mapping) and isinstance(setting.get("$webhook"), str):
        # for tests of other people's mails: posted to an address instead of sent
        hook: MailSender = load_object(WEBHOOK)(setting["$webhook"], setting.get("methods", ()))
        return hook
    if isinstance(setting, Mapping) and setting.get("module") in _BUILT_IN:
        built_in: MailSender = _BUILT_IN[setting["module"]](**setting.get("options", {}))
        return built_in
    if setting == "console":
        return ConsoleSender()
    found: Any = load_object(setting)
    made = found() if isinstance(found, type) else found
    adapter: MailSender = made if hasattr(made, "send_mail") else _Callable(made)
    return adapter


class _Callable:
    """A plain function that takes the mail."""

    def __init__(self, function: Any) -> None:
        self._function = function

    def send_mail(self, mail: Mapping[str, Any]) -> None:
        self._function(mail)


_BUILT_IN: dict[str, Any] = {"console": ConsoleSender, "smtp": SmtpSender}
