"""Houses on both stores that need no server of their own."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

# Read when the schemas are imported, as `serve --development` does.
os.environ.setdefault("LIVESESSIONS_NEW_COLUMNS", "1")

from parse_shim.storage.memory import MemoryEngine
from parse_shim.storage.open import open_engine
from tests.cloud.world import House


@pytest.fixture(params=["memory", "sqlite"])
def new_house(request, tmp_path) -> Iterator[Callable[..., House]]:
    """`new_house(roles="two-way", ...)`; closed after the test."""
    engine = MemoryEngine() if request.param == "memory" else open_engine(f"sqlite:///{tmp_path / 'parse.db'}")
    made: list[House] = []

    def make(**chosen: Any) -> House:
        made.append(House(engine, **chosen))
        return made[-1]

    yield make
    for house in made:
        house.close()
    engine.close()


@pytest.fixture
def house(new_house) -> House:
    return new_house()
