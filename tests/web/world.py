"""An application over the memory engine, and requests to it, for the tests of this folder."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.test import Client, TestResponse

from parse_shim.rest.core import Core
from parse_shim.settings import Settings
from parse_shim.storage.memory import MemoryEngine
from parse_shim.web.app import create_app
from parse_shim.web.assemble import assemble

APP = {"X-Parse-Application-Id": "app"}
MASTER = {**APP, "X-Parse-Master-Key": "master"}
OPTIONS = {"appId": "app", "masterKey": "master", "allowClientClassCreation": True, "databaseURI": "memory://"}


class Web:
    """A server with `options` (parse-server's names). `early` False sends everything through Flask."""

    def __init__(self, *, early: bool = True, cloud: Any = None, engine: Any = None, **options: Any) -> None:
        settings = Settings.from_options({**OPTIONS, **options})
        self.engine = engine or MemoryEngine()
        self.core: Core = assemble(settings, engine=self.engine)
        if cloud is not None:
            self.core.hooks = cloud
        self.app = create_app(core=self.core)
        if not early:
            self.app.early = frozenset()
        self.client = Client(self.app)

    def __call__(self, method: str, path: str, body: Any = None, headers: dict[str, str] = APP, **more: Any) -> TestResponse:
        """One request below the mount. A body that is neither text nor bytes is sent as JSON."""
        data = body if body is None or isinstance(body, (bytes, str)) else json.dumps(body)
        more.setdefault("environ_overrides", {"REMOTE_ADDR": "127.0.0.1"})
        return self.client.open("/parse" + path, method=method, data=data, headers=headers, **more)

    def master(self, method: str, path: str, body: Any = None) -> TestResponse:
        return self(method, path, body, MASTER)

    def create(self, class_name: str, **fields: Any) -> str:
        answer = self("POST", f"/classes/{class_name}", fields)
        assert answer.status_code == 201, answer.data
        return str(answer.json["objectId"])

    def rows(self, class_name: str) -> list[dict[str, Any]]:
        return list(self.master("GET", f"/classes/{class_name}").json["results"])

    def sign_up(self, name: str = "ann") -> tuple[str, dict[str, str]]:
        """(user id, headers of that user)."""
        answer = self("POST", "/users", {"username": name, "password": "secret"})
        assert answer.status_code == 201, answer.data
        return answer.json["objectId"], {**APP, "X-Parse-Session-Token": answer.json["sessionToken"]}


def error(answer: TestResponse) -> tuple[int, Any, Any]:
    """(status, code, text) of an error."""
    body = answer.json
    return answer.status_code, body.get("code"), body.get("error")
