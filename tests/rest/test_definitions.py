"""Declared classes at start: from schemas and from the option schema.definitions, on every store."""

import logging

import pytest
from marshmallow.validate import Length

from parse_shim.classes.declare import ParseClass, definition
from parse_shim.classes.fields import Number, String
from parse_shim.classes.plan import Policy
from parse_shim.rest import write
from parse_shim.rest.definitions import definition_json, migration_policy, read_definitions
from parse_shim.rest.registry import Classes
from parse_shim.settings import Settings
from parse_shim.storage.memory import MemoryEngine
from parse_shim.storage.open import open_engine
from parse_shim.web.assemble import assemble
from tests.rest.world import World, answer

SCORE = {
    "className": "Score",
    "fields": {
        "player": {"type": "Pointer", "targetClass": "_User"},
        "score": {"type": "Number", "required": True, "defaultValue": 0},
        "seen": {"type": "Date", "defaultValue": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}},
    },
    "classLevelPermissions": {"find": {"*": True}},
    "indexes": {"score_1": {"score": 1}},
}


def options(**more):
    return Settings.from_options({"appId": "a", "masterKey": "m", "databaseURI": "memory://", **more})


def test_a_definition_comes_back_as_it_was_declared():
    [cls] = read_definitions([SCORE])
    shown = definition_json(cls)
    assert shown["classLevelPermissions"].pop("create") == {}
    assert {**shown, "classLevelPermissions": {"find": {"*": True}}} == SCORE


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"className": "1"}, "class 1: className must be"),
        ({"className": "A", "feilds": {}}, "class A: unknown key feilds"),
        ({"className": "A", "fields": {"a": {"type": "Nubmer"}}}, "class A: invalid field type: Nubmer"),
        ({"className": "A", "indexes": {"i": {"b": 1}}}, "class A: Field b does not exist"),
        ({"className": "A", "classLevelPermissions": {"fnid": {}}}, "class A: fnid is not a valid operation"),
    ],
)
def test_a_wrong_definition_names_its_class(wrong, text):
    with pytest.raises(ValueError, match=text):
        read_definitions([wrong])


@pytest.mark.parametrize("uri", ["memory://", "sqlite://"])
def test_a_second_start_has_nothing_to_do(uri):
    engine = open_engine(uri)
    declared = read_definitions([SCORE])
    Classes(engine, declared)
    version = engine.schema_version()
    again = Classes(engine, declared)
    assert (again.plan().steps, engine.schema_version()) == ([], version)
    engine.close()


def test_a_second_start_has_nothing_to_do_on_mongodb(mongo_uri):
    engine = open_engine(mongo_uri)
    declared = read_definitions([SCORE])
    Classes(engine, declared)
    assert Classes(engine, declared).plan().steps == []
    engine.close()


def test_the_plan_is_told_before_it_is_carried_out(caplog):
    engine = MemoryEngine()
    with caplog.at_level(logging.INFO):
        Classes(engine, read_definitions([{"className": "A", "fields": {"a": {"type": "String"}}}]))
    assert "schema: + create class A (a String)" in caplog.messages


def test_extra_columns_go_only_with_the_option():
    engine = MemoryEngine()
    Classes(engine, read_definitions([SCORE]))
    less = read_definitions([{"className": "Score", "fields": {"score": {"type": "String"}}}])
    assert set(Classes(engine, less).get("Score").fields) >= {"player", "score", "seen"}
    dropped = Classes(engine, less, Policy(drop_fields=True, recreate_fields=True)).get("Score")
    assert ("player" in dropped.fields, dropped.kind("score")) == (False, "String")


def test_what_may_be_lost_follows_the_options():
    policy = migration_policy(options(schema={"definitions": [SCORE], "deleteExtraFields": True, "strict": True}))
    assert policy == Policy(drop_fields=True, drop_indexes=True, strict=True)
    assert migration_policy(options(schema={"definitions": [SCORE], "keepUnknownIndexes": True})) == Policy()
    assert migration_policy(options()) == Policy()


def test_definitions_and_callbacks_of_the_options_are_applied():
    told = []
    schema = {"definitions": [SCORE], "beforeMigration": lambda: told.append("before"), "afterMigration": lambda: told.append("after")}
    core = assemble(options(schema=schema))
    assert core.classes.get("Score").kind("score") == "Number"
    assert told == ["before", "after"]


def test_validators_of_a_declared_class_hold_after_it_was_stored():
    class Note(ParseClass):
        text = String(validate=lambda value: None)
        number = Number()

    engine = MemoryEngine()
    classes = Classes(engine, [definition(Note)])
    assert list(classes.get("Note").validators) == ["text"]
    classes.refresh()
    assert list(Classes(engine, [definition(Note)]).get("Note").validators) == ["text"]


def test_a_value_that_a_validator_refuses_is_not_stored():
    class Note(ParseClass):
        text = String(validate=Length(max=3))

    world = World(schemas=(definition(Note),))
    assert answer(write.create, world.nobody, "Note", {"text": "long"})[:2] == (400, 142)
    assert write.create(world.nobody, "Note", {"text": "ok"}).status == 201
