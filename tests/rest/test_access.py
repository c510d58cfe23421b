"""System classes, ACL, class permissions, pointer permissions and protected fields: who, query, result."""

from typing import Any

import pytest

from parse_shim.errors import TransportError
from parse_shim.rest import read
from parse_shim.rest.access import check_class, check_system_class, require_master
from parse_shim.rest.core import Auth, Context
from parse_shim.rest.find_params import find_params
from tests.rest.world import World, answer, ids, pointer, rows

DENIED = (400, 119, "Permission denied")


@pytest.fixture
def world() -> World:
    world = World({"protected_fields": {"_User": {"*": ["email"]}}})
    world.user("ann", email="a@x.org", authData={"anonymous": {"id": "1"}, "gone": None}, _hashed_password="h", _failed_login_count=2)
    world.user("bob", email="b@x.org", ACL={"*": {"read": True}, "bob": {"read": True, "write": True}})
    return world


@pytest.mark.parametrize(
    ("kind", "operation", "class_name", "expected"),
    [
        ("client", "find", "_Hooks", DENIED),
        ("client", "get", "_GlobalConfig", DENIED),
        ("client", "create", "_Idempotency", DENIED),
        ("client", "find", "_Join:users:_Role", DENIED),
        ("client", "create", "_Join:users:_Role", DENIED),
        ("client", "find", "_Installation", DENIED),
        ("client", "delete", "_Installation", DENIED),
        ("client", "get", "_Installation", None),
        ("client", "find", "_Session", (400, 209, "Permission denied")),
        ("client", "find", "_Role", None),
        ("client", "find", "Post", None),
        ("maintenance", "find", "_Hooks", None),
        ("maintenance", "find", "_Session", (400, 209, "Permission denied")),
        ("master", "find", "_Session", None),
        ("master", "create", "_Join:users:_Role", None),
        ("readonly", "find", "_Hooks", None),
        ("readonly", "create", "Post", DENIED),
        ("readonly", "update", "Post", DENIED),
        ("readonly", "delete", "Post", DENIED),
    ],
)
def test_system_class_rules(kind: Any, operation: str, class_name: str, expected: tuple[int, int, str] | None) -> None:
    if expected is None:
        check_system_class(Auth(kind), operation, class_name)
    else:
        assert answer(check_system_class, Auth(kind), operation, class_name) == expected


@pytest.mark.parametrize(("kind", "writing", "passes"), [("client", None, False), ("maintenance", None, False),
    ("master", "create a schema", True), ("readonly", None, True)])  # fmt: skip
def test_master_only(world: World, kind: Any, writing: str | None, passes: bool) -> None:
    ctx = Context(world.core, Auth(kind))
    if passes:
        require_master(ctx, writing=writing)
        return
    with pytest.raises(TransportError) as error:
        require_master(ctx, writing=writing)
    assert (error.value.status, error.value.message) == (403, "Permission denied")


@pytest.mark.parametrize(
    ("acl", "nobody", "ann", "bob"),
    [
        (None, True, True, True),
        ({}, False, False, False),
        ({"*": {"read": True}}, True, True, True),
        ({"ann": {"read": True}}, False, True, False),
        ({"*": {"write": True}}, False, False, False),
        ({"role:B": {"read": True}}, False, True, False),
        ({"role:C": {"read": True}}, False, False, False),
    ],
)
def test_an_acl_hides_rows_from_find_count_and_get(world: World, acl: Any, nobody: bool, ann: bool, bob: bool) -> None:
    world.role("A", ("ann",))
    world.role("B", (), ("A",))
    world.role("C", (), ())
    world.put("P", "p1", n=1, **({} if acl is None else {"ACL": acl}))
    for ctx, seen in ((world.nobody, nobody), (world.caller("ann"), ann), (world.caller("bob"), bob)):
        found = read.find(ctx, "P", find_params({"count": 1}))
        assert (len(found.results), found.count) == (int(seen), int(seen))
        if not seen:
            assert answer(read.get, ctx, "P", "p1") == (404, 101, "Object not found.")
    assert ids(world.master, "P") == ["p1"]


