"""Login and its relatives (contract/03, sections 2 and 10)."""

import threading

import pytest

from parse_shim import ids
from parse_shim.query.ast import Eq
from parse_shim.rest import login, read, sessions, write
from parse_shim.rest.auth import auth_for_token, resolve_session
from parse_shim.rest.core import Auth, Context
from parse_shim.settings_groups import AccountLockout, PasswordPolicy
from parse_shim.update.ops import Unset
from tests.rest.world import World, answer

WRONG = (404, 101, "Invalid username/password.")


@pytest.fixture
def world():
    return made()


def made(**options):
    world = World(options)
    write.create(world.nobody, "_User", {"username": "ann", "password": "p1", "email": "ann@x.org", "phone": "1"})
    return world


def on(world, installation_id):
    return Context(world.core, Auth(installation_id=installation_id))


def token_of(world, ctx=None):
    return login.log_in(ctx or world.nobody, {"username": "ann", "password": "p1"})["sessionToken"]


@pytest.mark.parametrize(
    "named", [{"username": "ann"}, {"email": "ann@x.org"}, {"username": "ann@x.org"}, {"username": "ann", "email": "ann@x.org"}]
)
def test_a_user_logs_in_by_name_or_address(world, named):
    user = login.log_in(world.nobody, {**named, "password": "p1"})
    assert (user["username"], user["email"], user["phone"]) == ("ann", "ann@x.org", "1")
    assert user["sessionToken"].startswith("r:")
    assert not any(name.startswith("_") for name in user)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, (400, 200, "username/email is required.")),
        ({"password": "p1"}, (400, 200, "username/email is required.")),
        ({"username": "ann"}, (400, 201, "password is required.")),
        ({"username": "ann", "password": ""}, (400, 201, "password is required.")),
        ({"username": "ann", "password": "wrong"}, WRONG),
        ({"username": "nobody", "password": "p1"}, WRONG),
        ({"username": "Ann", "password": "p1"}, WRONG),
        ({"username": {"$ne": ""}, "password": "p1"}, WRONG),
        ({"username": "ann", "password": {"$ne": ""}}, WRONG),
        ({"username": "ann", "email": "other@x.org", "password": "p1"}, WRONG),
        ({"username": "ann", "email": {"$regex": "."}, "password": "p1"}, WRONG),
    ],
)
def test_a_bad_login_is_refused(world, parameters, expected):
    assert answer(login.log_in, world.nobody, parameters) == expected
    assert answer(login.verify_password, world.nobody, parameters) == expected


def test_each_login_is_a_further_session(world):
    first, second = token_of(world), token_of(world)
    assert first != second
    assert resolve_session(world.core, first).user["objectId"] == resolve_session(world.core, second).user["objectId"]


def test_a_login_on_the_same_installation_ends_the_session_there(world):
    first, elsewhere = token_of(world, on(world, "phone")), token_of(world, on(world, "tablet"))
    second = token_of(world, on(world, "phone"))
    assert answer(resolve_session, world.core, first)[1] == 209
    resolve_session(world.core, second)
    resolve_session(world.core, elsewhere)


def test_a_locked_user_does_not_log_in(world):
    user_id = login.log_in(world.nobody, {"username": "ann", "password": "p1"})["objectId"]
    write.update(world.master, "_User", user_id, {"ACL": {}})
    assert answer(token_of, world) == WRONG
    assert token_of(world, world.master)


def test_a_hidden_user_sees_its_id_only(world):
    world.permit("_User", get={})
    user = login.log_in(world.nobody, {"username": "ann", "password": "p1"})
    assert sorted(user) == ["objectId", "sessionToken"]


def test_verify_password_begins_no_session(world):
    before = len(read.find(world.master, "_Session").results)
    user = login.verify_password(world.nobody, {"username": "ann", "password": "p1"})
    assert "sessionToken" not in user and user["email"] == "ann@x.org"
    assert len(read.find(world.master, "_Session").results) == before


