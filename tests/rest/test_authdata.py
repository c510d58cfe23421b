"""Anonymous users and other providers (contract/03, section 5)."""

import threading

import pytest

from parse_shim.errors import ParseError
from parse_shim.query.ast import Eq
from parse_shim.rest import login, read, sessions, write
from parse_shim.rest.auth import auth_for_token, resolve_session
from parse_shim.rest.core import Context
from parse_shim.rest.providers.base import Accepted, Provider
from tests.rest.world import World, answer

UNSUPPORTED = (400, 252, "This authentication method is unsupported.")
ANON = {"authData": {"anonymous": {"id": "uuid-1"}}}


class Token(Provider):
    """Takes the token `good`; remembers when it was asked."""

    def __init__(self):
        self.asked = []

    def validate_auth_data(self, data, request):
        self.asked.append((request.trigger, data.get("id")))
        if data.get("token") != "good":
            raise ValueError("bad token")
        return None


class Stateful(Provider):
    policy = "additional"

    def validate_auth_data(self, data, request):
        if data.get("code") != "1":
            raise ParseError(210, "wrong code")
        return Accepted(response={"left": 2}, save={"id": "s", "set": True})

    def challenge(self, challenge, data, request):
        return {"hint": challenge.get("hint")}


class Shy(Provider):
    def validate_auth_data(self, data, request):
        return None

    def after_find(self, data):
        return {"id": data["id"]}


class Silent(Provider):
    def validate_auth_data(self, data, request):
        raise RuntimeError


@pytest.fixture
def token():
    return Token()


@pytest.fixture
def world(token):
    return World({"auth": {"prov": token, "mfa": Stateful(), "silent": Silent(), "shy": Shy()}})


def post(world, fields, ctx=None):
    return write.create(ctx or world.nobody, "_User", fields)


def caller(world, written):
    return Context(world.core, auth_for_token(world.core, written.body["sessionToken"]))


def user_row(world, user_id):
    return world.core.engine.find(world.core.classes.get("_User"), Eq("objectId", user_id))[0]


def prov(**data):
    return {"authData": {"prov": {"id": "p1", "token": "good", **data}}}


def test_an_anonymous_user_is_made_on_first_sight(world):
    made = post(world, ANON)
    assert made.status == 201
    assert sorted(made.body) == ["authDataResponse", "createdAt", "objectId", "sessionToken", "username"]
    assert len(made.body["username"]) == 25 and made.body["authDataResponse"] == {}
    session = sessions.current(caller(world, made))
    assert session["createdWith"] == {"action": "login", "authProvider": "anonymous"}


def test_the_same_id_logs_in_again(world):
    made = post(world, ANON)
    again = post(world, {**ANON, "title": "ignored"})
    assert (again.status, again.object_id) == (200, made.object_id)
    assert again.body["authData"] == ANON["authData"] and again.located
    assert again.body["sessionToken"] != made.body["sessionToken"]
    assert "title" not in again.body and "ACL" in again.body and "updatedAt" in again.body


def test_the_caller_itself_and_the_master_key_get_no_session(world):
    made = post(world, ANON)
    for who in (caller(world, made), world.master):
        again = post(world, ANON, who)
        assert (again.status, "sessionToken" in again.body) == (200, False)


def test_a_locked_user_cannot_come_back(world):
    made = post(world, ANON)
    write.update(world.master, "_User", made.object_id, {"ACL": {}})
    assert answer(post, world, ANON)[:2] == (400, 208)


