"""`parse-shim video check`: does the video service take our key, and if not, why?"""

import os
import time
from collections.abc import Callable

import click

from parse_shim.video.base import VideoError, VideoService
from parse_shim.video.client import open_video
from parse_shim.video.settings import VideoSettingError, VideoSettings


def check(say: Callable[[str], None] = click.echo) -> int:
    """Sign, make one session, and tell what is wrong when that fails. The exit status."""
    try:
        settings = VideoSettings.from_env(os.environ)
    except VideoSettingError as error:
        say(f"settings: {error}")
        return 1
    if not settings.configured:
        say("settings: no video service; set OPENTOK_API_KEY and OPENTOK_API_SECRET, or VONAGE_APPLICATION_ID and VONAGE_PRIVATE_KEY")
        return 1
    video = open_video(settings)
    say(f"service: {video.describe()}")
    return 0 if _make_session(video, say) and _say_callbacks(settings, say) else 1


def _make_session(video: VideoService, say: Callable[[str], None]) -> bool:
    started = time.monotonic()
    try:
        session = video.create_session()
        took = time.monotonic() - started
        say(f"session: made in {took * 1000:.0f} ms")
        video.token(session, "publisher")
        say("token: signed")
        video.connections(session)
        say("REST: answers")
    except VideoError as error:
        # The client explains a 403: by the difference of the clocks, or by the key (video/causes.py).
        say(f"failed: {error}")
        return False
    return True


def _say_callbacks(settings: VideoSettings, say: Callable[[str], None]) -> bool:
    how = [
        name
        for name, on in (
            ("signed", bool(settings.signature_secret)),
            ("by a secret path", bool(settings.callback_path_secret)),
            ("open: anybody can end calls", settings.callbacks_open),
        )
        if on
    ]
    say(f"callbacks: {', '.join(how) if how else 'protected by a secret path that serve makes; serve prints the URL'}")
    return True
