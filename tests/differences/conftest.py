"""One file a known difference from parse-server (9.10, on MongoDB). The first paragraph of a file's text is a row of the README.

The tests say what we answer; the texts say what the peer does. Each goes through the whole application, on the memory engine unless
the difference lives in a store.
"""

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from parse_shim.hooks.registry import Registry, load_cloud
from tests.web.world import Web

HEAD = """
from datetime import datetime, UTC
from parse_shim import Config, Code, Field, File, Object, ParseError, Query, Validator, cloud
seen = []
"""


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    yield made
    made.core.close()


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Registry]:
    """`cloud('''...''')`: the hooks of a text."""
    monkeypatch.syspath_prepend(str(tmp_path))
    name = f"cloud_of_{tmp_path.name}"

    def load(source: str) -> Registry:
        (tmp_path / f"{name}.py").write_text(HEAD + textwrap.dedent(source))
        return load_cloud(name)

    yield load
    sys.modules.pop(name, None)


@pytest.fixture
def serve(cloud: Callable[[str], Registry]) -> Iterator[Callable[..., Web]]:
    """`serve('''...cloud code...''', option=...)`: a server with hooks and options."""
    made: list[Web] = []

    def start(source: str = "", **options: Any) -> Web:
        made.append(Web(cloud=cloud(source), **options))
        return made[-1]

    yield start
    for one in made:
        one.core.close()
