"""Kill -9 of the whole server during a stream of writes on SQLite: what was acknowledged is there afterwards, nothing by half."""

import concurrent.futures
import contextlib
import http.client
import itertools
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.live import LiveServer

CLIENTS = 4
ENOUGH = 150
"""Acknowledged objects before the kill."""


class Stream:
    """Creates objects from several connections at once until the server is gone; keeps what was acknowledged."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.acknowledged: dict[str, str] = {}
        self.refused: list[Any] = []
        self.enough = threading.Event()

    def run(self, client: int) -> None:
        address = urlsplit(self.server.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            for number in itertools.count():
                self._create(connection, f"{client}-{number}")

    def _create(self, connection: http.client.HTTPConnection, name: str) -> None:
        headers = {"X-Parse-Application-Id": self.server.app_id, "Content-Type": "application/json"}
        # The text makes the row larger than a page, so that a torn write would show.
        body = json.dumps({"name": name, "text": name * 1000, "at": {"__type": "GeoPoint", "latitude": 1, "longitude": 2}})
        connection.request("POST", "/parse/classes/Drop", body, headers)
        answer = connection.getresponse()
        found = json.loads(answer.read())
        if answer.status == 201:
            self.acknowledged[found["objectId"]] = name
        else:
            self.refused.append((answer.status, found))
        if len(self.acknowledged) >= ENOUGH:
            self.enough.set()


@pytest.mark.parametrize("workers", [1, 2])
def test_every_acknowledged_object_survives_kill_9(live_server: Callable[..., LiveServer], tmp_path: Path, workers: int) -> None:
    options = {"workers": workers, "allowClientClassCreation": True}
    server = live_server(tmp_path, **options)
    stream = Stream(server)
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as clients:
        running = [clients.submit(stream.run, client) for client in range(CLIENTS)]
        assert stream.enough.wait(30), (len(stream.acknowledged), stream.refused[:3])
        server.kill()
        for one in running:
            one.result(20)
    assert stream.refused == []

    stored = _stored(live_server(tmp_path, **options))
    lost = stream.acknowledged.keys() - stored.keys()
    assert not lost
    # A client whose answer was cut off may have its object stored; nobody else's is.
    assert len(stored) - len(stream.acknowledged) <= CLIENTS
    assert all(row["text"] == row["name"] * 1000 and row["at"]["longitude"] == 2 for row in stored.values())
    assert {id_: stored[id_]["name"] for id_ in stream.acknowledged} == stream.acknowledged


def _stored(server: LiveServer) -> dict[str, Any]:
    address = urlsplit(server.url)
    with contextlib.closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)) as connection:
        connection.request("GET", "/parse/classes/Drop?limit=100000", headers={"X-Parse-Application-Id": server.app_id})
        rows = json.loads(connection.getresponse().read())["results"]
    return {row["objectId"]: row for row in rows}
