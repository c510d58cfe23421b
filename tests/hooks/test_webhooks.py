"""Hooks on another server (contract/10, section 14), with a small HTTP server beside us."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from parse_shim.errors import ParseError
from parse_shim.rest import webhooks


class Other(BaseHTTPRequestHandler):
    """Answers what `replies` says for a path; remembers what it got."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        status, reply = self.server.replies.get(self.path, (200, "{}"))
        self.send_response(status)
        self.send_header("content-length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply.encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def other():
    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        server.got, server.replies = [], {}
        server.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def refused(call, *args):
    with pytest.raises(ParseError) as caught:
        call(*args)
    return caught.value.code, caught.value.message


def test_the_list_of_webhooks(app):
    ctx = app().master.context
    function = {"functionName": "wf", "url": "http://x/f"}
    trigger = {"className": "WH", "triggerName": "beforeSave", "url": "http://x/t"}
    assert webhooks.create(ctx, function) == function
    assert webhooks.create(ctx, trigger) == trigger
    assert (webhooks.functions(ctx), webhooks.triggers(ctx)) == ([function], [trigger])
    assert webhooks.function(ctx, "wf") == function
    assert webhooks.trigger(ctx, "WH", "beforeSave") == trigger
    assert refused(webhooks.create, ctx, function) == (143, "function name: wf already exists")
    assert refused(webhooks.create, ctx, trigger) == (143, "class WH already has trigger beforeSave")
    assert refused(webhooks.function, ctx, "zzz") == (143, "no function named: zzz is defined")
    assert refused(webhooks.trigger, ctx, "ZZ", "beforeSave") == (143, "class ZZ does not exist")
    assert webhooks.change(ctx, {"functionName": "wf"}, {"url": "http://x/g"})["url"] == "http://x/g"
    assert webhooks.change(ctx, {"functionName": "wf"}, {"__op": "Delete"}) == {}
    assert refused(webhooks.change, ctx, {"functionName": "wf"}, {"__op": "Delete"})[0] == 101


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"functionName": "f"},
        {"functionName": "f", "url": 5},
        {"functionName": "f", "url": "file:///etc/passwd"},
        {"className": "C", "url": "http://x"},
        {"className": "C", "triggerName": "beforeNothing", "url": "http://x"},
        {"className": "_Session", "triggerName": "beforeSave", "url": "http://x"},
        {"functionName": "a.b", "url": "http://x"},
    ],
)
def test_a_declaration_that_is_none(app, body):
    server = app()
    assert refused(webhooks.create, server.master.context, body)[0] == 143
    assert webhooks.functions(server.master.context) == []


@pytest.mark.parametrize(
    ("status", "reply", "answer"),
    [
        (200, '{"success": {"a": [1]}}', {"result": {"a": [1]}}),
        (200, '{"success": null}', {"result": None}),
        (200, "{}", {}),
        (200, '{"success": {}}', {"result": {}}),
        (200, '{"error": "m"}', (141, "m")),
        (200, '{"error": {"code": 123, "message": "m"}}', (123, "m")),
        (200, '{"error": {"code": 123, "error": "m"}}', (123, "m")),
        (500, "secret traceback", (141, "the webhook answered with status 500")),
        (302, "", (141, "the webhook answered with status 302")),
        (200, "<html>", (141, "the webhook's answer is not JSON")),
    ],
)
def test_a_function_elsewhere(app, other, status, reply, answer):
    server = app()
    webhooks.create(server.master.context, {"functionName": "wf", "url": f"{other.url}/f"})
    other.replies["/f"] = (status, reply)
    assert (server.call("wf") if isinstance(answer, dict) else server.refused("call", "wf")) == answer


