"""The local OpenTok as a process of its own. Imports little: `serve` starts it before gevent patches the standard library."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path
from typing import IO

from parse_shim.video.base import FAKE_KEY, FAKE_SECRET

SECRET_VARIABLE = "OPENTOK_EMULATOR_SECRET"
READY = "OpenTok emulator ready at "
_START_SECONDS = 20.0


def start_emulator_process(
    key: str = FAKE_KEY, secret: str = FAKE_SECRET, port: int = 0, *, state_file: Path | None = None
) -> tuple[subprocess.Popen[str], str]:
    """An emulator in a process of its own, and its URL. It ends with the processes that hold its standard input.

    Those are this process and the workers it forks; nothing is left over when all are killed. Keep the Popen: dropping
    it closes the input. Raises RuntimeError.
    """
    child = spawn_emulator(key, secret, port, state_file=state_file)
    return child, emulator_url(child)


def spawn_emulator(
    key: str = FAKE_KEY, secret: str = FAKE_SECRET, port: int = 0, *, state_file: Path | None = None
) -> subprocess.Popen[str]:
    """Start it without waiting."""
    command = [sys.executable, "-m", "parse_shim.testing.opentok_emulator", "--exit-with-parent"]
    command += ["--key", key, "--port", str(port)]
    if state_file is not None:
        command += ["--state", str(state_file)]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # arguments can be seen by every user of the machine
        env=os.environ | {SECRET_VARIABLE: secret, "PYTHONPATH": _python_path()},
        # Ctrl-C at a terminal goes to the whole group; the server stops the emulator after its workers
        start_new_session=True,
    )


def emulator_url(child: subprocess.Popen[str]) -> str:
    """Wait until it listens. Raises RuntimeError."""
    assert child.stdout is not None
    line = _first_line(child.stdout)
    if not line.startswith(READY):
        child.kill()
        child.communicate()
        raise RuntimeError("the OpenTok emulator did not start")
    child.stdout.close()
    return line.removeprefix(READY).strip()


def _python_path() -> str:
    here = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH", "")])])


def _first_line(out: IO[str]) -> str:
    ready, _, _ = select.select([out], [], [], _START_SECONDS)
    return out.readline() if ready else ""
