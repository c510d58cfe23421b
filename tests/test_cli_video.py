"""`parse-shim video check`, and the callback URL of `serve`."""

import stat

import pytest

from parse_shim.cli_callbacks import callback_secret, callback_url
from parse_shim.cli_video import check
from parse_shim.testing.opentok_emulator import OpenTokEmulator
from parse_shim.video.base import FAKE_KEY, FAKE_SECRET
from parse_shim.video.settings import VideoSettings


@pytest.fixture
def emulator():
    with OpenTokEmulator() as running:
        yield running


@pytest.fixture
def said(monkeypatch):
    """Runs the check with an environment; (exit status, what it said)."""

    def run(**env):
        for name in ("OPENTOK_API_KEY", "OPENTOK_API_SECRET", "OPENTOK_API_URL", "VONAGE_APPLICATION_ID"):
            monkeypatch.delenv(name, raising=False)
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        lines = []
        return check(lines.append), "\n".join(lines)

    return run


def keys(emulator, **more):
    return {"OPENTOK_API_KEY": FAKE_KEY, "OPENTOK_API_SECRET": FAKE_SECRET, "OPENTOK_API_URL": emulator.url, **more}


def test_a_service_that_takes_our_key(said, emulator):
    status, text = said(**keys(emulator))
    assert status == 0
    assert "session: made" in text and "token: signed" in text


def test_a_wrong_secret_is_explained(said, emulator):
    status, text = said(**keys(emulator, OPENTOK_API_SECRET="0" * 40))
    assert status == 1 and "403" in text and "0" * 40 not in text


def test_a_clock_that_differs_is_explained(said, emulator):
    emulator.clock_offset_seconds = -900
    status, text = said(**keys(emulator))
    assert status == 1 and "clock" in text


def test_missing_settings_are_named(said):
    status, text = said()
    assert status == 1 and "OPENTOK_API_KEY" in text


def test_the_secret_of_the_callback_url_is_made_once(tmp_path):
    first = callback_secret(VideoSettings(), tmp_path)
    assert len(first) >= 32 and callback_secret(VideoSettings(), tmp_path) == first
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_given_protection_needs_no_secret_of_ours(tmp_path):
    assert callback_secret(VideoSettings(callback_path_secret="mine"), tmp_path) == "mine"
    assert callback_secret(VideoSettings(signature_secret="sig"), tmp_path) == ""
    assert list(tmp_path.iterdir()) == []


def test_the_callback_url():
    assert callback_url("http://h:1/", "s") == "http://h:1/opentok/callback/s"
    assert callback_url("http://h:1", "") == "http://h:1/opentok/callback"
