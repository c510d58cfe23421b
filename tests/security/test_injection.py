"""Published injections (advisories, section 2): JavaScript keys, operators where text is due, SQL in every corner."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from parse_shim.hooks.registry import Hook, Registry
from parse_shim.testing.adapters import AcceptingMail
from tests.security.conftest import Town
from tests.web.world import APP, MASTER, Web, error

Server = Callable[..., Web]
MAIL = {"appName": "Test", "publicServerURL": "http://pub/parse", "emailAdapter": AcceptingMail()}
QUOTES = ["' OR '1'='1", '\'; DROP TABLE "W"; --', '" OR ""="', "\\' OR 1=1 --", "') OR ('1'='1", "x' UNION SELECT 1,2 --", "`", "]", "%00"]


def find(web: Web, class_name: str, where: Any, headers: dict[str, str] = APP, **more: Any) -> Any:
    return web("POST", f"/classes/{class_name}", {"_method": "GET", "where": where, **more}, headers)


def columns(web: Web, class_name: str) -> set[str]:
    return set(web.master("GET", f"/schemas/{class_name}").json.get("fields", {}))


# GHSA-p6h4-93qp-jhcm, GHSA-prm5-8g2m-24gg, GHSA-462x-c3jw-7vr6, GHSA-q342-9w2p-57fp
BAD_KEYS: list[dict[str, Any]] = [
    {"constructor": {"prototype": {"x": 1}}},
    {"__proto__": {"x": 1}},
    {"_bsontype": "Code", "code": "x"},
    {"m": {}, "_bsontype": "Code"},
    {"m": {"n": [{"a": 1}, {"_bsontype": "Code"}]}},
    {"a": [[[{"constructor": 1}]]]},
    {"a": [1, {"b": {}}, {"__proto__": None}]},
]


@pytest.mark.parametrize("inner", BAD_KEYS, ids=json.dumps)
def test_keys_of_javascript_are_refused_at_any_depth(town: Town, inner: dict[str, Any]) -> None:
    row = town.web.create("Plain", o={"k": 1})
    writes = [
        ("POST", "/classes/Keys", {"o": inner}),
        ("PUT", f"/classes/Plain/{row}", {"o": inner}),
        ("PUT", f"/classes/Plain/{row}", {"a": {"__op": "Add", "objects": [inner]}}),
        ("PUT", f"/classes/Plain/{row}", {"a": {"__op": "AddUnique", "objects": [inner]}}),
        ("PUT", f"/users/{town.alice}", {"o": inner}),
        ("POST", "/installations", {"deviceType": "ios", "installationId": "i", "o": inner}),
    ]
    for method, path, body in writes:
        answer = town.web(method, path, body, town.as_alice)
        assert error(answer)[:2] == (400, 105), (method, path, answer.data)
    item = {"method": "POST", "path": "/parse/classes/Keys", "body": {"o": inner}}
    batch = town.web("POST", "/batch", {"requests": [item]})
    assert batch.status_code == 400 or batch.json[0]["error"]["code"] == 105
    assert town.web.rows("Keys") == []
    assert [found["o"] for found in town.web.rows("Plain") if found["objectId"] == row] == [{"k": 1}]


def test_the_same_keys_are_refused_from_the_master(town: Town) -> None:
    for path in ("/config", "/push_audiences/x"):
        body = {"params": {"a": {"_bsontype": "Code"}}}
        assert 400 <= town.web("PUT", path, body, MASTER).status_code < 500


# GHSA-93vw-8fm5-p2jf, GHSA-xprv-wvh7-qqqx
@pytest.mark.parametrize("inner", BAD_KEYS[:4], ids=json.dumps)
def test_what_a_hook_sets_is_looked_at_too(server: Server, inner: dict[str, Any]) -> None:
    def before_save(request: Any) -> None:
        request.object["o"] = inner

    web = server(cloud=Registry([Hook("before_save", "Keys", before_save)]))
    assert error(web("POST", "/classes/Keys", {"a": 1}))[:2] == (400, 105)
    assert web.rows("Keys") == []


# GHSA-9ccr-fpp6-78qf
@pytest.mark.parametrize("body", ['{"__proto__":{"evil":1}}', '{"constructor":{"prototype":{"evil":1}}}', '{"evil":1}'])
def test_no_key_gets_past_the_permission_to_add_columns(web: Web, body: str) -> None:
    permissions = {"find": {"*": True}, "create": {"*": True}, "addField": {}}
    web.master("POST", "/schemas/Fixed", {"fields": {"a": {"type": "Number"}}, "classLevelPermissions": permissions})
    before = columns(web, "Fixed")
    assert error(web("POST", "/classes/Fixed", body))[:2] in ((400, 105), (400, 119))
    assert (columns(web, "Fixed"), web.rows("Fixed")) == (before, [])


# GHSA-6hh7-46r2-vf29, GHSA-5j86-7r7m-p8h6, GHSA-4263-jgmp-7pf4
@pytest.mark.parametrize(
    "name",
    [
        "constructor", "toString", "hasOwnProperty", "__proto__", "known.__proto__.constructor", "__class__", "__init__", "__dict__",
        "known.__class__", "__globals__", "a%00b", "..%2fx", "a'b", "%2e%2e", "known%00", "known%0a", "%F0%9F%92%A9", "a" * 5000,
    ],
    ids=lambda name: name[:30],
)  # fmt: skip
def test_odd_names_are_no_functions_and_no_jobs(server: Server, name: str) -> None:
    web = server(cloud=Registry([Hook("function", "known", lambda request: "ran"), Hook("job", "known", lambda request: "ran")]))
    assert error(web("POST", f"/functions/{name}", {}))[:2] == (400, 141)
    assert web.master("POST", f"/jobs/{name}", {}).status_code in (400, 404)
    assert web("POST", "/functions/known", {}).json == {"result": "ran"}


# GHSA-3v4q-4q9g-x83q
@pytest.mark.parametrize("app", ["constructor", "toString", "__proto__", "__class__", "App", "app ", "", "app\tx"])
def test_only_the_application_id_is_the_application_id(town: Town, app: str) -> None:
    assert town.web("GET", "/classes/W", headers={"X-Parse-Application-Id": app}).status_code == 403 or app == "app "
    answer = town.web("POST", "/classes/W", {"_ApplicationId": app, "_method": "GET"}, {"Content-Type": "text/plain"})
    assert answer.status_code == 403


# GHSA-2m6g-crv8-p3c6
INTERNAL = ["_hashed_password", "_perishable_token", "_email_verify_token", "_session_token", "_auth_data_anonymous",
            "_failed_login_count", "_password_history", "_tombstone", "_id", "_acl", "_p_user"]  # fmt: skip


@pytest.mark.parametrize("name", INTERNAL)
def test_internal_fields_are_no_constraints(town: Town, name: str) -> None:
    matches = {name: {"$regex": "^"}}
    inner = {"user": {"$inQuery": {"className": "_User", "where": matches}}}
    wheres = [
        matches,
        {name: "x"},
        {name: {"$exists": True}},
        {"$or": [matches, {"a": 1}]},
        {"$nor": [{"$and": [matches]}]},
        {f"{name}.x": 1},
    ]
    for where in wheres:
        assert error(find(town.web, "_User", where, town.as_alice))[:2] in ((400, 105), (400, 119)), where
    assert error(find(town.web, "W", inner, town.as_alice))[:2] in ((400, 105), (400, 119))
    for order in (name, f"-{name}", f"a,{name}"):
        assert error(find(town.web, "_User", {}, town.as_alice, order=order))[0] == 400
    assert name not in json.dumps(find(town.web, "_User", {}, town.as_alice, keys=name).json)


# FIX-9.10.1/installation-op
@pytest.mark.parametrize("name", ["deviceToken", "installationId", "appIdentifier"])
@pytest.mark.parametrize("value", [{"$regex": "^tok"}, {"$ne": "x"}, ["token-1"], 5, {"__op": "Increment", "amount": 1}], ids=str)
def test_installations_are_looked_up_by_text(web: Web, name: str, value: Any) -> None:
    web("POST", "/installations", {"deviceType": "ios", "deviceToken": "token-1", "installationId": "one", "appIdentifier": "a"})
    given = {"deviceType": "ios", "deviceToken": "token-1", "installationId": "two", "appIdentifier": "a"}
    assert error(web("POST", "/installations", {**given, name: value}))[0] == 400
    assert [row["installationId"] for row in web.rows("_Installation")] == ["one"]


# GHSA-vgjh-hmwf-c588
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/requestPasswordReset", {"token": {"$regex": "^"}}),
        ("/requestPasswordReset", {"email": {"$regex": "."}}),
        ("/requestPasswordReset", {"email": ["ann@x.org"]}),
        ("/requestPasswordReset", {"email": "ann@x.org", "token": {"$ne": 1}}),
        ("/verificationEmailRequest", {"email": {"$regex": "."}}),
        ("/verificationEmailRequest", {"email": {"$ne": None}}),
        ("/verifyPassword", {"username": {"$ne": 1}, "password": "secret"}),
        ("/login", {"username": {"$regex": "^ann"}, "password": "secret"}),
        ("/login", {"email": {"$regex": "."}, "password": "secret"}),
        ("/login", {"username": "ann", "password": {"$ne": 1}}),
        ("/loginAs", {"userId": {"$ne": 1}}),
    ],
)
def test_operators_are_no_names_addresses_or_tokens(server: Server, path: str, body: dict[str, Any]) -> None:
    web = server(**MAIL, verifyUserEmails=True)
    web("POST", "/users", {"username": "ann", "password": "secret", "email": "ann@x.org"})
    answer = web("POST", path, body, MASTER if path == "/loginAs" else APP)
    assert 400 <= answer.status_code < 500 and "sessionToken" not in answer.json


def test_operators_are_no_page_tokens(server: Server) -> None:
    web = server(**MAIL, verifyUserEmails=True)
    web("POST", "/users", {"username": "ann", "password": "secret", "email": "ann@x.org"})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for name in ("token[$regex]", "token[$ne]", "token"):
        assert web("GET", f"/apps/app/verify_email?{name}=.", headers={}).status_code == 200
        assert web("POST", "/apps/app/request_password_reset", f"{name}=.&new_password=evil", form).status_code < 400
    assert web.rows("_User")[0]["emailVerified"] is False
    assert web("POST", "/login", {"username": "ann", "password": "evil"}).status_code == 404


# BASE-where-js
@pytest.mark.parametrize(
    "where",
    [
        {"$where": "sleep(3000)"},
        {"a": {"$where": "sleep(3000)"}},
        {"$or": [{"$where": "sleep(3000)"}, {"a": 1}]},
        {"$expr": {"$function": {"body": "function(){sleep(3000)}", "args": [], "lang": "js"}}},
        {"a": {"$expr": {"$function": {}}}},
        {"$jsonSchema": {}},
        {"$comment": "x"},
        {"a": {"$function": {}}},
        {"a": {"$type": 2}},
        {"$text": {"$search": "x"}},
        {"$sampleRate": 0.5},
    ],
    ids=json.dumps,
)
def test_the_store_runs_no_code_and_no_operator_of_its_own(town: Town, where: Any) -> None:
    town.web.create("Code", a="x")
    began = time.monotonic()
    assert error(find(town.web, "Code", where))[1] in (102, 105, 107)
    assert time.monotonic() - began < 2


# GHSA-6927-3vr9-fxf2, GHSA-c2hr-cqg6-8j6r
@pytest.mark.parametrize("text", QUOTES)
def test_sql_in_values_matches_nothing(town: Town, text: str) -> None:
    town.web.master("DELETE", "/purge/Sql")
    row = town.web.create("Sql", a="abc", o={"k": 1}, n=1, arr=["x"])
    wheres = [
        {"a": text}, {"a": {"$regex": text}}, {"a": {"$regex": f"\\Q{text}\\E"}}, {"a": {"$regex": f"^\\Q{text}\\E$", "$options": "i"}},
        {"a": {"$in": [text]}}, {"a": {"$gt": "zz" + text}}, {"arr": {"$all": [text]}}, {"objectId": text}, {"objectId": {"$in": [text]}},
        {"o": {"k": text}}, {"o.k": text}, {"a": {"$text": {"$search": {"$term": text}}}},
    ]  # fmt: skip
    for where in wheres:
        answer = find(town.web, "Sql", where)
        assert answer.status_code == 400 or answer.json["results"] == [], where
    assert town.web("GET", "/classes/Sql/" + text.replace("%", "%25").replace("'", "%27")).status_code == 404
    assert [found["objectId"] for found in town.web.rows("Sql")] == [row]


# GHSA-qpr4-jrj4-6f27, GHSA-c442-97qw-j6c6
@pytest.mark.parametrize("text", [*QUOTES, "a;--", "a desc", "a,b;", "1", "a'||'b", "(SELECT 1)", "a\0b", "a\nb"])
def test_sql_in_field_names_is_refused_or_matches_nothing(town: Town, text: str) -> None:
    town.web.master("DELETE", "/purge/Sql")
    town.web.create("Sql", a="abc", o={"k": 1})
    for name in (text, f"a{text}", f"o.k{text}", f"o.{text}", f"o.k.{text}"):
        for where in ({name: 1}, {name: {"$exists": True}}, {name: {"$regex": "x"}}, {name: {"$in": [1]}}, {"$or": [{name: 1}]}):
            answer = find(town.web, "Sql", where)
            assert answer.status_code == 400 or answer.json["results"] == [], where
        for more in ({"order": name}, {"order": f"-{name}"}, {"keys": name}, {"excludeKeys": name}, {"include": name}):
            assert find(town.web, "Sql", {}, **more).status_code in (200, 400), more
    assert len(town.web.rows("Sql")) == 1


# GHSA-q3vj-96h2-gwvg
@pytest.mark.parametrize("amount", ["(SELECT 1)", "1", None, {}, [], True, {"$inc": 1}], ids=str)
def test_an_amount_is_a_number(town: Town, amount: Any) -> None:
    row = town.web.create("Sums", n=1, s={"n": 1})
    for name in ("n", "s.n", "fresh"):
        body = {name: {"__op": "Increment", "amount": amount}}
        assert error(town.web("PUT", f"/classes/Sums/{row}", body))[:2] == (400, 107), name
    found = town.web("GET", f"/classes/Sums/{row}").json
    assert (found["n"], found["s"]) == (1, {"n": 1})


# GHSA-gqpp-xgvh-9h7h, PR-10261
@pytest.mark.parametrize(
    "name", ["s.n' || '", "s.n', 5)--", 's."n', "s.$n", "s.n\0", "s.", "s..n", ".s", "s.n\\", "s.__proto__", "s.#-", "s[0]"]
)
@pytest.mark.parametrize("value", [5, {"__op": "Increment", "amount": 1}, {"__op": "Delete"}], ids=str)
def test_sql_in_a_nested_key_is_refused_or_a_plain_key(town: Town, name: str, value: Any) -> None:
    row = town.web.create("Keyed", s={"n": 1}, t="kept")
    answer = town.web("PUT", f"/classes/Keyed/{row}", {name: value})
    assert answer.status_code == 200 or error(answer)[0] == 400
    found = town.web("GET", f"/classes/Keyed/{row}").json
    assert (found["s"]["n"], found["t"], found["objectId"]) == (1, "kept", row)


# GHSA-p2w6-rmh7-w8q3
@pytest.mark.parametrize("text", [*QUOTES, "a' OR 1=1 --", "$a", "a.b'", "a\0"])
def test_sql_in_aggregates_is_refused_or_finds_nothing(town: Town, text: str) -> None:
    town.web.master("DELETE", "/purge/Sql")
    town.web.create("Sql", a="abc")
    asked: list[dict[str, str]] = [{"distinct": text}]
    asked += [{"pipeline": json.dumps([stage])} for stage in (
        {"$group": {"_id": f"${text}"}}, {"$group": {"_id": None, text: {"$sum": 1}}}, {"$match": {text: 1}}, {"$match": {"a": text}},
        {"$sort": {text: 1}}, {"$project": {text: 1}}, {"$unwind": f"${text}"}, {"$addFields": {text: "$a"}})]  # fmt: skip
    for words in asked:
        answer = town.web("GET", "/aggregate/Sql", headers=MASTER, query_string=words)
        assert answer.status_code in (200, 400), (words, answer.data)
    assert [row["a"] for row in town.web.rows("Sql")] == ["abc"]


READ_ONLY = {**APP, "X-Parse-Master-Key": "readonly"}


@pytest.mark.parametrize("stage", ["$out", "$merge"])
def test_the_read_only_key_does_not_write_by_aggregation(town: Town, stage: str) -> None:
    town.web.create("Sql", a="abc")
    for value in ("_User", {"into": "_User"}, {"db": "admin", "coll": "x"}):
        for words in ({"pipeline": json.dumps([{stage: value}])}, {stage: json.dumps(value)}):
            answer = town.web("GET", "/aggregate/Sql", headers=READ_ONLY, query_string=words)
            assert error(answer)[0] == 400, words
    assert {row["username"] for row in town.web.rows("_User")} >= {"alice", "bob"}


@pytest.mark.parametrize("stage", [{"$lookup": {"from": "_User", "pipeline": [], "as": "u"}}, {"$unionWith": "_User"}], ids=json.dumps)
def test_aggregates_show_no_secrets_of_other_classes(town: Town, stage: dict[str, Any]) -> None:
    town.web.create("Sql", a="abc")
    for more in ({}, {"rawValues": "true"}, {"rawFieldNames": "true"}):
        words = {"pipeline": json.dumps([stage]), **more}
        answer = town.web("GET", "/aggregate/Sql", headers=READ_ONLY, query_string=words)
        assert answer.status_code in (200, 400) and b"$2" not in answer.data and b"_hashed_password" not in answer.data


# BASE-like-wildcard
@pytest.mark.parametrize(
    ("pattern", "found"),
    [("^\\Q%\\E", ["%_x"]), ("^\\Q%_\\E", ["%_x"]), ("\\Q_\\E", ["%_x"]), ("^%", ["%_x"]), ("^\\Qab\\E", ["abc"]), ("^\\Q*\\E", []),
     ("^\\Q[a]\\E", []), ("^\\Q?\\E", [])],
)  # fmt: skip
def test_wildcards_of_sql_are_plain_letters(town: Town, pattern: str, found: list[str]) -> None:
    town.web.master("DELETE", "/purge/Like")
    town.web.create("Like", a="abc")
    town.web.create("Like", a="%_x")
    assert [row["a"] for row in find(town.web, "Like", {"a": {"$regex": pattern}}).json["results"]] == found


# BASE-acl-forge
@pytest.mark.parametrize("body", [{"_rperm": ["*"]}, {"_wperm": ["*"]}, {"_acl": {"*": {"r": True}}}, {"ACL.*": {"read": True}},
    {"ACL": {"*unresolved": {"read": True}}}, {"ACL": {"*": None}}], ids=json.dumps)  # fmt: skip
def test_an_acl_is_not_forged(town: Town, body: dict[str, Any]) -> None:
    kept = {town.alice: {"read": True, "write": True}}
    row = town.web.create("Guarded", ACL=kept)
    for headers in (town.as_bob, APP):
        assert 400 <= town.web("PUT", f"/classes/Guarded/{row}", body, headers).status_code < 500
    answer = town.web("PUT", f"/classes/Guarded/{row}", body, town.as_alice)
    assert 400 <= answer.status_code < 500, answer.data
    assert town.web("GET", f"/classes/Guarded/{row}", headers=MASTER).json["ACL"] == kept
    assert town.web("GET", f"/classes/Guarded/{row}", headers=town.as_bob).status_code == 404


@pytest.mark.parametrize("value", ["x", "*", 5, True, ["*"], {"*": "rw"}, {"*": 1}, {"*": True}, {"*": {"foo": True}}], ids=str)
def test_a_malformed_acl_opens_nothing(town: Town, value: Any) -> None:
    row = town.web.create("Guarded", ACL={town.alice: {"read": True, "write": True}})
    town.web("PUT", f"/classes/Guarded/{row}", {"ACL": value}, town.as_alice)
    for headers in (APP, town.as_bob):
        assert town.web("GET", f"/classes/Guarded/{row}", headers=headers).status_code == 404
        assert town.web("PUT", f"/classes/Guarded/{row}", {"a": 1}, headers).status_code == 404


# BASE-class-name
@pytest.mark.parametrize("name", ["..%2f_User", "_User%00", "_User%20", "_user", "_USER", "sqlite_master", "system.users", "pragma_x",
    "_SCHEMA", "%24cmd", "a%27b", "%22W%22", "_Join", "_Join:", "_Join:users:_Role:x", "json_each", "admin.system.users"])  # fmt: skip
def test_odd_class_names_show_nothing(town: Town, name: str) -> None:
    for headers in (APP, town.as_alice):
        answer = town.web("GET", f"/classes/{name}", headers=headers)
        assert answer.status_code == 400 or answer.json.get("results") == [], answer.data
        for method, body in (("GET", None), ("PUT", {"a": 1}), ("DELETE", None)):
            assert 400 <= town.web(method, f"/classes/{name}/{town.alice}", body, headers).status_code < 500
    assert {row["username"] for row in town.web.rows("_User")} >= {"alice", "bob"}


# GHSA-jhgf-2h8h-ggxv, PR-10237, PR-10242, GHSA-hm3f-q6rw-m6wh
SCRIPT = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"


@pytest.mark.parametrize("path", ["choose_password?id=app&appId=app&", "app/request_password_reset?", "app/verify_email?"])
@pytest.mark.parametrize("name", ["username", "token", "error", "locale", "app", "link", "appName"])
def test_pages_run_no_script_and_take_no_headers(server: Server, path: str, name: str) -> None:
    web = server(**MAIL, verifyUserEmails=True)
    answer = web("GET", f"/apps/{path}{name}={SCRIPT}", headers={})
    assert b"<script>alert" not in answer.data and answer.status_code < 500
    answer = web("GET", f"/apps/{path}{name}=x%0d%0aX-Att:1", headers={})
    assert "X-Att" not in answer.headers and answer.status_code < 500


@pytest.mark.parametrize("path", ["..%2f..%2fpackage.json", "..%2f..%2fsetup.cfg", "%2e%2e/%2e%2e/setup.cfg", "..%5c..%5csetup.cfg",
    "%2fetc%2fpasswd", "app/..%2f..%2f__init__.py", "render.py", "__init__.py", "x%00.html"])  # fmt: skip
def test_pages_stay_in_their_folder(server: Server, path: str) -> None:
    web = server(**MAIL)
    assert web("GET", f"/apps/{path}", headers={}).status_code in (403, 404)
    for locale in ("../..", "..%2f..", "%00", "de/../../.."):
        answer = web("GET", f"/apps/app/request_password_reset?token=x&locale={locale}", headers={})
        assert answer.status_code < 500 and b"import " not in answer.data
