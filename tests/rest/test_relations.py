"""Relations and roles on the write path (contract/01, section 9; contract/03, section 6)."""

import pytest

from parse_shim.rest import write
from parse_shim.rest.roles import roles_of
from tests.rest.world import World, answer, pointer


@pytest.fixture
def world():
    return World()


def links(world, written, field="likes"):
    return world.core.engine.related_ids(written.class_name, field, [written.object_id])


def add(*ids, class_name="B"):
    return {"__op": "AddRelation", "objects": [pointer(class_name, i) for i in ids]}


def remove(*ids):
    return {"__op": "RemoveRelation", "objects": [pointer("B", i) for i in ids]}


def test_links_are_added_and_removed(world):
    made = write.create(world.nobody, "Post", {"likes": add("b1", "b2"), "n": 1})
    assert links(world, made) == ["b1", "b2"]
    changed = write.update(world.nobody, "Post", made.object_id, {"likes": remove("b1", "never")})
    assert (links(world, made), sorted(changed.body)) == (["b2"], ["updatedAt"])
    write.update(world.nobody, "Post", made.object_id, {"likes": {"__op": "Batch", "ops": [add("b3", "b2"), remove("b2")]}})
    assert sorted(links(world, made)) in (["b3"], ["b2", "b3"])


def test_a_relation_keeps_its_class(world):
    made = write.create(world.nobody, "Post", {"likes": add("b1")})
    change = {"likes": add("c1", class_name="C")}
    expected = (400, 111, "schema mismatch for Post.likes; expected Relation<B> but got Relation<C>")
    assert answer(write.update, world.nobody, "Post", made.object_id, change) == expected
    assert answer(write.update, world.nobody, "Post", made.object_id, {"likes": "text"})[:2] == (400, 111)


@pytest.mark.parametrize("value", [None, {"__type": "Relation", "className": "B"}, {"__op": "Delete"}])
def test_setting_a_relation_stores_nothing(world, value):
    made = write.create(world.nobody, "Post", {"likes": add("b1")})
    write.update(world.nobody, "Post", made.object_id, {"likes": value})
    assert links(world, made) == ["b1"]


def test_links_need_the_right_to_write(world):
    made = write.create(world.nobody, "Post", {"ACL": {"*": {"read": True}}})
    assert answer(write.update, world.nobody, "Post", made.object_id, {"likes": add("b1")})[:2] == (404, 101)
    assert links(world, made) == []


def test_a_role_needs_a_name_and_an_acl(world):
    assert answer(write.create, world.nobody, "_Role", {"ACL": {}}) == (400, 111, "name is required.")
    assert answer(write.create, world.nobody, "_Role", {"name": "a"}) == (400, 111, "ACL is required.")
    made = write.create(world.master, "_Role", {"name": "a b!", "ACL": {}})
    expected = (400, 137, "A duplicate value for a field with unique values was provided")
    assert answer(write.create, world.master, "_Role", {"name": "a b!", "ACL": {}}) == expected
    assert answer(write.update, world.master, "_Role", made.object_id, {"name": {"__op": "Delete"}})[:2] == (400, 111)
    write.update(world.master, "_Role", made.object_id, {"name": "c"})


def test_members_change_at_once(world):
    users = {"users": add("ann", class_name="_User")}
    admins = write.create(world.master, "_Role", {"name": "admins", "ACL": {}, **users})
    assert roles_of(world.core, "ann") == ("role:admins",)
    inner = {"roles": add(admins.object_id, class_name="_Role")}
    write.create(world.master, "_Role", {"name": "all", "ACL": {}, **inner})
    assert roles_of(world.core, "ann") == ("role:admins", "role:all")
    gone = {"users": {"__op": "RemoveRelation", "objects": [pointer("_User", "ann")]}}
    write.update(world.master, "_Role", admins.object_id, gone)
    assert roles_of(world.core, "ann") == ()