@pytest.mark.parametrize(
    ("auth_data", "expected"),
    [
        ({"nope": {"id": "1"}}, UNSUPPORTED),
        ({"anonymous": {"id": {"$regex": "^u"}}}, (400, 162, "Invalid authData id for provider 'anonymous'.")),
        ({"anonymous": {"id": 5}}, (400, 162, "Invalid authData id for provider 'anonymous'.")),
        ({"facebook": {"id": "1"}}, (404, 101, "Facebook auth is not configured.")),
        ({"prov": {"id": "p1"}}, (400, 141, "bad token")),
        ({"silent": {"id": "p1"}}, (400, 141, "Auth failed. Unknown error.")),
        ({"mfa": {"id": "p1"}}, (400, 210, "wrong code")),
        ({"anonymous": {}}, (400, 200, "bad or missing username")),
        ({"anonymous": None}, (400, 200, "bad or missing username")),
        ({}, (400, 200, "bad or missing username")),
        (None, (400, 200, "bad or missing username")),
        ("text", (400, 200, "bad or missing username")),
    ],
)
def test_bad_auth_data_is_refused(world, auth_data, expected):
    post(world, ANON)
    assert answer(post, world, {"authData": auth_data}) == expected


def test_anonymous_users_can_be_switched_off():
    assert answer(post, World({"enable_anonymous_users": False}), ANON) == UNSUPPORTED


def test_empty_auth_data_beside_a_name_is_a_plain_sign_up(world):
    named = {"username": "ann", "password": "p"}
    assert "username" not in post(world, {**named, "authData": {}}).body
    assert answer(post, world, {"username": "b", "password": "p", "authData": None}) == UNSUPPORTED


def test_a_login_asks_the_provider_every_time(world, token):
    post(world, prov())
    assert answer(post, world, {"authData": {"prov": {"id": "p1"}}})[:2] == (400, 141)
    post(world, prov())
    assert [stage for stage, _ in token.asked] == ["set_up", "login", "login"]


def test_a_login_that_names_a_user_of_its_own_has_both(world):
    made = post(world, {"username": "ann", "password": "p", **ANON})
    assert login.log_in(world.nobody, {"username": "ann", "password": "p"})["objectId"] == made.object_id


def test_a_user_links_and_unlinks(world):
    made = post(world, ANON)
    ann = caller(world, made)
    linked = write.update(ann, "_User", made.object_id, prov())
    assert linked.body["authDataResponse"] == {}
    assert set(user_row(world, made.object_id)["authData"]) == {"anonymous", "prov"}
    unlinked = write.update(ann, "_User", made.object_id, {"authData": {"prov": None}})
    assert unlinked.body["authDataResponse"] == {}
    assert set(user_row(world, made.object_id)["authData"]) == {"anonymous"}
    assert post(world, prov()).status == 201


def test_linking_with_the_master_key_begins_a_session_of_the_user(world):
    made = post(world, ANON)
    linked = write.update(world.master, "_User", made.object_id, prov())
    session = sessions.current(caller(world, linked))
    assert session["createdWith"] == {"action": "login", "authProvider": "prov"}
    unlinked = write.update(world.master, "_User", made.object_id, {"authData": {"prov": None}})
    assert "sessionToken" not in unlinked.body


def test_a_login_by_password_may_carry_empty_auth_data(world):
    post(world, {"username": "ann", "password": "p"})
    found = login.log_in(world.nobody, {"username": "ann", "password": "p", "authData": {}})
    assert found["sessionToken"] and found["authDataResponse"] == {}


def test_unchanged_auth_data_is_not_asked_about(world, token):
    made = post(world, prov())
    same = write.update(caller(world, made), "_User", made.object_id, prov())
    assert sorted(same.body) == ["updatedAt"]
    assert len(token.asked) == 1


def test_a_login_of_another_user_cannot_be_linked(world):
    post(world, prov())
    made = post(world, ANON)
    used = (400, 208, "this auth is already used")
    assert answer(write.update, caller(world, made), "_User", made.object_id, prov()) == used
    assert answer(post, world, prov(), caller(world, made)) == used


def test_nobody_finds_out_which_logins_exist(world):
    made, other = post(world, ANON), post(world, {"authData": {"anonymous": {"id": "uuid-2"}}})
    for who in (world.nobody, caller(world, other)):
        for known in ("uuid-1", "free"):
            body = {"authData": {"anonymous": {"id": known}}}
            assert answer(write.update, who, "_User", made.object_id, body) == (400, 206, "Permission denied")


