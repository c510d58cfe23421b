"""A batch with `transaction: true` and a failure at each place: all or nothing, on every store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from parse_shim.errors import ParseError, Unavailable
from parse_shim.hooks.registry import Hook, Registry
from tests.security.conftest import engine, server  # noqa: F401  (fixtures)
from tests.web.world import APP, Web

SIZE = 5
Server = Callable[..., Web]


def refuse(request: Any) -> None:
    if request.object.get("bad"):
        raise ParseError(142, "bad")


def item(method: str, path: str, body: Any = None) -> dict[str, Any]:
    return {"method": method, "path": f"/parse{path}", "body": body or {}}


FAULTS: dict[str, dict[str, Any]] = {
    "a wrong type": item("POST", "/classes/Post", {"n": "text"}),
    "a bad name": item("POST", "/classes/Post", {"a-b": 1}),
    "nothing to update": item("PUT", "/classes/Post/none", {"n": 1}),
    "nothing to delete": item("DELETE", "/classes/Post/none"),
    "a closed class": item("POST", "/classes/_Audience", {"name": "a"}),
    "a name that is taken": item("POST", "/users", {"username": "ann", "password": "p"}),
    "a hook": item("POST", "/classes/Checked", {"bad": True}),
    "a hidden object": item("PUT", "/classes/Post/HIDDEN", {"n": 1}),
    "a second role": item("POST", "/classes/_Role", {"name": "taken", "ACL": {}}),
}


@pytest.fixture
def web(server: Server) -> Web:  # noqa: F811
    web = server(cloud=Registry([Hook("before_save", "Checked", refuse)]))
    web.master("POST", "/schemas/Post", {"fields": {"n": {"type": "Number"}, "rel": {"type": "Relation", "targetClass": "Post"}}})
    web.sign_up("ann")
    web.master("POST", "/roles", {"name": "taken", "ACL": {}})
    return web


def snapshot(web: Web) -> dict[str, Any]:
    names = ["Post", "Checked", "_User", "_Role", "_Session", "_Join:rel:Post"]
    return {name: sorted(web.rows(name), key=lambda row: str(row["objectId"])) for name in names}


def good(web: Web) -> list[dict[str, Any]]:
    """SIZE items that change every kind of row."""
    first, second = web.create("Post", n=1), web.create("Post", n=2)
    pointer = {"__type": "Pointer", "className": "Post", "objectId": second}
    return [
        item("POST", "/classes/Post", {"n": 3}),
        item("PUT", f"/classes/Post/{first}", {"n": {"__op": "Increment", "amount": 5}}),
        item("PUT", f"/classes/Post/{first}", {"rel": {"__op": "AddRelation", "objects": [pointer]}}),
        item("POST", "/users", {"username": "bob", "password": "p"}),
        item("DELETE", f"/classes/Post/{second}"),
    ]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_one_bad_item_undoes_all_wherever_it_stands(web: Web, fault: dict[str, Any]) -> None:
    hidden = web.create("Post", n=9, ACL={})
    fault = {**fault, "path": fault["path"].replace("HIDDEN", hidden)}
    items = good(web)
    before = snapshot(web)
    for place in range(SIZE + 1):
        answer = web("POST", "/batch", {"requests": [*items[:place], fault, *items[place:]], "transaction": True})
        assert 400 <= answer.status_code < 500, answer.data
        assert snapshot(web) == before, place
    assert web("POST", "/batch", {"requests": items, "transaction": True}).status_code == 200
    after = snapshot(web)
    assert len(after["_User"]) == 2 and len(after["_Join:rel:Post"]) == 1
    assert sorted(row["n"] for row in after["Post"]) == [3, 6, 9]


@pytest.mark.parametrize("method", ["insert", "update", "delete", "link"])
def test_a_store_that_fails_at_each_call_leaves_nothing(web: Web, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    items = good(web)
    before = snapshot(web)
    real = getattr(web.engine, method)
    for failing in range(10):
        calls = iter(range(100))

        def sometimes(*args: Any, _failing: int = failing, _calls: Any = calls, **more: Any) -> Any:
            if next(_calls) == _failing:
                raise Unavailable("gone")
            return real(*args, **more)

        with monkeypatch.context() as patch:
            patch.setattr(web.engine, method, sometimes)
            answer = web("POST", "/batch", {"requests": items, "transaction": True})
        if answer.status_code == 200:
            assert failing > 0, "the call is never made"
            return
        assert answer.status_code == 503
        assert snapshot(web) == before, failing
    pytest.fail("it never succeeds")


def test_without_a_transaction_good_items_stay(web: Web) -> None:
    answer = web("POST", "/batch", {"requests": [*good(web), FAULTS["a wrong type"]]}, APP)
    assert ["success" in part for part in answer.json] == [True] * SIZE + [False]
