"""Pipelines are checked, distinct values are shown in REST form, and both are the master key's."""

from typing import Any

import pytest

from parse_shim.errors import TransportError
from parse_shim.rest.aggregate import aggregate, stages
from parse_shim.rest.core import Auth, Context
from tests.rest.world import World, answer, pointer


@pytest.fixture
def world() -> World:
    world = World({"read_only_master_key": "ro"})
    date = {"__type": "Date", "iso": "2026-01-02T03:04:05.006Z"}
    world.put("W", "w1", s="a", n=1, tags=["x", "y"], p=pointer("B", "b1"), d=date, o={"k": 1})
    world.put("W", "w2", s="b", n=2, tags=["y"], p=pointer("B", "b1"))
    world.put("W", "w3", s="a", n=None)
    return world


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ({"pipeline": [{"group": {"_id": "$s"}}]}, "Invalid aggregate stage 'group'."),
        ({"group": {"_id": "$s"}}, "Invalid aggregate stage 'group'."),
        ({"pipeline": [{"$group": {"total": {"$sum": 1}}}]}, "Invalid parameter for query: group. Missing key _id"),
        ({"$group": {"objectId": "$s"}}, "Cannot use 'objectId' in aggregation stage $group."),
        (
            {"pipeline": [{"$match": {}, "$limit": 1}]},
            "Pipeline stages should only have one key but found $match, $limit.",
        ),
        ({"pipeline": "x"}, "pipeline must be an array of stages"),
        ({"pipeline": [5]}, "Pipeline stages should be objects with one key"),
        ({"pipeline": [{"$foo": 1}]}, "Unrecognized pipeline stage name: '$foo'"),
    ],
)
def test_a_pipeline_is_refused(world: World, raw: dict[str, Any], text: str) -> None:
    assert answer(aggregate, world.master, "W", raw) == (400, 102, text)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"$match": {"n": 1}, "$limit": 2}, [{"$match": {"n": 1}}, {"$limit": 2}]),
        ({"pipeline": [{"$limit": 2}], "limit": 1, "where": {"n": 1}}, [{"$limit": 2}]),
        ({"pipeline": {"$limit": 2}}, [{"$limit": 2}]),
        ({"hint": "_id_", "comment": "c"}, []),
        ({}, []),
    ],
)
def test_the_two_ways_to_name_stages(raw: dict[str, Any], expected: list[Any]) -> None:
    assert stages(raw) == expected


@pytest.mark.parametrize(
    ("path", "where", "expected"),
    [
        ("s", {}, ["a", "b"]),
        ("s", {"n": 2}, ["b"]),
        ("tags", {}, ["x", "y"]),
        ("p", {}, [pointer("B", "b1")]),
        ("d", {}, [{"__type": "Date", "iso": "2026-01-02T03:04:05.006Z"}]),
        ("n", {}, [1, 2]),
        ("o.k", {}, [1]),
        ("objectId", {"s": "a"}, ["w1", "w3"]),
        ("nope", {}, []),
    ],
)
def test_distinct(world: World, path: str, where: dict[str, Any], expected: list[Any]) -> None:
    assert aggregate(world.master, "W", {"distinct": path, "where": where}) == expected


@pytest.mark.parametrize("path", ["a' OR 1=1 --", "$s", "_hashed_password", "a b"])
def test_distinct_takes_field_names_only(world: World, path: str) -> None:
    assert answer(aggregate, world.master, "W", {"distinct": path})[:2] == (400, 105)


def test_distinct_with_a_broken_where(world: World) -> None:
    raw = {"distinct": "s", "where": "{"}
    assert answer(aggregate, world.master, "W", raw) == (400, 107, "where parameter is not valid JSON")


@pytest.mark.parametrize("kind", ["client", "maintenance"])
def test_aggregation_needs_the_master_key(world: World, kind: Any) -> None:
    with pytest.raises(TransportError) as error:
        aggregate(Context(world.core, Auth(kind)), "W", {})
    assert error.value.status == 403


def test_the_read_only_key_reads_but_never_writes(world: World) -> None:
    ctx = Context(world.core, Auth("readonly"))
    assert aggregate(ctx, "W", {"distinct": "s"}) == ["a", "b"]
    assert answer(aggregate, ctx, "W", {"pipeline": [{"$out": "Y"}]}) == (400, 119, "Permission denied")


def test_the_read_only_key_may_be_kept_out() -> None:
    world = World({"allow_aggregation_for_read_only_master_key": False})
    ctx = Context(world.core, Auth("readonly"))
    assert answer(aggregate, ctx, "W", {"distinct": "s"}) == (400, 119, "Permission denied")


def test_rows_are_shown_in_rest_form(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"_id": "a", "total": 2}, {"objectId": None, "n": 1}, {"objectId": "x", "_hashed_password": "h"}]
    monkeypatch.setattr(world.core.engine, "aggregate", lambda *args: [dict(row) for row in rows])
    shown = [{"objectId": "a", "total": 2}, {"objectId": None, "n": 1}, {"objectId": "x"}]
    assert aggregate(world.master, "W", {}) == shown
    assert aggregate(world.master, "W", {"rawFieldNames": True}) == rows


def test_an_unknown_class_has_no_rows(world: World) -> None:
    assert aggregate(world.master, "Nope", {}) == []
    assert aggregate(world.master, "Nope", {"distinct": "s"}) == []
