"""Installations and their duplicates (contract/01, section 12; contract/11, section 6)."""

import pytest

from parse_shim.query.ast import EVERYTHING
from parse_shim.rest import delete, read, write
from parse_shim.rest.core import Auth, Context
from parse_shim.settings_groups import Installation
from tests.rest.world import World, answer

IOS = {"deviceType": "ios"}
MISMATCH = "schema mismatch for _Installation.{}; expected {} but got {}"


@pytest.fixture
def world():
    return World()


def post(world, ctx=None, **fields):
    return write.create(ctx or world.nobody, "_Installation", fields)


def put(world, object_id, **fields):
    return write.update(world.nobody, "_Installation", object_id, fields)


def rows(world):
    found = world.core.engine.find(world.core.classes.get("_Installation"), EVERYTHING)
    return {row["objectId"]: (row.get("installationId"), row.get("deviceToken")) for row in found}


def on(world, installation_id):
    return Context(world.core, Auth(installation_id=installation_id))


def test_ids_are_stored_in_lower_case(world):
    made = post(world, **IOS, installationId="ABC", deviceToken="F" * 64)
    assert (made.status, rows(world)) == (201, {made.object_id: ("abc", "f" * 64)})
    other = post(world, **IOS, installationId="x", deviceToken="Short")
    assert rows(world)[other.object_id] == ("x", "Short")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (IOS, (400, 135, "at least one ID field (deviceToken, installationId) must be specified in this operation")),
        ({"installationId": "a"}, (400, 135, "deviceType must be specified in this operation")),
        ({"deviceToken": "a"}, (400, 135, "deviceType must be specified in this operation")),
        ({**IOS, "installationId": "a", "channels": "x"}, (400, 111, MISMATCH.format("channels", "Array", "String"))),
        ({**IOS, "deviceToken": {"$ne": 1}, "installationId": "a"}, (400, 111, MISMATCH.format("deviceToken", "String", "Object"))),
    ],
)  # fmt: skip
def test_a_bad_installation_is_refused(world, fields, expected):
    assert answer(post, world, **fields) == expected


def test_the_header_finds_but_is_not_stored(world):
    made = post(world, on(world, "ABC"), **IOS)
    assert (made.status, rows(world)) == (201, {made.object_id: (None, None)})
    known = post(world, **IOS, installationId="abc")
    again = post(world, on(world, "ABC"), appName="x")
    assert (again.status, again.object_id) == (200, known.object_id)


def test_a_known_installation_is_updated(world):
    made = post(world, **IOS, installationId="a")
    again = post(world, installationId="A", deviceToken="t", badge=1)
    assert (again.status, sorted(again.body), again.object_id) == (200, ["updatedAt"], made.object_id)
    assert rows(world) == {made.object_id: ("a", "t")}


def test_a_known_token_takes_its_first_installation_id(world):
    made = post(world, **IOS, deviceToken="t")
    again = post(world, **IOS, deviceToken="t", installationId="a")
    assert (again.status, rows(world)) == (200, {made.object_id: ("a", "t")})
    assert post(world, **IOS, deviceToken="t").object_id == made.object_id


def test_a_token_moves_to_a_new_installation(world):
    old = post(world, **IOS, installationId="old", deviceToken="t")
    new = post(world, **IOS, installationId="new", deviceToken="t")
    assert (new.status, rows(world)) == (201, {new.object_id: ("new", "t")})
    assert old.object_id not in rows(world)


def test_an_app_clears_its_own_rows_only(world):
    post(world, **IOS, installationId="old", deviceToken="t", appIdentifier="other.app")
    post(world, **IOS, installationId="new", deviceToken="t", appIdentifier="my.app")
    assert len(rows(world)) == 2


def test_old_rows_may_just_lose_the_token():
    world = World({"installation": Installation(duplicate_device_token_action="update")})
    old = post(world, **IOS, installationId="old", deviceToken="t")
    new = post(world, **IOS, installationId="new", deviceToken="t")
    assert rows(world) == {old.object_id: ("old", None), new.object_id: ("new", "t")}


def test_cleaning_up_may_obey_the_callers_rights():
    world = World({"installation": Installation(duplicate_device_token_action_enforce_auth=True)})
    post(world, **IOS, installationId="old", deviceToken="t", ACL={})
    post(world, **IOS, installationId="new", deviceToken="t")
    assert len(rows(world)) == 2


def test_a_token_alone_does_not_choose_among_several(world):
    for name in ("a", "b"):
        post(world, world.master, **IOS, installationId=name, deviceToken=name)
    cls = world.core.classes.get("_Installation")
    from parse_shim.update.ops import Set

    world.core.engine.update_many(cls, EVERYTHING, {"deviceToken": Set("t")})
    assert answer(post, world, **IOS, deviceToken="t")[:2] == (400, 132)


@pytest.mark.parametrize("priority", ["deviceToken", "installationId"])
def test_two_rows_of_one_device_become_one(priority):
    world = World({"installation": Installation(duplicate_device_token_merge_priority=priority)})
    by_token = post(world, **IOS, deviceToken="t")
    by_id = post(world, **IOS, installationId="a")
    merged = post(world, installationId="a", deviceToken="t")
    survivor = by_token if priority == "deviceToken" else by_id
    assert (merged.status, rows(world)) == (200, {survivor.object_id: ("a", "t")})


def test_the_surviving_row_has_what_the_request_says(world):
    by_token = post(world, **IOS, deviceToken="t")
    by_id = post(world, **IOS, installationId="a")
    put(world, by_id.object_id, deviceToken="t")
    assert rows(world) == {by_token.object_id: (None, "t")}
    assert post(world, **IOS, installationId="a", deviceToken="t").object_id == by_token.object_id
    assert rows(world) == {by_token.object_id: ("a", "t")}


def test_a_known_installation_takes_a_token_from_another(world):
    other = post(world, **IOS, installationId="other", deviceToken="t")
    own = post(world, **IOS, installationId="own")
    put(world, own.object_id, deviceToken="t")
    assert rows(world) == {own.object_id: ("own", "t")} and other.object_id not in rows(world)


def test_what_may_not_change(world):
    made = post(world, **IOS, installationId="a")
    text = "{} may not be changed in this operation"
    assert answer(put, world, made.object_id, installationId="b") == (400, 136, text.format("installationId"))
    assert answer(put, world, made.object_id, deviceType="android") == (400, 136, text.format("deviceType"))
    bare = post(world, **IOS, deviceToken="t")
    assert answer(put, world, bare.object_id, deviceToken="u") == (400, 136, text.format("deviceToken"))
    put(world, made.object_id, installationId="A", deviceToken="v", deviceType="ios")
    assert answer(put, world, "none", deviceToken="x") == (404, 101, "Object not found for update.")
    assert answer(put, world, "none", badge=1) == (404, 101, "Object not found for update.")


def test_a_token_can_be_taken_away(world):
    made = post(world, **IOS, installationId="a", deviceToken="t")
    put(world, made.object_id, deviceToken={"__op": "Delete"})
    assert rows(world) == {made.object_id: ("a", None)}


def test_clients_get_but_do_not_find_or_delete(world):
    made = post(world, **IOS, installationId="a")
    assert read.get(world.nobody, "_Installation", made.object_id).results[0]["installationId"] == "a"
    assert answer(read.find, world.nobody, "_Installation")[:2] == (400, 119)
    assert answer(delete.delete, world.nobody, "_Installation", made.object_id)[:2] == (400, 119)
    delete.delete(world.master, "_Installation", made.object_id)
