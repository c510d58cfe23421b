"""$inQuery, $select, $relatedTo and conditions on Relation columns."""

from typing import Any

import pytest

from tests.rest.world import World, answer, ids, pointer

DENIED = (400, 119, "Permission denied")


def in_query(class_name: str, **where: Any) -> dict[str, Any]:
    return {"$inQuery": {"className": class_name, "where": where}}


def not_in_query(class_name: str, **where: Any) -> dict[str, Any]:
    return {"$notInQuery": {"className": class_name, "where": where}}


def select(key: str, class_name: str = "T", word: str = "$select", **where: Any) -> dict[str, Any]:
    return {word: {"query": {"className": class_name, "where": where}, "key": key}}


def related(owner: str, key: str = "r", class_name: str = "O") -> dict[str, Any]:
    return {"object": pointer(class_name, owner), "key": key}


@pytest.fixture
def world() -> World:
    """Teams t1 and t2, players of them, and owners related to teams."""
    world = World()
    t1 = world.put("T", "t1", city="Paris", wins=1)
    t2 = world.put("T", "t2", city="Rome", wins=2)
    world.put("T", "t3", wins=3)
    world.put("P", "p1", team=pointer("T", "t1"), home="Paris", n=1)
    world.put("P", "p2", team=pointer("T", "t2"), home="Oslo", n=2)
    world.put("P", "p3", n=3, all=[pointer("T", "t1"), pointer("T", "t2")])
    world.relate(world.put("O", "o1", k=1), "r", t1, t2)
    world.relate(world.put("O", "o2", k=2), "r", t2)
    world.put("O", "o3", k=3)
    return world


@pytest.mark.parametrize(
    ("class_name", "where", "expected"),
    [
        ("P", {"team": in_query("T", wins=1)}, ["p1"]),
        ("P", {"team": in_query("T", wins={"$gt": 5})}, []),
        ("P", {"team": not_in_query("T", wins=1)}, ["p2", "p3"]),
        ("P", {"all": in_query("T", wins=2)}, ["p3"]),
        ("P", {"team": in_query("Nope", wins=1)}, []),
        ("P", {"$or": [{"team": in_query("T", wins=1)}, {"n": 3}]}, ["p1", "p3"]),
        ("P", {"home": select("city", wins=1)}, ["p1"]),
        ("P", {"home": select("city", word="$dontSelect", wins={"$lt": 3})}, ["p2", "p3"]),
        ("P", {"home": select("city", wins=3)}, ["p3"]),
        ("T", {"objectId": select("team.objectId", "P", n=1)}, ["t1"]),
        ("P", {"team": select("all", "P", n=3)}, ["p1", "p2"]),
        ("P", {"team": {"$inQuery": {"className": "O", "where": {"wins": 2}, "redirectClassNameForKey": "r"}}}, ["p2"]),
        ("O", {"r": in_query("T", wins=1)}, ["o1"]),
        ("O", {"r": in_query("T", wins=9)}, []),
        ("O", {"r": not_in_query("T", wins=1)}, ["o2", "o3"]),
        ("O", {"r": pointer("T", "t2")}, ["o1", "o2"]),
        ("O", {"r": {"$in": [pointer("T", "t1")]}}, ["o1"]),
        ("O", {"r": {"$ne": pointer("T", "t1")}}, ["o2", "o3"]),
        ("O", {"r": {"$nin": [pointer("T", "t1")]}}, ["o2", "o3"]),
        ("O", {"r": None}, []),
        ("O", {"r": "t1"}, []),
        ("O", {"r": {"$exists": True}}, []),
        ("T", {"$relatedTo": related("o1")}, ["t1", "t2"]),
        ("T", {"$relatedTo": related("o1"), "wins": 2}, ["t2"]),
        ("T", {"$or": [{"$relatedTo": related("o2")}, {"wins": 3}]}, ["t2", "t3"]),
        ("T", {"$relatedTo": related("o1"), "objectId": "t1"}, ["t1"]),
        ("T", {"$relatedTo": related("nope")}, []),
        ("T", {"$relatedTo": related("o1", "nope")}, []),
        ("T", {"$relatedTo": related("o1", "k")}, []),
        ("T", {"$relatedTo": related("o1", class_name="Nope")}, []),
        ("T", {"$relatedTo": "x"}, []),
    ],
)
def test_inner_queries(world: World, class_name: str, where: dict[str, Any], expected: list[str]) -> None:
    assert ids(world.nobody, class_name, where=where) == expected
    assert ids(world.master, class_name, where=where) == expected


