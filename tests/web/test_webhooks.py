"""/hooks over HTTP."""

import time

import pytest

from parse_shim import create_app
from parse_shim.rest import webhooks

HEADERS = {"X-Parse-Application-Id": "a", "X-Parse-Master-Key": "m"}
FUNCTION = {"functionName": "f", "url": "http://127.0.0.1:9/f"}
TRIGGER = {"className": "C", "triggerName": "beforeSave", "url": "http://127.0.0.1:9/t"}


@pytest.fixture
def client():
    return create_app(appId="a", masterKey="m", databaseURI="memory://").test_client()


@pytest.mark.parametrize(
    ("where", "declaration", "one"),
    [
        ("functions", FUNCTION, "functions/f"),
        ("triggers", TRIGGER, "triggers/C/beforeSave"),
        ("functions", TRIGGER, "triggers/C/beforeSave"),
    ],
)
def test_the_life_of_a_webhook(client, where, declaration, one):
    assert client.post(f"/parse/hooks/{where}", json=declaration, headers=HEADERS).json == declaration
    assert client.get(f"/parse/hooks/{one.partition('/')[0]}", headers=HEADERS).json == [declaration]
    assert client.get(f"/parse/hooks/{one}", headers=HEADERS).json == declaration
    changed = {**declaration, "url": "http://127.0.0.1:9/new"}
    assert client.put(f"/parse/hooks/{one}", json={"url": changed["url"]}, headers=HEADERS).json == changed
    assert client.put(f"/parse/hooks/{one}", json={"__op": "Delete"}, headers=HEADERS).json == {}
    gone = client.put(f"/parse/hooks/{one}", json={"__op": "Delete"}, headers=HEADERS)
    assert (gone.status_code, gone.json["code"]) == (404, 101)


def test_webhooks_are_the_masters(client):
    answer = client.get("/parse/hooks/functions", headers={"X-Parse-Application-Id": "a"})
    assert (answer.status_code, answer.json) == (403, {"error": "Permission denied"})


def test_the_next_request_of_another_worker_knows_a_new_hook(tmp_path):
    first, second = (create_app(appId="a", masterKey="m", databaseURI=f"sqlite:///{tmp_path}/a.db") for _ in range(2))

    def is_known():
        answer = second.test_client().post("/parse/functions/f", json={}, headers=HEADERS)
        return answer.json["error"] != 'Invalid function: "f"'

    try:
        assert not is_known()
        first.test_client().post("/parse/hooks/functions", json=FUNCTION, headers=HEADERS)
        assert is_known()
        first.test_client().put("/parse/hooks/functions/f", json={"__op": "Delete"}, headers=HEADERS)
        assert not is_known()
    finally:
        for app in (first, second):
            app.core.close()
            app.core.engine.close()


def test_another_machine_knows_a_new_hook_without_a_request(mongo_uri, monkeypatch):
    monkeypatch.setattr(webhooks, "LOOK_EVERY", 0.01)
    # One database by two names shares no memory, as on two machines.
    first, second = (
        create_app(appId="a", masterKey="m", databaseURI=mongo_uri + more)
        for more in ("", f"{'&' if '?' in mongo_uri else '?'}appName=other")
    )

    def until(wanted):
        deadline = time.monotonic() + 10
        while (second.core.hooks.find("function", "f") is not None) != wanted and time.monotonic() < deadline:
            time.sleep(0.01)
        return (second.core.hooks.find("function", "f") is not None) == wanted

    try:
        first.test_client().post("/parse/hooks/functions", json=FUNCTION, headers=HEADERS)
        assert until(True)
        first.test_client().put("/parse/hooks/functions/f", json={"__op": "Delete"}, headers=HEADERS)
        assert until(False)
    finally:
        for app in (first, second):
            app.core.close()
            app.core.engine.close()
