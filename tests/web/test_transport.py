"""Paths, methods, headers and pages: what HTTP itself shows of the server."""

import gzip

import pytest

from parse_shim.errors import Unavailable
from parse_shim.log import LEVELS
from tests.web.world import APP, MASTER, Web, error


@pytest.fixture(params=[True, False], ids=["early", "flask"])
def web(request):
    return Web(early=request.param)


@pytest.mark.parametrize("path", ["/classes/W", "/classes/W/", "//classes/W", "/Classes/W", "/CLASSES//W"])
def test_paths_are_forgiving_about_case_and_slashes(web, path):
    web.create("W", n=1)
    answer = web("GET", path)
    assert (answer.status_code, len(answer.json["results"])) == (200, 1)


def test_class_names_and_ids_keep_their_case(web):
    web.create("W", n=1)
    assert web("GET", "/classes/w").json == {"results": []}


def test_an_encoded_slash_stays_in_its_part(web):
    assert web("GET", "/classes/..%2f_User").json == {"results": []}
    assert web("GET", "/classes/W/%E0%A4%A").status_code == 400
    assert error(web("GET", "/classes/W/%E0%A4%A")) == (400, None, "Failed to decode param '%E0%A4%A'")


@pytest.mark.parametrize("method, path", [("GET", "/nope"), ("PATCH", "/classes/W"), ("POST", "/aggregate/W"), ("GET", "")])
def test_an_unknown_route_is_a_page(web, method, path):
    answer = web(method, path)
    assert answer.status_code == 404
    assert answer.content_type == "text/html; charset=utf-8"
    assert f"Cannot {method} /parse{path}".encode() in answer.data


def test_the_page_escapes_what_was_asked_for(web):
    assert b"<script>" not in web("GET", "/<script>").data


def test_a_bad_token_is_told_before_the_route(web):
    headers = {**APP, "X-Parse-Session-Token": "r:nope"}
    assert error(web("GET", "/nonexist", headers=headers)) == (400, 209, "Invalid session token")
    assert web("POST", "/login", {"username": "a", "password": "b"}, headers).json["code"] == 101


def test_head_is_get_without_a_body(web):
    answer = web("HEAD", "/classes/W")
    assert (answer.status_code, answer.data) == (200, b"")
    assert int(answer.headers["Content-Length"]) == len(b'{"results":[]}')


def test_options_is_answered_for_any_path(web):
    answer = web("OPTIONS", "/whatever", headers={})
    assert (answer.status_code, answer.data) == (200, b"OK")
    assert answer.headers["Access-Control-Allow-Methods"] == "GET,PUT,POST,DELETE,OPTIONS"


def test_every_answer_carries_cors_headers_and_a_request_id(web):
    for answer in (web("GET", "/classes/W"), web("GET", "/classes/W", headers={}), web("GET", "/nope")):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "X-Parse-Session-Token" in answer.headers["Access-Control-Allow-Headers"]
        assert "X-Parse-Job-Status-Id" in answer.headers["Access-Control-Expose-Headers"]
        assert len(answer.headers["X-Request-Id"]) == 10


def test_a_listed_origin_is_echoed_and_another_gets_the_first():
    web = Web(allowOrigin=["https://a.example", "https://b.example"], allowHeaders=["X-More"])
    for sent, answered in (("https://b.example", "https://b.example"), ("https://evil.example", "https://a.example")):
        answer = web("GET", "/classes/W", headers={**APP, "Origin": sent})
        assert answer.headers["Access-Control-Allow-Origin"] == answered
    assert answer.headers["Access-Control-Allow-Headers"].endswith(", X-More")


def test_the_same_answer_need_not_be_sent_twice(web):
    tag = web("GET", "/classes/W").headers["ETag"]
    assert tag.startswith('W/"')
    answer = web("GET", "/classes/W", headers={**APP, "If-None-Match": tag})
    assert (answer.status_code, answer.data) == (304, b"")
    web.create("W", n=1)
    assert web("GET", "/classes/W", headers={**APP, "If-None-Match": tag}).status_code == 200


