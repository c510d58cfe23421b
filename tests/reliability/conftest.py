"""Two workers on one store, and clients that know which worker they talk to."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from tests.support.live import LiveServer

CLOUD = '''
"""Functions that tell which process runs them, and hooks that hang."""

import os
import time

from parse_shim import cloud


@cloud.define("pid")
def pid(request):
    return os.getpid()


@cloud.define("sleep")
def sleep(request):
    print("a hook begins", flush=True)
    time.sleep(60)


@cloud.define("spin")
def spin(request):
    while True:
        pass


@cloud.define("greedy")
def greedy(request):
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            pass


@cloud.before_save("Hangs")
def hangs(request):
    time.sleep(60)


@cloud.define("leave")
def leave(request):
    os._exit(9)


@cloud.before_save("Checked")
def checked(request):
    if request.object.get("bad"):
        raise ValueError("bad")
'''


class Answer:
    def __init__(self, status: int, body: Any) -> None:
        self.status, self.body = status, body

    @property
    def code(self) -> Any:
        return self.body.get("code") if isinstance(self.body, dict) else None


class Line:
    """One connection, which stays with one worker; closed after the test at the latest."""

    opened: ClassVar[list[Line]] = []

    def __init__(self, server: LiveServer, timeout: float = 20) -> None:
        parts = urlsplit(server.url)
        self.mount = parts.path
        self.headers = {"X-Parse-Application-Id": server.app_id, "Content-Type": "application/json"}
        self.master_headers = {**self.headers, "X-Parse-Master-Key": server.master_key}
        self.http = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
        Line.opened.append(self)

    def __call__(self, method: str, path: str, body: Any = None, token: str | None = None, **headers: str) -> Answer:
        more = {"X-Parse-Session-Token": token} if token else {}
        return self._send(method, path, body, {**self.headers, **more, **headers})

    def master(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        return self._send(method, path, body, {**self.master_headers, **headers})

    def rows(self, class_name: str, **where: Any) -> list[dict[str, Any]]:
        body = {"_method": "GET", "where": where, "limit": 100_000}
        return list(self.master("POST", f"/classes/{class_name}", body).body["results"])

    def pid(self) -> int:
        return int(self("POST", "/functions/pid", {}).body["result"])

    def close(self) -> None:
        self.http.close()

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        self.http.request(method, self.mount + path, None if body is None else json.dumps(body), headers)
        answer = self.http.getresponse()
        data = answer.read()
        return Answer(answer.status, json.loads(data) if data else None)


class House:
    """A server with its cloud code. `lines` talk to different workers."""

    def __init__(self, start: Callable[[], LiveServer]) -> None:
        self.start = start
        self.server = start()

    def line(self, timeout: float = 20) -> Line:
        return Line(self.server, timeout)

    @contextlib.contextmanager
    def workers(self, number: int = 2) -> Iterator[list[Line]]:
        """A connection to each worker."""
        found: dict[int, Line] = {}
        spare: list[Line] = []
        deadline = time.monotonic() + 20
        try:
            while len(found) < number:
                assert time.monotonic() < deadline, f"{len(found)} workers answer"
                line = self.line()
                pid = line.pid()
                if pid in found:
                    spare.append(line)  # kept open, so that the next one goes elsewhere
                else:
                    found[pid] = line
            yield list(found.values())
        finally:
            for line in [*found.values(), *spare]:
                line.close()


def at_once(number: int, call: Callable[[int], Any]) -> list[Any]:
    """`call(0)`, `call(1)` ... in threads that start together."""
    barrier = threading.Barrier(number)

    def run(index: int) -> Any:
        barrier.wait()
        return call(index)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


@pytest.fixture(autouse=True)
def lines_are_closed() -> Iterator[None]:
    yield
    for line in Line.opened:
        line.close()
    Line.opened.clear()


@pytest.fixture(scope="module")
def new_house(
    request: pytest.FixtureRequest, module_live_server: Callable[..., LiveServer], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., House]:
    """`new_house("sqlite", option=...)`: a server of two workers with CLOUD; its `start` starts it again on the same store."""

    def make(store: str, env: dict[str, str] | None = None, **options: Any) -> House:
        folder: Path = tmp_path_factory.mktemp("house")
        (folder / "house_hooks.py").write_text(CLOUD)
        if store == "mongodb":
            options["databaseURI"] = request.getfixturevalue("module_mongo_uri")
        given = {"workers": 2, "allowClientClassCreation": True, "cloud": "house_hooks", **options}
        return House(lambda: module_live_server(folder, env=env, **given))

    return make
