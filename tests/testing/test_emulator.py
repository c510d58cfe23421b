"""The emulator and its control port: the state of a fresh start, other options, time, kept states, data to begin with."""

import io
import json
import signal
import subprocess
import sys
import time
import urllib.request

import pytest
from werkzeug.test import Client

from parse_shim import ids
from parse_shim.settings import Settings
from parse_shim.testing.emulator import Emulator, control_app
from tests.support.live import environment
from tests.support.mongod import free_port

OPTIONS = {
    "appId": "app",
    "masterKey": "master",
    "allowClientClassCreation": True,
    "fileUpload": {"enableForPublic": True},
    "logLevel": "error",
}
LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
MASTER = {"X-Parse-Master-Key": "master"}


class Running:
    """An emulator in this process: requests to its API, posts to its control port."""

    def __init__(self, uri, seed=None, **options):
        self.emulator = Emulator(Settings.from_options({**OPTIONS, "databaseURI": uri, **options}), seed)
        self.api = Client(self.emulator.wsgi)
        self.control = control_app(self.emulator)

    def __call__(self, method, path, body=None, **headers):
        names = {"X-Parse-Application-Id": "app", **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = json.dumps(body) if isinstance(body, (dict, list)) else body
        kind = None if isinstance(body, bytes) else "application/json"
        answer = self.api.open("/parse" + path, method=method, data=data, content_type=kind, headers=names, environ_overrides=LOCAL)
        return answer.status_code, answer.json if answer.is_json else answer.data

    def post(self, path, body=None, method="POST"):
        """(status, JSON) of the control port."""
        path, _, query = path.partition("?")
        data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
        environ |= {"CONTENT_LENGTH": str(len(data)), "wsgi.input": io.BytesIO(data)}
        seen = []
        found = self.control(environ, lambda status, headers: seen.append(int(status[:3])))
        return seen[0], json.loads(b"".join(found))

    def rows(self, class_name, **headers):
        return self("GET", f"/classes/{class_name}", **headers)[1]["results"]


@pytest.fixture(params=["memory://", "sqlite://", "sqlite file", "mongodb"])
def uri(request, tmp_path):
    if request.param == "mongodb":
        return request.getfixturevalue("mongo_uri")
    return f"sqlite:///{tmp_path / 'parse.db'}" if request.param == "sqlite file" else request.param


@pytest.fixture
def make(uri):
    """`make(seed=None, **options)`: a running emulator on each kind of store."""
    made = []

    def start(seed=None, **options):
        made.append(Running(uri, seed, **options))
        return made[-1]

    yield start
    ids.set_clock(None)
    for one in made:
        one.emulator.close()


def fill(running):
    """One of everything that a server remembers; the session token of the user made."""
    user = running("POST", "/users", {"username": "ann", "password": "p"})[1]
    pointer = {"__type": "Pointer", "className": "_User", "objectId": user["objectId"]}
    friends = {"__op": "AddRelation", "objects": [pointer]}
    point = {"__type": "GeoPoint", "latitude": 1, "longitude": 2}
    assert running("POST", "/classes/Thing", {"n": 1, "at": point, "friends": friends})[0] == 201
    assert running("GET", "/classes/Thing?where=" + json.dumps({"at": {"$nearSphere": point}}))[0] == 200
    assert running("POST", "/roles", {"name": "r", "ACL": {}}, X_Parse_Master_Key="master")[0] == 201
    assert running("PUT", "/config", {"params": {"k": 1}}, **as_headers(MASTER))[0] == 200
    assert running("POST", "/installations", {"deviceType": "ios", "installationId": "i"})[0] == 201
    assert running("POST", "/hooks/functions", {"functionName": "f", "url": "http://127.0.0.1:1/"}, **as_headers(MASTER))[0] == 200
    return user["sessionToken"]


def as_headers(names):
    return {name.replace("-", "_"): value for name, value in names.items()}


def everything(running):
    master = as_headers(MASTER)
    schemas = sorted(row["className"] for row in running("GET", "/schemas", **master)[1]["results"])
    counts = {name: len(running.rows(name, **master)) for name in ("Thing", "_User", "_Session", "_Role", "_Installation")}
    return schemas, counts, running("GET", "/config")[1]["params"], running("GET", "/hooks/functions", **master)[1]


FRESH = (["_Role", "_User"], {"Thing": 0, "_User": 0, "_Session": 0, "_Role": 0, "_Installation": 0}, {}, [])


def test_reset_brings_back_a_fresh_start(make):
    running = make()
    assert everything(running) == FRESH
    token = fill(running)
    assert everything(running) != FRESH
    assert running.post("/reset") == (200, {})
    assert everything(running) == FRESH
    assert running("GET", "/users/me", X_Parse_Session_Token=token)[0] == 400
    fill(running)
    assert running.post("/reset?full=1") == (200, {})
    assert everything(running) == FRESH


def test_a_column_may_have_another_type_after_a_reset(make):
    running = make()
    fill(running)
    running.post("/reset")
    assert running("POST", "/classes/Thing", {"n": "text", "at": "text", "friends": 1})[0] == 201
    assert [row["at"] for row in running.rows("Thing")] == ["text"]


def test_reset_takes_files_away(make):
    running = make()
    status, file = running("POST", "/files/a.txt", b"content")
    assert status == 201
    path = file["url"].partition("/parse")[2]
    assert running("GET", path)[0] == 200
    running.post("/reset")
    assert running("GET", path)[0] == 404


def test_cloud_code_and_declared_classes_stay(make):
    running = make(cloud="tests.clients.cloud_features", schemas="schemas")
    before = everything(running)
    running.post("/reset")
    assert everything(running) == before
    assert running("POST", "/functions/echo", {"a": 1})[1] == {"result": {"a": 1}}


def test_other_options_are_in_force_until_they_are_taken_back(make):
    running = make()
    fill(running)
    before = everything(running)
    assert running.post("/reconfigure", {"allowClientClassCreation": False, "maxLimit": 1}) == (200, {})
    assert everything(running) == before
    running.post("/reset")
    assert running("POST", "/classes/Thing", {"n": 1})[1]["code"] == 119
    running.post("/reset")
    assert running("POST", "/classes/Thing", {"n": 1})[1]["code"] == 119
    assert running.post("/reconfigure", {}) == (200, {})
    assert running("POST", "/classes/Thing", {"n": 1})[0] == 201


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"sessionLength": "long"}, "Session length must be a valid number."),
        ({"noSuchOption": 1}, "noSuchOption"),
        ({"cloud": "no_such_module_anywhere"}, "no_such_module_anywhere"),
        ({"databaseURI": "nothing://x"}, "nothing"),
        ({"auth": {"x": {"module": "no_such_module_anywhere:X"}}}, "no_such_module_anywhere"),
    ],
)
def test_a_refused_option_leaves_the_base_options(make, options, word):
    running = make()
    running.post("/reconfigure", {"allowClientClassCreation": False})
    status, answer = running.post("/reconfigure", options)
    assert (status, sorted(answer)) == (400, ["error", "kind"])
    assert word in answer["error"]
    assert running("POST", "/classes/Thing", {"n": 1})[0] == 201


