"""Class-level permissions (contract/03, section 8): every operation, every key, every caller; pointer permissions, protected fields."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.access.conftest import OPEN, OPERATIONS, City, outcome, pointer

CALLERS = ["nobody", "ann", "bob", "cat", "master", "readonly", "maintenance"]
CLOSED = (400, 119)
# what stands under an operation -> who is let through, what the others hear
KEYS: list[tuple[Any, list[str], Any]] = [
    ({}, [], CLOSED),
    ({"*": True}, ["nobody", "ann", "bob", "cat"], CLOSED),
    ({"{ann}": True}, ["ann"], CLOSED),
    ({"{ann}": True, "role:B": True}, ["ann", "bob"], CLOSED),
    ({"role:A": True}, ["ann"], CLOSED),
    ({"role:Outer": True}, ["ann"], CLOSED),
    ({"role:nosuch": True}, [], CLOSED),
    ({"requiresAuthentication": True}, ["ann", "bob", "cat"], {"nobody": (404, 101)}),
    ({"requiresAuthentication": True, "role:A": True}, ["ann", "bob", "cat"], {"nobody": (404, 101)}),
]
WRITING = ("create", "update", "delete", "addField")


def attempt(city: City, who: str, operation: str, name: str) -> Any:
    row = f"/classes/{name}/{{row}}"
    match operation:
        case "find":
            return outcome(city.find(who, name, {"n": {"$gt": -1}}))
        case "get":
            assert outcome(city.find(who, name, {"objectId": city.ids["row"]})) == outcome(city(who, "GET", row))
            return outcome(city(who, "GET", row))
        case "count":
            return outcome(city.find(who, name, count=1, limit=0))
        case "create":
            return outcome(city(who, "POST", f"/classes/{name}", {"n": 2}))
        case "update":
            return outcome(city(who, "PUT", row, {"n": 3}))
        case "delete":
            assert outcome(city(who, "DELETE", f"/classes/{name}/nothing")) in (CLOSED, (404, 101))
            spare = city.master("POST", f"/classes/{name}", {"n": 9}).json["objectId"]
            return outcome(city(who, "DELETE", f"/classes/{name}/{spare}"))
    city.ids["field"] = f"f{len(city.ids)}{who}"
    first = outcome(city(who, "POST", f"/classes/{name}", {f"{operation}{who}": 1}))
    second = outcome(city(who, "PUT", row, {f"{operation}{who}2": 1}))
    assert (first == 201) == (second == 200)
    return first


@pytest.mark.parametrize(("key", "through", "refusal"), KEYS, ids=str)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_who_may_do_what(city: City, operation: str, key: Any, through: list[str], refusal: Any) -> None:
    name = city.new_class({**OPEN, operation: key}, n=1)
    for who in CALLERS:
        done = 201 if operation in ("create", "addField") else 200
        expected: Any = done
        if who == "readonly" and operation in WRITING:
            expected = CLOSED
        elif who in ("nobody", "ann", "bob", "cat") and who not in through:
            expected = refusal.get(who, CLOSED) if isinstance(refusal, dict) else refusal
        assert attempt(city, who, operation, name) == expected, who


@pytest.mark.parametrize("named", OPERATIONS)
def test_operations_that_are_not_named_are_closed(city: City, named: str) -> None:
    name = city.new_class({named: {"*": True}}, n=1)
    for operation in OPERATIONS:
        if operation == named and operation != "addField":
            assert attempt(city, "nobody", operation, name) in (200, 201)
        elif operation != "addField":
            assert attempt(city, "nobody", operation, name) == CLOSED, operation


@pytest.mark.parametrize("operation", ["create", "update", "delete", "find", "get"])
def test_a_closed_operation_runs_no_hook(city: City, operation: str) -> None:
    name = city.new_class({**OPEN, operation: {}}, n=1)
    city.watch(name)
    calls = {
        "create": ("POST", f"/classes/{name}"), "update": ("PUT", f"/classes/{name}/{{row}}"), "get": ("GET", f"/classes/{name}/{{row}}"),
        "delete": ("DELETE", f"/classes/{name}/{{row}}"), "find": ("GET", f"/classes/{name}"),
    }  # fmt: skip
    method, path = calls[operation]
    assert outcome(city("ann", method, path, {"n": 1} if method in ("POST", "PUT") else None)) == CLOSED
    assert [kind for kind in city.fired if kind != "before_find"] == []


# -- pointer permissions ------------------------------------------------------------------------------------------------------

WAYS = ["pointerFields", "grouped"]
EMPTY = "empty"


def owned(city: City, way: str, field: str, closed: dict[str, Any] | None = None) -> str:
    """A class whose operations are for the users in `field` alone. Ann is in each field."""
    values = {"owner": pointer("_User", "{ann}"), "team": [pointer("_User", "{ann}"), pointer("_User", "{cat}")]}
    name = city.new_class(n=1, **values)
    if way == "grouped":
        permissions: dict[str, Any] = {**{o: {} for o in OPERATIONS}, "readUserFields": [field], "writeUserFields": [field]}
    else:
        permissions = {operation: {"pointerFields": [field]} for operation in OPERATIONS}
    answer = city.master("PUT", f"/schemas/{name}", {"classLevelPermissions": {**permissions, **(closed or {})}})
    assert answer.status_code == 200, answer.data
    return name


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("field", ["owner", "team"])
def test_objects_belong_to_the_users_they_point_to(city: City, way: str, field: str) -> None:
    name = owned(city, way, field)
    row = f"/classes/{name}/{{row}}"
    members = {"ann"} | ({"cat"} if field == "team" else set())
    for who in ("nobody", "ann", "bob", "cat"):
        inside = who in members
        assert len(city.find(who, name).json["results"]) == int(inside), who
        assert city.find(who, name, count=1, limit=0).json["count"] == int(inside), who
        assert outcome(city(who, "GET", row)) == (200 if inside else (404, 101)), who
        assert outcome(city(who, "PUT", row, {"n": 2})) == (200 if inside else (404, 101)), who
        assert outcome(city(who, "POST", f"/classes/{name}", {"n": 1})) == CLOSED, who
        added = outcome(city(who, "PUT", row, {f"new{who}": 1}))
        assert added == 200 if inside else added in (CLOSED, (404, 101)), who
    for who in ("nobody", "bob"):
        assert outcome(city(who, "DELETE", row)) == (404, 101)
    assert outcome(city("ann", "DELETE", row)) == 200


@pytest.mark.parametrize("way", WAYS)
def test_the_open_entry_wins_over_pointer_fields(city: City, way: str) -> None:
    name = owned(city, way, "owner", {"find": {"*": True, "pointerFields": ["owner"]}})
    assert len(city.find("nobody", name).json["results"]) == 1


def test_any_of_several_pointer_fields_is_enough(city: City) -> None:
    name = city.new_class(n=1, owner=pointer("_User", "{ann}"), helper=pointer("_User", "{bob}"))
    city.master("PUT", f"/schemas/{name}", {"classLevelPermissions": {**OPEN, "find": {"pointerFields": ["owner", "helper"]}}})
    assert [len(city.find(who, name).json["results"]) for who in ("ann", "bob", "cat", "nobody")] == [1, 1, 0, 0]


def test_pointer_permissions_hold_in_includes_and_inner_queries(city: City) -> None:
    name = owned(city, "pointerFields", "owner")
    row = city.ids["row"]
    holder = city.new_class(p=pointer(name, row))
    for who in ("ann", "bob", "nobody"):
        included = city.find(who, holder, include="p").json["results"][0].get("p", {})
        assert ("n" in included) == (who == "ann"), who
        inner = {"p": {"$inQuery": {"className": name, "where": {"n": 1}}}}
        assert len(city.find(who, holder, inner).json["results"]) == int(who == "ann"), who


# -- protected fields ---------------------------------------------------------------------------------------------------------

# lists, then what each caller does not see of secret and y
PROTECTED: list[tuple[Any, dict[str, set[str]]]] = [
    ({"*": ["secret"]}, {who: {"secret"} for who in ("nobody", "ann", "bob", "cat")}),
    ({"*": ["secret", "y"], "authenticated": ["secret"]}, {"nobody": {"secret", "y"}, "ann": {"secret"}, "bob": {"secret"}}),
    ({"*": ["secret", "y"], "{ann}": []}, {"nobody": {"secret", "y"}, "ann": set(), "bob": {"secret", "y"}}),
    ({"*": ["secret", "y"], "role:B": ["y"]}, {"nobody": {"secret", "y"}, "ann": {"secret", "y"}, "bob": {"y"}}),
    ({"*": ["secret"], "role:Outer": []}, {"nobody": {"secret"}, "ann": set(), "bob": {"secret"}}),
    ({"*": ["secret"], "role:A": ["y"]}, {"nobody": {"secret"}, "ann": set(), "bob": {"secret"}}),
    ({"*": ["secret", "y"], "userField:owner": ["y"]}, {"nobody": {"secret", "y"}, "ann": {"y"}, "bob": {"secret", "y"}}),
    ({"*": ["secret", "y"], "userField:team": []}, {"nobody": {"secret", "y"}, "cat": set(), "bob": {"secret", "y"}}),
    ({"authenticated": ["secret"]}, {"nobody": set(), "ann": {"secret"}}),
]


@pytest.mark.parametrize(("lists", "hidden"), PROTECTED, ids=[str(lists) for lists, _ in PROTECTED])
def test_what_is_hidden_from_whom(city: City, lists: Any, hidden: dict[str, set[str]]) -> None:
    name = city.new_class(n=1, secret={"k": "s3"}, y=2, owner=pointer("_User", "{ann}"), team=[pointer("_User", "{cat}")], rel=None)
    row = city.ids["row"]
    city.master("PUT", f"/schemas/{name}", {"classLevelPermissions": {**OPEN, "protectedFields": city.filled(lists)}})
    holder = city.new_class(p=pointer(name, row))
    nothing: dict[str, set[str]] = {"master": set(), "readonly": set(), "maintenance": set()}
    for who, gone in {**hidden, **nothing}.items():
        seen = [
            city.find(who, name).json["results"][0],
            city(who, "GET", f"/classes/{name}/{row}").json,
            city.find(who, name, keys="secret,y").json["results"][0],
            city.find(who, holder, include="p").json["results"][0]["p"],
            city("nobody" if who == "nobody" else who, "GET", f"/classes/{holder}?include=p").json["results"][0]["p"],
        ]
        assert [{"secret", "y"} - set(shown) for shown in seen] == [gone] * len(seen), who
        assert outcome(city(who, "PUT", f"/classes/{name}/{row}", {"y": 2})) == ((400, 119) if who == "readonly" else 200)


ASKED = [
    {"where": {"secret": 1}}, {"where": {"secret.k": "s3"}}, {"where": {"$or": [{"n": 1}, {"secret": 1}]}}, {"order": "secret"},
    {"where": {"$and": [{"$nor": [{"secret.k": 1}]}]}}, {"order": "n,-secret.k"}, {"where": {"secret": {"$exists": False}}},
]  # fmt: skip


@pytest.mark.parametrize("asked", ASKED, ids=json.dumps)
@pytest.mark.parametrize("lists", [{"*": ["secret"]}, {"*": ["secret"], "userField:owner": []}], ids=str)
def test_what_is_hidden_is_not_asked_for(city: City, asked: dict[str, Any], lists: Any) -> None:
    name = city.new_class(n=1, secret={"k": "s3"}, owner=pointer("_User", "{ann}"))
    city.master("PUT", f"/schemas/{name}", {"classLevelPermissions": {**OPEN, "protectedFields": lists}})
    for who in ("nobody", "ann", "bob"):
        assert outcome(city.find(who, name, **asked)) == CLOSED, who
    for who in ("master", "readonly", "maintenance"):
        assert outcome(city.find(who, name, **asked)) == 200, who
