"""Runs a command for as long as another process lives: `python keeper.py OWNER_PID COMMAND...`.

Test runs end in many ways, kill -9 among them; what they started must end too. SIGTERM ends the command in good order.
Imports nothing of ours, so that it starts at once.
"""

import os
import resource
import signal
import subprocess
import sys
from types import FrameType


def main(owner: int, command: list[str]) -> int:
    """The command's exit status."""
    raise_file_limit()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def stop(signum: int, frame: FrameType | None) -> None:
        child.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the owner decides
    while child.poll() is None:
        if not alive(owner):
            child.terminate()
        try:
            child.wait(0.5)
        except subprocess.TimeoutExpired:
            continue
    return child.returncode


def raise_file_limit() -> None:
    """mongod keeps files open for each collection and index and stops at the usual 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
