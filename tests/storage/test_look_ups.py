"""What the server looks up by itself (sessions, roles, links, installations, names, addresses, identities, tokens) is found through
an index, on both stores: the statements are those that requests send, the plans the store's own."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from queue import Empty, Queue
from typing import Any

import bcrypt
import pytest

from parse_shim import ids
from parse_shim.classes.model import STRING
from parse_shim.rest import passwords, push_schedule
from tests.contract.world import Server, op, pointer, query
from tests.support.plans import MongoRecorder, Recorder, SqliteRecorder

OPTIONS = {
    "appName": "App",
    "publicServerURL": "http://localhost/parse",
    "verifyUserEmails": True,
    "idempotencyOptions": {"paths": [".*"], "ttl": 300},
    "accountLockout": {"threshold": 3, "duration": 5},
    "auth": {"club": {"module": "parse_shim.testing.adapters:AcceptingProvider"}},
    "indexesOnDemand": False,
}
FORM = {"Content-Type": "application/x-www-form-urlencoded", "X-Requested-With": "XMLHttpRequest"}
DEVICE = {"installationId": "inst-1", "deviceType": "ios", "deviceToken": "token-1"}
ANONYMOUS = {"authData": {"anonymous": {"id": "11111111-1111-4111-8111-111111111111"}}}
ON_DEVICE = {"X-Parse-Installation-Id": "inst-1"}
LEAVES = {"guests": op("RemoveRelation", objects=[pointer("_User", "{bob}")])}
CHANGE = {"method": "PUT", "path": "/parse/classes/Call/{call}", "body": {"title": "c"}}
OTHER = {"authData": {"anonymous": {"id": "22222222-2222-4222-8222-222222222222"}}}


class Mailbox:
    """Where mails go."""

    def __init__(self) -> None:
        self._texts: Queue[str] = Queue()

    def send_mail(self, mail: Any) -> None:
        self._texts.put(mail["text"])

    def token(self) -> str:
        """Of the next mail; they are sent beside the requests."""
        found = re.search(r"token=(\w+)", self._texts.get(timeout=5))
        assert found
        return found[1]

    def empty(self) -> None:
        with contextlib.suppress(Empty):
            while True:
                self._texts.get_nowait()


@pytest.fixture(scope="module", params=["sqlite", "mongodb"])
def recorder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    if request.param == "sqlite":
        made: Any = SqliteRecorder(str(tmp_path_factory.mktemp("look_ups") / "p.db"))
    else:
        made = MongoRecorder(request.getfixturevalue("module_mongo_uri"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def server(recorder: Recorder) -> Iterator[Server]:
    """Users, sessions, roles in roles, installations and a relation, in a store that has seen each of them."""
    cost, nobody = passwords.COST, passwords.NOBODY
    passwords.COST, passwords.NOBODY = 4, bcrypt.hashpw(b"nobody", bcrypt.gensalt(4)).decode("ascii")
    server = Server(recorder.engine, emailAdapter=Mailbox(), **OPTIONS)
    for name in ("ann", "bob", "carol"):
        server.sign_up(name, email=f"{name}@x.org")
    server.ok("app", "POST", "/users", ANONYMOUS)
    inner = server.create("_Role", name="Inner", ACL={}, users=op("AddRelation", objects=[pointer("_User", server.names["ann"])]))
    server.create("_Role", name="Outer", ACL={}, roles=op("AddRelation", objects=[pointer("_Role", inner)]))
    server.names["inner"] = inner
    for number in range(3):
        device = {**DEVICE, "installationId": f"inst-{number}", "deviceToken": f"token-{number}"}
        server.ok("app", "POST", "/installations", device)
    server.names["call"] = server.create("Call", receiver=pointer("_User", server.names["ann"]), title="a")
    guests = op("AddRelation", objects=[pointer("_User", server.names["ann"])])
    server.names["party"] = server.create("Party", guests=guests)
    cls, moment = server.core.classes.ensure("_PushStatus", {"status": STRING, "pushTime": STRING}), ids.now()
    recorder.engine.insert(cls, {"objectId": "p", "status": "succeeded", "pushTime": "2020", "createdAt": moment, "updatedAt": moment})
    yield server
    server.core.close()
    passwords.COST, passwords.NOBODY = cost, nobody


def mailbox(server: Server) -> Mailbox:
    found = server.core.extras["mail"]
    assert isinstance(found, Mailbox)
    return found


def sends(who: str, method: str, path: str, body: Any = None, **headers: str) -> Callable[[Server], Any]:
    return lambda server: server(who, method, path, body, headers=headers)


def related_to(class_name: str, object_id: str, key: str) -> dict[str, Any]:
    return {"$relatedTo": {"object": pointer(class_name, object_id), "key": key}}


def reset_password(server: Server) -> None:
    mailbox(server).empty()
    server.ok("app", "POST", "/requestPasswordReset", {"email": "carol@x.org"})
    token = mailbox(server).token()
    server("none", "GET", f"/apps/app/request_password_reset?token={token}&username=carol")
    form = f"new_password=other&token={token}&username=carol".encode()
    answer = server("none", "POST", "/apps/app/request_password_reset", form, headers=FORM)
    assert answer.status_code == 200, answer.data


def verify_email(server: Server) -> None:
    mailbox(server).empty()
    server.ok("app", "POST", "/verificationEmailRequest", {"email": "bob@x.org"})
    answer = server("none", "GET", f"/apps/app/verify_email?token={mailbox(server).token()}&username=bob")
    assert answer.status_code == 200 and b"is confirmed" in answer.data, answer.data


def log_out(server: Server) -> None:
    token = server.ok("app", "POST", "/login", {"username": "bob", "password": "p1"})["sessionToken"]
    server.who["leaving"] = {**server.who["app"], "X-Parse-Session-Token": token}
    server.ok("leaving", "POST", "/logout", {})


def change_password(server: Server) -> None:
    """Which ends the user's other sessions."""
    server.sign_up("dave")
    server.ok("dave", "PUT", f"/users/{server.names['dave']}", {"password": "p2"})


