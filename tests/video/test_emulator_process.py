"""The emulator as a process of its own: it works, and it does not outlive those who use it."""

import os
import select
import signal
import subprocess
import sys

import pytest

from parse_shim.testing.opentok_emulator import start_emulator_process
from parse_shim.video.client import VideoClient
from parse_shim.video.fake import FAKE_KEY
from parse_shim.video.settings import VideoSettings

SECRET = "89abcdef0123456789abcdef0123456789abcdef"


def client_of(url):
    return VideoClient(VideoSettings(api_key=FAKE_KEY, api_secret=SECRET, api_url=url))


@pytest.fixture
def process(tmp_path):
    child, url = start_emulator_process(FAKE_KEY, SECRET, state_file=tmp_path / "sessions")
    yield child, url
    child.stdin.close()
    child.wait(10)


def test_it_serves_and_keeps_the_secret_out_of_its_arguments(process):
    child, url = process
    assert client_of(url).create_session()
    with open(f"/proc/{child.pid}/cmdline", "rb") as arguments:
        assert SECRET.encode() not in arguments.read()


def test_it_ends_when_its_input_ends(process):
    child, _ = process
    child.stdin.close()
    assert child.wait(10) == 0


def test_it_ends_on_a_signal(process):
    child, _ = process
    child.send_signal(signal.SIGTERM)
    assert child.wait(10) == 0


PARENT = """
import os, sys
from parse_shim.testing.opentok_emulator import start_emulator_process
child, url = start_emulator_process()
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_it_ends_when_its_parent_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    ended = os.pidfd_open(pid)
    parent.kill()
    parent.communicate()
    assert select.select([ended], [], [], 10)[0], "the emulator outlived its parent"
    os.close(ended)


def test_a_port_in_use_is_an_error(process, capfd):
    port = int(process[1].rsplit(":", 1)[1])
    with pytest.raises(RuntimeError, match="did not start"):
        start_emulator_process(port=port)
