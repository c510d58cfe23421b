"""One run of wrk: requests written into a Lua script, its summary read back."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from loads import Load
from servers import CannotStart, Server

_SCRIPT = """
local requests = {
%s}
local at = %d
request = function()
  at = at %% #requests + 1
  return requests[at]
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('RESULT {"requests":%%d,"us":%%d,"p50":%%d,"p99":%%d,"errors":%%d}\\n', summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True)
class Run:
    """`rate`: requests a second. `cpu_us`: the server's CPU time for one. `p50_ms`, `p99_ms`: latencies."""

    rate: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    requests: int

    def json(self) -> dict[str, float]:
        return {name: round(value, 3) for name, value in asdict(self).items()}


def check_installed() -> None:
    if not shutil.which("wrk"):
        raise CannotStart("wrk is not installed (Debian: apt install wrk)")


def run(server: Server, load: Load, seconds: float, folder: Path, *, connections: int | None = None) -> Run:
    """Send the load for so long. Raises RuntimeError when an answer was an error: a fast refusal is no result."""
    began = start(server, load, seconds, folder, connections=connections)
    cpu = server.cpu_seconds()
    found = finish(began, server, load)
    return Run(
        found["requests"] / found["us"] * 1e6,
        (server.cpu_seconds() - cpu) / max(found["requests"], 1) * 1e6,
        found["p50"] / 1000,
        found["p99"] / 1000,
        found["requests"],
    )


def start(server: Server, load: Load, seconds: float, folder: Path, *, connections: int | None = None) -> subprocess.Popen[str]:
    """The load, running."""
    script = folder / f"{server.name}-{load.name}.lua"
    lines = "".join(f'"{_lua(request.raw(server.port))}",\n' for request in load.requests(server))
    script.write_text(_SCRIPT % (lines, time.monotonic_ns() % load.variants), encoding="latin-1")
    open_connections = str(connections or load.connections)
    command = ["wrk", "-t1", "-c", open_connections, "-d", f"{max(1, round(seconds))}s", "--timeout", "30s", "-s", str(script)]
    return subprocess.Popen([*command, f"http://127.0.0.1:{server.port}"], stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str], server: Server, load: Load) -> dict[str, int]:
    output, _ = process.communicate()
    results = [line for line in output.splitlines() if line.startswith("RESULT ")]
    if process.returncode or not results:
        raise RuntimeError(f"wrk failed on {server.name}, {load.name}:\n{output}")
    found: dict[str, int] = json.loads(results[-1].removeprefix("RESULT "))
    if found["errors"]:
        failed = f"{found['errors']} of {found['requests']} requests of {load.name}"
        raise RuntimeError(f"{server.name} answered {failed} with errors:\n{output}")
    return found


def _lua(data: bytes) -> str:
    escaped = {0x22: '\\"', 0x5C: "\\\\"}
    return "".join(escaped.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03d}") for byte in data)
