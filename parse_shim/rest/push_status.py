"""The life of a `_PushStatus` row: pending (or scheduled), running, succeeded or failed.

Rows change through ordinary writes, so that afterSave hooks see every step.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from parse_shim.rest import write
from parse_shim.rest.core import Context
from parse_shim.rest.push_body import Push, alert_text
from parse_shim.values.jsontext import dumps

PUSH_STATUS = "_PushStatus"
DEAD_WORDS = frozenset(
    {"NotRegistered", "InvalidRegistration", "Unregistered", "BadDeviceToken", "DeviceTokenNotForTopic", "ExpiredToken"}
    | {"UNREGISTERED", "SENDER_ID_MISMATCH", "messaging/registration-token-not-registered"}
)
"""Reasons by which APNs and FCM say that a device token is of no use any more."""


@dataclass(slots=True)
class Tally:
    """What a sender reported, added up. `dead`: device tokens that can be forgotten."""

    sent: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    dead: list[str] = field(default_factory=list)

    def count(self, results: Iterable[object]) -> None:
        """Add a sender's results: [{"device": {"deviceType", "deviceToken"}, "transmitted": bool, "response": {...}}]."""
        for result in results or ():
            if not isinstance(result, Mapping) or not isinstance(result.get("device"), Mapping):
                continue
            device = result["device"]
            kind = str(device.get("deviceType") or "unknown").replace(".", "_").replace("$", "_")
            if result.get("transmitted"):
                self.sent[kind] += 1
                continue
            self.failed[kind] += 1
            token = device.get("deviceToken")
            if isinstance(token, str) and _is_dead(result.get("response")):
                self.dead.append(token)


def create(ctx: Context, push: Push, status: str) -> str:
    """The new row's objectId."""
    alert = alert_text(push.data)
    columns: dict[str, Any] = {
        "pushTime": push.time_text,
        "query": dumps(push.where).decode(),
        "payload": dumps(push.data).decode(),
        "source": "rest",
        "title": push.title,
        "expiry": push.expires_ms,
        "expiration_interval": push.interval_seconds,
        "status": status,
        "numSent": 0,
        "pushHash": hashlib.md5(alert.encode("utf-8", "replace"), usedforsecurity=False).hexdigest(),
        "ACL": {},
    }
    return write.create(ctx, PUSH_STATUS, {name: value for name, value in columns.items() if value is not None}).object_id


def run(ctx: Context, status_id: str, batches: int) -> None:
    """The first batch goes out; `count` tells how many are left."""
    _update(ctx, status_id, {"status": "running", "count": batches})


def add(ctx: Context, status_id: str, tally: Tally) -> None:
    """A batch is done."""
    change: dict[str, Any] = {"count": _plus(-1)}
    for total, by_type, counted in (("numSent", "sentPerType", tally.sent), ("numFailed", "failedPerType", tally.failed)):
        if counted:
            change[total] = _plus(counted.total())
        change |= {f"{by_type}.{kind}": _plus(number) for kind, number in counted.items()}
    _update(ctx, status_id, change)


def finish(ctx: Context, status_id: str) -> None:
    _update(ctx, status_id, {"status": "succeeded", "count": {"__op": "Delete"}})


def fail(ctx: Context, status_id: str, text: str) -> None:
    _update(ctx, status_id, {"status": "failed", "errorMessage": {"error": text}, "count": {"__op": "Delete"}})


def _update(ctx: Context, status_id: str, change: dict[str, Any]) -> None:
    write.update(ctx, PUSH_STATUS, status_id, change)


def _plus(amount: int) -> dict[str, Any]:
    return {"__op": "Increment", "amount": amount}


def _is_dead(response: object) -> bool:
    """APNs: status 410 or a reason; FCM: an error code, also deeper inside."""
    if not isinstance(response, Mapping):
        return False
    said = {response.get("error"), response.get("reason")} if _flat(response) else set()
    inner = response.get("error")
    if isinstance(inner, Mapping):
        said |= {value for value in (inner.get("code"), inner.get("reason"), inner.get("message")) if isinstance(value, str)}
    return response.get("status") in (410, "410") or bool(said & DEAD_WORDS)


def _flat(response: Mapping[str, Any]) -> bool:
    return all(value is None or isinstance(value, str) for value in (response.get("error"), response.get("reason")))
