"""Runs a script of tests/node with node's own test runner."""

import os
import re
import subprocess
from pathlib import Path

import pytest

NODE = Path(__file__).parents[1] / "node"
FAILED = re.compile(r"^ *not ok \d+ - (.*)$(?:\n(?! *(?:not )?ok ).*)*?\n +error: (.*(?:\n  +(?!code:|name:).*){0,8})", re.MULTILINE)
"""Name and error of a failed test in TAP."""
PASSED = re.compile(r"^# pass [1-9]", re.MULTILINE)


def play(script: str, url: str, app_id: str, master_key: str, **more: str) -> None:
    """Run `script` against a server; fails with the names of its failing tests and their errors."""
    keys = {"PARSE_URL": url, "PARSE_APP_ID": app_id, "PARSE_MASTER_KEY": master_key}
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", script],
        cwd=NODE,
        env={**os.environ, **keys, **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
    )
    if done.returncode != 0 or not PASSED.search(done.stdout):
        found = [f"{name}: {' '.join(error.split())}" for name, error in FAILED.findall(done.stdout)]
        pytest.fail("\n".join([*found, done.stderr[-2000:]]) if found else done.stdout + done.stderr, pytrace=False)