def test_an_inner_query_has_no_default_limit() -> None:
    world = World({"default_limit": 2})
    for number in range(5):
        world.put("T", f"t{number}", n=1)
        world.put("P", f"p{number}", team=pointer("T", f"t{number}"))
    assert len(ids(world.nobody, "P", where={"team": in_query("T", n=1)}, limit=100)) == 5


def test_inner_queries_nest(world: World) -> None:
    world.put("Q", "q1", player=pointer("P", "p1"))
    where = {"player": in_query("P", team=in_query("T", city="Paris"))}
    assert ids(world.nobody, "Q", where=where) == ["q1"]


def test_inner_queries_may_not_nest_too_deeply(world: World) -> None:
    where: dict[str, Any] = {"n": 1}
    for _ in range(5):
        where = {"team": in_query("T", **where)}
    assert answer(ids, world.nobody, "P", where=where)[:2] == (400, 102)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"team": in_query("_Hooks", x=1)}, DENIED),
        ({"team": in_query("_Join:users:_Role", x=1)}, DENIED),
        ({"team": in_query("_Installation", x=1)}, DENIED),
        ({"team": in_query("_Session", x=1)}, (400, 209, "Permission denied")),
        ({"home": select("sessionToken", "_Session")}, (400, 209, "Permission denied")),
        ({"team": in_query("_User", email="a@x.org")}, DENIED),
    ],
)
def test_inner_queries_have_no_more_rights(world: World, where: dict[str, Any], expected: tuple[int, int, str]) -> None:
    assert answer(ids, world.nobody, "P", where=where) == expected


def test_inner_queries_see_what_the_caller_sees(world: World) -> None:
    world.put("T", "t9", city="Oslo", wins=9, ACL={})
    assert ids(world.nobody, "P", where={"home": select("city", wins=9)}) == []
    assert ids(world.master, "P", where={"home": select("city", wins=9)}) == ["p2"]


def test_a_closed_class_denies_the_whole_query(world: World) -> None:
    world.permit("T", find={})
    assert answer(ids, world.nobody, "P", where={"team": in_query("T", wins=1)}) == DENIED


def test_a_protected_key_selects_nothing(world: World) -> None:
    world.permit("T", protectedFields={"*": ["city"]})
    assert ids(world.nobody, "P", where={"home": select("city", wins=1)}) == []
    assert answer(ids, world.nobody, "P", where={"team": in_query("T", city="Paris")}) == DENIED


@pytest.mark.parametrize(
    ("acl", "permissions", "who", "expected"),
    [
        ({}, {}, "nobody", []),
        ({"ann": {"read": True}}, {}, "nobody", []),
        ({"ann": {"read": True}}, {}, "ann", ["t1"]),
        ({"*": {"read": True}}, {"get": {}}, "ann", []),
        ({"*": {"read": True}}, {"find": {}}, "ann", ["t1"]),
        ({}, {"get": {}}, "master", ["t1"]),
    ],
)
def test_a_relation_of_an_unreadable_owner_is_empty(world: World, acl: Any, permissions: Any, who: str, expected: list[str]) -> None:
    world.relate(world.put("Secret", "s1", ACL=acl), "r", world.put("T", "t1b", wins=7))
    world.core.engine.link("Secret", "r", "s1", ["t1"])
    world.core.engine.unlink("Secret", "r", "s1", ["t1b"])
    world.permit("Secret", **permissions)
    ctx = {"nobody": world.nobody, "master": world.master}.get(who) or world.user(who)
    where = {"$relatedTo": related("s1", class_name="Secret")}
    assert ids(ctx, "T", where=where) == expected
    assert ids(ctx, "T", where={"$or": [where, {"wins": -1}]}) == expected


def test_a_protected_relation_is_denied(world: World) -> None:
    world.permit("O", protectedFields={"*": ["r"]})
    assert answer(ids, world.nobody, "T", where={"$relatedTo": related("o1")}) == DENIED