def test_mail_goes_to_a_url(make):
    mails = {"$webhook": "http://127.0.0.1:1/", "methods": ["sendMail"]}
    assert make().post("/reconfigure", {"appName": "A", "publicServerURL": "http://x/parse", "emailAdapter": mails})[0] == 200


def test_the_clock_moves(make):
    running = make()
    status, answer = running.post("/clock", {"now": "2030-01-02T03:04:05Z"})
    assert (status, int(answer["now"])) == (200, 1893553445)
    assert running("POST", "/classes/Thing", {})[1]["createdAt"].startswith("2030-01-02T03:04:0")
    running.post("/clock", {"advance": 86400})
    assert running("POST", "/classes/Thing", {})[1]["createdAt"].startswith("2030-01-03T03:04:0")
    running.post("/clock")
    assert not running("POST", "/classes/Thing", {})[1]["createdAt"].startswith("2030")


def test_a_session_ends_when_its_time_has_come(make):
    running = make(sessionLength=60)
    token = running("POST", "/users", {"username": "ann", "password": "p"})[1]["sessionToken"]
    assert running("GET", "/users/me", X_Parse_Session_Token=token)[0] == 200
    running.post("/clock", {"advance": 61})
    assert running("GET", "/users/me", X_Parse_Session_Token=token)[1]["code"] == 209


