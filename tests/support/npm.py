"""npm packages of the client tests: installed once from the lock file, again when it changes."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.shared import locked


class Missing(RuntimeError):
    """Node or npm is not there; the text says what to install."""


def install(folder: Path) -> Path:
    """The node_modules of `folder`, which holds package.json and package-lock.json."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise Missing("Node 20 with npm is needed for these tests and is not on the PATH")
    modules = folder / "node_modules"
    stamp = modules / ".installed"
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    with locked(folder / ".install.lock"):
        if not stamp.exists() or stamp.read_text() != wanted:
            done = subprocess.run(
                ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"],
                cwd=folder,
                env={**os.environ, "CI": "true"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=600,
            )
            if done.returncode != 0:
                raise RuntimeError(f"npm ci failed in {folder.name}:\n{done.stdout}{done.stderr}")
            stamp.write_text(wanted)
    return modules


if __name__ == "__main__":
    for name in sys.argv[1:]:
        try:
            install(Path(name))
        except RuntimeError as error:
            sys.exit(str(error))
