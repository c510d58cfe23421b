"""Firebase Cloud Messaging, HTTP v1 API. Source: firebase.google.com, "projects.messages"."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials

from parse_shim import ids
from parse_shim.rest.push_senders import Results, result
from parse_shim.values.dates import iso

log = logging.getLogger(__name__)

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
SERVICE = "https://fcm.googleapis.com"
TIMEOUT_SECONDS = 10.0
AT_ONCE = 10
LONGEST_SECONDS = 4 * 7 * 86_400
"""FCM keeps no message longer than four weeks."""


class Fcm:
    """`session` replaces the authorised network session in tests."""

    def __init__(self, options: Mapping[str, Any], session: requests.Session | None = None) -> None:
        account = _account(options.get("firebaseServiceAccount"))
        project = account.get("project_id")
        if not isinstance(project, str) or not project:
            raise ValueError("push.android: firebaseServiceAccount has no project_id")
        self._url = f"{SERVICE}/v1/projects/{project}/messages:send"
        self._session = session or _authorized(account)

    def send(self, body: Mapping[str, Any], installations: Sequence[Mapping[str, Any]], push_status_id: str) -> Results:
        words = message(body, push_status_id)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda row: self._post(row, words), installations))

    def _post(self, installation: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
        sent = {"message": {"token": installation.get("deviceToken"), **words}}
        try:
            answer = self._session.post(self._url, json=sent, timeout=TIMEOUT_SECONDS)
        except (requests.RequestException, GoogleAuthError) as error:
            log.warning("FCM could not be reached: %s", type(error).__name__)
            return result(installation, False, {"error": type(error).__name__})
        if answer.status_code == 200:
            return result(installation, True, {"status": 200})
        return result(installation, False, {"status": answer.status_code, "error": _error_code(answer)})


def message(body: Mapping[str, Any], push_status_id: str) -> dict[str, Any]:
    """What Parse's Android SDK expects: `data` as JSON text with `push_id` and `time` beside it; `notification` where one is given."""
    data = dict(body.get("data") or {})
    notification = data.pop("notification", None)
    now = ids.now()
    android: dict[str, Any] = {"priority": "high"}
    if body.get("expiration_time"):
        left = int(body["expiration_time"] / 1000 - ids.timestamp())
        android["ttl"] = f"{min(max(left, 0), LONGEST_SECONDS)}s"
    found: dict[str, Any] = {
        "data": {"time": iso(now), "push_id": push_status_id, "data": json.dumps(data, ensure_ascii=False)},
        "android": android,
    }
    if isinstance(notification, Mapping):
        found["notification"] = dict(notification)
    return found


def _account(given: Any) -> Mapping[str, Any]:
    if isinstance(given, Mapping):
        return given
    if isinstance(given, str) and given:
        try:
            found = json.loads(Path(given).read_text())
        except (OSError, ValueError) as error:
            raise ValueError(f"push.android: firebaseServiceAccount cannot be read ({error})") from error
        if isinstance(found, dict):
            return found
    raise ValueError("push.android: expected firebaseServiceAccount, the file or the object that Firebase gives out")


def _authorized(account: Mapping[str, Any]) -> requests.Session:
    credentials = Credentials.from_service_account_info(account, scopes=[SCOPE])  # type: ignore[no-untyped-call]
    session: requests.Session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
    return session


def _error_code(answer: requests.Response) -> str:
    """FCM's own word (`UNREGISTERED`, `SENDER_ID_MISMATCH` ...), else the general one."""
    try:
        error = answer.json()["error"]
        details = [detail.get("errorCode") for detail in error.get("details", ())]
        return str(next((code for code in details if code), error.get("status", "")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