def delete_user(server: Server) -> None:
    server.sign_up("eve")
    server.ok("eve", "DELETE", f"/users/{server.names['eve']}")


def due_pushes(server: Server) -> None:
    push_schedule.send_due(server.core)


def forget_expired_requests(server: Server) -> None:
    server.core.extras.pop("idempotency_swept", None)
    answer = server("ann", "PUT", "/classes/Call/{call}", {"title": "d"}, headers={"X-Parse-Request-Id": "r2"})
    assert answer.status_code == 200, answer.data


LOOK_UPS = {
    "signing up": sends("app", "POST", "/users", {"username": "new", "password": "p1", "email": "new@x.org"}),
    "a name that is taken": sends("app", "POST", "/users", {"username": "ann", "password": "p1"}),
    "an address that is taken": sends("app", "POST", "/users", {"username": "ann2", "password": "p1", "email": "ann@x.org"}),
    "logging in": sends("app", "POST", "/login", {"username": "ann", "password": "p1"}),
    "logging in on a device": sends("app", "POST", "/login", {"username": "bob", "password": "p1"}, **ON_DEVICE),
    "logging in with the address": sends("app", "POST", "/login", {"email": "ann@x.org", "password": "p1"}),
    "a wrong password": sends("app", "POST", "/login", {"username": "ann", "password": "no"}),
    "logging in with an identity": sends("app", "POST", "/users", ANONYMOUS),
    "a new identity": sends("app", "POST", "/users", OTHER),
    "an identity of a provider": sends("app", "POST", "/users", {"authData": {"club": {"id": "1"}}}),
    "that identity again": sends("app", "POST", "/users", {"authData": {"club": {"id": "1"}}}),
    "linking an identity": sends("ann", "PUT", "/users/{ann}", {"authData": {"club": {"id": "2"}}}),
    "a poll with a token": sends("ann", "GET", '/classes/Call?where={"objectId":"{call}"}'),
    "who am I": sends("ann", "GET", "/users/me"),
    "my session": sends("ann", "GET", "/sessions/me"),
    "my sessions": sends("ann", "GET", "/sessions"),
    "my session changed": sends("ann", "PUT", "/sessions/me", {"title": "x"}),
    "becoming a user": sends("ann", "GET", "/users/me"),
    "logging in for somebody": sends("master", "POST", "/loginAs?userId={ann}"),
    "logging out": log_out,
    "a new password": change_password,
    "a new address": sends("ann", "PUT", "/users/{ann}", {"email": "ann3@x.org"}),
    "a new name": sends("ann", "PUT", "/users/{ann}", {"username": "ann3"}),
    "a user who goes": delete_user,
    "a forgotten password": reset_password,
    "an address that is verified": verify_email,
    "an installation again": sends("app", "POST", "/installations", DEVICE),
    "a device token that moves": sends("app", "POST", "/installations", {**DEVICE, "installationId": "inst-9"}),
    "a device token without installation": sends("app", "POST", "/installations", {"deviceType": "ios", "deviceToken": "token-2"}),
    "members of a role": sends("master", "POST", "/users", query(related_to("_Role", "{inner}", "users"))),
    "roles of a user": sends("master", "POST", "/roles", query({"users": pointer("_User", "{ann}")})),
    "guests of a party": sends("master", "POST", "/users", query(related_to("Party", "{party}", "guests"))),
    "parties of a guest": sends("master", "POST", "/classes/Party", query({"guests": pointer("_User", "{ann}")})),
    "a guest who leaves": sends("master", "PUT", "/classes/Party/{party}", LEAVES),
    "an included user": sends("ann", "GET", "/classes/Call/{call}?include=receiver"),
    "a request sent twice": sends("ann", "PUT", "/classes/Call/{call}", {"title": "b"}, **{"X-Parse-Request-Id": "r1"}),
    "requests that expire": forget_expired_requests,
    "pushes that are due": due_pushes,
    "a batch": sends("ann", "POST", "/batch", {"requests": [CHANGE]}),
}  # fmt: skip


def test_a_query_without_an_index_is_seen(recorder: Recorder, server: Server) -> None:
    with recorder.recording():
        server.ok("master", "GET", '/classes/Call?where={"title":"a"}')
    assert len(recorder.scans()) == 1


def test_a_poll_looks_up_session_user_and_roles(recorder: Recorder, server: Server) -> None:
    server.core.cache.clear()
    with recorder.recording():
        LOOK_UPS["a poll with a token"](server)
    assert recorder.classes() == {"_Session", "_User", "_Role", "_Join:users:_Role", "_Join:roles:_Role", "Call"}


@pytest.mark.parametrize("name", LOOK_UPS)
def test_a_look_up_of_the_server_reads_no_whole_class(recorder: Recorder, server: Server, name: str) -> None:
    server.core.cache.clear()
    with recorder.recording():
        LOOK_UPS[name](server)
    assert recorder.scans() == []
