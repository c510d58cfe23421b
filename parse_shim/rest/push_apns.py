"""Apple's push service over HTTP/2 with a token key. Source: developer.apple.com, "Sending notification requests to APNs"."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import jwt

from parse_shim.rest.push_senders import Results, result

log = logging.getLogger(__name__)

PRODUCTION = "https://api.push.apple.com"
SANDBOX = "https://api.sandbox.push.apple.com"
TOKEN_SECONDS = 50 * 60
"""Apple refuses tokens older than an hour, and more than one new token in 20 minutes."""
AT_ONCE = 20
TIMEOUT_SECONDS = 10.0

APS = {
    "alert": "alert", "badge": "badge", "sound": "sound", "category": "category", "content-available": "content-available",
    "mutable-content": "mutable-content", "threadId": "thread-id", "thread-id": "thread-id",
    "targetContentIdentifier": "target-content-id", "interruptionLevel": "interruption-level",
    "interruption-level": "interruption-level", "urlArgs": "url-args",
}  # fmt: skip
HEADERS = {"topic": "apns-topic", "collapse_id": "apns-collapse-id", "push_type": "apns-push-type", "priority": "apns-priority"}


class Apns:
    """One or more apps (topics); an installation goes to the app whose topic is its `appIdentifier`, else to the first one.

    `transport` replaces the network in tests."""

    def __init__(self, apps: Sequence[Mapping[str, Any]], transport: httpx.BaseTransport | None = None) -> None:
        self._apps = [_App(app, transport) for app in apps]
        if not self._apps:
            raise ValueError("push.ios: expected at least one app")

    def send(self, body: Mapping[str, Any], installations: Sequence[Mapping[str, Any]], push_status_id: str) -> Results:
        payload, headers = message(body)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda row: self._app_of(row).post(row, payload, headers), installations))

    def _app_of(self, installation: Mapping[str, Any]) -> _App:
        return next((app for app in self._apps if app.topic == installation.get("appIdentifier")), self._apps[0])


def message(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """(payload, headers): what Parse calls `data`, in Apple's words. Unknown keys travel beside `aps`."""
    data = body.get("data") or {}
    aps: dict[str, Any] = {}
    payload: dict[str, Any] = {"aps": aps}
    headers: dict[str, str] = {}
    for name, value in data.items():
        if name in APS:
            aps[APS[name]] = value
        elif name in HEADERS:
            headers[HEADERS[name]] = str(value)
        elif name == "title":
            continue
        else:
            payload[name] = value
    if "title" in data:
        alert = aps.get("alert")
        aps["alert"] = {**alert, "title": data["title"]} if isinstance(alert, Mapping) else {"title": data["title"], "body": alert or ""}
    silent = aps.get("content-available") == 1 and "alert" not in aps
    headers.setdefault("apns-push-type", "background" if silent else "alert")
    headers.setdefault("apns-priority", "5" if silent else "10")
    if body.get("expiration_time"):
        headers["apns-expiration"] = str(int(body["expiration_time"] / 1000))
    return payload, headers


class _App:
    def __init__(self, options: Mapping[str, Any], transport: httpx.BaseTransport | None) -> None:
        token = options.get("token")
        topic = options.get("topic") or options.get("bundleId")
        if not isinstance(token, Mapping) or not all(isinstance(token.get(k), str) for k in ("key", "keyId", "teamId")) or not topic:
            raise ValueError("push.ios: expected token {key, keyId, teamId} and topic")
        self.topic = str(topic)
        self._key, self._key_id, self._team_id = _key_text(token["key"]), token["keyId"], token["teamId"]
        self._bearer, self._made_at = "", 0.0
        self._lock = threading.Lock()
        base = PRODUCTION if options.get("production") else SANDBOX
        self._client = httpx.Client(base_url=base, http2=True, timeout=TIMEOUT_SECONDS, transport=transport, trust_env=False)

    def post(self, installation: Mapping[str, Any], payload: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
        sent = {"apns-topic": self.topic, **headers, "authorization": f"bearer {self._token()}"}
        device = installation.get("deviceToken")
        if not isinstance(device, str) or not device.isalnum():
            return result(installation, False, {"error": "BadDeviceToken"})
        try:
            answer = self._client.post(f"/3/device/{device}", json=payload, headers=sent)
        except httpx.HTTPError as error:
            log.warning("APNs could not be reached: %s", type(error).__name__)
            return result(installation, False, {"error": type(error).__name__})
        if answer.status_code == 200:
            return result(installation, True, {"status": 200})
        return result(installation, False, {"status": answer.status_code, "error": _reason(answer)})

    def _token(self) -> str:
        with self._lock:
            now = time.time()
            if now - self._made_at > TOKEN_SECONDS:
                claims = {"iss": self._team_id, "iat": int(now)}
                self._bearer = jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": self._key_id})
                self._made_at = now
            return self._bearer


def _key_text(key: str) -> str:
    """The private key itself, or the path of its .p8 file."""
    if "PRIVATE KEY" in key:
        return key
    try:
        return Path(key).read_text()
    except OSError as error:
        raise ValueError(f"push.ios: the key file cannot be read ({error.strerror})") from error


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("reason", ""))
    except (ValueError, AttributeError):
        return ""
