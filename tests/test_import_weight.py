"""What a start does not import, since most servers never need it: each of these packages costs milliseconds of every start."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = """
    asyncio bson cryptography google gunicorn h11 httpx jwt limits marshmallow multiprocessing opentok pymongo redis requests
    simple_websocket unittest urllib3 wsproto
""".split()
EMULATOR = """
from parse_shim.cli_emulator import EMULATOR
from parse_shim.serving_patch import patch_all
patch_all()
from gevent.pywsgi import WSGIServer
from parse_shim.settings import load
from parse_shim.testing.emulator import Emulator, control_app
Emulator(load(None, {}, {}, lowest=EMULATOR).settings)
"""
APPLICATION = """
from parse_shim.web.app import create_app
create_app(appId="a", masterKey="m", databaseURI="sqlite://", logsFolder=None)
"""


def run(code):
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("code", [APPLICATION, EMULATOR], ids=["application", "emulator"])
def test_a_start_imports_nothing_heavy(code):
    assert run(code + f"\nimport sys\nprint(*(name for name in {HEAVY} if name in sys.modules))") == []


def test_plug_ins_of_the_patch_are_asked_as_ever():
    code = """
from importlib import metadata
asked = metadata.entry_points
from parse_shim.serving_patch import patch_all
patch_all()
import socket
print(metadata.entry_points is asked, socket.socket.__module__)
"""
    assert run(code) == ["True", "gevent._socket3"]
