"""The reference server as a process, on a database of its own or on one that is shared with ours."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import keeper
from tests.support.mongod import free_port
from tests.support.shared import owner_of_run

FOLDER = Path(__file__).resolve().parents[1] / "peer"
APP_ID, MASTER_KEY = "app", "master"


@dataclass(frozen=True)
class Peer:
    """`url` ends with the mount path."""

    url: str

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """(status, JSON or bytes) of one request; `X_Parse_Session_Token="r:..."` names a header."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        names = {"X-Parse-Application-Id": APP_ID, "Content-Type": "application/json"}
        names |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, data, names, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, _content(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, _content(error.read())


def _content(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data


@contextlib.contextmanager
def running(database_uri: str, log: Path) -> Iterator[Peer]:
    """parse-server on `database_uri`, answering. Its packages must be installed (fixture peer_modules)."""
    port = free_port()
    node = shutil.which("node") or "node"
    command = [sys.executable, str(Path(keeper.__file__)), str(owner_of_run()), node, "server.js", str(port), database_uri]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=FOLDER,
            env={**os.environ, "NODE_ENV": "production"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        peer = Peer(f"http://127.0.0.1:{port}/parse")
        _wait(peer, process, log)
        yield peer
    finally:
        process.terminate()
        process.wait(20)


def _wait(peer: Peer, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if peer("GET", "/health")[0] == 200:
                return
        except OSError:
            pass  # not listening yet
        time.sleep(0.1)
    raise RuntimeError(f"parse-server did not start:\n{log.read_text(errors='replace')[-3000:]}")
