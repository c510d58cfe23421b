"""Who carries a push to the devices: the interface, and the option `push`.

    {"adapter": "package.module:Sender"}                                 own sender: a class, an object, or {"module", "options"}
    {"adapter": "log"}                                                   writes to the log; for development
    {"ios": {"token": {"key", "keyId", "teamId"}, "topic", "production"},
     "android": {"firebaseServiceAccount": "file.json" or the object}}   APNs and FCM; needs `pip install parse_shim[push]`
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from parse_shim.settings_fields import load_object

log = logging.getLogger(__name__)

Results = list[dict[str, Any]]
"""One entry a device: {"device": {"deviceType", "deviceToken"}, "transmitted": bool, "response": {...}}."""

APPLE = frozenset({"ios", "osx", "tvos", "watchos"})


@runtime_checkable
class PushSender(Protocol):
    """`send` gets the message {"data", "expiration_time"?, "expiration_interval"?}, installations as JSON objects, and the push's id.

    It waits until the service has answered for all of them. What it raises makes the whole push `failed`.
    """

    def send(self, body: Mapping[str, Any], installations: Sequence[Mapping[str, Any]], push_status_id: str) -> Results: ...


class LogSender:
    """Writes pushes to the log and calls them sent."""

    def send(self, body: Mapping[str, Any], installations: Sequence[Mapping[str, Any]], push_status_id: str) -> Results:
        log.info("push %s to %d installations: %s", push_status_id, len(installations), body.get("data"))
        return [result(installation, True) for installation in installations]


class BySystem:
    """Hands each installation to the sender of its `deviceType` (or `pushType`, where that is named); others are left out."""

    def __init__(self, senders: Mapping[str, PushSender]) -> None:
        self._senders = senders

    def send(self, body: Mapping[str, Any], installations: Sequence[Mapping[str, Any]], push_status_id: str) -> Results:
        parts: dict[str, list[Mapping[str, Any]]] = {}
        for installation in installations:
            kind = installation.get("pushType")
            kind = kind if kind in self._senders else installation.get("deviceType")
            if isinstance(kind, str) and kind in self._senders:
                parts.setdefault(kind, []).append(installation)
        return [found for kind, members in parts.items() for found in self._senders[kind].send(body, members, push_status_id)]


def result(installation: Mapping[str, Any], transmitted: bool, response: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """One entry of Results."""
    device = {"deviceType": installation.get("deviceType"), "deviceToken": installation.get("deviceToken")}
    return {"device": device, "transmitted": transmitted, "response": dict(response or {})}


def open_sender(options: Mapping[str, Any]) -> PushSender | None:
    """The sender that the option describes, None when it is empty. Raises ValueError naming what is wrong."""
    if not options:
        return None
    if options.get("adapter") is not None:
        return _adapter(options["adapter"])
    senders: dict[str, PushSender] = {}
    for system, given in options.items():
        if system in APPLE:
            senders[system] = _apns(system, given)
        elif system in ("android", "fcm"):
            senders["android"] = senders["fcm"] = _fcm(given)
        elif system != "queueOptions":
            raise ValueError(f"push.{system} is not known: adapter, ios, osx, tvos, watchos and android are")
    return BySystem(senders) if senders else None


def _adapter(reference: Any) -> PushSender:
    if reference == "log":
        return LogSender()
    found = load_object(reference)
    made = found() if inspect.isclass(found) else found
    if not isinstance(made, PushSender):
        raise ValueError("push.adapter: expected an object with send(body, installations, push_status_id)")
    return made


def _apns(system: str, given: Any) -> PushSender:
    try:
        from parse_shim.rest.push_apns import Apns
    except ImportError as error:
        raise ValueError(f"push.{system} needs more packages: pip install 'parse_shim[push]' ({error.name} is missing)") from error
    if not isinstance(given, (Mapping, list)):
        raise ValueError(f"push.{system}: expected an object or a list of them")
    return Apns(given if isinstance(given, list) else [given])


def _fcm(given: Any) -> PushSender:
    try:
        from parse_shim.rest.push_fcm import Fcm
    except ImportError as error:
        raise ValueError(f"push.android needs more packages: pip install 'parse_shim[push]' ({error.name} is missing)") from error
    if not isinstance(given, Mapping):
        raise ValueError("push.android: expected an object")
    return Fcm(given)