def test_a_kept_state_comes_back_as_often_as_wanted(make):
    running = make()
    token = fill(running)
    kept = everything(running)
    name = running.post("/snapshot")[1]["snapshot"]
    for _ in range(2):
        running("POST", "/classes/Thing", {"n": 2, "more": True})
        running("POST", "/logout", X_Parse_Session_Token=token)
        assert everything(running) != kept
        assert running.post("/restore", {"snapshot": name}) == (200, {})
        assert everything(running) == kept
        assert running("GET", "/users/me", X_Parse_Session_Token=token)[0] == 200


def test_without_a_name_the_last_kept_state_comes_back(make):
    running = make()
    running.post("/snapshot")
    running("POST", "/classes/Thing", {"n": 1})
    running.post("/snapshot")
    running("POST", "/classes/Thing", {"n": 2})
    assert running.post("/restore") == (200, {})
    assert [row["n"] for row in running.rows("Thing")] == [1]


def test_data_to_begin_with(make, tmp_path):
    seed = tmp_path / "seed"
    seed.mkdir()
    (seed / "Place.json").write_text(json.dumps([{"objectId": "p1", "name": "here", "createdAt": "2020-01-01T00:00:00.000Z"}]))
    (seed / "_User.json").write_text(json.dumps({"results": [{"objectId": "u1", "username": "ann", "password": "secret"}]}))
    (seed / "_Join:likes:_User.json").write_text(json.dumps([{"owningId": "u1", "relatedId": "p1"}]))
    (seed / "_config.json").write_text(json.dumps({"params": {"k": 1}}))
    schema = {"className": "Place", "fields": {"name": {"type": "String"}, "rank": {"type": "Number", "defaultValue": 3}}}
    likes = {"className": "_User", "fields": {"likes": {"type": "Relation", "targetClass": "Place"}}}
    (seed / "_schema.json").write_text(json.dumps([schema, likes]))
    running = make(seed)
    for _ in range(2):
        assert [(row["objectId"], row["createdAt"][:4]) for row in running.rows("Place")] == [("p1", "2020")]
        assert running("POST", "/login", {"username": "ann", "password": "secret"})[0] == 200
        assert running("GET", "/config")[1]["params"] == {"k": 1}
        where = {"$relatedTo": {"object": {"__type": "Pointer", "className": "_User", "objectId": "u1"}, "key": "likes"}}
        assert len(running("GET", "/classes/Place?where=" + json.dumps(where), **as_headers(MASTER))[1]["results"]) == 1
        running("POST", "/classes/Place", {"name": "there"})
        running.post("/reset")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/reset", None, 405),
        ("POST", "/nothing", None, 404),
        ("POST", "/", None, 404),
        ("POST", "/reset", b"no json", 400),
        ("POST", "/reset", b"[]", 400),
        ("POST", "/restore", b'{"snapshot": "unknown"}', 400),
        ("POST", "/restore", None, 400),
        ("POST", "/clock", b'{"now": "tomorrow"}', 400),
        ("POST", "/clock", b'{"advance": [1]}', 400),
    ],
)
def test_what_the_control_port_refuses(method, path, body, status):
    running = Running("memory://")
    found = running.post(path, body, method)
    assert (found[0], "error" in found[1]) == (status, True)


@pytest.mark.parametrize(("store", "limit_ms"), [("memory://", 5), ("sqlite://", 5), ("mongodb", 30)])
def test_a_reset_is_quick(request, store, limit_ms):
    running = Running(request.getfixturevalue("mongo_uri") if store == "mongodb" else store)
    taken = []
    for _ in range(6):
        fill(running)
        began = time.perf_counter()
        running.emulator.reset()
        taken.append((time.perf_counter() - began) * 1000)
    assert min(taken) < limit_ms, taken
    running.emulator.close()


def test_the_command(tmp_path):
    port, control = free_port(), free_port()
    command = [sys.executable, "-m", "parse_shim", "emulator", "--port", str(port), "--control-port", str(control)]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment({}), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"parse-shim emulator serves http://127.0.0.1:{port}/parse\n"
        headers = {"X-Parse-Application-Id": "emulator", "Content-Type": "application/json"}
        url = f"http://127.0.0.1:{port}/parse/classes/A"
        with urllib.request.urlopen(urllib.request.Request(url, b"{}", headers)) as answer:
            assert answer.status == 201
        with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{control}/reset", b"", method="POST")) as answer:
            assert json.load(answer) == {}
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            assert json.load(answer) == {"results": []}
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        process.stdout.close()