def test_what_a_function_elsewhere_gets(app, other):
    server = app(webhook_key="key")
    webhooks.create(server.master.context, {"functionName": "wf", "url": f"{other.url}/f"})
    params = {"d": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}, "p": {"__type": "Pointer", "className": "C", "objectId": "x"}}
    ann = server.user("ann")
    ann._with(cloud={"c": 1}).call("wf", **params)
    _, headers, body = other.got[0]
    assert (headers["x-parse-webhook-key"], headers["content-type"]) == ("key", "application/json")
    assert (body["functionName"], body["params"], body["context"]) == ("wf", params, {"c": 1})
    assert (body["master"], body["isReadOnly"], body["ip"]) == (False, False, "10.0.0.1")
    assert body["user"]["username"] == "ann" and body["user"]["sessionToken"].startswith("r:")
    assert "className" not in body["user"] and "_hashed_password" not in json.dumps(body)


@pytest.mark.parametrize(
    ("reply", "stored"),
    [
        ("{}", {"a": 1}),
        ('{"success": null}', {"a": 1}),
        ('{"success": true}', {"a": 1}),
        ('{"success": {"b": 2, "className": "C", "createdAt": "x"}}', {"b": 2}),
        ('{"success": {}}', {}),
    ],
)
def test_a_before_save_elsewhere(app, other, reply, stored):
    server = app()
    webhooks.create(server.master.context, {"className": "C", "triggerName": "beforeSave", "url": f"{other.url}/t"})
    other.replies["/t"] = (200, reply)
    row = server.get("C", server.create("C", a=1)["objectId"])
    assert {name: value for name, value in row.items() if name not in ("objectId", "createdAt", "updatedAt")} == stored


def test_what_a_before_save_elsewhere_gets(app, other):
    server = app()
    object_id = server.create("C", a=1, n=1)["objectId"]
    webhooks.create(server.master.context, {"className": "C", "triggerName": "beforeSave", "url": f"{other.url}/t"})
    server.update("C", object_id, n={"__op": "Increment", "amount": 2}, b="x")
    _, _, body = other.got[0]
    assert (body["triggerName"], body["object"]["className"], body["object"]["objectId"]) == ("beforeSave", "C", object_id)
    assert (body["object"]["n"], body["object"]["a"], body["object"]["b"]) == ({"__op": "Increment", "amount": 2}, 1, "x")
    assert body["original"]["n"] == 1


def test_find_triggers_elsewhere(app, other):
    server = app()
    server.create("C", a=1)
    for name in ("beforeFind", "afterFind"):
        webhooks.create(server.master.context, {"className": "C", "triggerName": name, "url": f"{other.url}/{name}"})
    other.replies["/afterFind"] = (200, '{"success": [{"made": 1}]}')
    assert server.find("C", {"a": {"$gt": 0}}) == [{"made": 1, "className": "C"}]
    before, after = (body for _, _, body in other.got)
    assert (before["query"]["where"], before["isGet"], before["count"]) == ({"a": {"$gt": 0}}, False, False)
    assert [item["a"] for item in after["objects"]] == [1]


def test_a_webhook_takes_the_place_of_a_function_and_gives_it_back(app, other):
    server = app("@cloud.function\ndef f(request): return 'own'\n")
    ctx = server.master.context
    webhooks.create(ctx, {"functionName": "f", "url": f"{other.url}/f"})
    other.replies["/f"] = (200, '{"success": "other"}')
    assert server.call("f") == {"result": "other"}
    webhooks.change(ctx, {"functionName": "f"}, {"__op": "Delete"})
    assert server.call("f") == {"result": "own"}


def test_stored_webhooks_are_loaded_and_those_gone_forgotten(app, other):
    server = app()
    webhooks.create(server.master.context, {"functionName": "f", "url": f"{other.url}/f"})
    server.core.hooks.clear()
    webhooks.start(server.core)()
    assert server.call("f") == {}
    server.core.engine.clear()
    webhooks.refresh(server.core)
    assert server.refused("call", "f")[1] == 'Invalid function: "f"'


def test_an_unreachable_server_is_a_plain_refusal(app):
    server = app()
    webhooks.create(server.master.context, {"functionName": "f", "url": "http://127.0.0.1:9/x"})
    assert server.refused("call", "f") == (141, "the webhook could not be reached (ConnectionError)")
