"""Published ways to stop a server (advisories, section 4). Each row asks afterwards whether the next request is answered."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.security.conftest import Town
from tests.web.world import APP, MASTER, Web, error

Server = Callable[..., Web]
SECONDS = 2.0
MB = 1024 * 1024


@pytest.fixture(autouse=True)
def next_request_is_answered(request: pytest.FixtureRequest) -> Iterator[None]:
    web: Web | None = request.getfixturevalue("town").web if "town" in request.fixturenames else None
    yield
    if web:
        began = time.monotonic()
        assert web("GET", "/classes/Next").status_code == 200
        assert time.monotonic() - began < SECONDS


def timed(web: Web, *call: Any, seconds: float = SECONDS, **more: Any) -> Any:
    began = time.monotonic()
    answer = web(*call, **more)
    assert time.monotonic() - began < seconds
    assert answer.status_code < 500, answer.data[:300]
    return answer


def find(web: Web, where: Any, class_name: str = "Dos", **more: Any) -> Any:
    body = where if isinstance(where, str) else json.dumps({"_method": "GET", "where": where, **more})
    return timed(web, "POST", f"/classes/{class_name}", body)


def nested(levels: int, word: str = "$or", twice: bool = False) -> dict[str, Any]:
    where: dict[str, Any] = {"n": 1}
    for _ in range(levels):
        where = {word: [where, where] if twice else [where]}
    return where


def nested_text(levels: int, word: str = "$or") -> str:
    """A request as JSON text, deeper than json.dumps goes."""
    return '{"_method":"GET","where":' + f'{{"{word}":[' * levels + '{"n":1}' + "]}" * levels + "}"


# GHSA-cgxm-vr2f-6fj8
@pytest.mark.parametrize("word", ["$or", "$and", "$nor"])
def test_nested_operators_are_cheap_or_refused(town: Town, word: str) -> None:
    town.web.create("Dos", n=1, a="x")
    for where in (nested(22, word), {"a": nested(22, word)}, {"a": {"$elemMatch": nested(22, word)}}, {"a": {"$not": nested(22, word)}},
                  {"$or": [nested(21, word)], "$and": [nested(21, word)]}):  # fmt: skip
        assert error(find(town.web, where))[0] == 400
    assert find(town.web, nested(9, word, twice=True)).status_code == 200


def test_a_wide_condition_is_bounded_by_the_body_only(town: Town) -> None:
    assert find(town.web, {"$or": [{"n": number} for number in range(2000)]}).status_code in (200, 400)


# GHSA-9xp9-j92r-p88v, GHSA-9fjp-q3c4-6w3j
@pytest.mark.parametrize("levels", [17, 150, 400, 1500, 40_000])
@pytest.mark.parametrize("word", ["$or", "$nor"])
def test_a_deep_condition_is_refused(town: Town, levels: int, word: str) -> None:
    text = nested_text(levels, word)
    assert error(find(town.web, text))[0] == 400
    # the master's limits are off, the machine's are not
    assert timed(town.web, "POST", "/classes/Dos", text, MASTER).status_code in (200, 400)
    if levels < 1000:
        where = text.removeprefix('{"_method":"GET","where":')[:-1]
        assert error(timed(town.web, "GET", "/classes/Dos", query_string={"where": where}))[0] == 400


@pytest.mark.parametrize("levels", [17, 400, 5000])
def test_a_deep_condition_in_an_inner_query_is_refused(town: Town, levels: int) -> None:
    inner = nested_text(levels).removeprefix('{"_method":"GET","where":')[:-1]
    for word in ('{"$inQuery":{"className":"Dos","where":%s}}', '{"$select":{"key":"a","query":{"className":"Dos","where":%s}}}'):
        assert error(find(town.web, '{"_method":"GET","where":{"p":%s}}' % (word % inner)))[0] == 400


# GHSA-cmj3-wx7h-ffvg
def test_subqueries_includes_and_lists_are_bounded(town: Town) -> None:
    where: dict[str, Any] = {"n": 1}
    for _ in range(12):
        where = {"p": {"$inQuery": {"className": "Dos", "where": where}}}
    assert error(find(town.web, where))[:2] == (400, 102)
    assert error(find(town.web, {}, include=".".join(["p"] * 60)))[:2] == (400, 102)
    assert error(find(town.web, {}, include=",".join(f"p{number}" for number in range(400))))[:2] == (400, 102)
    for word in ("$in", "$nin", "$all", "$containedBy"):
        assert find(town.web, {"n": {word: list(range(20_000))}}).status_code in (200, 400), word
    assert error(find(town.web, {"n": {"$in": list(range(20_000))}}))[:2] == (400, 102)


def test_many_keys_and_orders_are_no_burden(town: Town) -> None:
    names = ",".join(f"k{number}" for number in range(5000))
    for word in ("keys", "excludeKeys", "order"):
        assert find(town.web, {}, **{word: names}).status_code in (200, 400)


# GHSA-mf3j-86qx-cq5j (REST form)
EVIL = ["^(a+)+$", "^(a|a)*$", "^([a-z]+)*$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)*x", "^(a|aa)+$", "(a?){34}a{34}!!", "(x+x+)+y"]


@pytest.mark.parametrize("pattern", EVIL)
def test_a_pattern_that_runs_away_is_cut_off(town: Town, pattern: str) -> None:
    if not town.web.rows("Evil"):
        for _ in range(5):
            town.web.create("Evil", a="a" * 34 + "!", arr=["a" * 34 + "!"])
    for where in ({"a": {"$regex": pattern}}, {"a": {"$regex": pattern, "$options": "i"}}, {"arr": {"$regex": pattern}},
                  {"$or": [{"a": {"$regex": pattern}}] * 3},
                  {"p": {"$inQuery": {"className": "Evil", "where": {"a": {"$regex": pattern}}}}}):  # fmt: skip
        answer = find(town.web, where, "Evil")
        assert answer.status_code == 200 or error(answer)[:2] == (400, 102)


def test_a_long_pattern_over_a_long_text_is_bounded(town: Town) -> None:
    town.web.create("Long", a="x" * 20_000)
    for pattern in ("x" * 30_000 + "y", "(x{1,1000}){1,1000}y", ".*" * 50 + "y", "x{0,65535}" * 3 + "y"):
        assert find(town.web, {"a": {"$regex": pattern}}, "Long").status_code in (200, 400)


# GHSA-38m6-82c8-4xfm
def test_the_version_of_a_client_is_not_parsed(town: Town) -> None:
    headers = {**APP, "X-Parse-Client-Version": "js" + "1" * 6000}
    assert timed(town.web, "GET", "/classes/Dos", headers=headers, seconds=1.5).status_code == 200
    body = {"_ApplicationId": "app", "_ClientVersion": "js" + "1" * 120_000, "_method": "GET"}
    assert timed(town.web, "POST", "/classes/Dos", body, {"Content-Type": "text/plain"}, seconds=1.5).status_code == 200


# GHSA-g4cf-xj29-wqqr
def test_an_unknown_provider_asks_the_store_nothing(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    find_in_store = web.engine.find

    def watched(cls: Any, *rest: Any) -> Any:
        asked.append(cls.name)
        return find_in_store(cls, *rest)

    monkeypatch.setattr(web.engine, "find", watched)
    assert error(web("POST", "/users", {"authData": {"nosuch": {"id": "1"}}}))[:2] == (400, 252)
    assert "_User" not in asked


# GHSA-xqp8-w826-hh6x
@pytest.mark.parametrize("words", ["explain=bogus", "hint=nope", "hint=%7B%22a%22%3A1%7D", "where=7", "where=%7B", "where=%22x%22",
    "where=null",
    "where=%5B%5D", "limit=x", "skip=x", "order=%24a", "readPreference=x", "comment=%00",
    "count=x", "keys=%00", "include=%00",
    "limit=1&limit=2"])  # fmt: skip
def test_odd_parameters_are_no_fault_of_the_server(town: Town, words: str) -> None:
    town.web.create("Dos", n=1)
    for headers in (APP, MASTER):
        assert timed(town.web, "GET", f"/classes/Dos?{words}", None, headers).status_code in (200, 400)


# GHSA-2479-qvv7-47qq
def test_a_refused_audience_spoils_nothing(web: Web) -> None:
    assert error(web("POST", "/classes/_Audience", {}))[:2] == (400, 119)
    assert web("POST", "/classes/Dos", {}).status_code == 201


# GHSA-h423-w6qv-2wj3, GHSA-xw6g-jjvf-wwf9
def test_odd_ranges_and_file_names(server: Server) -> None:
    web = server(fileUpload={"enableForPublic": True})
    url = web("POST", "/files/a.txt", "hello").json["url"].removeprefix("http://localhost/parse")
    for value in (
        "bytes=5-1",
        "bytes=-",
        "bytes=999999-",
        "bytes=a-b",
        "bytes=0-0,2-3",
        "bytes=-999",
        "items=0-1",
        "bytes=" + "9" * 500 + "-",
        "",
    ):
        assert web("GET", url, headers={"Range": value}).status_code in (200, 206, 416), value
    for path in (
        "/files",
        "/files/app/nope",
        "/files/app/%00",
        "/files/app/..%2f..%2fx",
        "/files/app/" + "a" * 5000,
        "/files/app/metadata/%00",
    ):
        assert timed(web, "GET", path, headers={}).status_code in (200, 400, 403, 404), path


# GHSA-792q-q67h-w579
def test_an_upload_without_an_extension(server: Server) -> None:
    web = server(fileUpload={"enableForPublic": True})
    answer = timed(web, "POST", "/files/noext", "data")
    assert answer.status_code == 201 or error(answer)[:2] == (400, 130)


# GHSA-mxhg-rvwx-x993
@pytest.mark.parametrize("payload", [5, "x", [], None, {"data": 5}, {"data": [1]}, {"data": {"badge": {"a": 1}}}, {"where": 5},
    {"channels": {}},
    {"data": {"alert": [[[]]]}, "channels": ["a"]}, {"push_time": {}, "channels": ["a"], "data": {}}], ids=str)  # fmt: skip
def test_an_odd_push_is_refused(server: Server, payload: Any) -> None:
    web = server(push={"adapter": "parse_shim.testing.adapters:AcceptingPush"})
    answer = timed(web, "POST", "/push", payload, MASTER)
    assert answer.status_code in (200, 400)
    assert web("GET", "/classes/Next").status_code == 200


# HARD-json-depth
@pytest.mark.parametrize("levels", [500, 5_000, 50_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_json_is_refused(town: Town, levels: int, opening: str, closing: str) -> None:
    deep = opening * levels + "1" + closing * levels
    for path in ("/classes/Deep", "/users", "/functions/f", "/batch", "/events/e", "/installations"):
        assert timed(town.web, "POST", path, '{"a":' + deep + "}").status_code == 400, path
    item = '{"requests":[{"method":"POST","path":"/parse/classes/Deep","body":{"a":' + deep + "}}]}"
    assert timed(town.web, "POST", "/batch", item).status_code == 400
    assert timed(town.web, "GET", "/classes/Deep", query_string={"where": '{"a":' + deep[:60_000] + "}"}).status_code == 400
    assert timed(town.web, "GET", "/classes/Deep", None, {**APP, "X-Parse-Cloud-Context": deep[:30_000]}).status_code == 400
    assert town.web.rows("Deep") == []


# HARD-json-values
@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "9" * 5000, "1" + "0" * 400, "1e-400", "-0", "0.1e1", '"\\ud800"', '"\\udc00x"',
     '"\\u0000"', '{"a\\u0000b":1}', '{"\\ud800":1}', '"' + "\x7f" + '"', "18446744073709551616", "-9223372036854775809",
     "1.7976931348623157e308"],
)  # fmt: skip
def test_odd_values_are_refused_or_come_back_as_json(town: Town, value: str) -> None:
    answer = timed(town.web, "POST", "/classes/Odd", '{"a":[' + value + "]}")
    assert answer.status_code in (201, 400)
    if answer.status_code == 201:
        path = f"/classes/Odd/{answer.json['objectId']}"
        for found in (town.web("GET", path), town.web("GET", "/classes/Odd")):
            assert found.status_code == 200
            json.loads(found.data, parse_constant=lambda name: pytest.fail(name))


# HARD-paging
@pytest.mark.parametrize("words", ["limit=-1", "limit=1e9", "limit=999999999999999999999", "limit=1e400", "limit=NaN", "limit=0.5",
    "skip=-5",
    "skip=1e30", "skip=-1e30", "skip=9223372036854775807", "skip=9223372036854775808", "limit=", "skip=", "limit=%00"])  # fmt: skip
def test_paging_out_of_range_is_no_fault_of_the_server(town: Town, words: str) -> None:
    town.web.create("Dos", n=1)
    for headers in (APP, MASTER):
        assert timed(town.web, "GET", f"/classes/Dos?{words}", None, headers).status_code in (200, 400)
        assert timed(town.web, "GET", f"/classes/Dos?count=1&{words}", None, headers).status_code in (200, 400)


# HARD-body-size
def test_a_body_over_the_limit_is_413(town: Town) -> None:
    large = b'{"a":"' + b"x" * (24 * MB) + b'"}'
    for path in ("/classes/Large", "/batch", "/functions/f", "/files/a.txt"):
        assert timed(town.web, "POST", path, large, town.as_alice).status_code in (400, 413), path
    assert timed(town.web, "POST", "/classes/Large", large).status_code == 413


def test_a_bomb_of_gzip_is_413(town: Town) -> None:
    bomb = gzip.compress(b'{"a":"' + b"x" * (48 * MB) + b'"}', 9)
    assert len(bomb) < 60_000
    for path in ("/classes/Large", "/batch", "/functions/f"):
        assert timed(town.web, "POST", path, bomb, {**APP, "Content-Encoding": "gzip"}).status_code == 413, path
    twice = gzip.compress(bomb)
    assert timed(town.web, "POST", "/classes/Large", twice, {**APP, "Content-Encoding": "gzip, gzip"}).status_code in (400, 413, 415)
    for encoding, body in (("gzip", b"no gzip"), ("gzip", bomb[:100]), ("deflate", b"x"), ("br", b"x"), ("x", b"{}")):
        headers = {**APP, "Content-Encoding": encoding}
        assert timed(town.web, "POST", "/classes/Large", body, headers).status_code in (400, 413, 415), encoding


def test_an_object_the_store_cannot_hold_is_refused(town: Town) -> None:
    answer = town.web("POST", "/classes/Large", {"a": "x" * (17 * MB)})
    assert answer.status_code == 201 or 400 <= answer.status_code < 500, answer.data[:200]


def test_a_hundred_thousand_keys_are_refused_or_stored(town: Town) -> None:
    keys = {f"k{number}": 1 for number in range(100_000)}
    assert timed(town.web, "POST", "/classes/Wide", {"o": keys}, seconds=4).status_code in (201, 400)
    town.web.master("DELETE", "/purge/Wide")
    assert timed(town.web, "POST", "/classes/Wide", {f"k{number}": 1 for number in range(3_000)}, seconds=20).status_code in (201, 400)


# HARD-batch-size
def test_a_batch_of_three_hundred_is_refused_or_done(town: Town) -> None:
    items = [{"method": "POST", "path": "/parse/classes/Items", "body": {"n": number}} for number in range(300)]
    assert error(timed(town.web, "POST", "/batch", {"requests": items}))[:2] == (400, 107)
    assert town.web.rows("Items") == []
    assert timed(town.web, "POST", "/batch", {"requests": items}, MASTER, seconds=6).status_code == 200


def test_headers_out_of_measure_are_no_fault_of_the_server(town: Town) -> None:
    for name in ("X-Parse-Session-Token", "X-Parse-Master-Key", "X-Parse-Installation-Id", "X-Parse-Request-Id", "X-Parse-Cloud-Context",
                 "Content-Type", "Accept-Encoding", "If-None-Match", "Authorization", "Host", "Range"):  # fmt: skip
        for value in ("x" * 8000, "\x80\xff", "; ; ,,", "=" * 1000, "{}", "null", "bytes=0-"):
            answer = timed(town.web, "GET", "/classes/Dos", None, {**APP, name: value})
            assert answer.status_code < 500, (name, value)
