"""Application ids, keys and addresses (contract/00, section 4): what each caller may, and which check comes first."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from parse_shim.storage.base import Engine
from tests.access.conftest import MAINTENANCE, OPTIONS, READ_ONLY, City, outcome
from tests.security.conftest import opened
from tests.web.world import APP, MASTER, Web, error

OUTSIDE = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.9"}}
TEXT = {"Content-Type": "text/plain"}
FORBIDDEN = (403, None)
CLOSED = (400, 119)
Server = Callable[..., Web]


@pytest.fixture(scope="module", params=["sqlite", "mongodb"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with opened(request.param, request, tmp_path_factory.mktemp("keys")) as engine:
        yield engine


@pytest.fixture
def server(engine: Engine) -> Server:
    def make(**options: Any) -> Web:
        engine.clear()
        return Web(engine=engine, **{**OPTIONS, **options})

    return make


# method, path, body -> nobody, a user, the read-only key, the maintenance key, the master key
ROUTES: list[tuple[str, str, Any, Any, Any, Any, Any, Any]] = [
    ("GET", "/schemas", None, FORBIDDEN, FORBIDDEN, 200, FORBIDDEN, 200),
    ("GET", "/schemas/_User", None, FORBIDDEN, FORBIDDEN, 200, FORBIDDEN, 200),
    ("POST", "/schemas/KeyClass", {}, FORBIDDEN, FORBIDDEN, CLOSED, FORBIDDEN, 200),
    ("PUT", "/schemas/KeyClass", {}, FORBIDDEN, FORBIDDEN, CLOSED, FORBIDDEN, 200),
    ("DELETE", "/schemas/KeyClass", None, FORBIDDEN, FORBIDDEN, CLOSED, FORBIDDEN, 200),
    ("DELETE", "/purge/Purged", None, FORBIDDEN, FORBIDDEN, CLOSED, FORBIDDEN, 200),
    ("GET", "/aggregate/Purged?distinct=a", None, FORBIDDEN, FORBIDDEN, 200, FORBIDDEN, 200),
    ("GET", "/config", None, 200, 200, 200, 200, 200),
    ("PUT", "/config", {"params": {"a": 1}}, FORBIDDEN, FORBIDDEN, CLOSED, FORBIDDEN, 200),
    ("GET", "/serverInfo", None, FORBIDDEN, FORBIDDEN, 200, FORBIDDEN, 200),
    ("GET", "/scriptlog", None, FORBIDDEN, FORBIDDEN, 200, FORBIDDEN, 200),
    ("GET", "/graphql-config", None, FORBIDDEN, FORBIDDEN, 200, FORBIDDEN, 200),
    ("PUT", "/graphql-config", {"params": {}}, FORBIDDEN, FORBIDDEN, CLOSED, FORBIDDEN, 200),
    ("GET", "/hooks/functions", None, FORBIDDEN, FORBIDDEN, 200, FORBIDDEN, 200),
    ("GET", "/hooks/triggers", None, FORBIDDEN, FORBIDDEN, 200, FORBIDDEN, 200),
    ("GET", "/push_audiences", None, FORBIDDEN, FORBIDDEN, 200, FORBIDDEN, 200),
    ("GET", "/cloud_code/jobs", None, FORBIDDEN, FORBIDDEN, 200, FORBIDDEN, 200),
    ("GET", "/cloud_code/jobs/data", None, FORBIDDEN, FORBIDDEN, 200, FORBIDDEN, 200),
    ("POST", "/jobs/nope", {}, FORBIDDEN, FORBIDDEN, CLOSED, FORBIDDEN, (400, 141)),
    ("POST", "/loginAs", {"userId": "{ann}"}, CLOSED, CLOSED, CLOSED, CLOSED, 200),
    ("GET", "/installations", None, CLOSED, CLOSED, 200, 200, 200),
    ("GET", "/sessions", None, (400, 209), 200, 200, (400, 209), 200),
    ("GET", "/classes/_Session", None, (400, 209), 200, 200, (400, 209), 200),
    ("GET", "/users", None, 200, 200, 200, 200, 200),
    ("GET", "/roles", None, 200, 200, 200, 200, 200),
    ("GET", "/classes/_Hooks", None, CLOSED, CLOSED, 200, 200, 200),
    ("GET", "/classes/_GlobalConfig", None, CLOSED, CLOSED, 200, 200, 200),
    ("GET", "/classes/_PushStatus", None, CLOSED, CLOSED, 200, 200, 200),
    ("GET", "/classes/_JobStatus", None, CLOSED, CLOSED, 200, 200, 200),
    ("GET", "/classes/_Audience", None, CLOSED, CLOSED, 200, 200, 200),
    ("GET", "/classes/_Join:users:_Role", None, CLOSED, CLOSED, 200, 200, 200),
    ("POST", "/classes/KeyObjects", {"a": 1}, 201, 201, CLOSED, 201, 201),
    ("POST", "/events/AppOpened", {}, 200, 200, 200, 200, 200),
    ("POST", "/functions/nope", {}, (400, 141), (400, 141), (400, 141), (400, 141), (400, 141)),
    ("GET", "/users/me", None, (400, 209), 200, (400, 209), (400, 209), (400, 209)),
    ("GET", "/sessions/me", None, (400, 209), 200, (400, 209), (400, 209), (400, 209)),
    ("GET", "/nope", None, 404, 404, 404, 404, 404),
    ("GET", "/health", None, 200, 200, 200, 200, 200),
]
WHO = ["nobody", "cat", "readonly", "maintenance", "master"]


@pytest.mark.parametrize("row", ROUTES, ids=lambda row: f"{row[0]} {row[1]}")
def test_what_each_key_opens(city: City, row: tuple[Any, ...]) -> None:
    method, path, body, *expected = row
    found = []
    for who in WHO:
        answer = city(who, method, path, body)
        found.append(answer.status_code if answer.status_code == 404 else outcome(answer))
    assert found == expected


# contract/03, section 13
def test_what_the_maintenance_key_may_besides(city: City) -> None:
    ann = city("maintenance", "GET", "/users/{ann}").json
    assert "_hashed_password" not in ann
    assert outcome(city("maintenance", "PUT", "/users/{ann}", {"_failed_login_count": 0})) == 200
    assert outcome(city.find("maintenance", "_User", {"_failed_login_count": 0})) == 200
    old = {"__type": "Date", "iso": "2001-01-01T00:00:00.000Z"}
    made = city("maintenance", "POST", "/classes/KeyDates", {"createdAt": old, "updatedAt": old}).json
    assert city.master("GET", f"/classes/KeyDates/{made['objectId']}").json["createdAt"] == old["iso"]
    for who in ("nobody", "ann", "master"):
        assert outcome(city(who, "PUT", "/users/{ann}", {"_failed_login_count": 0})) == (400, 105)
        made = city(who, "POST", "/classes/KeyDates", {"createdAt": old}).json
        assert city.master("GET", f"/classes/KeyDates/{made['objectId']}").json["createdAt"] > "2020"
    assert "_hashed_password" not in city.master("GET", "/users/{ann}").json
    assert "_hashed_password" not in city("readonly", "GET", "/users/{ann}").json


@pytest.mark.parametrize(("who", "status"), [("nobody", (400, 119)), ("ann", (400, 119)), ("maintenance", 200), ("master", 200)])
def test_who_says_that_an_address_is_verified(city: City, who: str, status: Any) -> None:
    assert outcome(city(who, "PUT", "/users/{ann}", {"emailVerified": True})) in (status, (400, 206))


# option, key header, address, outcome for GET /schemas or /classes, and for /health and a download
ADDRESSES: list[tuple[dict[str, Any], dict[str, str], str, int]] = [
    ({}, MASTER, "127.0.0.1", 200),
    ({}, MASTER, "::1", 200),
    ({}, MASTER, "::ffff:127.0.0.1", 200),
    ({}, MASTER, "203.0.113.9", 403),
    ({"masterKeyIps": ["0.0.0.0/0"]}, MASTER, "203.0.113.9", 200),
    ({"masterKeyIps": ["203.0.113.0/24"]}, MASTER, "203.0.113.9", 200),
    ({"masterKeyIps": ["203.0.113.0/24"]}, MASTER, "127.0.0.1", 403),
    ({"masterKeyIps": ["::/0"]}, MASTER, "2001:db8::1", 200),
    ({"masterKeyIps": ["::/0"]}, MASTER, "203.0.113.9", 403),
    ({"masterKeyIps": []}, MASTER, "127.0.0.1", 403),
    ({}, READ_ONLY, "203.0.113.9", 200),
    ({"readOnlyMasterKeyIps": ["10.0.0.1"]}, READ_ONLY, "203.0.113.9", 403),
    ({}, MAINTENANCE, "203.0.113.9", 403),
    ({"maintenanceKeyIps": ["203.0.113.9"]}, MAINTENANCE, "203.0.113.9", 200),
]


@pytest.mark.parametrize(("options", "headers", "address", "status"), ADDRESSES, ids=str)
def test_a_right_key_counts_from_its_addresses_only(
    server: Server, options: dict[str, Any], headers: dict[str, str], address: str, status: int
) -> None:
    web = server(**options)
    where = {"environ_overrides": {"REMOTE_ADDR": address}}
    for path in ("/classes/Key", "/health", "/files/app/nope", "/nope"):
        answer = web("GET", path, headers=headers, **where)
        if status == 403:
            assert error(answer) == (403, None, "unauthorized"), path
        else:
            assert answer.status_code in (200, 404), path
    wrong = {name: value + "x" if "Key" in name else value for name, value in headers.items()}
    assert web("GET", "/classes/Key", headers=wrong, **where).status_code == 200


# client keys configured, header sent, let through
CLIENT_KEYS: list[tuple[dict[str, str], dict[str, str], bool]] = [
    ({}, {}, True),
    ({"restAPIKey": "k"}, {}, False),
    ({"restAPIKey": "k"}, {"X-Parse-REST-API-Key": "k"}, True),
    ({"restAPIKey": "k"}, {"X-Parse-REST-API-Key": "x"}, False),
    ({"restAPIKey": "k"}, {"X-Parse-Javascript-Key": "k"}, False),
    ({"javascriptKey": "k"}, {"X-Parse-Javascript-Key": "k"}, True),
    ({"clientKey": "k"}, {"X-Parse-Client-Key": "k"}, True),
    ({"dotNetKey": "k"}, {"X-Parse-Windows-Key": "k"}, True),
    ({"restAPIKey": "k", "clientKey": "c"}, {"X-Parse-Client-Key": "c"}, True),
    ({"restAPIKey": "k"}, {"X-Parse-Master-Key": "master"}, True),
    ({"restAPIKey": "k"}, {"X-Parse-Master-Key": "readonly"}, True),
    ({"restAPIKey": "k"}, {"X-Parse-Maintenance-Key": "maintenance"}, True),
]


@pytest.mark.parametrize(("options", "headers", "passes"), CLIENT_KEYS, ids=str)
def test_one_of_the_client_keys_is_wanted(server: Server, options: dict[str, str], headers: dict[str, str], passes: bool) -> None:
    answer = server(**options)("GET", "/classes/Key", headers={**APP, **headers})
    assert answer.status_code == (200 if passes else 403)


# body of a POST without an application header, with the wanted outcome
BODIES: list[tuple[dict[str, Any], Any]] = [
    ({"_ApplicationId": "app"}, 201),
    ({"_ApplicationId": "other"}, FORBIDDEN),
    ({"_ApplicationId": 5}, FORBIDDEN),
    ({"_ApplicationId": "app", "_MasterKey": "wrong"}, 201),
    ({"_ApplicationId": "app", "_MasterKey": 5}, FORBIDDEN),
    ({"_ApplicationId": "app", "_SessionToken": {}}, FORBIDDEN),
    ({"_ApplicationId": "app", "_SessionToken": "r:nope"}, (400, 209)),
    ({"_ApplicationId": "app", "_InstallationId": 5}, FORBIDDEN),
    ({"_ApplicationId": "app", "_ContentType": {}}, FORBIDDEN),
    ({"_ApplicationId": "app", "_context": "x"}, (400, 107)),
    ({"_ApplicationId": "app", "_context": {"a": 1}}, 201),
    ({"_ApplicationId": "app", "_method": "GET"}, 200),
    ({"_ApplicationId": "app", "_method": {}}, 201),
    ({}, FORBIDDEN),
]


@pytest.mark.parametrize(("body", "expected"), BODIES, ids=str)
def test_credentials_in_the_body(city: City, body: dict[str, Any], expected: Any) -> None:
    answer = city.web("POST", "/classes/KeyBodies", json.dumps(body), TEXT)
    assert outcome(answer) == expected
    if expected == 201:
        row = city.master("GET", f"/classes/KeyBodies/{answer.json['objectId']}").json
        assert not [name for name in row if name.startswith("_")]


def test_basic_authorization(city: City) -> None:
    def ask(path: str, text: str) -> int:
        word = base64.b64encode(text.encode()).decode()
        return city.web("GET", path, headers={"Authorization": f"Basic {word}"}).status_code

    assert ask("/schemas", "app:master") == 200
    assert ask("/schemas", "app:wrong") == 403
    assert ask("/classes/Key", "app:") == 200
    assert ask("/classes/Key", "other:master") == 403
    assert ask("/classes/Key", "app") in (200, 403)


# section 4.5: a request with two faults hears of the earlier one
ORDER: list[tuple[str, str, Any, dict[str, str], dict[str, Any], Any]] = [
    ("POST", "/classes/Key", "{bad", MASTER, OUTSIDE, FORBIDDEN),
    ("POST", "/classes/Key", "{bad", {}, {}, (400, None)),
    ("POST", "/classes/Key", {}, {"X-Parse-Cloud-Context": "x"}, {}, (400, 107)),
    ("GET", "/nope", None, {}, {}, FORBIDDEN),
    ("GET", "/nope", None, {**APP, "X-Parse-Session-Token": "r:x"}, {}, (400, 209)),
    ("GET", "/schemas", None, {**APP, "X-Parse-Session-Token": "r:x"}, {}, (400, 209)),
    ("POST", "/login", {}, {**APP, "X-Parse-Session-Token": "r:x"}, {}, (400, 200)),
    ("GET", "/classes/Key?where=%7B", None, {**APP, "X-Parse-Session-Token": "r:x"}, {}, (400, 209)),
    ("GET", "/classes/Key", None, {**MASTER, "X-Parse-Session-Token": "r:x"}, {}, 200),
    ("GET", "/schemas/Nope", None, APP, {}, FORBIDDEN),
]


@pytest.mark.parametrize(("method", "path", "body", "headers", "more", "expected"), ORDER, ids=str)
def test_the_first_failure_wins(
    city: City, method: str, path: str, body: Any, headers: dict[str, str], more: dict[str, Any], expected: Any
) -> None:
    assert outcome(city.web(method, path, body, headers, **more)) == expected


@pytest.mark.parametrize("words", ["_ApplicationId=app", "_ApplicationId=app&_MasterKey=master"])
def test_the_url_holds_no_credentials(city: City, words: str) -> None:
    assert city.web("GET", f"/schemas?{words}", headers={}).status_code == 403
