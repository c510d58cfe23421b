"""Parameters, limits, counting, order and what a caller without special rights sees."""

from typing import Any

import pytest

from parse_shim.errors import DuplicateKey, ParseError, Unavailable
from parse_shim.query.ast import Eq
from parse_shim.rest import read
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.find_params import FindParams, find_params, get_params
from tests.rest.world import World, answer, ids, rows


@pytest.fixture
def world() -> World:
    world = World()
    for number in (1, 2, 3):
        world.put("W", f"w{number}", n=number, s="abc"[number - 1])
    return world


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, ["w1", "w2", "w3"]),
        ({"limit": 2}, ["w1", "w2"]),
        ({"limit": "2"}, ["w1", "w2"]),
        ({"limit": -1}, ["w1"]),
        ({"limit": 1.5}, ["w1"]),
        ({"limit": True}, ["w1"]),
        ({"limit": 0}, []),
        ({"limit": None}, ["w1", "w2", "w3"]),
        ({"limit": ""}, ["w1", "w2", "w3"]),
        ({"limit": 1e30}, ["w1", "w2", "w3"]),
        ({"skip": 1}, ["w2", "w3"]),
        ({"skip": "abc"}, ["w1", "w2", "w3"]),
        ({"limit": "abc"}, ["w1", "w2", "w3"]),
        ({"skip": 1.5}, ["w2", "w3"]),
        ({"skip": 1e30}, []),
        ({"order": "-n"}, ["w3", "w2", "w1"]),
        ({"order": " s , -n"}, ["w1", "w2", "w3"]),
        ({"order": ["-n"]}, ["w3", "w2", "w1"]),
        ({"order": "n,-n"}, ["w3", "w2", "w1"]),
        ({"order": "_created_at,n"}, ["w1", "w2", "w3"]),
        ({"order": "unknown"}, ["w1", "w2", "w3"]),
        ({"where": {"n": {"$gt": 1}}}, ["w2", "w3"]),
        ({"where": '{"n":2}'}, ["w2"]),
        ({"where": []}, ["w1", "w2", "w3"]),
        ({"where": {"objectId": "w2"}}, ["w2"]),
    ],
)
def test_parameters_of_a_find(world: World, raw: dict[str, Any], expected: list[str]) -> None:
    assert ids(world.nobody, "W", **raw) == expected


@pytest.mark.parametrize(
    ("raw", "code", "text"),
    [
        ({"foo": 1}, 102, "Invalid parameter for query: foo"),
        ({"distinct": "n"}, 102, "Invalid parameter for query: distinct"),
        ({"skip": -1}, 102, "skip must not be negative"),
        ({"order": "+n"}, 105, "Invalid field name: +n."),
        ({"order": "bad-key"}, 105, "Invalid field name: bad-key."),
        ({"order": "$n"}, 105, "Invalid field name: $n."),
        ({"order": 5}, 105, "Invalid field name: 5."),
        ({"order": "-"}, 105, "Invalid field name: ."),
        ({"order": "_id"}, 105, "Invalid field name: _id."),
        ({"order": "className"}, 105, "Invalid field name: className."),
        ({"order": "_hashed_password"}, 105, "Invalid field name: _hashed_password."),
        ({"order": "o.k' OR '1'='1"}, 105, "Invalid field name: o.k' OR '1'='1."),
        ({"order": "authData.anonymous.id"}, 105, "Cannot sort by authData.anonymous.id"),
        ({"order": "$score"}, 102, "$score can only be used together with $text"),
        ({"keys": "$score"}, 102, "$score can only be used together with $text"),
        ({"readPreference": "NEAR"}, 102, "Not supported read preference."),
        ({"explain": "bogus"}, 102, "Invalid value for explain"),
        ({"explain": 1}, 102, "Invalid value for explain"),
        ({"explain": True}, 102, "Using the explain query parameter requires the master key"),
        ({"where": "{"}, 107, "where parameter is not valid JSON"),
        ({"where": [{}]}, 105, "Invalid key name: 0"),
    ],
)
def test_a_find_refuses(world: World, raw: dict[str, Any], code: int, text: str) -> None:
    assert answer(ids, world.nobody, "W", **raw) == (400, code, text)


@pytest.mark.parametrize("where", [5, True, None])
def test_a_where_that_is_no_object_is_refused(world: World, where: Any) -> None:
    assert answer(ids, world.nobody, "W", where=where)[:2] == (400, 107)


@pytest.mark.parametrize("word", ["where", "limit", "includeAll", "foo"])
def test_a_get_takes_few_parameters(word: str) -> None:
    assert answer(get_params, {word: "x"}) == (400, 102, "Improper encode of parameter")


