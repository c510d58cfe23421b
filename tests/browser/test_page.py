"""Our page /livesessions/ in headless Chromium: two phones, a whole call, a rejected one, the keyboard, a narrow screen."""

import json
import os
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from parse_shim.testing.opentok_callbacks import CallbackPlan
from parse_shim.testing.opentok_emulator import OpenTokEmulator
from parse_shim.video.base import FAKE_KEY, FAKE_SECRET

HERE = Path(__file__).parent


@pytest.fixture
def site(live_server):
    """(root URL of a server with the page, its emulator)"""
    with OpenTokEmulator() as emulator:
        env = {
            "OPENTOK_API_KEY": FAKE_KEY,
            "OPENTOK_API_SECRET": FAKE_SECRET,
            "OPENTOK_API_URL": emulator.url,
            "OPENTOK_CALLBACK_PATH_SECRET": "secret",
            "LIVESESSIONS_PAGE": "1",
        }
        server = live_server(cloud="cloud.main", schemas="schemas", env=env)
        root = server.url.removesuffix("/parse")
        emulator.callbacks.plan = CallbackPlan(url=f"{root}/opentok/callback/secret")
        yield root, emulator


def test_two_phones_call_each_other(site, chromium, browser_modules, tmp_path):
    root, emulator = site
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    command = ["node", str(HERE / "page.mjs"), chromium, f"{root}/livesessions/", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    hosts = set(json.loads(done.stdout)["hosts"])
    assert hosts <= {urlsplit(root).netloc, urlsplit(emulator.url).netloc, ""}
