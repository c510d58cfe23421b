"""Who may do what, as tables, on SQLite and MongoDB: one server with users, roles and every kind of key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from parse_shim.hooks.registry import Hook, Registry
from tests.security.conftest import opened
from tests.web.world import APP, MASTER, Web

OPERATIONS = ("find", "get", "count", "create", "update", "delete", "addField")
OPEN: dict[str, Any] = {name: {"*": True} for name in OPERATIONS}
HOOKED = ("before_save", "after_save", "before_delete", "after_delete", "before_find", "after_find")
READ_ONLY = {**APP, "X-Parse-Master-Key": "readonly"}
MAINTENANCE = {**APP, "X-Parse-Maintenance-Key": "maintenance"}
OPTIONS = {
    "readOnlyMasterKey": "readonly",
    "readOnlyMasterKeyIps": ["0.0.0.0/0"],
    "maintenanceKey": "maintenance",
    "maintenanceKeyIps": ["127.0.0.1"],
}


def pointer(class_name: str, object_id: str) -> dict[str, str]:
    return {"__type": "Pointer", "className": class_name, "objectId": object_id}


class City:
    """Ann holds role A, Bob role B; members of A hold role Outer too; Cat holds none. Callers by name in `who`."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.ids: dict[str, str] = {}
        self.who: dict[str, dict[str, str]] = {
            "nobody": APP, "master": MASTER, "readonly": READ_ONLY, "maintenance": MAINTENANCE,
        }  # fmt: skip
        self.fired: list[str] = []
        self._number = 0
        for name in ("ann", "bob", "cat"):
            self.ids[name], self.who[name] = web.sign_up(name)
        for name, members in (("A", ["ann"]), ("B", ["bob"])):
            users = {"__op": "AddRelation", "objects": [pointer("_User", self.ids[member]) for member in members]}
            self.ids[name] = self.master("POST", "/roles", {"name": name, "ACL": {}, "users": users}).json["objectId"]
        inner = {"__op": "AddRelation", "objects": [pointer("_Role", self.ids["A"])]}
        self.ids["Outer"] = self.master("POST", "/roles", {"name": "Outer", "ACL": {}, "roles": inner}).json["objectId"]

    def __call__(self, who: str, method: str, path: str, body: Any = None, **more: Any) -> TestResponse:
        """One request; `{ann}` in path and body stands for an id."""
        self.fired.clear()
        return self.web(method, self.filled(path), self.filled(body), self.who[who], **more)

    def master(self, method: str, path: str, body: Any = None) -> TestResponse:
        return self("master", method, path, body)

    def find(self, who: str, class_name: str, where: Any = None, **more: Any) -> TestResponse:
        return self(who, "POST", f"/classes/{class_name}", {"_method": "GET", "where": where or {}, **more})

    def filled(self, value: Any) -> Any:
        if isinstance(value, str):
            for name, object_id in self.ids.items():
                value = value.replace("{" + name + "}", object_id)
            return value
        if isinstance(value, dict):
            return {self.filled(key): self.filled(item) for key, item in value.items()}
        return [self.filled(item) for item in value] if isinstance(value, list) else value

    def new_class(self, permissions: Any = None, **fields: Any) -> str:
        """A class of its own with one object, whose id is `{row}`."""
        self._number += 1
        name = f"Class{self._number}"
        self.ids["row"] = self.master("POST", f"/classes/{name}", self.filled(fields)).json["objectId"]
        if permissions is not None:
            answer = self.master("PUT", f"/schemas/{name}", {"classLevelPermissions": self.filled(permissions)})
            assert answer.status_code == 200, answer.data
        return name

    def watch(self, class_name: str) -> None:
        """Note in `fired` which hooks of the class run."""
        for kind in HOOKED:
            self.web.core.hooks.add(Hook(kind, class_name, lambda request, kind=kind: self.fired.append(kind)))


def outcome(answer: TestResponse) -> Any:
    """200 and 201 as they are, an error as (status, code)."""
    if answer.status_code < 300:
        return answer.status_code
    return answer.status_code, answer.json.get("code")


@pytest.fixture(scope="module", params=["sqlite", "mongodb"])
def city(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with opened(request.param, request, tmp_path_factory.mktemp("city")) as engine:
        yield City(Web(engine=engine, cloud=Registry([]), **OPTIONS))
