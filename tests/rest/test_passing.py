"""Objects that go from the store into an answer unseen are the objects that would have gone through Docs."""

from __future__ import annotations

import orjson
import pytest

from parse_shim.rest import read
from parse_shim.rest.core import MASTER, NOBODY, Context, build_core
from parse_shim.rest.find_params import find_params
from parse_shim.settings import Settings
from parse_shim.storage.sqlite.engine import SqliteEngine
from parse_shim.values.codec import dumps
from parse_shim.web.routes.answers import found_reply, one_reply
from tests.rest.world import World

FIELDS = {
    "text": "é \u2028 \u0001",
    "number": 1.5,
    "whole": 10**15,
    "flag": True,
    "nothing": None,
    "list": [1, {"a": [None]}, {"__type": "Date", "iso": "2020-01-02T03:04:05.678Z"}],
    "object": {"b": {"__type": "Pointer", "className": "B", "objectId": "x"}, "a": 1},
    "date": {"__type": "Date", "iso": "2020-01-02T03:04:05.678Z"},
    "pointer": {"__type": "Pointer", "className": "B", "objectId": "x"},
    "point": {"__type": "GeoPoint", "latitude": 1.25, "longitude": -2},
    "area": {"__type": "Polygon", "coordinates": [[0, 0], [0, 1], [1, 1], [0, 0]]},
    "bytes": {"__type": "Bytes", "base64": "AAE="},
    "ACL": {"*": {"read": True}},
}


@pytest.fixture
def world():
    made = World()
    made.core = build_core(made.core.settings, engine=SqliteEngine(), hooks=made.hooks)
    made.master, made.nobody = Context(made.core, MASTER), Context(made.core, NOBODY)
    made.put("Thing", "t1", **FIELDS)
    made.put("Thing", "t2", number=2, pointer=FIELDS["pointer"])
    made.put("B", "x", n=1)
    return made


def answers(world, class_name="Thing", **words):
    """The answer's JSON text through Docs and passed through, and whether it was."""
    params = find_params(words)
    usual = read.find(world.nobody, class_name, params)
    passed = read.find(world.nobody, class_name, params, as_json=True)
    return dumps(found_reply(world.nobody, usual).body), dumps(found_reply(world.nobody, passed).body), passed.json is not None


@pytest.mark.parametrize("words", [{}, {"where": {"number": 2}}, {"order": "-number"}, {"limit": 1, "count": 1}, {"where": {"number": 77}}])
def test_the_answer_is_the_same_to_the_byte(words, world):
    usual, passed, did = answers(world, **words)
    assert did
    assert passed == usual


def test_one_object_is_the_same_to_the_byte(world):
    usual, passed = (read.get(world.nobody, "Thing", "t1", as_json=as_json) for as_json in (False, True))
    assert passed.json
    assert dumps(one_reply(world.nobody, passed).body) == dumps(one_reply(world.nobody, usual).body)
    assert orjson.loads(dumps(one_reply(world.nobody, passed).body))["objectId"] == "t1"


@pytest.mark.parametrize(
    "words",
    [{"keys": "number"}, {"excludeKeys": "number"}, {"include": "pointer"}, {"includeAll": True}, {"limit": 1, "order": "object"}],
)
def test_what_somebody_must_look_into_does_not_pass(words, world):
    usual, passed, did = answers(world, **words)
    assert not did
    assert passed == usual


@pytest.mark.parametrize("column", [{"__type": "File", "name": "a.txt"}, {"__type": "Relation", "className": "B"}])
def test_a_class_with_files_or_relations_does_not_pass(column, world):
    world.put("Other", "o", n=1)
    from parse_shim.classes.infer import infer
    from parse_shim.update.ops import Set
    from parse_shim.values.codec import decode_column

    kind = infer(Set(decode_column(column)))
    assert kind is not None
    world.core.classes.ensure("Other", {"more": kind})
    usual, passed, did = answers(world, "Other")
    assert not did
    assert passed == usual


def test_protected_fields_do_not_pass(world):
    settings = Settings(app_id="app", master_key="key", protected_fields={"Thing": {"*": ["number"]}})
    world.core.settings = settings
    _, passed, did = answers(world)
    assert not did
    assert b'"number"' not in passed


def test_system_classes_do_not_pass(world):
    world.user("u1")
    assert read.find(world.master, "_User", find_params({}), as_json=True).json is None


def test_a_hook_that_looks_is_shown_docs(world):
    class Hooks:
        def find(self, kind, target=None):
            return object() if kind == "after_find" else None

    from parse_shim.hooks.kinds import AFTER_FIND
    from parse_shim.rest import passing

    assert AFTER_FIND == "after_find"
    reading = read.Reading(world.nobody, "Thing", world.core.classes.get("Thing"), read.EVERYTHING, find_params({}), as_json=True)
    nothing = read.protection_for(world.nobody, reading.cls)
    assert passing.may_pass_through(reading, read.select(world.nobody, reading.cls, reading.params), nothing)
    world.core.hooks = Hooks()
    assert not passing.may_pass_through(reading, read.select(world.nobody, reading.cls, reading.params), nothing)
