"""Fixtures for tests of one's own cloud code. One line in the top conftest.py, or in a test file, brings them:

    pytest_plugins = ["parse_shim.testing.plugin"]

`parse`, `parse.as_user("ann")`, `parse.as_master`, `jobs`, `video`, `clock`, `core`, `live_server`; `parse_settings` is there to be
overridden. Every test gets a server and a store of its own, in memory, within a few milliseconds.

PYTEST_DONT_REWRITE: nothing is asserted here, and pytest would warn when something imported this file before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from parse_shim.hooks.registry import Registry, load_cloud
from parse_shim.rest import passwords
from parse_shim.rest.core import Core, build_core, open_store
from parse_shim.settings import Settings
from parse_shim.storage.base import Engine
from parse_shim.storage.open import redacted
from parse_shim.testing.client import Jobs, Parse
from parse_shim.testing.clock import Clock
from parse_shim.testing.live import LiveServer
from parse_shim.video.fake import FakeVideo
from parse_shim.web.app import ParseApp, create_app
from parse_shim.web.assemble import declared_classes
from parse_shim.web.services import TIMERS

DEFAULTS: Mapping[str, Any] = {
    "appId": "test",
    "masterKey": "test-master-key",
    "databaseURI": "memory://",
    "allowClientClassCreation": True,
    "logsFolder": None,
}
"""Under `parse_settings`."""

IN_MEMORY = ("memory://", "sqlite://", "sqlite:///:memory:")

QUICK_COST = 4
"""Of bcrypt: 1 ms a password instead of 50."""


@pytest.fixture
def parse_settings() -> dict[str, Any]:
    """Options of the server under test, by parse-server's names. Override it to choose: `{"cloud": "cloud.main", "schemas": "schemas"}`.

    What is not said: cloud/main.py and schemas/ of the working directory, a store in memory, and clients may create classes.
    A database that lasts is emptied before each test, so its name must hold the word `test`.
    """
    return {}


@pytest.fixture
def video() -> FakeVideo:
    """The video service that hooks get as `request.video`: it remembers calls, and fails on demand."""
    return FakeVideo()


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Moves the server's time: `clock.advance(hours=2)`, `clock.set("2030-01-01T00:00:00Z")`, `clock.stop()`."""
    made = Clock()
    yield made
    made.reset()


@pytest.fixture
def core(parse_settings: Mapping[str, Any], video: FakeVideo, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Core]:
    """The parts of the server under test: settings, engine, classes, hooks."""
    settings = Settings.from_options({**DEFAULTS, **_found_here(), **parse_settings})
    _hash_quickly(monkeypatch)
    engine = _empty_store(settings)
    made = build_core(
        settings,
        engine=engine,
        hooks=_hooks(settings.cloud),
        video=video,
        schemas=declared_classes(settings),
    )
    clock.moved.append(made.forget)
    yield made
    clock.moved.remove(made.forget)
    made.close()
    engine.close()


@pytest.fixture
def parse_app(core: Core) -> ParseApp:
    """The WSGI application of the server under test."""
    core.extras[TIMERS] = False
    return create_app(core=core)


@pytest.fixture
def parse(parse_app: ParseApp) -> Parse:
    """A client without a user and without the master key."""
    return Parse(parse_app)


@pytest.fixture
def jobs(parse: Parse) -> Jobs:
    """Run jobs and timers now."""
    return Jobs(parse)


@pytest.fixture
def live_server(parse_app: ParseApp) -> Iterator[LiveServer]:
    """The same server with a real URL, for SDKs: `live_server.url`, `.app_id`, `.master_key`. `parse` sees the same store."""
    server = LiveServer(parse_app)
    yield server
    server.close()


def _found_here() -> dict[str, str]:
    """The application of the working directory, as `parse-shim serve` finds it."""
    found = {}
    if Path("cloud/main.py").is_file():
        found["cloud"] = "cloud.main"
    if Path("schemas").is_dir():
        found["schemas"] = "schemas"
    return found


def _hooks(cloud: object) -> Registry:
    """Collected anew for each test: webhooks and counters of one test must not reach the next."""
    if isinstance(cloud, Registry):
        return cloud
    return load_cloud(str(cloud)) if cloud else Registry()


def _empty_store(settings: Settings) -> Engine:
    uri = settings.database_uri
    if uri not in IN_MEMORY and "test" not in uri.lower():
        pytest.fail(f"tests empty their database, and the name of {redacted(uri)} does not say that it is one for tests")
    engine = open_store(settings)
    if uri not in IN_MEMORY:
        engine.clear(indexes=True)
    return engine


def _hash_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", QUICK_COST)
    monkeypatch.setattr(passwords, "NOBODY", _nobody())


@cache
def _nobody() -> str:
    """The hash that unknown users are compared with, at the same cost as the others."""
    return bcrypt.hashpw(b"nobody", bcrypt.gensalt(QUICK_COST)).decode("ascii")