@pytest.mark.parametrize("body", [{"authData": None}, {"authData": "x"}, {"authData": {"__op": "Delete"}}])
def test_auth_data_cannot_be_replaced_as_a_whole(world, body):
    made = post(world, ANON)
    assert answer(write.update, caller(world, made), "_User", made.object_id, body) == UNSUPPORTED


def test_auth_data_cannot_be_reached_by_a_path(world):
    made = post(world, ANON)
    expected = (400, 105, "Invalid field name for update: authData.anonymous.id")
    assert answer(write.update, caller(world, made), "_User", made.object_id, {"authData.anonymous.id": "x"}) == expected


def test_an_anonymous_user_becomes_a_real_one(world):
    made = post(world, ANON)
    body = {"username": "ann", "password": "p", "authData": {"anonymous": None}}
    changed = write.update(caller(world, made), "_User", made.object_id, body)
    assert changed.body["sessionToken"].startswith("r:")
    assert answer(resolve_session, world.core, made.body["sessionToken"])[1] == 209
    assert login.log_in(world.nobody, {"username": "ann", "password": "p"})["objectId"] == made.object_id
    assert post(world, ANON).status == 201


def test_an_additional_provider_guards_the_password(world):
    made = post(world, {"username": "ann", "password": "p"})
    linked = write.update(caller(world, made), "_User", made.object_id, {"authData": {"mfa": {"code": "1"}}})
    assert linked.body["authDataResponse"] == {"mfa": {"left": 2}}
    named = {"username": "ann", "password": "p"}
    assert answer(login.log_in, world.nobody, named) == (400, -1, "Missing additional authData mfa")
    user = login.log_in(world.nobody, {**named, "authData": {"mfa": {"code": "1"}}})
    assert user["authDataResponse"] == {"mfa": {"left": 2}}
    assert user_row(world, made.object_id)["authData"]["mfa"] == {"id": "s", "set": True}


def test_challenges(world):
    post(world, {"username": "ann", "password": "p"})
    asked = {"challengeData": {"mfa": {"hint": "h"}, "prov": {}}}
    assert login.challenge(world.nobody, asked) == {"challengeData": {"mfa": {"hint": "h"}}}
    assert login.challenge(world.nobody, {**asked, "username": "ann", "password": "p"}) == {"challengeData": {"mfa": {"hint": "h"}}}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, (400, -1, "Nothing to challenge.")),
        ({"challengeData": "x"}, (400, -1, "challengeData should be an object.")),
        ({"challengeData": {"a": {}}, "username": "x"}, (400, -1, "You provided username or email, you need to also provide password.")),
        ({"challengeData": {"a": {}}, "authData": "x"}, (400, -1, "authData should be an object.")),
        (
            {"challengeData": {"a": {}}, "authData": {"prov": {"id": "1"}, "mfa": {"id": "2"}}},
            (400, -1, "You cannot provide more than one authData provider with an id."),
        ),
        ({"challengeData": {"a": {}}, "authData": {"prov": {"id": "1"}}}, (404, 101, "User not found.")),
    ],
)
def test_bad_challenges_are_refused(world, parameters, expected):
    assert answer(login.challenge, world.nobody, parameters) == expected


def test_one_id_signing_up_at_once_is_one_user(world):
    made = []
    threads = [threading.Thread(target=lambda: made.append(post(world, ANON).object_id)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 5 and len(set(made)) == 1


def test_a_provider_rewrites_what_readers_see(world):
    made = post(world, {"authData": {"shy": {"id": "1", "secret": "x"}}})
    shown = read.get(caller(world, made), "_User", made.object_id).results[0]["authData"]
    assert shown == {"shy": {"id": "1"}}
    assert user_row(world, made.object_id)["authData"]["shy"]["secret"] == "x"
    assert post(world, {"authData": {"shy": {"id": "1", "secret": "x"}}}).body["authData"] == shown
