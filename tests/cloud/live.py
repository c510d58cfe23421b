"""Requests to a running server, for the tests of whole processes."""

import json
import time
import urllib.error
import urllib.request
import uuid
from typing import Any


class User:
    """A user who logged in anonymously."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.token = ""
        _, user = self("POST", "/users", {"authData": {"anonymous": {"id": str(uuid.uuid4())}}})
        self.id, self.token = user["objectId"], user["sessionToken"]

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return send(self.server, method, path, body, {"X-Parse-Session-Token": self.token} if self.token else {})

    def dial(self, other: "User") -> tuple[int, Any]:
        return self("POST", "/classes/ActiveSessions", {"callerID": self.id, "receiverID": other.id})

    def poll(self) -> list[Any]:
        body = {"_method": "GET", "where": {"receiverID": self.id}}
        return list(self("POST", "/classes/ActiveSessions", body)[1]["results"])

    def take(self) -> Any:
        (row,) = self.poll()
        assert self("DELETE", f"/classes/ActiveSessions/{row['objectId']}")[0] == 200
        return row

    def status(self, row: str) -> str:
        _, answer = self("POST", "/functions/callStatus", {"activeSession": row})
        return f"{answer['result']['state']} {answer['result']['endReason'] or ''}".strip()

    def waits_for(self, row: str, state: str, seconds: float = 15) -> None:
        """Until the call is in this state."""
        end = time.monotonic() + seconds
        while (now := self.status(row)) != state:
            assert time.monotonic() < end, f"the call is {now}, not {state}"
            time.sleep(0.1)


def wait_until(happened: Any, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def send(server: Any, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    data = json.dumps(body).encode() if body is not None else None
    sent = {"X-Parse-Application-Id": server.app_id, "Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(server.url + path, data, sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def as_master(server: Any, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    return send(server, method, path, body, {"X-Parse-Master-Key": server.master_key})
