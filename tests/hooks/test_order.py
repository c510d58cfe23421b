"""Which hooks an operation fires, in which order, and whether in the master's name (contract/10, section 3)."""

import json

import pytest

from parse_shim import create_app
from parse_shim.hooks.kinds import KINDS
from parse_shim.hooks.registry import Hook, Registry

SHORT = {"before_save": "bs", "after_save": "as", "before_delete": "bd", "after_delete": "ad", "before_find": "bf", "after_find": "af"}
LOGIN = {"before_login": "_User", "after_login": "_User", "after_logout": "_Session"}
ANONYMOUS = {"authData": {"anonymous": {"id": "1"}}}
ANN = {"username": "ann", "password": "p"}


class Recorder:
    """A server with every hook on A, B and users; `fired` tells the hooks of one request."""

    def __init__(self):
        self.seen = []
        names = {f"{short} {target}": (kind, target) for target in ("A", "B", "_User") for kind, short in SHORT.items()}
        names |= {KINDS[kind].wire: (kind, target) for kind, target in LOGIN.items()}
        hooks = Registry([Hook(kind, target, self.note(name)) for name, (kind, target) in names.items()])
        options = {"appId": "a", "masterKey": "m", "databaseURI": "memory://", "logsFolder": None, "allowClientClassCreation": True}
        self.client = create_app(cloud=hooks, **options).test_client()

    def note(self, name):
        def handler(request):
            more = [word for word in ("is_get", "count", "distinct", "pipeline") if name[:2] == "bf" and getattr(request, word)]
            self.seen.append(" ".join([name, *more, *(["master"] if request.master else [])]))

        return handler

    def request(self, method, path, body=None, *, key=None, token=None, status=None):
        headers = {"X-Parse-Application-Id": "a", **({"X-Parse-Master-Key": "m"} if key else {})}
        headers |= {"X-Parse-Session-Token": token} if token else {}
        answer = self.client.open(f"/parse{path}", method=method, json=body, headers=headers)
        assert status is None or answer.status_code == status, answer.text
        return answer.json

    def fired(self, *words, **named):
        self.seen.clear()
        self.request(*words, **named)
        return list(self.seen)


@pytest.fixture
def server():
    """Two As, a B that points at the first, the user ann."""
    made = Recorder()
    made.a = made.request("POST", "/classes/A", {"n": 1})["objectId"]
    made.other = made.request("POST", "/classes/A", {"n": 2})["objectId"]
    made.request("POST", "/classes/B", {"p": pointer(made.a)})
    made.token = made.request("POST", "/users", ANN)["sessionToken"]
    return made


def pointer(object_id):
    return {"__type": "Pointer", "className": "A", "objectId": object_id}


def where(condition):
    return "/classes/B?where=" + json.dumps(condition)


INNER = ["bf B", "bf A", "af A", "af B"]


@pytest.mark.parametrize(
    ("method", "path", "body", "key", "hooks"),
    [
        ("POST", "/classes/A", {"n": 3}, None, ["bs A", "as A"]),
        ("PUT", "/classes/A/{a}", {"n": 3}, None, ["bs A", "as A"]),
        ("PUT", "/classes/A/{a}", {}, None, ["bs A", "as A"]),
        ("PUT", "/classes/A/nope", {"n": 3}, None, []),
        ("GET", "/classes/A/{a}", None, None, ["bf A is_get", "af A"]),
        ("GET", "/classes/A", None, None, ["bf A", "af A"]),
        ("GET", "/classes/A?count=1&limit=0", None, None, ["bf A count", "af A"]),
        ("GET", "/classes/B?include=p", None, None, ["bf B", "bf A is_get", "af A", "af B"]),
        ("GET", where({"p": {"$inQuery": {"className": "A", "where": {}}}}), None, None, INNER),
        ("GET", where({"p": {"$notInQuery": {"className": "A", "where": {}}}}), None, None, INNER),
        ("GET", where({"n": {"$select": {"query": {"className": "A", "where": {}}, "key": "n"}}}), None, None, INNER),
        ("GET", where({"n": {"$dontSelect": {"query": {"className": "A", "where": {}}, "key": "n"}}}), None, None, INNER),
        ("DELETE", "/classes/A/{a}", None, None, ["bf A is_get", "af A", "bd A", "ad A"]),
        ("DELETE", "/purge/A", None, "m", []),
        ("GET", "/aggregate/A?distinct=n", None, "m", ["bf A distinct master"]),
        ("GET", '/aggregate/A?pipeline=[{"$match":{}}]', None, "m", ["bf A pipeline master"]),
        ("POST", "/users", {"username": "bob", "password": "p"}, None, ["bs _User", "as _User"]),
        ("POST", "/login", ANN, None, ["beforeLogin", "afterLogin", "bf _User is_get", "af _User"]),
        ("GET", "/login?username=ann&password=p", None, None, ["beforeLogin", "afterLogin", "bf _User is_get", "af _User"]),
        ("POST", "/login", {**ANN, "password": "wrong"}, None, []),
        ("POST", "/logout", None, None, []),
    ],
)
def test_hooks_in_order(server, method, path, body, key, hooks):
    assert server.fired(method, path.replace("{a}", server.a), body, key=key) == hooks


def test_an_include_of_several_is_one_query(server):
    server.request("POST", "/classes/B", {"p": pointer(server.other)})
    assert server.fired("GET", "/classes/B?include=p") == ["bf B", "bf A", "af A", "af B"]


def test_a_batch_fires_for_each_entry(server):
    entries = [("POST", "/classes/A", {"n": 3}), ("DELETE", "/classes/A/nope", None), ("PUT", f"/classes/A/{server.a}", {"n": 4})]
    requests = [{"method": method, "path": f"/parse{path}", "body": body} for method, path, body in entries]
    assert server.fired("POST", "/batch", {"requests": requests}) == ["bs A", "as A", "bs A", "as A"]


def test_no_hook_without_permission(server):
    hidden = server.request("POST", "/classes/A", {"ACL": {}}, key="m")["objectId"]
    for method in ("PUT", "DELETE"):
        assert server.fired(method, f"/classes/A/{hidden}", {} if method == "PUT" else None, status=404) == []


def test_a_second_login_by_auth_data_saves_nothing(server):
    assert server.fired("POST", "/users", ANONYMOUS, status=201) == ["bs _User", "as _User"]
    assert server.fired("POST", "/users", ANONYMOUS, status=200) == ["beforeLogin", "as _User"]


def test_sessions(server):
    found = ["bf _User is_get master", "af _User master"]
    assert server.fired("GET", "/users/me", token=server.token)[:2] == found
    assert server.fired("POST", "/logout", token=server.token, status=200) == ["afterLogout"]
    assert server.fired("POST", "/logout", token=server.token, status=400) == []
    again = server.request("POST", "/login", ANN)["sessionToken"]
    (session,) = server.request("GET", '/classes/_Session?where={"sessionToken":"' + again + '"}', key="m")["results"]
    assert "afterLogout" not in server.fired("DELETE", f"/sessions/{session['objectId']}", token=again, status=200)
