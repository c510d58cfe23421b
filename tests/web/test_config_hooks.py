"""Hooks on the config."""

from collections.abc import Callable
from typing import Any

from parse_shim.hooks.kinds import CONFIG
from parse_shim.hooks.registry import Hook, Registry
from tests.web.world import Web, error


def server(**hooks: Callable[[Any], Any]) -> Web:
    return Web(cloud=Registry([Hook(kind, CONFIG, handler) for kind, handler in hooks.items()]))


def put(web: Web, **params: Any) -> Any:
    return web.master("PUT", "/config", {"params": params})


def raising(request: Any) -> None:
    raise ValueError("not now")


def test_before_save_sees_what_is_sent_and_after_save_the_whole() -> None:
    seen: list[Any] = []

    def look(request: Any) -> None:
        seen.append((request.trigger_name, request.object.to_json(), request.original and request.original.to_json(), request.master))

    web = server(before_save=look, after_save=look)
    put(web, a=1)
    put(web, b={"__op": "Increment", "amount": 2})
    assert seen == [
        ("beforeSave", {"a": 1}, None, True),
        ("afterSave", {"a": 1}, None, True),
        ("beforeSave", {"b": {"__op": "Increment", "amount": 2}}, {"a": 1}, True),
        ("afterSave", {"a": 1, "b": 2}, {"a": 1}, True),
    ]


def test_what_before_save_returns_or_changes_is_ignored() -> None:
    def change(request: Any) -> Any:
        request.object.attributes["a"] = 5
        return {"a": 6}

    web = server(before_save=change)
    put(web, a=1)
    assert web("GET", "/config").json["params"] == {"a": 1}


def test_what_before_save_raises_keeps_the_config() -> None:
    web = server(before_save=raising)
    assert error(put(web, a=1)) == (400, 141, "not now")
    assert web("GET", "/config").json == {"params": {}}


def test_what_after_save_raises_comes_too_late() -> None:
    web = server(after_save=raising)
    assert error(put(web, a=1)) == (400, 141, "not now")
    assert web("GET", "/config").json["params"] == {"a": 1}
