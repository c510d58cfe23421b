"""Published leaks (advisories, section 3): protected fields, hidden objects and secrets, by every way around."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import bcrypt
import pytest

from parse_shim.testing.adapters import AcceptingMail
from tests.security.conftest import STORES, opened
from tests.web.world import APP, MASTER, Web, error

Server = Callable[..., Web]
MAIL = {"appName": "Test", "publicServerURL": "http://pub/parse", "emailAdapter": AcceptingMail()}
DENIED = (400, 119)


def pointer(class_name: str, object_id: str) -> dict[str, str]:
    return {"__type": "Pointer", "className": class_name, "objectId": object_id}


class Village:
    """Protected fields, a private object with a relation, a closed class, and pointers to all of them from `Open`."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.alice, self.as_alice = web.sign_up("alice")
        self.bob, self.as_bob = web.sign_up("bob")
        web.master("PUT", f"/users/{self.alice}", {"email": "alice@x.org"})
        self.pin = web.create("Card", pin="4711", name="c", secret={"k": "x"}, n=1)
        open_to_all = {name: {"*": True} for name in ("find", "get", "count", "create", "update", "delete", "addField")}
        self.permit("Card", {**open_to_all, "protectedFields": {"*": ["pin", "secret"]}})
        self.private = web.create("Diary", text="deep", ACL={self.alice: {"read": True, "write": True}})
        self.friend = web.create("Friend", name="f")
        link = {"rel": {"__op": "AddRelation", "objects": [pointer("Friend", self.friend)]}}
        assert web("PUT", f"/classes/Diary/{self.private}", link, self.as_alice).status_code == 200
        self.closed = web.create("Vault", gold="yes")
        self.permit("Vault", {})
        session = web("GET", "/sessions/me", headers=self.as_alice).json["objectId"]
        targets = {"card": ("Card", self.pin), "diary": ("Diary", self.private), "vault": ("Vault", self.closed),
                   "session": ("_Session", session), "user": ("_User", self.alice)}  # fmt: skip
        self.row = web.create("Open", name="o", **{name: pointer(*target) for name, target in targets.items()})

    def permit(self, class_name: str, permissions: dict[str, Any]) -> None:
        answer = self.web.master("PUT", f"/schemas/{class_name}", {"classLevelPermissions": permissions})
        assert answer.status_code == 200, answer.data

    def find(self, class_name: str, where: Any = None, headers: dict[str, str] | None = None, **more: Any) -> Any:
        body = {"_method": "GET", "where": where or {}, **more}
        return self.web("POST", f"/classes/{class_name}", body, headers or self.as_bob)


