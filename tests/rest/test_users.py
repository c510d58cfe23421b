"""Sign-up and changes of users (contract/03, sections 1, 3 and 10)."""

import pytest

from parse_shim.rest import delete, login, read, write
from parse_shim.rest.auth import auth_for_token, resolve_session
from parse_shim.rest.core import Auth, Context
from parse_shim.settings_groups import PasswordPolicy
from tests.rest.world import World, answer

CLOUD = Auth("master", installation_id="cloud")


@pytest.fixture
def world():
    return World()


def sign_up(world, username="ann", password="p1", ctx=None, **fields):
    return write.create(ctx or world.nobody, "_User", {"username": username, "password": password, **fields})


def signed_in(world, written):
    return Context(world.core, auth_for_token(world.core, written.body["sessionToken"]))


def raw(world, user_id):
    from parse_shim.query.ast import Eq

    return world.core.engine.find(world.core.classes.get("_User"), Eq("objectId", user_id))[0]


def ended(world, token):
    return answer(resolve_session, world.core, token) == (400, 209, "Invalid session token")


def test_a_sign_up_answers_id_date_and_token(world):
    made = sign_up(world, email="ann@x.org", phone="1")
    assert (made.status, sorted(made.body)) == (201, ["createdAt", "objectId", "sessionToken"])
    assert made.body["sessionToken"].startswith("r:") and len(made.body["sessionToken"]) == 34


def test_a_user_is_stored_privately_with_a_hash(world):
    user = raw(world, sign_up(world).object_id)
    assert user["_hashed_password"].startswith("$2b$10$")
    assert "password" not in user
    assert user["ACL"] == {user["objectId"]: {"read": True, "write": True}}


def test_users_can_be_public(world):
    world = World({"enforce_private_users": False})
    user = raw(world, sign_up(world).object_id)
    assert user["ACL"]["*"] == {"read": True}


def test_a_given_acl_gets_its_owner(world):
    user = raw(world, sign_up(world, ACL={"*": {"read": True}}).object_id)
    assert set(user["ACL"]) == {"*", user["objectId"]}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (400, 200, "bad or missing username")),
        ({"username": "", "password": "x"}, (400, 200, "bad or missing username")),
        ({"username": {"$ne": 1}, "password": "x"}, (400, 200, "bad or missing username")),
        ({"username": "a"}, (400, 201, "password is required")),
        ({"username": "a", "password": ""}, (400, 201, "password is required")),
        ({"username": "a", "password": 5}, (400, 201, "password is required")),
        ({"username": "ANN", "password": "x"}, (400, 202, "Account already exists for this username.")),
        ({"username": "b", "password": "x", "email": "x"}, (400, 125, "Email address format is invalid.")),
        ({"username": "b", "password": "x", "email": "ANN@x.org"}, (400, 203, "Account already exists for this email address.")),
        ({"username": "b", "password": "x", "email": 5}, (400, 111, "schema mismatch for _User.email; expected String but got Number")),
        ({"username": "b", "password": "x", "emailVerified": True}, (400, 119, "Permission denied")),
        ({"username": "b", "password": "x", "_hashed_password": "h"}, (400, 105, "Invalid field name: _hashed_password.")),
        ({"username": "b", "password": "x", "authData": None}, (400, 252, "This authentication method is unsupported.")),
    ],
)
def test_a_bad_sign_up_is_refused(world, fields, expected):
    sign_up(world, email="ann@x.org")
    assert answer(write.create, world.nobody, "_User", fields) == expected


def test_a_chosen_session_token_is_ignored(world):
    made = sign_up(world, sessionToken="r:mine")
    assert made.body["sessionToken"] != "r:mine"
    assert "sessionToken" not in raw(world, made.object_id)


def test_an_id_that_looks_like_a_role_is_refused():
    world = World({"allow_custom_object_id": True})
    assert answer(sign_up, world, objectId="role:admin")[:2] == (400, 119)


def test_cloud_calls_and_master_headers_get_no_session(world):
    made = sign_up(world, ctx=Context(world.core, CLOUD))
    assert "sessionToken" not in made.body
    assert "sessionToken" in sign_up(world, "bob", ctx=world.master).body


def test_a_session_of_a_sign_up_says_so(world):
    made = sign_up(world)
    session = read.find(world.master, "_Session").results[0]
    assert session["createdWith"] == {"action": "signup", "authProvider": "password"}
    assert session["user"].object_id == made.object_id


def test_names_can_be_stored_in_lower_case():
    world = World({"convert_username_to_lowercase": True, "convert_email_to_lowercase": True})
    user = raw(world, sign_up(world, "BobA", email="B@X.org").object_id)
    assert (user["username"], user["email"]) == ("boba", "b@x.org")


def test_only_the_user_and_the_master_key_change_a_user(world):
    ann, bob = sign_up(world), sign_up(world, "bob")
    for who in (world.nobody, signed_in(world, bob)):
        assert answer(write.update, who, "_User", ann.object_id, {"x": 1}) == (400, 206, "Permission denied")
        assert answer(write.update, who, "_User", "unknown", {"x": 1}) == (400, 206, "Permission denied")
    write.update(signed_in(world, ann), "_User", ann.object_id, {"x": 1})
    write.update(world.master, "_User", ann.object_id, {"x": 2})
    assert answer(write.update, world.master, "_User", "unknown", {"x": 1})[:2] == (404, 101)


