"""The npm `parse` SDK against the running server: every script of tests/node, on both stores.

Each script is a run of node's own test runner; what it prints is the failure's text.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.live import LiveServer
from tests.support.mongod import free_port

NODE = Path(__file__).parents[1] / "node"
APP = "live_sessions"
SCRIPTS = sorted(path.name.removesuffix(".test.mjs") for path in NODE.glob("*.test.mjs"))
FAILED = re.compile(r"^ *not ok \d+ - (.*)$(?:\n(?! *(?:not )?ok ).*)*?\n +error: (.*(?:\n  +(?!code:|name:).*){0,8})", re.MULTILINE)
"""Name and error of a failed test in TAP."""

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
        **store,
    )


@pytest.fixture(scope="module")
def app(module_live_server: Start, store: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The LiveSessions server."""
    yield module_live_server(tmp_path_factory.mktemp("app"), cloud="cloud", schemas="schemas", **store)


@pytest.mark.parametrize("script", [name for name in SCRIPTS if name != APP])
def test_the_javascript_sdk(node_modules: Path, features: LiveServer, mail_port: int, script: str) -> None:
    play(features, script, MAIL_PORT=str(mail_port))


def test_the_app_in_the_javascript_sdk(node_modules: Path, app: LiveServer) -> None:
    play(app, APP)


def play(server: LiveServer, script: str, **more: str) -> None:
    """Run one script; fails with the names of its failing tests and their errors."""
    keys = {"PARSE_URL": server.url, "PARSE_APP_ID": server.app_id, "PARSE_MASTER_KEY": server.master_key}
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", f"{script}.test.mjs"],
        cwd=NODE,
        env={**os.environ, **keys, **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode != 0:
        found = [f"{name}: {' '.join(error.split())}" for name, error in FAILED.findall(done.stdout)]
        pytest.fail("\n".join([*found, done.stderr[-2000:]]) if found else done.stdout + done.stderr, pytrace=False)
