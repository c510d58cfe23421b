"""keys, excludeKeys and include."""

from typing import Any

import pytest

from parse_shim.rest import read
from parse_shim.rest.find_params import find_params
from tests.rest.world import World, answer, ids, pointer, rows


@pytest.fixture
def world() -> World:
    """a1 -> b1 -> c1; a1 also holds b1 and b2 in an array and c1 inside an object."""
    world = World()
    world.put("C", "c1", z=1, y=2)
    world.put("B", "b1", b=1, x=2, next=pointer("C", "c1"))
    world.put("B", "b2", b=2, x=3)
    world.put(
        "A",
        "a1",
        n=1,
        s="s",
        p=pointer("B", "b1"),
        arr=[pointer("B", "b1"), 5, None, pointer("B", "b2")],
        o={"in": pointer("C", "c1"), "arr": [pointer("C", "c1")]},
        gone=pointer("B", "nope"),
        lost=[pointer("B", "nope"), 1],
    )
    return world


def the_row(world: World, **raw: Any) -> dict[str, Any]:
    return rows(world.nobody, "A", **raw)[0]


def shape(value: Any) -> Any:
    """A result without types and dates: included objects show their own fields, pointers `-> id`."""
    if isinstance(value, list):
        return [shape(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("__type") == "Pointer":
        return f"-> {value['objectId']}"
    hidden = ("__type", "className", "createdAt", "updatedAt")
    return {name: shape(item) for name, item in value.items() if name not in hidden}


BARE = {"p": "-> b1", "arr": ["-> b1", 5, None, "-> b2"], "o": {"in": "-> c1", "arr": ["-> c1"]}}
B1 = {"objectId": "b1", "b": 1, "x": 2, "next": "-> c1"}
B2 = {"objectId": "b2", "b": 2, "x": 3}
C1 = {"objectId": "c1", "z": 1, "y": 2}


@pytest.mark.parametrize(
    ("include", "expected"),
    [
        ("", BARE),
        ("p", {"p": B1}),
        ("p.next", {"p": {**B1, "next": C1}}),
        ("arr", {"arr": [B1, 5, None, B2]}),
        ("arr.1", {"arr": [B1, 5, None, B2]}),
        ("arr.next", {"arr": [{**B1, "next": C1}, 5, None, B2]}),
        ("p,arr.next", {"p": B1, "arr": [{**B1, "next": C1}, 5, None, B2]}),
        ("o.in", {"o": {"in": C1, "arr": ["-> c1"]}}),
        ("o.arr", {"o": {"in": "-> c1", "arr": [C1]}}),
        ("n", BARE),
        ("unknown", BARE),
        (" p", BARE),
        ("*", {"p": B1, "arr": [B1, 5, None, B2], "o": BARE["o"]}),
    ],
)
def test_include(world: World, include: str, expected: dict[str, Any]) -> None:
    row = shape(the_row(world, include=include))
    assert {name: row[name] for name in expected} == expected


def test_an_included_object_says_what_it_is(world: World) -> None:
    included = the_row(world, include="p")["p"]
    assert (included["__type"], included["className"]) == ("Object", "B")
    assert {"createdAt", "updatedAt"} <= set(included)


def test_a_dangling_pointer_is_removed(world: World) -> None:
    row = the_row(world, include="gone,lost")
    assert "gone" not in row
    assert row["lost"] == [1]
    assert the_row(world)["gone"] == pointer("B", "nope")


ALWAYS = {"objectId"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"keys": "n,s"}, {"n": 1, "s": "s"}),
        ({"keys": ["n"]}, {"n": 1}),
        ({"keys": ""}, {}),
        ({"keys": "unknown"}, {}),
        ({"keys": " n"}, {}),
        ({"keys": "o.in"}, {"o": BARE["o"]}),
        ({"keys": "p"}, {"p": "-> b1"}),
        ({"keys": "p.b"}, {"p": {"objectId": "b1", "b": 1}}),
        ({"keys": "p.next.z"}, {"p": {"objectId": "b1", "next": {"objectId": "c1", "z": 1}}}),
        ({"keys": "n", "include": "p"}, {"n": 1}),
        ({"keys": "p", "include": "p"}, {"p": B1}),
        ({"keys": "n", "include": "p", "includeAll": True, "excludeKeys": "arr,lost,gone"}, {"n": 1, "p": B1}),
        ({"keys": "n,s", "excludeKeys": "s"}, {"n": 1}),
        ({"excludeKeys": "p,arr,o,gone,lost,objectId,createdAt"}, {"n": 1, "s": "s"}),
    ],
)
def test_keys(world: World, raw: dict[str, Any], expected: dict[str, Any]) -> None:
    assert shape(the_row(world, **raw)) == {"objectId": "a1", **expected}


def test_exclude_keys_reaches_into_included_objects(world: World) -> None:
    assert shape(the_row(world, excludeKeys="p.b"))["p"] == {"objectId": "b1", "x": 2, "next": "-> c1"}


def test_a_get_takes_keys_and_include(world: World) -> None:
    doc = read.get(world.nobody, "A", "a1", find_params({"keys": "p.b"})).results[0]
    assert set(doc) == {"objectId", "createdAt", "updatedAt", "p"}


