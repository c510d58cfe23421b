"""The npm `parse` SDK against the running server: every script of tests/node, on both stores.

Each script is a run of node's own test runner; what it prints is the failure's text.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.node import NODE, play
from tests.support.live import LiveServer
from tests.support.mongod import free_port

APP = "live_sessions"
SCRIPTS = sorted(path.name.removesuffix(".test.mjs") for path in NODE.glob("*.test.mjs"))
pytestmark = [pytest.mark.node, pytest.mark.slow]
Start = Callable[..., LiveServer]


@pytest.fixture(scope="module", params=["sqlite", "mongodb"])
def store(request: pytest.FixtureRequest) -> dict[str, str]:
    """Options that name the store; the file of the server's own folder without any."""
    return {"databaseURI": request.getfixturevalue("module_mongo_uri")} if request.param == "mongodb" else {}


@pytest.fixture(scope="module")
def mail_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def features(
    module_live_server: Start, store: dict[str, str], mail_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """A server with the cloud code of cloud_features.py."""
    accepting = "parse_shim.testing.adapters:AcceptingProvider"
    port = free_port()
    mail = {"module": "parse_shim.testing.adapters:WebhookMail", "options": {"url": f"http://127.0.0.1:{mail_port}/"}}
    yield module_live_server(
        tmp_path_factory.mktemp("features"),
        cloud="tests.clients.cloud_features",
        schemas=None,
        allowClientClassCreation=True,
        appName="Client tests",
        port=port,
        publicServerURL=f"http://127.0.0.1:{port}/parse",
        emailAdapter=mail,
        auth={"maker": {"module": accepting}},
        push={"adapter": "parse_shim.testing.adapters:AcceptingPush"},
        liveQuery={"classNames": ["Heard.*"]},
        startLiveQueryServer=True,
        workers=2,
        **store,
    )


@pytest.fixture(scope="module")
def app(module_live_server: Start, store: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The LiveSessions server."""
    yield module_live_server(tmp_path_factory.mktemp("app"), cloud="cloud", schemas="schemas", **store)


@pytest.mark.parametrize("script", [name for name in SCRIPTS if name != APP])
def test_the_javascript_sdk(node_modules: Path, features: LiveServer, mail_port: int, script: str) -> None:
    play(f"{script}.test.mjs", features.url, features.app_id, features.master_key, MAIL_PORT=str(mail_port))


def test_the_app_in_the_javascript_sdk(node_modules: Path, app: LiveServer) -> None:
    play(f"{APP}.test.mjs", app.url, app.app_id, app.master_key)
