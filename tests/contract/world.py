"""A server on either store, and tables of requests with the answers that the contract wants."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from parse_shim.settings import Settings
from parse_shim.storage.base import Engine
from parse_shim.web.app import create_app
from parse_shim.web.assemble import assemble

APP = {"X-Parse-Application-Id": "app"}
OPTIONS = {
    "appId": "app",
    "masterKey": "master",
    "readOnlyMasterKey": "reader",
    "maintenanceKey": "keeper",
    "allowClientClassCreation": True,
    "publicServerURL": None,
    "logsFolder": None,
}
WHO = {
    "none": {},
    "app": APP,
    "master": {**APP, "X-Parse-Master-Key": "master"},
    "reader": {**APP, "X-Parse-Master-Key": "reader"},
    "keeper": {**APP, "X-Parse-Maintenance-Key": "keeper"},
}
Row = tuple[Any, ...]
"""(who, method, path, body, status, expected): `expected` is a code, (code, text), the fields that the body has, a predicate of
the body, or None. Texts `{name}` in path and body stand for what earlier rows or the test kept in `names`."""


class Server:
    """One application on `engine`; called with who asks, method, path below the mount, and body."""

    def __init__(self, engine: Engine, **options: Any) -> None:
        self.engine = engine
        cloud = options.pop("cloud", None)
        settings = Settings.from_options({**OPTIONS, "databaseURI": "memory://", **options})
        self.core = assemble(settings, engine=engine)
        if cloud is not None:
            self.core.hooks = cloud
        self.client = Client(create_app(core=self.core))
        self.who: dict[str, Mapping[str, str]] = dict(WHO)
        self.names: dict[str, str] = {}

    def __call__(self, who: str, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> TestResponse:
        data = body if body is None or isinstance(body, bytes) else json.dumps(self.filled(body))
        return self.client.open(
            "/parse" + self.named(path),
            method=method,
            data=data,
            headers={**self.who[who], **(headers or {})},
            environ_overrides={"REMOTE_ADDR": "127.0.0.1"},
        )

    def ok(self, who: str, method: str, path: str, body: Any = None) -> Any:
        """The body of an answer that must be a success."""
        answer = self(who, method, path, body)
        assert answer.status_code < 300, answer.data
        return answer.json

    def create(self, class_name: str, **fields: Any) -> str:
        return str(self.ok("master", "POST", f"/classes/{class_name}", fields)["objectId"])

    def sign_up(self, name: str, **fields: Any) -> str:
        """A new user, who is `who` of later requests; the id is kept as a name."""
        made = self.ok("app", "POST", "/users", {"username": name, "password": "p1", **fields})
        self.who[name] = {**APP, "X-Parse-Session-Token": made["sessionToken"]}
        self.names[name] = made["objectId"]
        return str(made["objectId"])

    def named(self, text: str) -> str:
        for name, value in self.names.items():
            text = text.replace("{" + name + "}", value)
        return text

    def filled(self, body: Any) -> Any:
        match body:
            case str():
                return self.named(body)
            case Mapping():
                return {self.named(name): self.filled(value) for name, value in body.items()}
            case list():
                return [self.filled(value) for value in body]
        return body

    def expect(self, rows: Iterable[Row]) -> None:
        """Send all rows; fail with those that were answered otherwise."""
        wrong = self.differences(rows)
        if wrong:
            pytest.fail("\n".join(wrong), pytrace=False)

    def differences(self, rows: Iterable[Row]) -> list[str]:
        wrong = []
        for who, method, path, body, status, expected in rows:
            answer = self(who, method, path, body)
            if answer.status_code != status or not self._fits(answer, expected):
                asked = json.dumps(body) if not isinstance(body, bytes) else repr(body)
                wanted = "a predicate" if callable(expected) else expected
                wrong.append(f"{who} {method} {path} {asked}\n  -> {answer.status_code} {answer.text[:300]}\n  wanted {status} {wanted}")
        return wrong

    def _fits(self, answer: TestResponse, expected: Any) -> bool:
        if expected is None:
            return True
        body = answer.get_json(silent=True)
        match expected:
            case int():
                return isinstance(body, dict) and body.get("code") == expected
            case (code, text):
                wanted = {"error": self.named(text)} | ({} if code is None else {"code": code})
                return bool(body == wanted)
            case Mapping():
                wanted = self.filled(expected)
                return isinstance(body, dict) and {name: body.get(name) for name in wanted} == wanted
            case str() | bytes():
                return answer.data == (expected.encode() if isinstance(expected, str) else expected)
            case list():
                return bool(body == self.filled(expected))
            case _ if callable(expected):
                check: Callable[[Any], Any] = expected
                return bool(check(answer.data if body is None else body))
        raise TypeError(f"{expected!r} is no expectation")


def has(*keys: str) -> Callable[[Any], bool]:
    """The body has exactly these keys."""
    return lambda body: set(body) == set(keys)


def query(where: Any, **more: Any) -> dict[str, Any]:
    return {"_method": "GET", "where": where, **more}


def op(name: Any, **arguments: Any) -> dict[str, Any]:
    return {"__op": name, **arguments}


def pointer(class_name: str, object_id: str) -> dict[str, Any]:
    return {"__type": "Pointer", "className": class_name, "objectId": object_id}


def geo(latitude: float, longitude: float) -> dict[str, Any]:
    return {"__type": "GeoPoint", "latitude": latitude, "longitude": longitude}


def date(iso: str) -> dict[str, Any]:
    return {"__type": "Date", "iso": iso}