@pytest.mark.parametrize(
    ("options", "include", "text"),
    [
        ({"include_depth": 2}, "p.next.deeper", "Include depth of 3 exceeds maximum allowed depth of 2"),
        ({"include_count": 2}, "a,b,c", "Number of include fields (3) exceeds maximum allowed (2)"),
    ],
)
def test_includes_are_bounded_for_clients(options: dict[str, int], include: str, text: str) -> None:
    from parse_shim.settings_groups import RequestComplexity

    world = World({"request_complexity": RequestComplexity(**options)})
    world.put("A", "a1", n=1)
    assert answer(ids, world.nobody, "A", include=include) == (400, 102, text)
    assert ids(world.master, "A", include=include) == ["a1"]


def test_an_unreadable_object_is_removed() -> None:
    world = World()
    world.put("B", "b1", ACL={})
    world.put("A", "a1", p=pointer("B", "b1"), arr=[pointer("B", "b1")])
    assert rows(world.nobody, "A", include="p,arr") == [{"objectId": "a1", "arr": []}]
    assert rows(world.master, "A", include="p")[0]["p"]["objectId"] == "b1"


@pytest.mark.parametrize(
    ("permissions", "denied"), [({"find": {}}, False), ({"get": {}}, True), ({"get": {"requiresAuthentication": True}}, True)]
)
def test_include_needs_the_get_permission_of_the_other_class(permissions: dict[str, Any], denied: bool) -> None:
    world = World()
    world.put("B", "b1", b=1)
    world.put("A", "a1", p=[pointer("B", "b1"), pointer("B", "b2")])
    world.permit("B", **permissions)
    if denied:
        assert answer(ids, world.nobody, "A", include="p")[2] == "Permission denied"
    else:
        assert shape(rows(world.nobody, "A", include="p")[0]["p"]) == [{"objectId": "b1", "b": 1}]


def test_protected_fields_of_included_objects_are_hidden() -> None:
    world = World()
    world.put("B", "b1", b=1, secret=2)
    world.permit("B", protectedFields={"*": ["secret"]})
    world.put("A", "a1", p=pointer("B", "b1"))
    assert shape(rows(world.nobody, "A", include="p")[0]["p"]) == {"objectId": "b1", "b": 1}
    assert "secret" not in rows(world.nobody, "A", keys="p.secret")[0]["p"]


def test_an_included_user_shows_no_auth_data_not_even_to_itself() -> None:
    world = World()
    ann = world.user("ann", authData={"anonymous": {"id": "1"}}, email="a@x.org", _hashed_password="h")
    world.put("A", "a1", p=pointer("_User", "ann"))
    assert set(shape(rows(ann, "A", include="p")[0]["p"])) == {"objectId", "username", "email", "ACL"}
    assert "authData" in rows(world.master, "A", include="p")[0]["p"]


@pytest.mark.parametrize(("class_name", "code"), [("_Hooks", 119), ("_GlobalConfig", 119), ("_Join:users:_Role", 119), ("_Session", 209)])
def test_a_pointer_to_a_closed_class_denies_the_whole_query(class_name: str, code: int) -> None:
    world = World()
    world.put(class_name, "x1", name="secret")
    world.put("A", "a1", p=pointer(class_name, "x1"), arr=[pointer(class_name, "x1")])
    for more in ({"include": "p"}, {"include": "arr"}, {"includeAll": True}, {"keys": "p.name"}):
        assert answer(rows, world.nobody, "A", **more) == (400, code, "Permission denied"), more
    assert rows(world.nobody, "A")[0]["p"] == pointer(class_name, "x1")
    assert rows(world.master, "A", include="p")[0]["p"]["objectId"] == "x1"


def test_only_own_sessions_are_included() -> None:
    world = World()
    ann, bob = world.user("ann"), world.user("bob")
    world.put("_Session", "s1", user=pointer("_User", "ann"))
    world.put("A", "a1", p=pointer("_Session", "s1"))
    assert rows(ann, "A", include="p")[0]["p"]["objectId"] == "s1"
    assert "p" not in rows(bob, "A", include="p")[0]


def test_many_includes_of_one_class_ask_the_store_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    for number in range(10):
        world.put("B", f"b{number}", b=number)
        world.put("A", f"a{number}", p=pointer("B", f"b{number}"), q=pointer("B", "b1"))
    asked: list[str] = []
    real = world.core.engine.find
    monkeypatch.setattr(world.core.engine, "find", lambda cls, *rest: (asked.append(cls.name), real(cls, *rest))[1])
    assert len(rows(world.nobody, "A", include="p,q")) == 10
    assert asked == ["A", "B"]


def test_an_object_in_two_places_is_expanded_in_each_as_asked() -> None:
    world = World()
    world.put("C", "c1", z=1)
    world.put("B", "b1", next=pointer("C", "c1"))
    world.put("A", "a1", p=pointer("B", "b1"), q=pointer("B", "b1"))
    row = shape(rows(world.nobody, "A", include="p.next,q")[0])
    assert (row["p"]["next"], row["q"]["next"]) == ({"objectId": "c1", "z": 1}, "-> c1")
