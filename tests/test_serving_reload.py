"""serve --dev: new code takes over, broken code does not."""

import json
import logging
import os
import sys
import time

import pytest
from werkzeug.test import Client

from parse_shim import cloud
from parse_shim.serving_reload import DevelopmentApp, Files
from parse_shim.settings import Settings
from parse_shim.testing.client import Parse

FUNCTION = """
from parse_shim import cloud

@cloud.function
def answer(request):
    return {value}
"""
HELPED = FUNCTION.format(value="helper.VALUE").replace("import cloud", "import cloud\nfrom dev_cloud import helper")

SCHEMA = """
from parse_shim import ParseClass
from parse_shim.classes import fields

class Score(ParseClass):
    points = fields.Number()
"""
ROUTES = """
from flask import Blueprint
from parse_shim import cloud

pages = Blueprint("pages", __name__)

@pages.get("/hello")
def hello():
    return "{text}"

cloud.mount(pages)
"""


class World:
    """An application in a folder, and its development server; `write` and `remove` are an editor's."""

    def __init__(self, folder, **options):
        self.folder = folder
        self.options = {"appId": "a", "masterKey": "m", "databaseURI": "memory://", "cloud": "dev_cloud.main", **options}

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def remove(self, name):
        (self.folder / name).unlink()

    def start(self):
        self.app = DevelopmentApp(Settings.from_options(self.options))
        return self

    def answer(self):
        return Parse(self.app.app).call("answer")


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    made = World(tmp_path, schemas="dev_schemas")
    made.write("dev_cloud/__init__.py", "")
    made.write("dev_cloud/main.py", FUNCTION.format(value=1))
    made.write("dev_schemas/__init__.py", "")
    yield made
    for name in set(sys.modules) - before:
        if name.startswith("dev_"):
            del sys.modules[name]


def test_changed_code_is_served_even_within_the_same_second_and_size(world):
    world.start()
    assert (world.answer(), world.app.look()) == (1, False)
    for value in (2, 3, 4):
        world.write("dev_cloud/main.py", FUNCTION.format(value=value))
        assert world.app.look()
        assert world.answer() == value


@pytest.mark.parametrize(
    "broken", ["def", "import no_such_module", "raise RuntimeError('no')", "from parse_shim import cloud\ncloud.nothing()"]
)
def test_broken_code_leaves_the_old_one_and_is_told_once(world, caplog, broken):
    world.start()
    world.write("dev_cloud/main.py", broken)
    assert world.app.look()
    assert world.answer() == 1
    assert not world.app.look()
    [told] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "not reloaded, the old code goes on" in told.getMessage()
    assert "dev_cloud" in told.getMessage()
    world.write("dev_cloud/main.py", FUNCTION.format(value=5))
    assert world.app.look()
    assert world.answer() == 5


def test_new_and_deleted_files_count(world):
    world.start()
    world.write("dev_cloud/helper.py", "VALUE = 6")
    assert world.app.look()
    world.write("dev_cloud/main.py", HELPED)
    assert world.app.look()
    assert world.answer() == 6
    world.write("dev_cloud/helper.py", "VALUE = 7")
    assert world.app.look()
    assert world.answer() == 7
    world.remove("dev_cloud/helper.py")
    assert world.app.look()
    assert (world.answer(), "helper" in world.app.problem) == (7, True)


def test_what_is_stored_and_webhooks_stay(world):
    world.start()
    parse = Parse(world.app.app).as_master
    parse.save("Score", score=1)
    parse.request_json("POST", "/hooks/functions", {"functionName": "outside", "url": "http://127.0.0.1:9/"})
    world.write("dev_cloud/main.py", FUNCTION.format(value=8))
    world.app.look()
    assert Parse(world.app.app).as_master.count("Score") == 1
    assert [hook.target for hook in world.app.app.core.hooks.webhooks()] == ["outside"]


def test_changed_schemas_are_declared(world):
    world.start()
    world.write("dev_schemas/score.py", SCHEMA)
    world.app.look()
    assert world.app.app.core.classes.get("Score").kind("points") == "Number"


def test_timers_of_the_old_code_end(world):
    timer = "from parse_shim import cloud\n\n@cloud.every(3600)\ndef {name}(request):\n    pass\n"
    world.write("dev_cloud/main.py", timer.format(name="old"))
    world.start()
    core = world.app.app.core
    old = core.closers[-1].__self__
    world.write("dev_cloud/main.py", timer.format(name="new"))
    world.app.look()
    assert old.stopping.is_set()
    assert [hook.target for hook in core.closers[-1].__self__.core.hooks.every("every")] == ["new"]
    core.close()


def test_routes_of_cloud_code_are_mounted_anew(world):
    world.write("dev_cloud/main.py", ROUTES.format(text="one"))
    world.start()
    world.write("dev_cloud/main.py", ROUTES.format(text="two"))
    world.app.look()
    assert Client(world.app).get("/hello").text == "two"


def test_code_that_never_loaded_is_a_503_until_it_does(world):
    world.write("dev_cloud/main.py", "def")
    world.start()
    answer = Client(world.app).get("/parse/health")
    assert (answer.status_code, "does not load: SyntaxError" in json.loads(answer.data)["error"]) == (503, True)
    world.write("dev_cloud/main.py", FUNCTION.format(value=9))
    world.app.look()
    assert world.answer() == 9


def test_only_files_of_the_application_are_watched(world):
    world.start()
    watched = {os.path.relpath(path, world.folder) for path in Files(world.app.settings).look()}
    assert watched == {"dev_cloud/__init__.py", "dev_cloud/main.py", "dev_schemas/__init__.py"}
    assert not Files(world.app.settings).owns(cloud)


def test_a_lone_module_is_watched_with_its_neighbours(world):
    world.options["cloud"] = "dev_alone"
    world.write("../" + world.folder.name + "/dev_alone.py", FUNCTION.format(value=1))
    world.start()
    world.write("../" + world.folder.name + "/dev_alone.py", FUNCTION.format(value=2))
    assert world.app.look()
    assert world.answer() == 2


def test_a_change_is_served_within_a_second(world):
    world.start().app.watch()
    world.write("dev_cloud/main.py", FUNCTION.format(value=2))
    deadline = time.monotonic() + 1
    while world.answer() != 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    world.app.stop()
