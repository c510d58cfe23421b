"""The many ways a client passes keys, method and body."""

import base64
import gzip
import json

import pytest

from tests.web.world import APP, MASTER, Web, error

TEXT = {"Content-Type": "text/plain"}
JS = {"_ApplicationId": "app", "_ClientVersion": "js6", "_InstallationId": "i", "_RevocableSession": "1"}


def test_a_body_is_json_whatever_its_type_says(web):
    for headers in (APP, {**APP, **TEXT}, {**APP, "Content-Type": "application/octet-stream"}):
        assert web("POST", "/classes/W", {"n": 1}, headers).status_code == 201


def test_the_javascript_sdk_puts_everything_into_the_body(web):
    assert web("POST", "/classes/W", {**JS, "n": 1, "_noBody": True}, TEXT).status_code == 201
    found = web("POST", "/classes/W", {**JS, "_method": "GET", "where": {"n": 1}}, TEXT)
    assert [row["n"] for row in found.json["results"]] == [1]
    assert "_ApplicationId" not in web.rows("W")[0]


def test_android_sends_where_as_text(web):
    web.create("W", n=1)
    found = web("POST", "/classes/W", {"_method": "GET", "where": '{"n":1}', "limit": "1"})
    assert len(found.json["results"]) == 1


def test_a_master_key_in_the_body_counts(web):
    body = {**JS, "_MasterKey": "master", "_method": "GET"}
    assert web("POST", "/schemas", body, TEXT).status_code == 200
    assert web("POST", "/schemas", {**body, "_MasterKey": "wrong"}, TEXT).status_code == 403


def test_body_credentials_mean_nothing_beside_the_header(web):
    assert error(web("POST", "/classes/W", {"_SessionToken": "r:x"})) == (400, 105, "Invalid field name: _SessionToken.")


@pytest.mark.parametrize("field", ["_SessionToken", "_MasterKey", "_InstallationId", "_ContentType"])
def test_credentials_that_are_no_text_are_refused(web, field):
    body = {**JS, "_method": "GET", field: {"$regex": "r:"}}
    assert error(web("POST", "/users/me", body, TEXT)) == (403, None, "unauthorized")


def test_a_wrong_master_header_beside_a_body_application_is_refused(web):
    assert web("POST", "/classes/W", {**JS}, {**TEXT, "X-Parse-Master-Key": "wrong"}).status_code == 403


@pytest.mark.parametrize("body", [None, "", {}])
def test_an_empty_post_is_an_empty_object(web, body):
    assert web("POST", "/classes/W", body).status_code == 201
    assert web("POST", "/logout", body).json == {}


def test_a_form_is_a_flat_object_of_texts(web):
    headers = {**APP, "Content-Type": "application/x-www-form-urlencoded"}
    web("POST", "/classes/W", "a=1&b=x+y&a=2", headers)
    row = web.rows("W")[0]
    assert (row["a"], row["b"]) == (["1", "2"], "x y")


def test_multipart_is_ignored_where_nobody_reads_it(web):
    headers = {**APP, "Content-Type": "multipart/form-data; boundary=x"}
    assert web("POST", "/classes/W", b"--x\r\n\r\n--x--", headers).status_code == 201


@pytest.mark.parametrize(
    "secret, status",
    [("master", 200), ("wrong", 403), ("", 403), ("javascript-key=x", 403)],
)
def test_basic_authorization_carries_the_master_key(web, secret, status):
    token = base64.b64encode(f"app:{secret}".encode()).decode()
    assert web("GET", "/schemas", headers={"Authorization": f"basic {token}"}).status_code == status
    assert web("GET", "/classes/W", headers={"Authorization": f"Basic {token}"}).status_code == 200


@pytest.mark.parametrize("header", ["Bearer x", "Basic", "Basic !!", "Basic " + base64.b64encode(b"other:x").decode()])
def test_other_authorization_is_no_application(web, header):
    assert error(web("GET", "/classes/W", headers={"Authorization": header})) == (403, None, "unauthorized")


def test_a_query_string_holds_no_credentials(web):
    assert web("GET", "/classes/W?_ApplicationId=app", headers={}).status_code == 403


@pytest.mark.parametrize("method", ["GET", "get", "Get"])
def test_the_method_in_a_body_is_read_in_any_case(web, method):
    web.create("W", n=1)
    assert len(web("POST", "/classes/W", {"_method": method}).json["results"]) == 1


