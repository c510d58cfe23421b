"""Fixtures for the whole suite: a real mongod, npm packages, and the real server as a process."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from parse_shim import ids
from tests.support import live, npm
from tests.support import mongod as mongod_process
from tests.support.live import LiveServer
from tests.support.mongod import Mongod
from tests.support.shared import shared

TESTS = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--against", metavar="URL", help="send the tests marked `verified` to this Parse server")


@pytest.fixture(autouse=True)
def real_time() -> Iterator[None]:
    """No test's clock reaches the next one."""
    yield
    ids.set_clock(None)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def mongod(run_folder: Path) -> Iterator[Mongod]:
    """A real mongod, one for all workers of pytest-xdist. PARSE_SHIM_TEST_MONGO names another one."""
    given = os.environ.get("PARSE_SHIM_TEST_MONGO")
    if given:
        yield Mongod(given)
        return
    with shared(run_folder / "mongod.json", lambda: mongod_process.start(run_folder), mongod_process.stop) as made:
        yield Mongod(made["uri"])


@pytest.fixture
def mongo_uri(mongod: Mongod) -> Iterator[str]:
    """An empty database for one test."""
    with mongod.database() as uri:
        yield uri


@pytest.fixture(scope="module")
def module_mongo_uri(mongod: Mongod) -> Iterator[str]:
    """An empty database for the tests of one file."""
    with mongod.database() as uri:
        yield uri


def _install(folder: str) -> Path:
    try:
        return npm.install(TESTS / folder)
    except npm.Missing as missing:
        pytest.fail(str(missing))


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """tests/node/node_modules with the JavaScript SDK."""
    return _install("node")


@pytest.fixture(scope="session")
def peer_modules() -> Path:
    """tests/peer/node_modules with the reference server."""
    return _install("peer")


@pytest.fixture(scope="session")
def browser_modules() -> Path:
    """tests/browser/node_modules with what the tests of pages need."""
    return _install("browser")


@pytest.fixture
def live_server(tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """`live_server(databaseURI=..., cloud=..., env={...})` starts a server and stops it after the test."""
    yield from _starter(tmp_path / "live")


@pytest.fixture(scope="module")
def module_live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., LiveServer]]:
    """The same for the tests of one file."""
    yield from _starter(tmp_path_factory.mktemp("live"))


def _starter(default: Path) -> Iterator[Callable[..., LiveServer]]:
    started: list[LiveServer] = []

    def start(folder: Path | None = None, **options: Any) -> LiveServer:
        started.append(live.start(folder or default, **options))
        return started[-1]

    yield start
    for server in started:
        server.kill()