def test_large_answers_are_packed_for_those_who_can_read_it(web):
    web.create("W", text="x" * 10_000)
    answer = web("GET", "/classes/W", headers={**APP, "Accept-Encoding": "gzip, deflate"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"xxx" in gzip.decompress(answer.data)
    assert "Content-Encoding" not in web("GET", "/classes/W").headers


def test_location_follows_the_host_unless_a_public_url_is_set(web):
    answer = web("POST", "/classes/W", {}, {**APP, "Host": "example.org:99"})
    assert answer.headers["Location"] == f"http://example.org:99/parse/classes/W/{answer.json['objectId']}"
    web = Web(publicServerURL="https://api.example/x")
    answer = web("POST", "/users", {"username": "a", "password": "b"})
    assert answer.headers["Location"] == f"https://api.example/x/users/{answer.json['objectId']}"


def test_no_line_break_gets_into_a_header():
    web = Web(allowCustomObjectId=True)
    answer = web("POST", "/classes/W", {"objectId": "a\r\nX-Evil: 1"})
    assert "X-Evil" not in answer.headers
    assert answer.status_code < 500


def test_master_routes_answer_403_in_the_sanitised_words(web):
    assert error(web("GET", "/schemas")) == (403, None, "Permission denied")
    web = Web(enableSanitizedErrorResponse=False)
    assert error(web("GET", "/schemas")) == (403, None, "unauthorized: master key is required")
    assert error(web("GET", "/classes/_Hooks"))[2].startswith("Clients aren't allowed to perform the find operation")


def test_health_tells_the_truth(web, monkeypatch):
    assert web("GET", "/health", headers={}).json == {"status": "ok"}
    assert web("POST", "/health", headers={}).status_code == 200

    def away() -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(web.engine, "ping", away)
    answer = web("GET", "/health", headers={})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_a_store_that_is_away_is_503_with_retry_after(web, monkeypatch):
    def away(*args: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(web.engine, "find", away)
    answer = web("GET", "/classes/W")
    assert error(answer) == (503, 1, "Database error")
    assert answer.headers["Retry-After"] == "1"


def test_a_fault_of_ours_is_logged_and_not_told(web, monkeypatch, caplog):
    def fail(*args: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(web.engine, "find", fail)
    answer = web("GET", "/classes/W")
    assert (answer.status_code, answer.json) == (500, {"code": 1, "message": "Internal server error."})
    assert "secret detail" in caplog.text


def test_a_server_that_starts_says_so(web):
    web.core.state = "starting"
    assert web("GET", "/classes/W").status_code == 503
    assert web("GET", "/classes/W", headers={}).status_code == 403
    assert web("GET", "/health").json == {"status": "starting"}


def test_routes_can_be_limited_to_a_list():
    web = Web(routeAllowList=["classes/W", "batch"])
    assert web("GET", "/classes/W").status_code == 200
    for path in ("/classes/V", "/health", "/nope"):
        assert error(web("GET", path)) == (400, 119, "Permission denied")
    body = {"requests": [{"method": "POST", "path": "/parse/classes/V", "body": {}}]}
    assert error(web("POST", "/batch", body))[1] == 119
    assert web("GET", "/classes/V", headers=MASTER).status_code == 200


def test_rate_limits_answer_429_with_headers():
    rule = {"requestPath": "/classes/*path", "requestTimeWindow": 60000, "requestCount": 1, "includeInternalRequests": True}
    web = Web(rateLimit=[rule])
    assert web("GET", "/classes/W").status_code == 200
    answer = web("GET", "/classes/W")
    assert error(answer) == (429, 100, "Too many requests.")
    assert int(answer.headers["Retry-After"]) > 0
    item = {"method": "GET", "path": "/parse/classes/W"}
    assert error(web("POST", "/batch", {"requests": [item]})) == (400, 100, "Too many requests.")


def test_another_mount_path_is_served():
    web = Web(mountPath="/1", serverURL="http://localhost:1337/1")
    assert web.client.get("/1/classes/W", headers=APP).status_code == 200
    assert web.client.get("/parse/classes/W", headers=APP).status_code == 404
    root = Web(mountPath="/")
    assert root.client.get("/classes/W", headers=APP).status_code == 200


@pytest.mark.parametrize(
    ("options", "level", "told"),
    [
        ({}, "verbose", ["GET /parse/classes/W 200"]),
        ({}, "info", []),
        ({"logLevels": {"request": "info"}}, "info", ["GET /parse/classes/W 200"]),
        ({"logLevels": {"request": "silent"}}, "silly", []),
        ({"dev": True}, "info", ["GET /parse/classes/W 200"]),
    ],
)
def test_a_request_is_one_line_at_the_level_of_the_options(caplog, options, level, told):
    web = Web(**options)
    with caplog.at_level(LEVELS[level], "parse_shim.web"):
        web("GET", "/classes/W")
    assert [record.getMessage().rpartition(" ms")[0].rpartition(" ")[0] for record in caplog.records] == told
