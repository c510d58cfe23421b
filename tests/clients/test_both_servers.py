"""The npm SDK with two servers on one MongoDB database: ours and parse-server, both written to in turns.

The scripts about objects, queries and access pass on parse-server too: what they expect is not our own invention.
tests/storage/test_both_servers.py looks at the same from below, request by request.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.node import play
from tests.support import peer
from tests.support.live import LiveServer

pytestmark = [pytest.mark.node, pytest.mark.peer, pytest.mark.slow]


@dataclass(frozen=True)
class Both:
    ours: str
    theirs: str


@pytest.fixture(scope="module")
def servers(
    module_live_server: Callable[..., LiveServer],
    module_mongo_uri: str,
    peer_modules: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("both")
    with peer.running(module_mongo_uri, folder / "peer.log") as theirs:
        options = {"appId": peer.APP_ID, "masterKey": peer.MASTER_KEY, "fileUpload": {"enableForPublic": True}}
        ours = module_live_server(folder, databaseURI=module_mongo_uri, allowClientClassCreation=True, **options)
        yield Both(ours.url, theirs.url)


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_two_servers_in_turns(node_modules: Path, servers: Both, first: str) -> None:
    one, other = (servers.ours, servers.theirs) if first == "ours" else (servers.theirs, servers.ours)
    play("turns.two.mjs", one, peer.APP_ID, peer.MASTER_KEY, OTHER_URL=other)


@pytest.mark.parametrize("script", ["objects", "queries", "access"])
def test_parse_server_passes_the_same_scripts(node_modules: Path, servers: Both, script: str) -> None:
    play(f"{script}.test.mjs", servers.theirs, peer.APP_ID, peer.MASTER_KEY)
