"""Deleting objects (contract/01, section 4)."""

import pytest

from parse_shim.rest import delete, write
from tests.rest.test_write import Counting
from tests.rest.world import World, answer, ids

MISSING = (404, 101, "Object not found.")


@pytest.fixture
def world():
    return World()


def test_an_object_goes(world):
    made = write.create(world.nobody, "Post", {"n": 1})
    delete.delete(world.nobody, "Post", made.object_id)
    assert ids(world.master, "Post") == []
    assert answer(delete.delete, world.nobody, "Post", made.object_id) == MISSING
    assert answer(delete.delete, world.nobody, "Unknown", "x") == MISSING


def test_the_acl_guards_it(world):
    ann, bob = world.user("ann"), world.user("bob")
    made = write.create(ann, "Post", {"ACL": {"ann": {"write": True}, "*": {"read": True}}})
    assert answer(delete.delete, bob, "Post", made.object_id) == MISSING
    delete.delete(ann, "Post", made.object_id)


def test_class_permissions_come_before_the_data(world):
    world.permit("Post", delete={})
    assert answer(delete.delete, world.nobody, "Post", "none") == (400, 119, "Permission denied")


def test_pointer_permissions_let_the_owner_delete(world):
    ann, bob = world.user("ann"), world.user("bob")
    made = world.put("Post", owner={"__type": "Pointer", "className": "_User", "objectId": "ann"})
    world.permit("Post", delete={"pointerFields": ["owner"]})
    assert answer(delete.delete, bob, "Post", made.object_id) == MISSING
    assert answer(delete.delete, world.nobody, "Post", made.object_id) == MISSING
    delete.delete(ann, "Post", made.object_id)


def test_a_plain_delete_is_one_call_of_the_engine(world):
    made = write.create(world.nobody, "Post", {})
    engine = world.core.engine = Counting(world.core.engine)
    delete.delete(world.nobody, "Post", made.object_id)
    assert engine.calls == ["delete"]


def test_listeners_hear_of_it(world):
    made, heard = write.create(world.nobody, "Post", {"n": 1}), []
    world.core.bus.subscribe(heard.append)
    delete.delete(world.nobody, "Post", made.object_id)
    assert [(change.before["n"], change.after) for change in heard] == [(1, None)]