@pytest.mark.parametrize(
    ("permissions", "who", "expected"),
    [
        ({"find": {}}, "nobody", DENIED),
        ({"find": {}}, "master", ["p1"]),
        ({"find": {}}, "readonly", ["p1"]),
        ({"find": {}}, "maintenance", ["p1"]),
        ({"find": {"ann": True}}, "ann", ["p1"]),
        ({"find": {"ann": True}}, "bob", DENIED),
        ({"find": {"role:A": True}}, "ann", ["p1"]),
        ({"find": {"role:A": True}}, "bob", DENIED),
        ({"find": {"requiresAuthentication": True}}, "nobody", (404, 101, "Permission denied")),
        ({"find": {"requiresAuthentication": True}}, "bob", ["p1"]),
        ({"find": {"pointerFields": ["owner"]}}, "ann", ["p1"]),
        ({"find": {"pointerFields": ["owner"]}}, "bob", []),
        ({"find": {"pointerFields": ["owner"]}}, "nobody", []),
        ({"find": {}, "readUserFields": ["owner"]}, "ann", ["p1"]),
        ({"find": {}, "readUserFields": ["others"]}, "bob", ["p1"]),
    ],
)
def test_class_permission_to_find(world: World, permissions: dict[str, Any], who: str, expected: Any) -> None:
    world.role("A", ("ann",))
    world.put("P", "p1", owner=pointer("_User", "ann"), others=[pointer("_User", "bob")])
    world.permit("P", **permissions)
    callers = {"nobody": world.nobody, "master": world.master, "ann": world.caller("ann"), "bob": world.caller("bob")}
    ctx = callers.get(who) or Context(world.core, Auth(who))  # type: ignore[arg-type]
    if isinstance(expected, list):
        assert ids(ctx, "P") == expected
    else:
        assert answer(ids, ctx, "P") == expected


def test_a_where_with_exactly_an_id_asks_for_get(world: World) -> None:
    world.put("P", "p1", owner=pointer("_User", "ann"))
    world.permit("P", find={}, get={"*": True})
    assert ids(world.nobody, "P", where={"objectId": "p1"}) == ["p1"]
    assert answer(ids, world.nobody, "P", where={"objectId": {"$in": ["p1"]}}) == DENIED
    world.permit("P", get={"pointerFields": ["owner"]})
    assert answer(ids, world.nobody, "P", where={"objectId": "p1"}) == (404, 101, "Object not found.")
    assert ids(world.caller("bob"), "P", where={"objectId": "p1"}) == []
    assert ids(world.caller("ann"), "P", where={"objectId": "p1"}) == ["p1"]


@pytest.mark.parametrize(
    ("permissions", "raw", "expected"),
    [
        ({"count": {}}, {"count": 1}, DENIED),
        ({"count": {}}, {}, None),
        ({"count": {"pointerFields": ["owner"]}}, {"count": 1}, 0),
        ({"find": {}}, {"count": 1, "limit": 0}, 1),
    ],
)
def test_count_has_a_permission_of_its_own(world: World, permissions: Any, raw: Any, expected: Any) -> None:
    world.put("P", "p1", owner=pointer("_User", "ann"))
    world.permit("P", **permissions)
    if isinstance(expected, tuple):
        assert answer(ids, world.nobody, "P", **raw) == expected
    else:
        assert read.find(world.nobody, "P", find_params(raw)).count == expected


def test_a_closed_permission_on_create_has_no_pointer_way(world: World) -> None:
    world.put("P", "p1", owner=pointer("_User", "ann"))
    world.permit("P", create={"pointerFields": ["owner"]})
    cls = world.core.classes.get_or_empty("P")
    assert answer(check_class, world.caller("ann").auth, cls, "create") == DENIED


