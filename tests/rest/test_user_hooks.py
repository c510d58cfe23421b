"""Hooks around sign-ups and logins (contract/10, sections 3 and 8)."""

import pytest

from parse_shim.errors import ParseError
from parse_shim.rest import login, read, sessions, write
from parse_shim.rest.auth import auth_for_token
from parse_shim.rest.core import Context
from tests.rest.hooked import Hooked
from tests.rest.world import answer


@pytest.fixture
def world():
    return Hooked()


def told(written):
    return {name: value for name, value in written.body.items() if name not in ("objectId", "createdAt", "updatedAt")}


def test_hooks_on_users(world):
    seen = []

    @world.on("before_save", "_User")
    def before(request):
        seen.append((request.object.get("password"), sorted(n for n in request.object if n.startswith("_"))))

    @world.on("after_save", "_User")
    def after(request):
        seen.append((request.object.get("password"), request.object.get("_hashed_password")))

    made = write.create(world.nobody, "_User", {"username": "ann", "password": "p"})
    assert seen == [("p", []), (None, None)]
    assert sorted(told(made)) == ["sessionToken", "username"]
    assert login.log_in(world.nobody, {"username": "ann", "password": "p"})


def test_login_hooks(world):
    write.create(world.nobody, "_User", {"username": "ann", "password": "p"})
    seen = []
    world.on("before_login", "_User")(
        lambda request: seen.append(("before", request.object["username"], request.object.get("sessionToken")))
    )
    world.on("after_login", "_User")(lambda request: seen.append(("after", request.object["sessionToken"], request.user.id)))
    world.on("after_logout", "_Session")(lambda request: seen.append(("out", request.object["sessionToken"])))
    user = login.log_in(world.nobody, {"username": "ann", "password": "p"})
    sessions.log_out(Context(world.core, auth_for_token(world.core, user["sessionToken"])))
    token = user["sessionToken"]
    assert seen == [("before", "ann", None), ("after", token, user["objectId"]), ("out", token)]


def test_before_login_refuses_without_a_session(world):
    write.create(world.nobody, "_User", {"username": "ann", "password": "p"})
    before = len(read.find(world.master, "_Session").results)

    @world.on("before_login", "_User")
    def refuse(request):
        raise ParseError(209, "banned")

    assert answer(login.log_in, world.nobody, {"username": "ann", "password": "p"}) == (400, 209, "banned")
    assert len(read.find(world.master, "_Session").results) == before


def test_a_login_by_auth_data_runs_its_own_hooks(world):
    anonymous = {"authData": {"anonymous": {"id": "uuid"}}}
    write.create(world.nobody, "_User", anonymous)
    seen = []
    for kind in ("before_save", "after_save", "before_login", "after_login"):
        world.on(kind, "_User")(lambda request, kind=kind: seen.append(kind))
    assert write.create(world.nobody, "_User", anonymous).status == 200
    assert seen == ["before_login", "after_save"]