@pytest.fixture(scope="module", params=STORES)
def village(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with opened(request.param, request, tmp_path_factory.mktemp("village")) as engine:
        yield Village(Web(engine=engine))


# GHSA-72hp-qff8-4pvv, GHSA-r2m8-pxm9-9c4g
SECRET = {"pin": "4711"}


@pytest.mark.parametrize(
    "where",
    [
        SECRET,
        {"pin": {"$regex": "^4"}},
        {"pin": {"$exists": True}},
        {"pin": {"$gt": ""}},
        {"pin": {"$in": ["4711"]}},
        {"pin": {"$ne": "4711"}},
        {"secret.k": "x"},
        {"secret.k.deep": "x"},
        {"$or": [SECRET, {"name": "none"}]},
        {"$or": [{"$and": [SECRET]}]},
        {"$nor": [SECRET]},
        {"$nor": [{"$or": [{"$and": [{"secret.k": "x"}]}]}]},
        {"$and": [{"name": "c"}, {"$or": [SECRET]}]},
    ],
    ids=json.dumps,
)
def test_a_protected_field_is_no_condition(village: Village, where: Any) -> None:
    for headers in (APP, village.as_bob):
        assert error(village.find("Card", where, headers))[:2] == DENIED
        assert error(village.find("Card", where, headers, count=1, limit=0))[:2] == DENIED
        assert error(village.web("GET", "/classes/Card", headers=headers, query_string={"where": json.dumps(where)}))[:2] == DENIED
    outer = {"card": {"$inQuery": {"className": "Card", "where": where}}}
    assert error(village.find("Open", outer))[:2] == DENIED
    assert error(village.find("Open", {"$or": [outer]}))[:2] == DENIED
    assert error(village.find("Open", {"card": {"$notInQuery": {"className": "Card", "where": where}}}))[:2] == DENIED


@pytest.mark.parametrize("order", ["pin", "-pin", "secret.k", "name,-secret.k", "name,pin"])
def test_a_protected_field_is_no_order(village: Village, order: str) -> None:
    assert error(village.find("Card", order=order))[:2] == DENIED
    assert error(village.web("GET", f"/classes/Card?order={order}"))[:2] == DENIED


@pytest.mark.parametrize(
    "more", [{}, {"keys": "pin,secret"}, {"keys": "secret.k"}, {"excludeKeys": "name"}, {"includeAll": 1}, {"include": "secret"}]
)
def test_a_protected_field_is_not_shown(village: Village, more: dict[str, Any]) -> None:
    shown = [village.find("Card", **more).data, village.find("Open", include="card", keys="card.pin,card.secret").data]
    shown += [village.find("Open", include="card").data, village.web("GET", f"/classes/Card/{village.pin}", query_string=more).data]
    shown += [village.web("GET", f"/classes/Open/{village.row}?include=card").data]
    assert not any(b"4711" in data or b'"k"' in data for data in shown)


# BASE-protected-subquery
@pytest.mark.parametrize("word", ["$select", "$dontSelect"])
def test_a_protected_field_selects_nothing(village: Village, word: str) -> None:
    for key in ("pin", "secret.k", "secret"):
        inner = {"query": {"className": "Card", "where": {}}, "key": key}
        answer = village.find("Open", {"name": {word: inner}})
        assert answer.status_code == 400 or len(answer.json["results"]) == (0 if word == "$select" else 1)


# GHSA-6r2j-cxgf-495f
def test_a_redirect_opens_no_class(village: Village) -> None:
    others = village.as_alice["X-Parse-Session-Token"].encode()
    for target in ("_Session", "_User", "Vault"):
        name = f"to{target.strip('_')}"
        village.web.master("PUT", "/schemas/Open", {"fields": {name: {"type": "Relation", "targetClass": target}}})
        answer = village.find("Open", redirectClassNameForKey=name)
        assert others not in answer.data and b"gold" not in answer.data and b"alice@" not in answer.data
        if target == "Vault":
            assert error(answer)[:2] == DENIED
        nobody = village.find("Open", headers=APP, redirectClassNameForKey=name)
        assert target != "_Session" or error(nobody)[1] in (119, 209)
    hidden = {"fields": {"toHooks": {"type": "Relation", "targetClass": "_Hooks"}}}
    village.web.master("PUT", "/schemas/Open", hidden)
    village.web.master("POST", "/hooks/functions", {"functionName": "f", "url": "https://hidden.example"})
    assert b"hidden.example" not in village.find("Open", redirectClassNameForKey="toHooks").data


# GHSA-fcv6-fg5r-jm9q, BASE-clp-include, BASE-acl-oracle
@pytest.mark.parametrize("name", ["session", "vault", "diary", "user"])
def test_an_include_opens_nothing(village: Village, name: str) -> None:
    for include in (name, f"{name}.user", "*", f"{name},{name}.x"):
        for answer in (village.find("Open", include=include), village.web("GET", f"/classes/Open/{village.row}?include={include}")):
            assert answer.status_code == 200 or error(answer)[:2] in (DENIED, (400, 209))
            for secret in (b"r:", b"gold", b"deep", b"alice@x.org", b"sessionToken"):
                assert secret not in answer.data, (include, answer.data)


# GHSA-wmwx-jr2p-4j4r
def test_a_relation_of_a_hidden_object_is_empty(village: Village) -> None:
    related = {"$relatedTo": {"object": pointer("Diary", village.private), "key": "rel"}}
    for where in (related, {"$or": [related, {"name": "none"}]}, {"$and": [related]}, {"name": "f", **related}):
        assert village.find("Friend", where).json["results"] == []
        assert village.find("Friend", where, count=1, limit=0).json["count"] == 0
    assert len(village.find("Friend", related, village.as_alice).json["results"]) == 1
    nested = {"$nor": [related]}
    assert village.find("Friend", nested).status_code in (200, 400)


# GHSA-7cx5-254x-cgrq
@pytest.mark.parametrize("value", ["true", "1", "executionStats", "queryPlanner", "bogus", "{}"])
def test_plans_are_for_the_master(village: Village, value: str) -> None:
    for answer in (village.web("GET", f"/classes/Card?explain={value}"), village.find("Card", explain=value)):
        assert error(answer)[:2] == (400, 102) or (value == "{}" and isinstance(answer.json["results"], list))


# GHSA-9cp7-3q5w-j92g
@pytest.mark.parametrize("pattern", ["[abc)", "(", "(?<n", "a{2,1}", "\\", "*", "(?P<x>", "[[:foo:]]", "(?z)", "\\Q", "x" * 40_000])
def test_a_broken_pattern_is_a_plain_error(village: Village, pattern: str) -> None:
    answer = village.find("Card", {"name": {"$regex": pattern}})
    assert answer.status_code == 200 or error(answer)[:2] == (400, 102)
    for word in (b"Traceback", b"mongo", b"sqlite", b"errmsg", b"File "):
        assert word not in answer.data


# GHSA-mmpq-5hcv-hf2v
def test_unknown_and_known_names_take_the_same_time(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[bytes] = []
    real = bcrypt.checkpw
    monkeypatch.setattr(bcrypt, "checkpw", lambda given, stored: (hashed.append(stored[:7]), real(given, stored))[1])

    def costs(name: str) -> list[bytes]:
        hashed.clear()
        assert error(village.web("POST", "/login", {"username": name, "password": "wrong"})) == (404, 101, "Invalid username/password.")
        return list(hashed)

    # What takes the time is one hash of the same cost; seconds would only measure the machine.
    assert costs("alice") == costs("nobody-here")
    assert len(hashed) == 1


# GHSA-w54v-hf9p-8856, GHSA-h29g-q5c2-9h4f
def test_mail_routes_do_not_tell_who_is_registered(server: Server) -> None:
    web = server(**MAIL, verifyUserEmails=True)
    web("POST", "/users", {"username": "ann", "password": "secret", "email": "ann@x.org"})
    for path in ("/verificationEmailRequest", "/requestPasswordReset"):
        answers = [web("POST", path, {"email": address}) for address in ("ann@x.org", "nobody@x.org")]
        assert {(answer.status_code, answer.data) for answer in answers} == {(200, b"{}")}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    pages = [web("POST", "/apps/app/resend_verification_email", f"username={name}", form) for name in ("ann", "nobody")]
    assert pages[0].status_code == pages[1].status_code
    assert pages[0].headers["Location"].replace("ann", "") == pages[1].headers["Location"].replace("nobody", "")


# GHSA-75v4-m273-5j49
@pytest.mark.parametrize("permissions", [{"get": {}}, {"get": {"nobody": True}, "find": {}}])
def test_a_hidden_user_is_told_its_identity_only(server: Server, permissions: dict[str, Any]) -> None:
    web = server()
    web("POST", "/users", {"username": "ann", "password": "secret", "email": "ann@x.org", "phone": "1"})
    web.master("PUT", "/schemas/_User", {"classLevelPermissions": permissions})
    for path in ("/login", "/verifyPassword"):
        answer = web("POST", path, {"username": "ann", "password": "secret"})
        assert set(answer.json) <= {"objectId", "sessionToken"}, path


# GHSA-g4v2-qx3q-4p64
def test_the_current_session_hides_protected_fields(server: Server) -> None:
    web = server()
    as_ann = web.sign_up("ann")[1]
    open_to_all = {name: {"*": True} for name in ("find", "get", "count", "create", "update", "delete", "addField")}
    web.master("PUT", "/schemas/_Session", {"classLevelPermissions": {**open_to_all, "protectedFields": {"*": ["createdWith"]}}})
    session = web("GET", "/sessions/me", headers=as_ann).json
    assert "createdWith" not in session
    assert "createdWith" not in web("GET", f"/sessions/{session['objectId']}", headers=as_ann).json
    assert all("createdWith" not in row for row in web("GET", "/sessions", headers=as_ann).json["results"])


# BASE-acl-oracle
def test_a_hidden_object_is_not_noticed(village: Village) -> None:
    path = f"/classes/Diary/{village.private}"
    for headers in (APP, village.as_bob):
        for method, body in (("GET", None), ("PUT", {"text": "x"}), ("PUT", {"n": {"__op": "Increment", "amount": 1}}), ("DELETE", None)):
            there = error(village.web(method, path, body, headers))
            assert there == error(village.web(method, "/classes/Diary/nothing", body, headers)) and there[:2] == (404, 101)
        for where in ({"objectId": village.private}, {"text": "deep"}, {"text": {"$regex": "^d"}}, {"$nor": [{"text": "x"}]}, {}):
            answer = village.find("Diary", where, headers, count=1)
            assert answer.json["results"] == [] and answer.json["count"] == 0
        inner = {"className": "Diary", "where": {"text": "deep"}}
        assert village.find("Open", {"diary": {"$inQuery": inner}}, headers).json["results"] == []
        chosen = {"$select": {"query": {"className": "Diary", "where": {}}, "key": "text"}}
        assert village.find("Open", {"name": chosen}, headers).json["results"] == []
    item = {"method": "GET", "path": f"/parse{path}"}
    assert village.web("POST", "/batch", {"requests": [item]}, village.as_bob).json[0]["error"]["code"] == 101


# BASE-clp-include
def test_a_closed_class_stays_closed_in_subqueries(village: Village) -> None:
    inner = {"className": "Vault", "where": {"gold": "yes"}}
    chosen = {"query": {"className": "Vault", "where": {}}, "key": "gold"}
    for where in ({"vault": {"$inQuery": inner}}, {"vault": {"$notInQuery": inner}}, {"name": {"$select": chosen}},
                  {"name": {"$dontSelect": chosen}}, {"$or": [{"vault": {"$inQuery": inner}}]}):  # fmt: skip
        assert error(village.find("Open", where))[:2] == DENIED
    for method, body in (("GET", None), ("PUT", {"a": 1}), ("DELETE", None)):
        assert error(village.web(method, "/classes/Vault/nothing", body, village.as_bob))[:2] == DENIED
        assert error(village.web(method, f"/classes/Vault/{village.closed}", body, village.as_bob))[:2] == DENIED


# BASE-secrets
def test_no_answer_holds_a_secret(village: Village) -> None:
    web = village.web
    login = web("POST", "/login", {"username": "alice", "password": "secret"})
    alice = {**APP, "X-Parse-Session-Token": login.json["sessionToken"]}
    answers = [
        web("GET", "/users/me", headers=alice),
        web("GET", "/users", headers=alice),
        web("GET", f"/users/{village.alice}", headers=alice),
        web("PUT", f"/users/{village.alice}", {"x": 1}, alice),
        web("POST", "/verifyPassword", {"username": "alice", "password": "secret"}),
        web("GET", "/users", headers=MASTER),
        web("GET", "/classes/_User?keys=_hashed_password,password", headers=MASTER),
        login,
    ]
    for answer in answers:
        assert b"$2" not in answer.data and b"password" not in answer.data.replace(b'"authProvider":"password"', b"")
        assert b"_hashed" not in answer.data and b"_rperm" not in answer.data
    for answer in answers[1:2] + answers[4:7]:
        assert b"sessionToken" not in answer.data
    for headers in (APP, village.as_bob):
        assert b"alice@x.org" not in village.find("_User", headers=headers).data


# BASE-errors
@pytest.mark.parametrize(
    "body",
    [
        "{", "[", '"', "{'a':1}", '{"a":1,}', "nul", "\x00", '{"a":\x01}', '{"a":"\\x"}', '{"a":01}', "{]", '{"a"}', "[1,2", "1e", "tru",
        '{"a":{"__type":"Date","iso":5}}', '{"a":{"__type":"Bytes","base64":5}}', '{"a":{"__type":"Pointer"}}', '{"a":{"__op":"X"}}',
        '{"a":{"__type":"GeoPoint","latitude":"x"}}', '{"a":{"__type":"Polygon","coordinates":[]}}', '{"ACL":{"*":null}}',
    ],
)  # fmt: skip
def test_errors_tell_nothing_of_the_inside(village: Village, body: str) -> None:
    for path in ("/classes/Err", "/users", "/batch", "/functions/x", "/login"):
        answer = village.web("POST", path, body)
        assert answer.status_code < 500, (path, answer.data)
        for word in (b"Traceback", b"site-packages", b".py", b"orjson", b"pymongo", b"apsw", b"sqlite", b"/home", b"/usr"):
            assert word not in answer.data, answer.data


# BASE-installation
def test_installations_are_listed_for_the_master_only(village: Village) -> None:
    village.web("POST", "/installations", {"deviceType": "ios", "deviceToken": "t", "installationId": "i"})
    for path in ("/installations", "/classes/_Installation", "/classes/_Installation?where=%7B%22deviceToken%22%3A%22t%22%7D"):
        for headers in (APP, village.as_bob):
            assert error(village.web("GET", path, headers=headers))[:2] == DENIED
    assert error(village.find("_Installation", {"installationId": "i"}))[:2] == DENIED
    assert error(village.web("DELETE", "/installations/x"))[:2] == DENIED
