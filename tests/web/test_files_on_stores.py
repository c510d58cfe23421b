"""Files, pushes and operators' routes on the stores that last: SQLite and MongoDB answer alike."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from parse_shim.rest import push as pushing
from parse_shim.testing.adapters import AcceptingPush
from parse_shim.web.app import ParseApp, create_app
from tests.web.world import APP, MASTER, OPTIONS


@pytest.fixture(params=["sqlite", "mongodb"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/a.db" if request.param == "sqlite" else str(request.getfixturevalue("mongo_uri"))


@pytest.fixture
def server(uri: str) -> Iterator[Callable[..., ParseApp]]:
    """Makes servers on one database, and closes them."""
    made: list[ParseApp] = []

    def start(**options: Any) -> ParseApp:
        made.append(create_app(**{**OPTIONS, "databaseURI": uri, "fileUpload": {"enableForPublic": True}, **options}))
        return made[-1]

    yield start
    for app in made:
        app.core.close()
        app.core.engine.close()


def call(app: ParseApp, method: str, path: str, body: Any = None, headers: dict[str, str] = MASTER) -> Any:
    data = body if body is None or isinstance(body, bytes) else json.dumps(body)
    return Client(app).open("/parse" + path, method=method, data=data, headers=headers, environ_overrides={"REMOTE_ADDR": "127.0.0.1"})


@pytest.mark.parametrize("file_key", [None, "secret"])
def test_a_file_lives_on_in_the_next_server(server: Callable[..., ParseApp], file_key: str | None) -> None:
    more = {**APP, "X-Parse-Upload-Mode": "stream", "X-Parse-File-Metadata": '{"m":{"a.b":1}}'}
    answer = call(server(fileKey=file_key), "POST", "/files/a.txt", b"hello world", more)
    path = answer.json["url"].removeprefix("http://localhost/parse")
    app = server(fileKey=file_key)
    assert call(app, "GET", path, headers={}).data == b"hello world"
    part = call(app, "GET", path, headers={"Range": "bytes=6-8"})
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, b"wor", "bytes 6-8/11")
    assert call(app, "GET", path.replace("/app/", "/app/metadata/"), headers={}).json == {"metadata": {"m": {"a.b": 1}}}
    assert call(app, "DELETE", path.replace("/app/", "/")).status_code == 200
    assert call(app, "GET", path, headers={}).status_code == 404


def test_a_push_counts_and_ends(server: Callable[..., ParseApp], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "in_background", lambda work: work())
    app = server(push={"adapter": AcceptingPush()})
    for number in range(2):
        call(app, "POST", "/installations", {"deviceType": "ios", "deviceToken": f"t{number}", "installationId": f"i{number}"})
    call(app, "POST", "/push", {"where": {"deviceType": "ios"}, "data": {"badge": "Increment"}})
    row = call(app, "GET", "/classes/_PushStatus").json["results"][0]
    assert (row["status"], row["numSent"], row["sentPerType"], "count" in row) == ("succeeded", 2, {"ios": 2}, False)
    assert [row["badge"] for row in call(app, "GET", "/installations").json["results"]] == [1, 1]


def test_operators_routes(server: Callable[..., ParseApp]) -> None:
    app = server()
    call(app, "POST", "/classes/A", {"n": 1})
    assert call(app, "DELETE", "/purge/A").json == {}
    assert call(app, "GET", "/classes/A").json == {"results": []}
    call(app, "PUT", "/graphql-config", {"params": {"enabledForClasses": ["A"]}})
    assert call(app, "GET", "/graphql-config").json == {"enabledForClasses": ["A"]}
    made = call(app, "POST", "/push_audiences", {"name": "A", "query": '{"a":1}'})
    assert call(app, "GET", f"/push_audiences/{made.json['objectId']}").json["query"] == {"a": 1}
