"""Keys, addresses, session tokens, and the cache behind them."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from parse_shim import ids
from parse_shim.errors import TransportError
from parse_shim.query.ast import Eq
from parse_shim.rest.auth import Credentials, address_in, authenticate, resolve_session
from parse_shim.rest.cache import Cache, shared_slots
from parse_shim.update.ops import Set
from tests.rest.world import World, answer, pointer

KEYS = {"read_only_master_key": "ro", "maintenance_key": "mk"}
APP = Credentials(app_id="app", ip="127.0.0.1")
FORBIDDEN = (403, "unauthorized")


def refusal(world: World, credentials: Credentials) -> tuple[int, str]:
    with pytest.raises(TransportError) as error:
        authenticate(world.core, credentials)
    return error.value.status, error.value.message


@pytest.mark.parametrize("app_id", [None, "", "other", "APP", "constructor", "app "])
def test_an_unknown_app_is_403(app_id: str | None) -> None:
    assert refusal(World(), Credentials(app_id=app_id)) == FORBIDDEN


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ({}, "client"),
        ({"master_key": "key"}, "master"),
        ({"master_key": "ro"}, "readonly"),
        ({"maintenance_key": "mk"}, "maintenance"),
        ({"maintenance_key": "mk", "master_key": "key"}, "maintenance"),
        ({"master_key": "ke"}, "client"),
        ({"master_key": "keyy"}, "client"),
        ({"master_key": ""}, "client"),
        ({"master_key": "mk"}, "client"),
        ({"maintenance_key": "wrong", "master_key": "key"}, "master"),
        ({"master_key": "ké"}, "client"),
    ],
)
def test_which_key_was_sent(sent: dict[str, str], kind: str) -> None:
    assert authenticate(World(KEYS).core, replace(APP, **sent)).kind == kind  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sent", "ip", "passes"),
    [
        ({"master_key": "key"}, "127.0.0.1", True),
        ({"master_key": "key"}, "::1", True),
        ({"master_key": "key"}, "::ffff:127.0.0.1", True),
        ({"master_key": "key"}, "10.0.0.1", False),
        ({"master_key": "key"}, "nonsense", False),
        ({"master_key": "key"}, None, True),
        ({"master_key": "wrong"}, "10.0.0.1", True),
        ({"master_key": "ro"}, "10.0.0.1", True),
        ({"master_key": "ro"}, "2001:db8::1", True),
        ({"maintenance_key": "mk"}, "10.0.0.1", False),
    ],
)
def test_a_right_key_from_a_wrong_address_is_403(sent: dict[str, str], ip: str | None, passes: bool) -> None:
    credentials = replace(APP, ip=ip, **sent)  # type: ignore[arg-type]
    if passes:
        authenticate(World(KEYS).core, credentials)
    else:
        assert refusal(World(KEYS), credentials) == FORBIDDEN


@pytest.mark.parametrize(
    ("allowed", "ip", "expected"),
    [
        (("10.0.0.0/8",), "10.1.2.3", True),
        (("10.0.0.0/8",), "11.1.2.3", False),
        (("10.0.0.5/8",), "10.9.9.9", True),
        (("0.0.0.0/0",), "8.8.8.8", True),
        (("0.0.0.0/0",), "2001:db8::1", False),
        (("::/0",), "2001:db8::1", True),
        (("::0",), "2001:db8::1", True),
        (("::ffff:10.0.0.1",), "10.0.0.1", True),
        ((), "127.0.0.1", False),
    ],
)
def test_address_lists(allowed: tuple[str, ...], ip: str, expected: bool) -> None:
    assert address_in(allowed, ip) is expected


@pytest.mark.parametrize(
    ("configured", "sent", "passes"),
    [
        ({}, {}, True),
        ({"client_key": "c"}, {"client_key": "c"}, True),
        ({"client_key": "c"}, {}, False),
        ({"client_key": "c"}, {"client_key": "x"}, False),
        ({"client_key": "c"}, {"rest_api_key": "c"}, False),
        ({"client_key": "c", "rest_api_key": "r"}, {"rest_api_key": "r"}, True),
        ({"client_key": "c"}, {"master_key": "key"}, True),
        ({"client_key": "c"}, {"maintenance_key": "mk"}, True),
    ],
)
def test_client_keys(configured: dict[str, str], sent: dict[str, str], passes: bool) -> None:
    world = World({**KEYS, **configured})
    credentials = replace(APP, **sent)  # type: ignore[arg-type]
    if passes:
        authenticate(world.core, credentials)
    else:
        assert refusal(world, credentials) == FORBIDDEN


@pytest.mark.parametrize(
    ("sent", "installation_id"),
    [
        ({"master_key": "key"}, "cloud"),
        ({"master_key": "key", "key_in_header": False}, None),
        ({"master_key": "key", "installation_id": "i1"}, "i1"),
        ({"installation_id": "i1"}, "i1"),
        ({}, None),
    ],
)
def test_installation_of_the_caller(sent: dict[str, Any], installation_id: str | None) -> None:
    assert authenticate(World().core, replace(APP, **sent)).installation_id == installation_id


@pytest.fixture
def world() -> World:
    return with_sessions(World())


def with_sessions(world: World) -> World:
    world.user("ann")
    world.put("_Session", "s1", user=pointer("_User", "ann"), sessionToken="r:1", expiresAt=ids.now() + timedelta(days=1))
    return world


def test_a_token_names_its_user(world: World) -> None:
    auth = authenticate(world.core, replace(APP, session_token="r:1"))
    assert (auth.user_id, auth.session_token, auth.subjects()) == ("ann", "r:1", ("*", "ann"))


def test_an_unknown_token_is_209(world: World) -> None:
    credentials = replace(APP, session_token="r:2")
    assert answer(authenticate, world.core, credentials) == (400, 209, "Invalid session token")


def test_a_token_is_left_unread_for_login_and_the_master_key(world: World) -> None:
    assert authenticate(world.core, replace(APP, session_token="r:2"), resolve=False).user is None
    assert authenticate(world.core, replace(APP, session_token="r:2", master_key="key")).user is None


def test_a_token_of_a_deleted_user_is_209(world: World) -> None:
    world.core.engine.delete(world.core.classes.get_or_empty("_User"), Eq("objectId", "ann"))
    assert answer(resolve_session, world.core, "r:1") == (400, 209, "Invalid session token")


def test_an_expired_token_is_209_also_from_the_cache(world: World) -> None:
    resolve_session(world.core, "r:1")
    later = ids.timestamp() + 86400 + 1
    ids.set_clock(lambda: later)
    try:
        assert answer(resolve_session, world.core, "r:1") == (400, 209, "Session token is expired.")
    finally:
        ids.set_clock(None)


def test_a_session_is_read_once_and_forgotten_at_once(world: World) -> None:
    sessions = world.core.classes.get_or_empty("_Session")
    resolve_session(world.core, "r:1")
    world.core.engine.delete(sessions, Eq("objectId", "s1"))
    assert resolve_session(world.core, "r:1").session_id == "s1"
    world.core.cache.forget_user("ann")
    assert answer(resolve_session, world.core, "r:1") == (400, 209, "Invalid session token")


def test_a_change_in_the_database_is_seen_after_the_cache_time(world: World) -> None:
    resolve_session(world.core, "r:1")
    world.core.engine.delete(world.core.classes.get_or_empty("_Session"), Eq("objectId", "s1"))
    later = ids.timestamp() + 5.1
    ids.set_clock(lambda: later)
    try:
        assert answer(resolve_session, world.core, "r:1")[1] == 209
    finally:
        ids.set_clock(None)


@pytest.mark.parametrize(("passed", "renewed"), [(0.6, True), (0.4, False)])
def test_use_extends_a_session_after_half_its_life(passed: float, renewed: bool) -> None:
    world = with_sessions(World({"extend_session_on_use": True, "session_length": 86400}))
    expires = stored_expiry(world)
    later = ids.timestamp() + 86400 * passed
    ids.set_clock(lambda: later)
    try:
        resolve_session(world.core, "r:1")
    finally:
        ids.set_clock(None)
    assert (stored_expiry(world) > expires) is renewed


def stored_expiry(world: World) -> Any:
    return world.core.engine.find(world.core.classes.get_or_empty("_Session"), Eq("objectId", "s1"))[0]["expiresAt"]


def test_a_changed_user_is_seen_at_once(world: World) -> None:
    resolve_session(world.core, "r:1")
    users = world.core.classes.get_or_empty("_User")
    world.core.engine.update(users, Eq("objectId", "ann"), {"username": Set("anna")})
    world.core.cache.forget_user("ann")
    assert resolve_session(world.core, "r:1").user["username"] == "anna"


def test_two_workers_forget_together(tmp_path: Path) -> None:
    one, two = (Cache(5, 100, shared_slots("db", str(tmp_path))) for _ in range(2))
    for cache in (one, two):
        cache.put("s:r:1", "ann", "user:ann", cache.ticket())
        cache.put("s:r:2", "bob", "user:bob", cache.ticket())
    one.forget_user("ann")
    assert (one.get("s:r:1"), two.get("s:r:1"), two.get("s:r:2")) == (None, None, "bob")
    two.clear()
    assert one.get("s:r:2") is None


def test_databases_do_not_forget_each_others_entries(tmp_path: Path) -> None:
    one, two = (Cache(5, 100, shared_slots(name, str(tmp_path))) for name in ("one", "two"))
    two.put("s:r:1", "ann", "user:ann", two.ticket())
    one.forget_user("ann")
    one.clear()
    assert two.get("s:r:1") == "ann"


def test_another_process_forgets_for_this_one(tmp_path: Path) -> None:
    cache = Cache(5, 100, shared_slots("db", str(tmp_path)))
    cache.put("s:r:1", "ann", "user:ann", cache.ticket())
    code = f"from parse_shim.rest.cache import *; Cache(5, 9, shared_slots('db', {str(tmp_path)!r})).forget_user('ann')"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
    assert cache.get("s:r:1") is None


def test_a_table_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    (tmp_path / f"parse-shim-{os.getuid()}.cache").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError):
        shared_slots("db", str(tmp_path))


def test_what_was_forgotten_while_it_was_read_is_not_kept() -> None:
    cache = Cache(5, 100)
    ticket = cache.ticket()
    cache.forget_user("ann")
    cache.put("s:r:1", "ann", "user:ann", ticket)
    assert cache.get("s:r:1") is None


def test_the_cache_is_bounded() -> None:
    cache = Cache(5, 2)
    for number in range(4):
        cache.put(str(number), number, "t", cache.ticket())
    assert [cache.get(str(number)) for number in range(4)] == [None, None, 2, 3]
