"""Servers on every store, for replaying published weaknesses of Parse servers. Each test names the advisory it replays."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from parse_shim import ids
from parse_shim.storage.base import Engine
from parse_shim.storage.memory import MemoryEngine
from parse_shim.storage.open import open_engine
from tests.support.mongod import Mongod
from tests.web.world import Web

STORES = ["memory", "sqlite", "mongodb"]


@contextlib.contextmanager
def opened(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Engine]:
    """An empty store of its own."""
    with contextlib.ExitStack() as stack:
        if kind == "memory":
            engine: Engine = MemoryEngine()
        elif kind == "sqlite":
            engine = open_engine(f"sqlite:///{folder / 'parse.db'}")
        else:
            mongod: Mongod = request.getfixturevalue("mongod")
            engine = open_engine(stack.enter_context(mongod.database()))
        stack.callback(engine.close)
        yield engine


@pytest.fixture(scope="module", params=STORES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with opened(request.param, request, tmp_path_factory.mktemp("store")) as engine:
        yield engine


@pytest.fixture
def server(engine: Engine) -> Iterator[Callable[..., Web]]:
    """`server(option=...)` is a new server on an emptied store."""

    def make(**options: Any) -> Web:
        engine.clear()
        return Web(engine=engine, **options)

    yield make
    ids.set_clock(None)


@pytest.fixture
def web(server: Callable[..., Web]) -> Web:
    return server()


@dataclass
class Town:
    """A server with two users, Alice and Bob, for rows that change nothing."""

    web: Web
    alice: str
    as_alice: dict[str, str]
    bob: str
    as_bob: dict[str, str]


@pytest.fixture(scope="module", params=STORES)
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with opened(request.param, request, tmp_path_factory.mktemp("town")) as engine:
        web = Web(engine=engine, readOnlyMasterKey="readonly", readOnlyMasterKeyIps=["0.0.0.0/0"])
        yield Town(web, *web.sign_up("alice"), *web.sign_up("bob"))
