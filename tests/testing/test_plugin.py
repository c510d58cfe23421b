"""The fixtures that other people's tests get."""

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parse_shim import Code, GeoPoint, Object, ParseError, Pointer, cloud
from parse_shim.hooks.registry import Registry, collect
from parse_shim.rest.core import build_core
from parse_shim.settings import Settings
from parse_shim.testing.live import LiveServer
from parse_shim.testing.plugin import DEFAULTS, _empty_store, _hooks
from parse_shim.video.fake import FakeVideo
from parse_shim.web.app import create_app
from tests.support.live import environment

pytest_plugins = ["parse_shim.testing.plugin"]

EXAMPLE = Path(__file__).parents[1] / "examples" / "three_hooks"
TICKS = []


@cloud.before_save("Call")
def give_session(request):
    request.object["sessionID"] = request.video.create_session()


@cloud.function
def who(request):
    return {"user": request.user and request.user.username, "master": request.master, "params": request.params}


@cloud.function
def refuse(request):
    raise ParseError(7001, "not today")


@cloud.function
def start(request):
    return cloud.start_job("count")


@cloud.job
def count(request):
    request.message("counting")
    return f"{request.params.get('n', 0)} counted"


@cloud.every(0.01)
def tick(request):
    TICKS.append(request.name)


@pytest.fixture
def parse_settings(request, tmp_path_factory):
    own = getattr(request, "param", {})
    folder = tmp_path_factory.getbasetemp()
    return {"cloud": collect(sys.modules[__name__]), "schemas": None, **{name: text.format(tmp=folder) for name, text in own.items()}}


def test_objects_are_saved_found_changed_and_deleted(parse):
    saved = parse.save("Score", score=10, tags=["a"])
    assert parse.save("Score", objectId=saved["objectId"], score={"__op": "Increment", "amount": 5})["score"] == 15
    assert parse.update("Score", saved["objectId"], tags=["b"])["tags"] == ["b"]
    assert parse.get("Score", saved["objectId"], keys=["score"])["score"] == 15
    assert [row["tags"] for row in parse.find("Score", {"score": {"$gt": 14}}, order="-score", limit=5)] == [["b"]]
    assert (parse.count("Score"), parse.first("Score", {"score": 1})) == (1, None)
    parse.delete("Score", saved["objectId"])
    assert parse.find("Score") == []


def test_python_values_travel(parse):
    moment = datetime(2030, 1, 2, tzinfo=UTC)
    saved = parse.save("Place", at=GeoPoint(1, 2), when=moment, owner=Pointer("_User", "abc"))
    found = parse.get("Place", saved["objectId"])
    assert found["when"] == saved["when"] == {"__type": "Date", "iso": "2030-01-02T00:00:00.000Z"}
    assert found["owner"]["objectId"] == "abc"
    assert parse.count("Place", {"when": {"$lt": moment}}) == 0
    other = parse.save("Place", next=Object("Place", objectId=saved["objectId"]))
    assert other["next"] == {"__type": "Pointer", "className": "Place", "objectId": saved["objectId"]}


@pytest.mark.parametrize(
    ("action", "code", "status"),
    [
        (lambda parse: parse.get("Score", "none"), Code.OBJECT_NOT_FOUND, 404),
        (lambda parse: parse.save("A", **{"a-b": 1}), Code.INVALID_KEY_NAME, 400),
        (lambda parse: parse.call("nope"), Code.SCRIPT_FAILED, 400),
        (lambda parse: parse.call("refuse"), 7001, 400),
        (lambda parse: parse.run_job("nope"), Code.SCRIPT_FAILED, 400),
        (lambda parse: parse.log_in("ann", "x"), Code.OBJECT_NOT_FOUND, 404),
    ],
)
def test_refusals_are_raised_with_their_code(parse, action, code, status):
    with pytest.raises(ParseError) as refused:
        action(parse)
    assert (refused.value.code, refused.value.status) == (code, status)


def test_a_user_is_signed_up_once(parse):
    ann = parse.as_user("ann", email="ann@example.com")
    again = parse.as_user("ann")
    assert ann.user["objectId"] == again.user["objectId"]
    assert "password" not in ann.user
    assert ann.call("who")["user"] == parse.log_in("ann", "secret").call("who")["user"] == "ann"
    assert (parse.as_master.count("_User"), parse.as_master.call("who")["master"]) == (1, True)


