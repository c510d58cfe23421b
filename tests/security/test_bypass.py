"""Published ways around authentication and authorisation (advisories, section 1), replayed on every store."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from parse_shim import ids
from parse_shim.errors import ParseError
from parse_shim.hooks.kinds import FILE
from parse_shim.hooks.registry import Hook, Registry
from parse_shim.hooks.response import CloudResponse
from parse_shim.hooks.validators import read_validator
from tests.security.conftest import Town
from tests.web.world import APP, MASTER, Web, error

Server = Callable[..., Web]
TEXT = {"Content-Type": "text/plain"}
READ_ONLY = {**APP, "X-Parse-Master-Key": "readonly"}
OUTSIDE = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.9"}}
HIDDEN_CLASSES = [
    "_Audience", "_GraphQLConfig", "_Hooks", "_GlobalConfig", "_JobStatus", "_JobSchedule", "_PushStatus", "_Idempotency",
    "_Join:users:_Role", "_Join:roles:_Role",
]  # fmt: skip
LONG_AGO = {"__type": "Date", "iso": "2001-01-01T00:00:00.000Z"}
FAR_AWAY = {"__type": "Date", "iso": "2199-01-01T00:00:00.000Z"}


def pointer(object_id: str, class_name: str = "_User") -> dict[str, str]:
    return {"__type": "Pointer", "className": class_name, "objectId": object_id}


def signed_in(web: Web, headers: dict[str, str]) -> bool:
    return web("GET", "/users/me", headers=headers).status_code == 200


def own_session(web: Web, headers: dict[str, str]) -> str:
    return str(web("GET", "/sessions/me", headers=headers).json["objectId"])


# GHSA-h4mf-75hf-67w4
def test_a_session_token_is_text(town: Town) -> None:
    body = {"_method": "GET", "_ApplicationId": "app", "_SessionToken": {"$regex": "r:"}}
    answer = town.web("POST", "/users/me", body, TEXT)
    assert (answer.status_code, b"alice" in answer.data) == (403, False)


# GHSA-5fw2-8jcv-xh87
@pytest.mark.parametrize("identity", [{"$regex": "^known"}, {"$regex": "^nobody"}, {"$ne": 1}, ["known"], 5, True])
def test_the_id_of_a_login_is_text(town: Town, identity: Any) -> None:
    town.web("POST", "/users", {"authData": {"anonymous": {"id": "known"}}})
    answer = town.web("POST", "/users", {"authData": {"anonymous": {"id": identity}}})
    assert error(answer)[:2] == (400, 162)


# GHSA-wjqw-r9x4-j59v
@pytest.mark.parametrize("auth_data", [{}, {"anonymous": {}}, {"anonymous": None}, None, "anonymous", []])
def test_empty_auth_data_is_no_login(town: Town, auth_data: Any) -> None:
    before = len(town.web.rows("_User"))
    answer = town.web("POST", "/users", {"authData": auth_data})
    assert answer.status_code == 400 and "sessionToken" not in answer.json
    assert len(town.web.rows("_User")) == before


# GHSA-5f92-jrq3-28rc, GHSA-7xg7-rqf6-pw6c
@pytest.mark.parametrize("who", ["nobody", "alice"])
@pytest.mark.parametrize("class_name", HIDDEN_CLASSES)
def test_internal_classes_are_closed(town: Town, class_name: str, who: str) -> None:
    headers = town.as_alice if who == "alice" else APP
    bodies = {"GET": None, "POST": {"owningId": "a", "relatedId": town.alice}, "PUT": {"relatedId": town.alice}, "DELETE": None}
    for method, body in bodies.items():
        paths = [f"/classes/{class_name}/x"] if method in ("PUT", "DELETE") else [f"/classes/{class_name}"]
        for path in paths + ([f"/classes/{class_name}/x"] if method == "GET" else []):
            assert error(town.web(method, path, body, headers))[:2] == (400, 119), (method, path)
    item = {"method": "POST", "path": f"/parse/classes/{class_name}", "body": bodies["POST"]}
    assert town.web("POST", "/batch", {"requests": [item]}, headers).json[0]["error"]["code"] == 119


# GHSA-6w4q-23cf-j9jp
def test_sessions_of_others_cannot_be_touched(town: Town) -> None:
    row = own_session(town.web, town.as_alice)
    for path in (f"/sessions/{row}", f"/classes/_Session/{row}"):
        for method, body in (("GET", None), ("PUT", {"user": pointer(town.bob)}), ("PUT", {"a": 1}), ("DELETE", None)):
            assert error(town.web(method, path, body, town.as_bob))[:2] == (404, 101)
            assert error(town.web(method, path, body))[0] in (400, 404)
    assert signed_in(town.web, town.as_alice)
    assert [row["user"]["objectId"] for row in town.web("GET", "/sessions", headers=town.as_bob).json["results"]] == [town.bob]


# GHSA-5v7g-9h8f-8pgg
@pytest.mark.parametrize("path", ["/sessions", "/classes/_Session"])
def test_a_client_does_not_choose_its_session(town: Town, path: str) -> None:
    body = {"sessionToken": "r:mine", "expiresAt": FAR_AWAY, "createdWith": {"action": "forged"}, "user": pointer(town.bob)}
    answer = town.web("POST", path, body, town.as_alice)
    assert answer.status_code == 201 or error(answer)[0] == 400
    assert not signed_in(town.web, {**APP, "X-Parse-Session-Token": "r:mine"})
    for row in town.web.rows("_Session"):
        assert row["sessionToken"] != "r:mine" and row["createdWith"].get("action") != "forged"
        assert row["expiresAt"]["iso"] < "2190"
    if answer.status_code == 201:
        assert answer.json["user"]["objectId"] == town.alice


# GHSA-jc39-686j-wp6q, GHSA-f6j3-w9v3-cq22
@pytest.mark.parametrize("name", ["expiresAt", "createdWith", "sessionToken", "installationId", "user"])
@pytest.mark.parametrize("value", [FAR_AWAY, None, "", {"__op": "Delete"}, {}, "r:mine"], ids=str)
def test_what_makes_a_session_cannot_be_changed(town: Town, name: str, value: Any) -> None:
    path = f"/sessions/{own_session(town.web, town.as_alice)}"
    before = town.web("GET", path, headers=MASTER).json
    assert error(town.web("PUT", path, {name: value}, town.as_alice))[:2] == (400, 105)
    assert town.web("GET", path, headers=MASTER).json == before


# FIX-9.10.1/session-dedup
def test_nobody_ends_a_session_by_making_one_in_that_name(web: Web) -> None:
    alice = web.sign_up("alice")[0]
    there = {**APP, "X-Parse-Installation-Id": "alices-phone"}
    token = web("POST", "/login", {"username": "alice", "password": "secret"}, there).json["sessionToken"]
    as_bob = web.sign_up("bob")[1]
    for path in ("/sessions", "/classes/_Session"):
        web("POST", path, {"user": pointer(alice), "installationId": "alices-phone"}, as_bob)
        web("POST", path, {"user": pointer(alice)}, {**as_bob, "X-Parse-Installation-Id": "alices-phone"})
    assert signed_in(web, {**APP, "X-Parse-Session-Token": token})


# PR-10194/session-expiry
def test_an_expiry_set_from_outside_is_noticed(web: Web) -> None:
    as_alice = web.sign_up("alice")[1]
    row = own_session(web, as_alice)
    assert signed_in(web, as_alice)
    assert web.master("PUT", f"/classes/_Session/{row}", {"expiresAt": LONG_AGO}).status_code == 200
    ids.set_clock(lambda: time.time() + 6)
    assert error(web("GET", "/users/me", headers=as_alice))[:2] == (400, 209)
    assert error(web("GET", "/classes/W", headers=as_alice))[:2] == (400, 209)


def test_a_session_in_the_cache_expires_in_time(web: Web) -> None:
    as_alice = web.sign_up("alice")[1]
    soon = {"__type": "Date", "iso": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 3))}
    web.master("PUT", f"/classes/_Session/{own_session(web, as_alice)}", {"expiresAt": soon})
    assert signed_in(web, as_alice)
    ids.set_clock(lambda: time.time() + 4)
    assert not signed_in(web, as_alice)


# GHSA-8xq9-g7ch-35hg
@pytest.mark.parametrize("custom_ids", [False, True])
def test_no_user_is_called_like_a_role(server: Server, custom_ids: bool) -> None:
    web = server(allowCustomObjectId=custom_ids)
    web.master("POST", "/roles", {"name": "admin", "ACL": {}})
    web.master("POST", "/classes/Secret", {"ACL": {"role:admin": {"read": True}}})
    answer = web("POST", "/users", {"objectId": "role:admin", "username": "eve", "password": "secret"})
    assert answer.status_code == 400 or answer.json["objectId"] != "role:admin"
    token = answer.json.get("sessionToken")
    headers = {**APP, "X-Parse-Session-Token": token} if token else APP
    assert web("GET", "/classes/Secret", headers=headers).json["results"] == []


# GHSA-23r4-5mxp-c7g5
def test_an_anonymous_session_says_so(web: Web) -> None:
    token = web("POST", "/users", {"authData": {"anonymous": {"id": "1"}}}).json["sessionToken"]
    session = web("GET", "/sessions/me", headers={**APP, "X-Parse-Session-Token": token}).json
    assert session["createdWith"]["authProvider"] == "anonymous"


# GHSA-8w3j-g983-8jh5
@pytest.mark.parametrize("who", ["nobody", "bob"])
def test_strangers_learn_nothing_about_logins(web: Web, who: str) -> None:
    alice = web.sign_up("alice")[0]
    headers = APP if who == "nobody" else web.sign_up("bob")[1]
    web("POST", "/users", {"authData": {"anonymous": {"id": "taken"}}})
    answers = [web("PUT", f"/users/{alice}", {"authData": {"anonymous": {"id": name}}}, headers) for name in ("taken", "free")]
    assert error(answers[0]) == error(answers[1]) and error(answers[0])[:2] == (400, 206)


# PR-10223/authData-dot
def test_auth_data_is_not_reached_by_a_path(town: Town) -> None:
    for name in ("authData.anonymous.id", "authData.anonymous", "_auth_data_anonymous", "_auth_data_anonymous.id"):
        assert error(town.web("PUT", f"/users/{town.alice}", {name: "x"}, town.as_alice))[:2] == (400, 105), name


# GHSA-4q3h-vp4r-prv2, GHSA-5j86-7r7m-p8h6, GHSA-g4cf-xj29-wqqr
@pytest.mark.parametrize("name", ["google", "apple", "facebook", "nosuch", "constructor", "__proto__", "__class__", "toString"])
def test_a_provider_that_is_not_set_up_signs_nobody_in(town: Town, name: str) -> None:
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiIxIn0."
    answer = town.web("POST", "/users", {"authData": {name: {"id": "1", "id_token": unsigned, "token": unsigned}}})
    assert error(answer)[0] in (400, 404) and "sessionToken" not in answer.json


# GHSA-vc89-5g3r-cmhh, GHSA-xfh7-phr7-gr2x, GHSA-79wj-8rqv-jvp5
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/hooks/functions", {"functionName": "f", "url": "https://x.example"}),
        ("PUT", "/hooks/functions/f", {"url": "https://x.example"}),
        ("POST", "/hooks/triggers", {"className": "W", "triggerName": "beforeSave", "url": "https://x.example"}),
        ("POST", "/jobs/x", {}),
        ("POST", "/jobs", {"jobName": "x"}),
        ("POST", "/files/a.txt", "data"),
        ("DELETE", "/files/a.txt", None),
        ("POST", "/loginAs", {"userId": "x"}),
        ("POST", "/classes/W", {"a": 1}),
        ("POST", "/classes/_Session", {}),
        ("POST", "/users", {"username": "new", "password": "x"}),
        ("POST", "/push", {"channels": ["a"], "data": {}}),
        ("POST", "/push_audiences", {"name": "a", "query": "{}"}),
        ("POST", "/schemas/New", {}),
        ("PUT", "/schemas/_User", {"classLevelPermissions": {}}),
        ("DELETE", "/schemas/W", None),
        ("DELETE", "/purge/_User", None),
        ("PUT", "/config", {"params": {"a": 1}}),
        ("PUT", "/graphql-config", {"params": {}}),
        ("POST", "/cloud_code/jobs", {"job_schedule": {"jobName": "x"}}),
    ],
)
def test_the_read_only_key_only_reads(town: Town, method: str, path: str, body: Any) -> None:
    answer = town.web(method, path, body, READ_ONLY)
    assert answer.status_code == 403 or error(answer)[:2] == (400, 119)
    assert [row["username"] for row in town.web.rows("_User") if row["username"] == "new"] == []


# GHSA-vm5r-c87r-pf6x
@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP"])
def test_an_address_in_a_header_is_not_believed(town: Town, name: str) -> None:
    value = "for=127.0.0.1" if name == "Forwarded" else "127.0.0.1"
    assert town.web("GET", "/schemas", headers={**MASTER, name: value}, **OUTSIDE).status_code == 403
    assert town.web("GET", "/schemas", headers=MASTER).status_code == 200


# fix in 9.10.1-alpha
def test_a_rate_limit_does_not_believe_it_either(server: Server) -> None:
    web = server(rateLimit=[{"requestPath": "/login", "requestTimeWindow": 60_000, "requestCount": 2, "zone": "ip"}])
    headers = {**APP, "X-Forwarded-For": "127.0.0.1"}
    codes = [web("POST", "/login", {"username": "a", "password": "b"}, headers, **OUTSIDE).status_code for _ in range(4)]
    assert codes == [404, 404, 429, 429]


# GHSA-vpj2-qq7w-5qq6
@pytest.mark.parametrize("suffix", [".prototype.constructor", ".constructor", ".__init__", "/x", "%00", "%20", ".", "%2f"])
def test_the_validator_goes_with_the_function(server: Server, suffix: str) -> None:
    def deny(_request: Any) -> None:
        raise ParseError(142, "not you")

    ran: list[Any] = []
    web = server(cloud=Registry([Hook("function", "guarded", ran.append, read_validator(deny))]))
    assert error(web("POST", "/functions/guarded", {}))[:2] == (400, 142)
    assert error(web("POST", f"/functions/guarded{suffix}", {}))[0] in (400, 404) if suffix != "/x" else True
    assert ran == []


# GHSA-p84r-h6rx-f2xr
def test_the_list_of_routes_holds_in_a_batch(server: Server) -> None:
    web = server(routeAllowList=["batch", "classes/Open"])
    paths = ["/classes/Closed", "/classes/Closed?x", "//classes//Closed", "/users", "/classes/Open/../Closed", "/CLASSES/Closed"]
    for path in paths:
        item = {"method": "POST", "path": "/parse" + path, "body": {"username": "u", "password": "p"}}
        answer = web("POST", "/batch", {"requests": [item]})
        assert answer.status_code == 400 or answer.json[0]["error"]["code"] == 119, path
    assert web.rows("Closed") == [] and web.rows("_User") == []


# GHSA-hwx8-q9cg-mqmc, GHSA-hpm8-9qx6-jvwv
def test_every_way_to_a_file_asks_its_hook(server: Server) -> None:
    def deny(_request: Any) -> None:
        raise ParseError(119, "not you")

    hooks = Registry([Hook("before_find", FILE, deny)])
    web = server(fileUpload={"enableForPublic": True}, cloud=hooks)
    url = web("POST", "/files/a.txt", "secret").json["url"].removeprefix("http://localhost/parse")
    name = url.rsplit("/", 1)[1]
    for path, headers in [(url, {}), (url, {"Range": "bytes=0-"}), (url, {"Range": "bytes=-3"}), (f"/files/app/metadata/{name}", {})]:
        for method in ("GET", "HEAD"):
            answer = web(method, path, headers=headers)
            assert (answer.status_code, b"secret" in answer.data) == (403, False), (method, path)


# BASE-master-only
MASTER_ONLY = [
    ("GET", "/schemas"), ("GET", "/schemas/_User"), ("POST", "/schemas/X"), ("PUT", "/schemas/_User"), ("DELETE", "/schemas/_User"),
    ("DELETE", "/purge/_User"), ("GET", "/aggregate/_User"), ("PUT", "/config"), ("GET", "/serverInfo"), ("GET", "/security"),
    ("GET", "/scriptlog"), ("GET", "/graphql-config"), ("PUT", "/graphql-config"), ("POST", "/jobs/x"), ("POST", "/jobs"),
    ("GET", "/hooks/functions"), ("POST", "/hooks/functions"), ("GET", "/hooks/triggers"), ("POST", "/hooks/triggers"),
    ("PUT", "/hooks/functions/f"), ("POST", "/push"), ("GET", "/push_audiences"), ("POST", "/push_audiences"),
    ("DELETE", "/push_audiences/x"), ("GET", "/cloud_code/jobs"), ("GET", "/cloud_code/jobs/data"), ("POST", "/cloud_code/jobs"),
    ("DELETE", "/cloud_code/jobs/x"), ("DELETE", "/files/x"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), MASTER_ONLY)
def test_master_routes_want_the_master_key(town: Town, method: str, path: str) -> None:
    body = {} if method in ("POST", "PUT") else None
    near = [APP, town.as_alice, *({**APP, "X-Parse-Master-Key": key} for key in ("", "maste", "masterr", "Master", " "))]
    for headers in near:
        assert town.web(method, path, body, headers).status_code == 403, headers
    if not path.startswith("/files"):  # there a body is a file
        assert town.web("POST", path, {"_method": method}, APP).status_code == 403


def test_a_wrong_key_by_basic_authorization_is_none(town: Town) -> None:
    for key in ("", "x", "javascript-key=master"):
        answer = town.web("GET", "/schemas", headers={}, auth=("app", key))
        assert answer.status_code == 403, key


# BASE-signup-fields
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("emailVerified", True), ("_hashed_password", "x"), ("sessionToken", "r:mine"), ("_session_token", "r:mine"), ("_rperm", ["*"]),
        ("_wperm", ["*"]), ("_email_verify_token", "t"), ("_perishable_token", "t"), ("_failed_login_count", 0), ("_tombstone", 1),
        ("_account_lockout_expires_at", FAR_AWAY), ("_password_history", []), ("_auth_data_anonymous", {"id": "1"}), ("_acl", {}),
        ("createdAt", LONG_AGO), ("updatedAt", LONG_AGO), ("_created_at", LONG_AGO), ("_id", "mine"), ("objectId", "mine"),
    ],
)  # fmt: skip
def test_privileged_fields_are_refused_or_ignored_at_sign_up(town: Town, name: str, value: Any) -> None:
    username = f"new{name}"
    answer = town.web("POST", "/users", {"username": username, "password": "secret", name: value})
    rows = [row for row in town.web.rows("_User") if row.get("username") == username]
    if answer.status_code == 201:
        assert name in ("sessionToken", "createdAt", "updatedAt")
        assert answer.json["sessionToken"] != "r:mine" and rows[0]["createdAt"] > "2020"
    else:
        assert error(answer)[:2] in ((400, 105), (400, 119)) and rows == []


# BASE-logout
def test_a_token_ends_with_the_logout(web: Web) -> None:
    as_alice = web.sign_up("alice")[1]
    assert signed_in(web, as_alice)
    web("POST", "/logout", {}, as_alice)
    assert error(web("GET", "/users/me", headers=as_alice))[:2] == (400, 209)


@pytest.mark.parametrize("by_master", [False, True])
def test_a_token_ends_with_a_new_password(web: Web, by_master: bool) -> None:
    alice, as_alice = web.sign_up("alice")
    assert signed_in(web, as_alice)
    web("PUT", f"/users/{alice}", {"password": "other"}, MASTER if by_master else as_alice)
    assert error(web("GET", "/users/me", headers=as_alice))[:2] == (400, 209)


def test_a_token_ends_with_its_user(web: Web) -> None:
    alice, as_alice = web.sign_up("alice")
    assert signed_in(web, as_alice)
    web.master("DELETE", f"/users/{alice}")
    assert error(web("GET", "/users/me", headers=as_alice))[:2] == (400, 209)


# PR-10262/method-override
@pytest.mark.parametrize("method", ["DELETE", "delete", "DeLeTe", " DELETE", {}, {"$ne": 1}, ["DELETE"], 5, None, ""], ids=str)
def test_a_method_in_the_body_obeys_the_acl(town: Town, method: Any) -> None:
    row = town.web.create("Owned", ACL={town.alice: {"read": True, "write": True}})
    answer = town.web("POST", f"/classes/Owned/{row}", {"_method": method}, town.as_bob)
    assert 400 <= answer.status_code < 500
    assert row in {found["objectId"] for found in town.web.rows("Owned")}


def test_a_response_of_a_hook_cannot_split_headers(server: Server) -> None:
    handler = lambda request: CloudResponse({}, headers={"X-Own": request.params["v"]})  # noqa: E731
    web = server(cloud=Registry([Hook("function", "styled", handler)]))
    answer = web("POST", "/functions/styled", {"v": "a\r\nSet-Cookie: x=1"})
    assert "Set-Cookie" not in answer.headers and answer.status_code < 500
