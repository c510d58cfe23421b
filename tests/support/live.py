"""The real server as a process: `parse-shim serve` on a free port, with its own folder."""

import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.mongod import free_port

ROOT = Path(__file__).resolve().parents[2]
APP_ID = "live"
MASTER_KEY = "live-master-key"
ANY_CERTIFICATE = ssl._create_unverified_context()
SETTING_NAMES = ("OPENTOK_", "VONAGE_", "PARSE_", "LIVESESSIONS_")


@dataclass
class LiveServer:
    """A server that answers under `url`, such as http://127.0.0.1:4711/parse."""

    url: str
    app_id: str
    master_key: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        self.process.terminate()
        return self.process.wait(40)

    def kill(self) -> None:
        """kill -9 of the server and all its workers."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


def start(
    folder: Path, *, env: dict[str, str] | None = None, arguments: Sequence[str] = (), wait: bool = True, **options: Any
) -> LiveServer:
    """Start `parse-shim serve` with parse-server's option names (`databaseURI=...`, `cloud=...`) and `arguments`.

    The store is an SQLite file in `folder` unless said otherwise; a server started in the same folder finds it again.
    None takes one of the options below away. The folder comes first on the server's path, then the checkout.
    Waits for /health, at most 30 s. Raises RuntimeError with the output when the server ends before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "appId": APP_ID,
        "masterKey": MASTER_KEY,
        "host": "127.0.0.1",
        "port": free_port(),
        "databaseURI": f"sqlite:///{folder / 'parse.db'}",
        "logLevel": "warn",
        **options,
    }
    options = {key: value for key, value in options.items() if value is not None}
    config = folder / f"options-{options['port']}.json"
    config.write_text(json.dumps(options))
    log = folder / f"server-{options['port']}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "parse_shim", "serve", "--config", str(config), *arguments],
            cwd=folder,
            env=environment(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    mount = "/" + str(options.get("mountPath", "/parse")).strip("/")
    scheme = "https" if "certfile" in options else "http"
    url = f"{scheme}://127.0.0.1:{options['port']}{mount.rstrip('/')}"
    server = LiveServer(url, options.get("appId", ""), options.get("masterKey", ""), process, log)
    if wait:
        wait_until_healthy(server)
    return server


def environment(more: dict[str, str]) -> dict[str, str]:
    """This process's environment without anybody's settings; the checkout can be imported."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith((*SETTING_NAMES, "PORT"))}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **more}


def wait_until_healthy(server: LiveServer, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise RuntimeError(f"the server ended with status {server.process.returncode}:\n{server.output()}")
        try:
            with urllib.request.urlopen(server.url + "/health", timeout=2, context=ANY_CERTIFICATE) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass  # not listening yet
        time.sleep(0.05)
    server.kill()
    raise RuntimeError(f"the server was not healthy within {seconds} s:\n{server.output()}")
