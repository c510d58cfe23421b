"""ACLs (contract/03, sections 7 and 9): who reads and writes an object, by every route; which hooks run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.conftest import OPEN, City, outcome, pointer

EVERYONE = ["nobody", "ann", "bob", "cat"]
R, W, RW = {"read": True}, {"write": True}, {"read": True, "write": True}
# ACL, who reads, who writes; the master and the maintenance key do both, the read-only key reads
ACLS: list[tuple[Any, list[str], list[str]]] = [
    (None, EVERYONE, EVERYONE),
    ({}, [], []),
    ({"*": R}, EVERYONE, []),
    ({"*": W}, [], EVERYONE),
    ({"*": RW}, EVERYONE, EVERYONE),
    ({"*": {"read": False}}, [], []),
    ({"{ann}": R}, ["ann"], []),
    ({"{ann}": RW}, ["ann"], ["ann"]),
    ({"{ann}": R, "{bob}": W}, ["ann"], ["bob"]),
    ({"*": R, "{ann}": W}, EVERYONE, ["ann"]),
    ({"role:A": RW}, ["ann"], ["ann"]),
    ({"role:B": R}, ["bob"], []),
    ({"role:Outer": RW}, ["ann"], ["ann"]),
    ({"role:nosuch": RW}, [], []),
    ({"role:A": R, "role:B": W}, ["ann"], ["bob"]),
    ({"A": RW, "ROLE:A": RW, "role:a": RW}, [], []),
    ({"{cat}x": RW, "cat": RW}, [], []),
]
GONE = (404, 101)


@pytest.mark.parametrize(("acl", "readers", "writers"), ACLS, ids=str)
def test_an_acl_decides_who_reads_and_writes(city: City, acl: Any, readers: list[str], writers: list[str]) -> None:
    given = {} if acl is None else {"ACL": acl}
    name = city.new_class(n=1, **given)
    row = city.ids["row"]
    holder = city.new_class(p=pointer(name, row))
    for who in [*EVERYONE, "master", "readonly", "maintenance"]:
        reads = who in readers or who in ("master", "readonly", "maintenance")
        writes = who in writers or who in ("master", "maintenance")
        path = f"/classes/{name}/{row}"
        assert outcome(city(who, "GET", path)) == (200 if reads else GONE), who
        assert len(city.find(who, name).json["results"]) == int(reads), who
        assert len(city.find(who, name, {"objectId": row}).json["results"]) == int(reads), who
        assert city.find(who, name, count=1, limit=0).json["count"] == int(reads), who
        inner = {"p": {"$inQuery": {"className": name, "where": {"n": {"$gt": 0}}}}}
        assert len(city.find(who, holder, inner).json["results"]) == int(reads), who
        included = city.find(who, holder, include="p").json["results"][0].get("p", {})
        assert ("n" in included) == reads, who
        refused = (400, 119) if who == "readonly" else GONE
        assert outcome(city(who, "PUT", path, {"n": {"__op": "Increment", "amount": 0}})) == (200 if writes else refused), who
        item = {"method": "PUT", "path": f"/parse{path}", "body": {"m": 1}}
        assert ("success" in city(who, "POST", "/batch", {"requests": [item]}).json[0]) == writes, who
    for who in [who for who in EVERYONE if who not in writers]:
        assert outcome(city(who, "DELETE", f"/classes/{name}/{row}")) == GONE
    last = writers[0] if writers else "master"
    assert outcome(city(last, "DELETE", f"/classes/{name}/{row}")) == 200


# who, method, acl, outcome, hooks that run
HOOKS: list[tuple[str, str, Any, Any, list[str]]] = [
    ("nobody", "POST", None, 201, ["before_save", "after_save"]),
    ("nobody", "GET", {}, GONE, ["before_find", "after_find"]),
    ("nobody", "PUT", {}, GONE, []),
    ("nobody", "DELETE", {}, GONE, []),
    ("nobody", "PUT", {"*": RW}, 200, ["before_save", "after_save"]),
    ("nobody", "DELETE", {"*": RW}, 200, ["before_delete", "after_delete"]),
    ("nobody", "GET", {"*": RW}, 200, ["before_find", "after_find"]),
    ("ann", "PUT", {"{ann}": RW}, 200, ["before_save", "after_save"]),
    ("bob", "PUT", {"{ann}": RW}, GONE, []),
    ("bob", "PUT", {"{ann}": RW, "*": R}, GONE, []),
    ("master", "PUT", {}, 200, ["before_save", "after_save"]),
    ("master", "DELETE", {}, 200, ["before_delete", "after_delete"]),
    ("readonly", "PUT", {}, (400, 119), []),
    ("readonly", "POST", {}, (400, 119), []),
    ("readonly", "DELETE", {}, (400, 119), []),
    ("readonly", "GET", {}, 200, ["before_find", "after_find"]),
    ("maintenance", "PUT", {}, 200, ["before_save", "after_save"]),
]


@pytest.mark.parametrize(("who", "method", "acl", "expected", "fired"), HOOKS, ids=str)
def test_hooks_run_for_those_who_may(city: City, who: str, method: str, acl: Any, expected: Any, fired: list[str]) -> None:
    name = city.new_class(n=1, **({} if acl is None else {"ACL": acl}))
    city.watch(name)
    path = f"/classes/{name}" + ("" if method == "POST" else "/{row}")
    assert outcome(city(who, method, path, {"n": 2} if method in ("POST", "PUT") else None)) == expected
    assert [kind for kind in city.fired if method == "GET" or "find" not in kind] == fired


# what is sent, what is stored (contract/01, section 10)
SENT: list[tuple[Any, Any]] = [
    (None, "absent"),
    ({}, {}),
    ({"*": {"read": True}}, {"*": {"read": True}}),
    ({"*": {"read": False, "write": True}}, {"*": {"write": True}}),
    ({"*": {}}, {}),
    ({"*": {"read": "yes", "other": True}}, {"*": {"read": True}}),
    ("x", {}),
    (5, {}),
    ([], {}),
]


@pytest.mark.parametrize(("sent", "stored"), SENT, ids=str)
def test_an_acl_is_tidied(city: City, sent: Any, stored: Any) -> None:
    name = city.new_class()
    row = city("nobody", "POST", f"/classes/{name}", {"ACL": sent}).json["objectId"]
    assert city.master("GET", f"/classes/{name}/{row}").json.get("ACL", "absent") == stored


@pytest.mark.parametrize(("sent", "stored"), [(None, {"*": RW}), ({"__op": "Delete"}, {}), ({"*": R}, {"*": R})], ids=str)
def test_an_acl_is_changed(city: City, sent: Any, stored: Any) -> None:
    name = city.new_class(ACL={"*": RW})
    assert outcome(city("nobody", "PUT", f"/classes/{name}/{{row}}", {"ACL": sent})) == 200
    assert city.master("GET", f"/classes/{name}/{{row}}").json["ACL"] == stored


# the class's ACL, who creates, what ACL the object gets and the answer shows
DEFAULTS: list[tuple[Any, str, Any]] = [
    ({"*": {"read": True, "write": True}}, "ann", None),
    ({"*": R}, "nobody", {"*": R}),
    ({"*": R, "currentUser": RW}, "ann", {"*": R, "{ann}": RW}),
    ({"*": R, "currentUser": RW}, "nobody", {"*": R}),
    ({"*": R, "currentUser": RW}, "master", {"*": R}),
    ({"currentUser": RW, "role:A": W}, "bob", {"{bob}": RW, "role:A": W}),
]


@pytest.mark.parametrize(("default", "who", "given"), DEFAULTS, ids=str)
def test_a_class_gives_its_objects_an_acl(city: City, default: Any, who: str, given: Any) -> None:
    name = city.new_class({**OPEN, "ACL": default})
    answer = city(who, "POST", f"/classes/{name}", {}).json
    assert answer.get("ACL") == city.filled(given)
    assert city.master("GET", f"/classes/{name}/{answer['objectId']}").json.get("ACL") == city.filled(given)
    own = city(who, "POST", f"/classes/{name}", {"ACL": {"*": W}}).json
    assert "ACL" not in own
    assert city.master("GET", f"/classes/{name}/{own['objectId']}").json["ACL"] == {"*": W}