def test_names_of_others_cannot_be_taken(world):
    sign_up(world, email="ann@x.org")
    bob = signed_in(world, sign_up(world, "bob"))
    change = lambda **fields: write.update(bob, "_User", bob.auth.user_id, fields)  # noqa: E731
    assert answer(change, username="Ann")[:2] == (400, 202)
    assert answer(change, email="Ann@x.org")[:2] == (400, 203)
    change(username="BOB", email="bob@x.org")
    change(username="")
    assert answer(change, username={"__op": "Delete"})[:2] == (400, 107)
    change(email={"__op": "Delete"})
    assert "email" not in raw(world, bob.auth.user_id)


def test_a_user_cannot_lock_itself_out(world):
    ann = signed_in(world, sign_up(world))
    write.update(ann, "_User", ann.auth.user_id, {"ACL": {}})
    assert raw(world, ann.auth.user_id)["ACL"] == {ann.auth.user_id: {"read": True, "write": True}}
    write.update(world.master, "_User", ann.auth.user_id, {"ACL": {}})
    assert raw(world, ann.auth.user_id)["ACL"] == {}


def test_a_new_password_ends_all_sessions_and_begins_one(world):
    made = sign_up(world)
    ann = signed_in(world, made)
    changed = write.update(ann, "_User", made.object_id, {"password": "p2"})
    assert sorted(changed.body) == ["sessionToken", "updatedAt"]
    assert ended(world, made.body["sessionToken"])
    resolve_session(world.core, changed.body["sessionToken"])
    login.log_in(world.nobody, {"username": "ann", "password": "p2"})
    assert answer(login.log_in, world.nobody, {"username": "ann", "password": "p1"})[:2] == (404, 101)


def test_old_sessions_may_survive_a_new_password():
    world = World({"revoke_session_on_password_reset": False})
    made = sign_up(world)
    changed = write.update(signed_in(world, made), "_User", made.object_id, {"password": "p2"})
    assert "sessionToken" in changed.body
    resolve_session(world.core, made.body["sessionToken"])


def test_the_master_key_sets_passwords_without_a_session(world):
    made = sign_up(world)
    changed = write.update(world.master, "_User", made.object_id, {"password": "p2"})
    assert sorted(changed.body) == ["updatedAt"]
    assert ended(world, made.body["sessionToken"])


@pytest.mark.parametrize("password", [None, {"__op": "Delete"}])
def test_a_password_cannot_be_taken_away(world, password):
    ann = signed_in(world, sign_up(world))
    assert answer(write.update, ann, "_User", ann.auth.user_id, {"password": password})[:2] == (400, 201)


def test_an_empty_password_fits_nothing(world):
    ann = signed_in(world, sign_up(world))
    write.update(ann, "_User", ann.auth.user_id, {"password": ""})
    assert answer(login.log_in, world.nobody, {"username": "ann", "password": "p1"})[:2] == (404, 101)


def test_the_password_policy_holds_for_sign_up_and_change():
    policy = PasswordPolicy(validator_pattern=r"^\w{4,}$", max_password_history=2)
    world = World({"password_policy": policy})
    assert answer(sign_up, world)[:2] == (400, 142)
    made = sign_up(world, password="word1")
    ann = signed_in(world, made)
    changed = write.update(ann, "_User", made.object_id, {"password": "word2"})
    again = signed_in(world, changed)
    for used in ("word1", "word2"):
        assert answer(write.update, again, "_User", made.object_id, {"password": used})[:2] == (400, 142)
    third = signed_in(world, write.update(again, "_User", made.object_id, {"password": "word3"}))
    write.update(third, "_User", made.object_id, {"password": "word1"})


def test_deleting_users(world):
    made, other = sign_up(world), sign_up(world, "bob")
    refused = (400, 206, "Insufficient auth to delete user")
    assert answer(delete.delete, world.nobody, "_User", made.object_id) == refused
    assert answer(delete.delete, signed_in(world, other), "_User", made.object_id) == (400, 206, "Permission denied")
    delete.delete(signed_in(world, made), "_User", made.object_id)
    assert ended(world, made.body["sessionToken"])
    assert answer(delete.delete, world.master, "_User", made.object_id)[:2] == (404, 101)


def test_a_change_of_a_user_is_seen_at_once(world):
    made = sign_up(world)
    ann = signed_in(world, made)
    write.update(ann, "_User", made.object_id, {"title": "Dr"})
    assert resolve_session(world.core, made.body["sessionToken"]).user["title"] == "Dr"


def test_listeners_never_see_hashes(world):
    from parse_shim.events import LocalBus

    heard = []
    world.core.bus = bus = LocalBus()
    bus.subscribe(heard.append)
    made = sign_up(world)
    write.update(world.master, "_User", made.object_id, {"password": "p2"})
    users = [change for change in heard if change.class_name == "_User"]
    assert users and all(not name.startswith("_") for change in users for name in {**(change.before or {}), **change.after})
