"""Every request of the tutorial's app, as it stands on the wire, against the running server on both stores."""

import subprocess
import sys
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"
"""Lies beside the checkout; whoever has only the checkout has not got it."""


@pytest.mark.parametrize("store", ["sqlite", "mongo"])
def test_the_tutorial_app_replayed(live_server, request, store):
    if not SHARED.exists():
        pytest.skip("the folder `shared` with the wire script is not beside this checkout")
    options = {"databaseURI": request.getfixturevalue("mongo_uri")} if store == "mongo" else {}
    server = live_server(cloud="tests.cloud.reject_rule", schemas="schemas", allowClientClassCreation=True, **options)
    program, script = SHARED / "tools" / "replay_wire.py", SHARED / "wire" / "livesessions.json"
    command = [sys.executable, str(program), server.url, server.app_id, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr + server.output()
    assert done.stdout.strip().endswith("65 passed, 0 failed")
