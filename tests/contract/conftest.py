"""Every test of this folder runs on SQLite and on MongoDB."""

from collections.abc import Callable, Iterator
from typing import Any

import bcrypt
import pytest

from parse_shim import ids
from parse_shim.rest import passwords
from parse_shim.storage.base import Engine
from parse_shim.storage.open import open_engine
from tests.contract.world import Server


@pytest.fixture(scope="module", params=["sqlite", "mongodb"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    opened = open_engine("sqlite://" if request.param == "sqlite" else request.getfixturevalue("module_mongo_uri"))
    yield opened
    opened.close()


@pytest.fixture
def serve(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """`serve(option=...)`: a server on an empty store. Passwords are hashed quickly."""
    monkeypatch.setattr(passwords, "COST", 4)
    monkeypatch.setattr(passwords, "NOBODY", bcrypt.hashpw(b"nobody", bcrypt.gensalt(4)).decode("ascii"))
    engine.clear(indexes=True)
    made: list[Server] = []

    def start(**options: Any) -> Server:
        made.append(Server(engine, **options))
        return made[-1]

    yield start
    for server in made:
        server.core.close()
    ids.set_clock(None)


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve()