def test_the_method_in_a_body_counts_only_on_post(web):
    object_id = web.create("W", n=1)
    assert error(web("PUT", f"/classes/W/{object_id}", {"_method": "DELETE"}))[1] == 105
    assert web("POST", f"/classes/W/{object_id}", {"_method": {}, "n": 2}).status_code == 404
    assert b"Cannot FOO /parse/classes/W" in web("POST", "/classes/W", {"_method": "foo"}).data


def test_get_with_a_body_uses_it_and_the_query_string_wins(web):
    for n in (1, 2, 3):
        web.create("W", n=n)
    found = web("GET", "/classes/W?limit=1", {"limit": 2, "order": "-n"})
    assert [row["n"] for row in found.json["results"]] == [3]


def test_a_gzip_body_is_unpacked(web):
    body = gzip.compress(json.dumps({"n": 1}).encode())
    assert web("POST", "/classes/W", body, {**APP, "Content-Encoding": "gzip"}).status_code == 201
    assert web("POST", "/classes/W", b"nonsense", {**APP, "Content-Encoding": "gzip"}).status_code == 400
    assert web("POST", "/classes/W", b"x", {**APP, "Content-Encoding": "br"}).status_code == 415


def test_a_bomb_of_gzip_is_too_large():
    web = Web(maxUploadSize="1mb")
    body = gzip.compress(b'{"a":"' + b"0" * 2_000_000 + b'"}')
    assert error(web("POST", "/classes/W", body, {**APP, "Content-Encoding": "gzip"})) == (
        413,
        None,
        "request entity too large",
    )
    assert web("POST", "/classes/W", b"x" * 1_100_000).status_code == 413


def test_a_charset_is_utf_or_refused(web):
    headers = {**APP, "Content-Type": "application/json; charset=latin1"}
    assert error(web("POST", "/classes/W", {"a": 1}, headers)) == (415, None, 'unsupported charset "LATIN1"')
    body = json.dumps({"a": "é"}).encode("utf-16")
    headers = {**APP, "Content-Type": "application/json; charset=utf-16"}
    assert web("POST", "/classes/W", body, headers).status_code == 201
    assert web.rows("W")[0]["a"] == "é"


def test_bytes_that_are_not_utf_8_are_replaced(web):
    web("POST", "/classes/W", b'{"a":"\xff"}')
    assert web.rows("W")[0]["a"] == "\ufffd"


@pytest.mark.parametrize("value", ["{", "5", "[]", '"x"'])
def test_the_cloud_context_is_an_object(web, value):
    headers = {**APP, "X-Parse-Cloud-Context": value}
    assert error(web("GET", "/classes/W", headers=headers)) == (400, 107, "Invalid object for context.")
    assert error(web("GET", "/classes/W", headers={"X-Parse-Cloud-Context": value}))[1] == 107


def test_malformed_json_comes_before_the_application(web):
    answer = web("POST", "/classes/W", "{bad", {})
    assert answer.status_code == 400
    assert "code" not in answer.json


def test_client_keys_are_checked_once_one_is_configured():
    web = Web(clientKey="ck", restAPIKey="rk")
    assert error(web("GET", "/classes/W")) == (403, None, "unauthorized")
    assert web("GET", "/classes/W", headers={**APP, "X-Parse-REST-API-Key": "rk"}).status_code == 200
    assert web("GET", "/classes/W", headers={**APP, "X-Parse-REST-API-Key": "ck"}).status_code == 403
    assert web("GET", "/classes/W", headers=MASTER).status_code == 200


def test_the_master_key_counts_only_from_its_addresses(web):
    away = {"REMOTE_ADDR": "10.1.1.1"}
    for path in ("/classes/W", "/health", "/files/app/x"):
        assert web("GET", path, headers=MASTER, environ_overrides=away).status_code == 403
    spoofed = {**MASTER, "X-Forwarded-For": "127.0.0.1"}
    assert web("GET", "/classes/W", headers=spoofed, environ_overrides=away).status_code == 403
    assert web("GET", "/classes/W", headers=APP, environ_overrides=away).status_code == 200


def test_a_trusted_proxy_names_the_address():
    web = Web(trustProxy="10.0.0.0/8")
    away = {"REMOTE_ADDR": "10.1.1.1"}
    near = {**MASTER, "X-Forwarded-For": "1.2.3.4, 127.0.0.1"}
    assert web("GET", "/classes/W", headers=near, environ_overrides=away).status_code == 200
    far = {**MASTER, "X-Forwarded-For": "127.0.0.1, 1.2.3.4"}
    assert web("GET", "/classes/W", headers=far, environ_overrides=away).status_code == 403