@pytest.mark.parametrize(
    ("who", "hidden"),
    [("nobody", {"secret", "y"}), ("bob", {"secret"}), ("ann", {"y"}), ("master", set()), ("cat", set())],
)
def test_protected_fields_are_intersected(world: World, who: str, hidden: set[str]) -> None:
    world.put("P", "p1", owner=pointer("_User", "ann"), secret=1, y=2)
    lists = {"*": ["secret", "y"], "userField:owner": ["y"], "role:R": ["secret"], "cat": []}
    world.permit("P", protectedFields=lists)
    world.user("cat")
    world.role("R", ("bob",))
    ctx = {"nobody": world.nobody, "master": world.master}.get(who) or world.caller(who)
    row = rows(ctx, "P")[0]
    assert {"secret", "y"} - set(row) == hidden
    assert {"secret", "y"} - set(read.get(ctx, "P", "p1").results[0]) == hidden
    assert {"secret", "y"} - set(rows(ctx, "P", keys="secret,y")[0]) == hidden


@pytest.mark.parametrize(
    "raw",
    [
        {"where": {"secret": 1}},
        {"where": {"secret.k": 1}},
        {"where": {"$or": [{"secret": 1}, {"n": 1}]}},
        {"where": {"$nor": [{"$and": [{"secret": 1}]}]}},
        {"where": {"secret": {"$exists": True}}},
        {"where": {"n": {"$inQuery": {"className": "P", "where": {"secret": 1}}}}},
        {"order": "secret"},
        {"order": "-secret.k"},
        {"count": 1, "limit": 0, "where": {"secret": 1}},
    ],
)
def test_protected_fields_cannot_be_asked_for(world: World, raw: dict[str, Any]) -> None:
    world.put("P", "p1", n=1, secret={"k": 1})
    world.permit("P", protectedFields={"*": ["secret"]})
    assert answer(ids, world.nobody, "P", **raw) == DENIED
    ids(world.master, "P", **raw)


@pytest.mark.parametrize(
    ("who", "shown"),
    [
        ("nobody", {"bob": set()}),
        ("ann", {"ann": {"email", "authData"}, "bob": set()}),
        ("bob", {"bob": {"email"}}),
        ("master", {"ann": {"email", "authData"}, "bob": {"email"}}),
    ],
)
def test_what_is_shown_of_users(world: World, who: str, shown: dict[str, set[str]]) -> None:
    ctx = {"nobody": world.nobody, "master": world.master}.get(who) or world.caller(who)
    found = {row["objectId"]: row for row in rows(ctx, "_User")}
    private = {"email", "authData", "password", "_hashed_password", "sessionToken"}
    assert {user: private & set(row) for user, row in found.items()} == shown
    assert all("gone" not in row.get("authData", {}) for row in found.values())


def test_users_cannot_be_searched_by_email(world: World) -> None:
    assert answer(ids, world.caller("ann"), "_User", where={"email": "a@x.org"}) == DENIED
    assert ids(world.master, "_User", where={"email": "a@x.org"}) == ["ann"]


def test_the_owner_exemption_can_be_switched_off() -> None:
    world = World({"protected_fields_owner_exempt": False})
    assert "email" not in read.get(world.user("ann", email="a@x.org"), "_User", "ann").results[0]


def test_the_maintenance_key_sees_internals(world: World) -> None:
    ctx = Context(world.core, Auth("maintenance"))
    assert {row["objectId"]: row.get("_failed_login_count") for row in rows(ctx, "_User")} == {"ann": 2, "bob": None}
    assert not any("_hashed_password" in row for row in rows(ctx, "_User"))


def test_sessions_show_only_own_rows(world: World) -> None:
    for name in ("ann", "bob"):
        world.put("_Session", f"s-{name}", user=pointer("_User", name), sessionToken=f"r:{name}")
    assert ids(world.caller("ann"), "_Session") == ["s-ann"]
    assert answer(read.get, world.caller("ann"), "_Session", "s-bob") == (404, 101, "Object not found.")
    assert answer(ids, world.nobody, "_Session") == (400, 209, "Permission denied")
    assert len(ids(world.master, "_Session")) == 2


@pytest.mark.parametrize("where", [{"_hashed_password": {"$regex": "^"}}, {"$or": [{"_hashed_password": "h", "_failed_login_count": 2}]}])
def test_internals_are_no_conditions(world: World, where: dict[str, Any]) -> None:
    assert answer(ids, world.caller("ann"), "_User", where=where)[1] == 105