def test_login_as_is_for_the_master_key(world):
    user_id = login.verify_password(world.nobody, {"username": "ann", "password": "p1"})["objectId"]
    user = login.log_in_as(world.master, {"userId": user_id})
    session = sessions.find_session(world.master, user["sessionToken"])
    assert session["createdWith"] == {"action": "login", "authProvider": "masterkey"}
    assert answer(login.log_in_as, world.nobody, {"userId": user_id})[:2] == (400, 119)
    assert answer(login.log_in_as, Context(world.core, Auth("readonly")), {"userId": user_id})[:2] == (400, 119)
    text = "userId must not be empty, null, or undefined"
    assert answer(login.log_in_as, world.master, {"userId": ""}) == (400, 162, text)
    assert answer(login.log_in_as, world.master, {"userId": {"$ne": 1}}) == (404, 101, "user not found")


def test_me_repeats_the_token(world):
    token = token_of(world)
    ann = Context(world.core, auth_for_token(world.core, token))
    me = login.me(ann)
    assert (me["sessionToken"], me["username"], me["email"]) == (token, "ann", "ann@x.org")
    assert answer(login.me, world.nobody) == (400, 209, "Permission denied")
    by_key = login.me(Context(world.core, Auth("master", session_token=token)))
    assert by_key["username"] == "ann"


def test_logout_ends_the_session(world):
    token = token_of(world)
    ann = Context(world.core, auth_for_token(world.core, token))
    sessions.log_out(ann)
    assert answer(resolve_session, world.core, token) == (400, 209, "Invalid session token")
    sessions.log_out(ann)
    sessions.log_out(world.nobody)


def test_an_old_password_must_be_changed():
    world = made(password_policy=PasswordPolicy(max_password_age=1))
    assert token_of(world)
    later = ids.timestamp() + 2 * 24 * 3600
    ids.set_clock(lambda: later)
    try:
        assert answer(token_of, world) == (404, 101, "Your password has expired. Please reset your password.")
    finally:
        ids.set_clock(None)


def test_a_password_older_than_the_policy_begins_to_age_at_the_next_login():
    world = made(password_policy=PasswordPolicy(max_password_age=1))
    before = {"_password_changed_at": Unset()}
    world.core.engine.update(world.core.classes.get("_User"), Eq("username", "ann"), before)
    later = ids.timestamp() + 2 * 24 * 3600
    ids.set_clock(lambda: later)
    try:
        assert token_of(world)
        ids.set_clock(lambda: later + 2 * 24 * 3600)
        assert answer(token_of, world)[:2] == (404, 101)
    finally:
        ids.set_clock(None)


LOCKED = "Your account is locked due to multiple failed login attempts. Please try again after 1 minute(s)"


@pytest.fixture
def guarded():
    world = made(account_lockout=AccountLockout(duration=1, threshold=2))
    yield world
    ids.set_clock(None)


def attempt(world, password):
    return answer(login.log_in, world.nobody, {"username": "ann", "password": password})


def test_wrong_passwords_lock_the_account(guarded):
    assert [attempt(guarded, "wrong")[2] for _ in range(3)] == [WRONG[2], WRONG[2], LOCKED]
    assert attempt(guarded, "p1") == (404, 101, LOCKED)
    assert answer(login.verify_password, guarded.nobody, {"username": "ann", "password": "p1"}) == (404, 101, LOCKED)


def test_a_lock_opens_after_its_time(guarded):
    for _ in range(3):
        attempt(guarded, "wrong")
    later = ids.timestamp() + 61
    ids.set_clock(lambda: later)
    assert attempt(guarded, "wrong")[2] == WRONG[2]
    assert attempt(guarded, "wrong")[2] == LOCKED
    later += 61
    assert token_of(guarded)


def test_a_success_resets_the_count(guarded):
    attempt(guarded, "wrong")
    token_of(guarded)
    assert attempt(guarded, "wrong")[2] == attempt(guarded, "wrong")[2] == WRONG[2]


def test_many_attempts_at_once_get_no_more_judged(guarded):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(attempt(guarded, "wrong")[2])) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(WRONG[2]) <= 2 and len(answers) == 10
