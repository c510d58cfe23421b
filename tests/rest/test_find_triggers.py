"""before_find and after_find: what the hook does, what comes back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from parse_shim import ids as clock
from parse_shim.errors import ParseError
from parse_shim.hooks.kinds import AFTER_FIND, BEFORE_FIND
from parse_shim.hooks.registry import Hook, Registry
from parse_shim.rest import read
from parse_shim.rest.aggregate import aggregate
from parse_shim.rest.auth import resolve_session
from parse_shim.rest.find_params import find_params
from parse_shim.rest.read import get_doc
from parse_shim.sdk.object import Object
from parse_shim.sdk.query import Query
from tests.rest.world import World, answer, ids, pointer, rows

Handler = Callable[[Any], Any]


class Calls(list[tuple[str, str, bool, bool]]):
    """Each hook that ran, as (kind, class, is_get, master)."""


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def world() -> World:
    world = World(hooks=Registry())
    for number in (1, 2, 3):
        world.put("W", f"w{number}", n=number, s="x")
    world.put("W", "secret", n=9, ACL={})
    return world


def hook(world: World, kind: str, name: str, handler: Handler) -> None:
    world.hooks.cover(Hook(kind, name, handler))


def before(world: World, handler: Handler, name: str = "W") -> None:
    hook(world, BEFORE_FIND, name, handler)


def after(world: World, handler: Handler, name: str = "W") -> None:
    hook(world, AFTER_FIND, name, handler)


def note_calls(world: World, calls: Calls, *names: str) -> None:
    """Hooks on these classes that do nothing but note that they ran."""
    for name in names:
        for kind in (BEFORE_FIND, AFTER_FIND):

            def noted(request: Any, kind: str = kind) -> None:
                calls.append((kind, request.class_name, request.is_get, request.master))

            hook(world, kind, name, noted)


def raising(code: int, text: str) -> Handler:
    def handler(_request: Any) -> None:
        raise ParseError(code, text)

    return handler


@pytest.mark.parametrize(
    ("handler", "raw", "expected"),
    [
        (lambda r: r.query.greater_than("n", 1) and None, {}, ["w2", "w3"]),
        (lambda r: r.query.limit(1) and None, {}, ["w1"]),
        (lambda r: r.query.limit(0) and None, {"limit": 2}, ["w1", "w2"]),
        (lambda r: r.query.skip(2) and None, {}, ["w3"]),
        (lambda r: r.query.skip(0) and None, {"skip": 2}, ["w3"]),
        (lambda r: r.query.descending("n") and None, {}, ["w3", "w2", "w1"]),
        (lambda r: r.query, {"where": {"n": 2}}, ["w2"]),
        (lambda r: Query("W").equal_to("n", 3), {"where": {"n": 2}}, ["w3"]),
        (lambda r: Query("Other").equal_to("n", 3), {"where": {"n": 2}}, ["w3"]),
        (lambda r: Query("W").greater_than("n", 0), {"limit": 1, "order": "-n"}, ["w3"]),
        (lambda r: [], {}, []),
        (lambda r: "text", {}, ["w1", "w2", "w3"]),
        (lambda r: None, {}, ["w1", "w2", "w3"]),
    ],
)
def test_before_find_changes_the_query(world: World, handler: Handler, raw: dict[str, Any], expected: list[str]) -> None:
    before(world, handler)
    assert ids(world.nobody, "W", **raw) == expected


def test_before_find_selects_and_excludes(world: World) -> None:
    before(world, lambda r: r.query.select("n") and None)
    assert rows(world.nobody, "W", where={"n": 1}) == [{"objectId": "w1", "n": 1}]
    before(world, lambda r: r.query.exclude("n") and None)
    assert rows(world.nobody, "W", where={"n": 1}) == [{"objectId": "w1", "s": "x"}]


def test_before_find_includes(world: World) -> None:
    world.put("A", "a1", w=pointer("W", "w1"))
    before(world, lambda r: r.query.include("w") and None, "A")
    assert rows(world.nobody, "A")[0]["w"]["n"] == 1


def test_objects_in_place_of_a_query_are_read_again_for_clients(world: World) -> None:
    def give(_request: Any) -> list[Object]:
        return [Object("W", objectId="w2"), Object("W", objectId="secret"), Object("W", objectId="fake"), Object("W", n=7)]

    before(world, give)
    found = read.find(world.nobody, "W", find_params({"count": 1}))
    assert [(doc.get("objectId"), doc.get("n")) for doc in found.results] == [("w2", 2), (None, 7)]
    assert found.count is None
    assert [doc.get("objectId") for doc in read.find(world.master, "W").results] == ["w2", "secret", "fake", None]


def test_objects_in_place_of_a_query_need_the_class_permission(world: World) -> None:
    before(world, lambda r: Object("W", objectId="w2"))
    world.permit("W", find={})
    assert answer(ids, world.nobody, "W") == (400, 119, "Permission denied")


@pytest.mark.parametrize("kind", [BEFORE_FIND, AFTER_FIND])
def test_a_find_hook_may_refuse(world: World, kind: str) -> None:
    hook(world, kind, "W", raising(142, "no"))
    assert answer(ids, world.nobody, "W") == (400, 142, "no")
    assert answer(read.get, world.nobody, "W", "w1") == (400, 142, "no")


def test_a_constraint_on_a_get_hides_the_object(world: World) -> None:
    before(world, lambda r: r.query.equal_to("n", 2) and None)
    assert answer(read.get, world.nobody, "W", "w1") == (404, 101, "Object not found.")
    assert get_doc(world.nobody, "W", "w2") is not None


def test_a_hook_on_a_get_leaves_the_get_permission_in_force(world: World) -> None:
    before(world, lambda r: r.query.greater_than("n", 0) and None)
    world.permit("W", find={})
    assert get_doc(world.nobody, "W", "w2") is not None


def test_an_unknown_read_preference_is_refused(world: World) -> None:
    before(world, lambda r: setattr(r, "read_preference", "FAR"))
    assert answer(ids, world.nobody, "W") == (400, 102, "Not supported read preference.")


def test_what_the_hook_is_told(world: World) -> None:
    seen: list[Any] = []
    before(world, lambda r: seen.append((r.trigger_name, r.count, r.is_get, r.master, r.user and r.user.id)))
    after(world, lambda r: seen.append((r.trigger_name, len(r.objects), r.context)))
    ann = world.user("ann")
    read.find(ann, "W", find_params({"count": 1, "limit": 0}))
    read.get(world.master, "W", "w1")
    assert seen == [
        ("beforeFind", True, False, False, "ann"),
        ("afterFind", 0, {}),
        ("beforeFind", False, True, True, None),
        ("afterFind", 1, {}),
    ]


def test_context_flows_from_before_to_after(world: World) -> None:
    seen: list[Any] = []
    before(world, lambda r: r.context.update(a=1))
    after(world, lambda r: seen.append(dict(r.context)))
    read.find(world.nobody, "W")
    assert seen == [{"a": 1}]


def test_every_result_says_its_class_after_a_hook(world: World) -> None:
    after(world, lambda r: None)
    assert rows(world.nobody, "W", where={"n": 1}) == [{"objectId": "w1", "n": 1, "s": "x", "className": "W"}]


def test_after_find_changes_results(world: World) -> None:
    def change(request: Any) -> None:
        for item in request.objects:
            item["n"] = item["n"] * 10
            item.unset("s")

    after(world, change)
    assert rows(world.nobody, "W", limit=1) == [{"objectId": "w1", "n": 10, "className": "W"}]


def test_after_find_keeps_included_objects(world: World) -> None:
    world.put("A", "a1", n=1, w=pointer("W", "w1"))

    def change(request: Any) -> None:
        request.objects[0]["n"] = 2

    after(world, change, "A")
    row = rows(world.nobody, "A", include="w")[0]
    assert (row["n"], row["w"]["__type"], row["w"]["n"]) == (2, "Object", 1)


def test_after_find_replaces_results(world: World) -> None:
    after(world, lambda r: [Object("Other", x=1), {"y": 2}])
    found = read.find(world.nobody, "W", find_params({"count": 1}))
    assert found.results == [{"x": 1, "className": "Other"}, {"y": 2, "className": "W"}]
    assert found.count == 3


def test_an_empty_list_on_a_get_is_101(world: World) -> None:
    after(world, lambda r: [])
    assert answer(read.get, world.nobody, "W", "w1") == (404, 101, "Object not found.")


def test_after_find_sees_no_protected_fields(world: World) -> None:
    seen: list[Any] = []
    after(world, lambda r: seen.append(r.objects[0].get("s")))
    world.permit("W", protectedFields={"*": ["s"]})
    ids(world.nobody, "W")
    ids(world.master, "W")
    assert seen == [None, "x"]


def test_the_order_of_hooks_around_an_include(world: World, calls: Calls) -> None:
    world.put("A", "a1", w=pointer("W", "w1"))
    world.put("A", "a2", w=pointer("W", "w2"))
    note_calls(world, calls, "A", "W")
    ids(world.nobody, "A", include="w", where={"objectId": "a1"})
    expected = [("before_find", "A", False), ("before_find", "W", True), ("after_find", "W", True), ("after_find", "A", False)]
    assert [call[:3] for call in calls] == expected
    calls.clear()
    ids(world.nobody, "A", include="w")
    assert [call[2] for call in calls] == [False] * 4


def test_hooks_of_an_inner_query_run_after_the_outer_before_find(world: World, calls: Calls) -> None:
    world.put("A", "a1", w=pointer("W", "w1"))
    note_calls(world, calls, "A", "W")
    ids(world.nobody, "A", where={"w": {"$inQuery": {"className": "W", "where": {"n": 1}}}})
    expected = [("before_find", "A"), ("before_find", "W"), ("after_find", "W"), ("after_find", "A")]
    assert [call[:2] for call in calls] == expected


def test_aggregate_runs_before_find_only(world: World) -> None:
    seen: list[Any] = []
    before(world, lambda r: seen.append((r.distinct, r.pipeline)))
    after(world, lambda r: seen.append("after"))
    aggregate(world.master, "W", {"distinct": "s"})
    aggregate(world.master, "W", {"pipeline": []})
    assert seen == [("s", None), (None, [])]


def test_a_session_is_resolved_with_the_master_key(world: World, calls: Calls) -> None:
    world.user("ann")
    later = clock.now() + timedelta(days=1)
    world.put("_Session", "s1", user=pointer("_User", "ann"), sessionToken="r:1", expiresAt=later)
    note_calls(world, calls, "_User")
    resolve_session(world.core, "r:1")
    resolve_session(world.core, "r:1")
    assert calls == [("before_find", "_User", True, True), ("after_find", "_User", True, True)]


def test_a_query_inside_a_hook_runs_as_nobody(world: World) -> None:
    seen: list[Any] = []

    def look(_request: Any) -> None:
        seen.append(len(Query("P").find()))
        seen.append(len(Query("P").find(use_master_key=True)))

    world.put("P", "p1", n=1, ACL={})
    before(world, look)
    ids(world.master, "W")
    assert seen == [0, 1]
