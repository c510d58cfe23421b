"""An emulator in this process for each test, and clients of it with short limits."""

import json
from pathlib import Path

import pytest

from parse_shim.testing.opentok_emulator import OpenTokEmulator
from parse_shim.video.client import VideoClient
from parse_shim.video.fake import FAKE_KEY, FAKE_SECRET
from parse_shim.video.settings import VideoSettings


@pytest.fixture(scope="session")
def fixtures():
    return json.loads(Path(__file__).with_name("fixtures.json").read_text())


@pytest.fixture(autouse=True)
def no_environment_proxy(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def emulator():
    with OpenTokEmulator() as running:
        yield running


@pytest.fixture
def client_with(emulator):
    """Makes a client of the emulator; options replace those of VideoSettings."""

    def make(**options):
        usual = {"api_key": FAKE_KEY, "api_secret": FAKE_SECRET, "api_url": emulator.url, "deadline": 5.0}
        return VideoClient(VideoSettings(**(usual | options)))

    return make


@pytest.fixture
def client(client_with):
    return client_with()
