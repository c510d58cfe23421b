"""What clients see and change of sessions (contract/03, section 4; security/advisories, section 1)."""

import pytest

from parse_shim import ids
from parse_shim.rest import delete, login, read, sessions, write
from parse_shim.rest.auth import auth_for_token, resolve_session
from parse_shim.rest.core import Auth, Context
from tests.rest.world import World, answer, pointer

DATE = {"__type": "Date", "iso": "2199-01-01T00:00:00.000Z"}


@pytest.fixture
def world():
    return World()


def user(world, name, installation_id=None):
    """Signs up and gives the caller of the new session."""
    on = Context(world.core, Auth(installation_id=installation_id))
    token = write.create(on, "_User", {"username": name, "password": "p"}).body["sessionToken"]
    return Context(world.core, auth_for_token(world.core, token, installation_id))


def test_the_current_session_shows_everything(world):
    ann = user(world, "ann", "inst-1")
    session = sessions.current(ann)
    assert session["user"].object_id == ann.auth.user_id
    assert (session["installationId"], session["sessionToken"]) == ("inst-1", ann.auth.session_token)
    assert (session["expiresAt"] - session["createdAt"]).days == 365
    assert answer(sessions.current, world.nobody) == (400, 209, "Session token required.")
    unknown = Context(world.core, Auth(session_token="r:none"))
    assert answer(sessions.current, unknown) == (400, 209, "Session token not found.")


def test_sessions_may_never_end():
    world = World({"expire_inactive_sessions": False})
    assert "expiresAt" not in sessions.current(user(world, "ann"))


def test_a_user_begins_a_session_but_does_not_choose_it(world):
    ann, bob = user(world, "ann"), user(world, "bob")
    fields = {"user": pointer("_User", bob.auth.user_id), "sessionToken": "r:mine", "expiresAt": DATE, "createdWith": {"a": 1}, "note": "n"}
    made = write.create(ann, "_Session", fields)
    assert made.status == 201
    assert made.body["user"].object_id == ann.auth.user_id
    assert made.body["createdWith"] == {"action": "create"}
    assert (made.body["note"], made.body["expiresAt"].year < 2199) == ("n", True)
    assert resolve_session(world.core, made.body["sessionToken"]).user["objectId"] == ann.auth.user_id
    assert answer(resolve_session, world.core, "r:mine")[1] == 209


def test_a_session_cannot_end_those_of_others(world):
    ann = user(world, "ann", "anns-phone")
    bob = user(world, "bob", "bobs-phone")
    write.create(bob, "_Session", {"user": pointer("_User", ann.auth.user_id), "installationId": "anns-phone"})
    resolve_session(world.core, ann.auth.session_token)


def test_creating_a_session_needs_a_user(world):
    assert answer(write.create, world.nobody, "_Session", {}) == (400, 209, "Session token required.")


def test_the_master_key_stores_sessions_as_sent(world):
    ann = user(world, "ann")
    fields = {"user": pointer("_User", ann.auth.user_id), "sessionToken": "r:made", "expiresAt": DATE}
    made = write.create(world.master, "_Session", fields)
    assert sorted(made.body) == ["createdAt", "objectId"]
    assert resolve_session(world.core, "r:made").user["objectId"] == ann.auth.user_id


@pytest.mark.parametrize("name", ["sessionToken", "installationId", "expiresAt", "createdWith"])
@pytest.mark.parametrize("value", [None, {"__op": "Delete"}, "text"])
def test_what_makes_a_session_cannot_be_changed(world, name, value):
    ann = user(world, "ann")
    own = sessions.current(ann)["objectId"]
    assert answer(write.update, ann, "_Session", own, {name: value}) == (400, 105, f"Invalid key name: {name}")


def test_a_session_belongs_to_its_user(world):
    ann, bob = user(world, "ann"), user(world, "bob")
    own = sessions.current(ann)["objectId"]
    write.update(ann, "_Session", own, {"note": "x", "user": pointer("_User", ann.auth.user_id)})
    assert sessions.current(ann)["note"] == "x"
    assert answer(write.update, ann, "_Session", own, {"user": pointer("_User", bob.auth.user_id)})[:2] == (400, 105)
    assert answer(write.update, bob, "_Session", own, {"note": "y"}) == (404, 101, "Object not found.")
    assert answer(write.update, world.nobody, "_Session", own, {"note": "y"})[:2] == (400, 209)
    assert answer(write.update, ann, "_Session", own, {"ACL": {}}) == (400, 105, "Cannot set ACL on a Session.")


def test_a_session_can_be_deleted_by_its_user_only(world):
    ann, bob = user(world, "ann"), user(world, "bob")
    own = sessions.current(ann)["objectId"]
    assert answer(delete.delete, bob, "_Session", own) == (404, 101, "Object not found for delete.")
    assert answer(delete.delete, world.nobody, "_Session", own)[:2] == (400, 209)
    delete.delete(ann, "_Session", own)
    assert answer(resolve_session, world.core, ann.auth.session_token)[1] == 209


def test_an_expired_session_is_refused(world):
    ann = user(world, "ann")
    own = sessions.current(ann)["objectId"]
    write.update(world.master, "_Session", own, {"expiresAt": {"__type": "Date", "iso": "2001-01-01T00:00:00.000Z"}})
    assert answer(resolve_session, world.core, ann.auth.session_token) == (400, 209, "Session token is expired.")
    sessions.current(ann)


def test_upgrading_gives_a_further_session(world):
    ann = user(world, "ann")
    session = sessions.upgrade(ann)
    assert session["createdWith"] == {"action": "upgrade"}
    resolve_session(world.core, session["sessionToken"])
    assert answer(sessions.upgrade, world.nobody) == (404, 101, "invalid session")


def test_tokens_are_long_and_random(world):
    user(world, "ann")
    tokens = {login.log_in(world.nobody, {"username": "ann", "password": "p"})["sessionToken"] for _ in range(4)}
    assert len(tokens) == 4 and all(len(token) == 34 for token in tokens)
    assert len({ids.new_object_id() for _ in range(100)}) == 100


def test_reading_sessions_shows_own_ones_only(world):
    ann = user(world, "ann")
    user(world, "bob")
    assert [row["user"].object_id for row in read.find(ann, "_Session").results] == [ann.auth.user_id]