@pytest.mark.parametrize(
    ("count", "limit", "expected"), [(1, 1, 3), (True, None, 3), ("abc", 0, 3), (0, 1, None), (False, 1, None), ("", 1, None)]
)
def test_count_ignores_limit(world: World, count: Any, limit: Any, expected: int | None) -> None:
    assert read.find(world.nobody, "W", find_params({"count": count, "limit": limit})).count == expected


def test_max_limit_cuts_also_the_master_key() -> None:
    world = World({"max_limit": 2, "default_limit": 3})
    for number in range(4):
        world.put("W", f"w{number}", n=number)
    assert len(ids(world.master, "W", limit=4)) == 2
    assert len(ids(world.master, "W")) == 3


def test_the_server_itself_reads_without_a_limit() -> None:
    world = World({"max_limit": 1, "default_limit": 1})
    for number in range(3):
        world.put("W", f"w{number}", n=number)
    assert len(read.find_docs(world.master, "W")) == 3
    assert read.count(world.master, "W", {"n": {"$gt": 0}}) == 2


def test_an_unknown_class_is_empty(world: World) -> None:
    found = read.find(world.nobody, "Nope", find_params({"count": 1}))
    assert (found.results, found.count) == ([], 0)


def test_a_near_query_before_the_class_exists_is_empty(world: World) -> None:
    near = {"g": {"$nearSphere": {"__type": "GeoPoint", "latitude": 51, "longitude": 0}}}
    assert ids(world.nobody, "ActiveUsers", where=near) == []


def test_without_class_creation_clients_hear_119_for_an_unknown_class() -> None:
    world = World({"allow_client_class_creation": False})
    assert answer(read.find, world.nobody, "Nope") == (400, 119, "Permission denied")
    assert answer(read.get, world.nobody, "Nope", "x") == (400, 119, "Permission denied")
    assert ids(world.master, "Nope") == []


@pytest.mark.parametrize("object_id", ["nope", "", "$x", "a" * 1000])
def test_a_get_of_nothing_is_101(world: World, object_id: str) -> None:
    assert answer(read.get, world.nobody, "W", object_id) == (404, 101, "Object not found.")


def test_a_relation_column_is_shown_on_every_object(world: World) -> None:
    w1 = world.put("Owner", "o1", n=1)
    world.relate(w1, "r", world.put("B", "b1", x=1))
    world.put("Owner", "o2", n=2)
    shown = {"__type": "Relation", "className": "B"}
    assert [row["r"] for row in rows(world.nobody, "Owner", keys="n")] == [shown, shown]


def test_redirect_reads_the_class_a_relation_leads_to(world: World) -> None:
    world.relate(world.put("Owner", "o1", n=1), "r", world.put("B", "b1", x=1))
    assert rows(world.nobody, "Owner", redirectClassNameForKey="r") == [{"objectId": "b1", "x": 1, "className": "B"}]
    assert rows(world.nobody, "Owner", redirectClassNameForKey="n", keys="n")[0]["className"] == "Owner"


def test_redirect_does_not_open_system_classes(world: World) -> None:
    session = world.put("_Session", "s1", sessionToken="r:1")
    world.relate(world.put("Owner", "o1", n=1), "r", session)
    assert answer(ids, world.nobody, "Owner", redirectClassNameForKey="r") == (400, 209, "Permission denied")


def test_explain_answers_the_plan_to_the_master_key(world: World) -> None:
    found = read.find(world.master, "W", find_params({"explain": True}))
    assert found.plan is not None and "queryPlanner" in found.plan


def test_a_where_from_cloud_code_is_a_tree(world: World) -> None:
    assert [doc["objectId"] for doc in read.find(world.nobody, "W", FindParams(Eq("n", 2))).results] == ["w2"]


@pytest.mark.parametrize(
    ("class_name", "error", "expected"),
    [
        ("_User", DuplicateKey("username"), (400, 202, "Account already exists for this username.")),
        ("_User", DuplicateKey("email"), (400, 203, "Account already exists for this email address.")),
        ("_User", DuplicateKey("authData.anonymous.id"), (400, 208, "this auth is already used")),
        ("W", DuplicateKey("objectId"), (400, 137, "A duplicate value for a field with unique values was provided")),
        ("_Idempotency", DuplicateKey("reqId"), (400, 159, "Duplicate request")),
        ("W", Unavailable("away"), (503, 1, "Database error")),
    ],
)
def test_errors_of_the_store_become_answers(class_name: str, error: Exception, expected: tuple[int, int, str]) -> None:
    def fail() -> None:
        with translated(class_name):
            raise error

    assert answer(fail) == expected


def test_an_error_of_ours_passes_the_translation() -> None:
    with pytest.raises(ParseError, match="mine"), translated("W"):
        raise ParseError(102, "mine")
