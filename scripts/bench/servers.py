"""The servers that are compared, each with a database of its own: started, watched through /proc, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.support import mongod, npm

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
APP, MASTER = "bench", "bench-master"


class CannotStart(RuntimeError):
    """One line for the user."""


@dataclass
class Server:
    """`tokens`: session tokens of the seeded users. `start_seconds`: from the start of the process to its first answer."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    start_seconds: float = 0.0
    tokens: list[str] = field(default_factory=list)

    def pids(self) -> list[int]:
        """The server's processes: all of its session, which it alone leads."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and (fields := _stat(int(entry.name))) and int(fields[3]) == self.process.pid:
                found.append(int(entry.name))
        return found

    def cpu_seconds(self) -> float:
        """User and system time of all its processes so far."""
        return sum((int(f[11]) + int(f[12])) / TICKS for pid in self.pids() if (f := _stat(pid)))

    def memory_mb(self) -> tuple[float, float]:
        """(RSS, PSS) of its largest process."""
        sizes = [_memory(pid) for pid in self.pids()]
        return max(sizes, default=(0.0, 0.0))

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def start_peer(name: str, database_uri: str, folder: Path, workers: int) -> Server:
    """parse-server of peers/package.json."""
    modules = npm.install(HERE / "peers")
    port = mongod.free_port()
    command = ["node", str(HERE / "peers" / "server.js"), str(port), database_uri, str(workers)]
    return _start(name, port, command, folder, {"NODE_PATH": str(modules)}, workers)


def start_ours(name: str, database_uri: str, folder: Path, workers: int, options: tuple[str, ...] = ()) -> Server:
    """The server of this checkout, with its defaults."""
    port = mongod.free_port()
    command = [sys.executable, "-m", "parse_shim", "serve", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--app-id", APP, "--master-key", MASTER, "--database-uri", database_uri, "--workers", str(workers)]
    command += ["--cloud", str(HERE / "peers" / "hooks.py")]
    for given in ("allowClientClassCreation=true", "allowCustomObjectId=true", "maxLimit=100000", *options):
        command += ["--set", given]
    # Named keys: the local OpenTok is then not started, which has no part in this.
    env = {"PYTHONPATH": str(ROOT), "OPENTOK_API_KEY": "1", "OPENTOK_API_SECRET": "s", "OPENTOK_API_URL": "http://127.0.0.1:9"}
    return _start(name, port, command, folder, env, workers)


def _start(name: str, port: int, command: list[str], folder: Path, env: dict[str, str], workers: int) -> Server:
    folder = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "output.log"
    began = time.monotonic()
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    server = Server(name, port, process)
    while not _answers(port):
        if process.poll() is not None or time.monotonic() - began > 60:
            server.stop()
            raise CannotStart(f"{name} did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.005)
    server.start_seconds = time.monotonic() - began
    if workers > 1:
        time.sleep(2)  # the other processes
    return server


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/parse/classes/Nothing", headers={"X-Parse-Application-Id": APP, "X-Parse-Master-Key": MASTER})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _stat(pid: int) -> list[str] | None:
    """/proc/PID/stat after the name: state is field 0, session 3, utime 11, stime 12."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _memory(pid: int) -> tuple[float, float]:
    sizes = {"Rss:": 0.0, "Pss:": 0.0}
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            words = line.split()
            if words[0] in sizes:
                sizes[words[0]] = int(words[1]) / 1024
    except OSError:
        pass
    return sizes["Rss:"], sizes["Pss:"]