def test_functions_get_their_parameters(parse):
    assert parse.call("who", name="x", at=datetime(2030, 1, 1))["params"] == {
        "name": "x",
        "at": {"__type": "Date", "iso": "2030-01-01T00:00:00.000Z"},
    }


def test_any_request_can_be_made(parse):
    answer = parse.request("GET", "/classes/Nothing", query={"where": {"a": 1}})
    assert (answer.status, answer.body) == (200, {"results": []})
    assert parse.request("GET", "/schemas").status == 403
    assert parse.as_master.request("GET", "/schemas").status == 200


def test_the_video_service_is_a_fake_that_remembers(parse, video):
    call = parse.save("Call")
    assert list(video.sessions) == [call["sessionID"]]
    video.fail_next("away")
    with pytest.raises(ParseError):
        parse.save("Call")
    assert (video.count("create_session"), parse.count("Call")) == (2, 1)


def test_jobs_run_to_their_end(parse, jobs):
    assert jobs.names() == ["count"]
    assert jobs.run("count", n=3)["message"] == parse.run_job("count", n=3)["message"] == "3 counted"
    status = jobs.wait(parse.call("start"))
    assert (status["status"], status["message"]) == ("succeeded", "0 counted")


def test_timers_run_by_hand_only(parse, jobs):
    TICKS.clear()
    jobs.run_timer("tick")
    assert TICKS == ["tick"]
    with pytest.raises(KeyError, match="there are tick"):
        jobs.run_timer("tock")


def test_the_clock_moves_the_server(parse, clock):
    clock.set("2030-01-01T00:00:00Z")
    assert parse.save("A")["createdAt"].startswith("2030-01-01T00:00:0")
    clock.stop(datetime(2031, 1, 1))
    clock.advance(hours=1, seconds=0.5)
    assert parse.save("A")["createdAt"] == "2031-01-01T01:00:00.500Z"


def test_a_session_ends_with_its_time(parse, clock):
    ann = parse.as_user("ann")
    clock.advance(days=366)
    with pytest.raises(ParseError) as refused:
        ann.call("who")
    assert refused.value.code == Code.INVALID_SESSION_TOKEN


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_begins_with_nothing(parse, clock, turn):
    assert abs(clock.now().timestamp() - time.time()) < 1
    assert (parse.count("Left"), parse.as_master.count("_User")) == (0, 0)
    parse.save("Left")
    parse.as_user("ann")
    clock.advance(days=1)


def test_a_fresh_server_takes_less_than_five_milliseconds():
    """The best of many: the machine may be busy."""
    settings = Settings.from_options({**DEFAULTS, "cloud": "cloud.main"})
    taken = []
    for _ in range(20):
        began = time.perf_counter()
        core = build_core(settings, engine=_empty_store(settings), hooks=_hooks(settings.cloud), video=FakeVideo())
        core.extras["timers"] = False
        create_app(core=core)
        taken.append(time.perf_counter() - began)
        core.close()
    assert min(taken) < 0.005


def test_a_live_server_has_the_same_store(parse, parse_app):
    began = time.perf_counter()
    server = LiveServer(parse_app)
    try:
        parse.save("Score", score=1)
        request = urllib.request.Request(server.url + "/classes/Score", headers={"X-Parse-Application-Id": server.app_id})
        with urllib.request.urlopen(request, timeout=5) as answer:
            assert [row["score"] for row in json.load(answer)["results"]] == [1]
    finally:
        server.close()
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.parametrize("parse_settings", [{"databaseURI": "sqlite://"}, {"databaseURI": "sqlite:///{tmp}/test.db"}], indirect=True)
def test_other_stores_begin_with_nothing_too(parse, turn):
    assert (parse.app.core.engine.scheme, parse.find("Left")) == ("sqlite", [])
    parse.save("Left")


def test_a_database_that_is_not_for_tests_is_not_emptied():
    settings = Settings.from_options({"appId": "a", "masterKey": "m", "databaseURI": "sqlite:///precious.db"})
    with pytest.raises(pytest.fail.Exception, match=r"precious\.db does not say"):
        _empty_store(settings)
    assert not Path("precious.db").exists()


@pytest.mark.parametrize("workers", [0, 2])
def test_the_worked_example_passes_as_an_application_of_its_own(tmp_path, workers):
    app = tmp_path / "game"
    shutil.copytree(EXAMPLE, app, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(workers)]
    done = subprocess.run(command, cwd=app, env=environment({}), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 passed" in done.stdout


def test_a_registry_can_be_the_cloud_code():
    assert isinstance(collect(sys.modules[__name__]), Registry)
