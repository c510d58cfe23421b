"""Callbacks of the video service, handed to cloud code's `video_event` hooks."""

from __future__ import annotations

import logging

from parse_shim.errors import ParseError
from parse_shim.hooks.kinds import VIDEO_EVENT
from parse_shim.hooks.live_requests import VideoEventRequest
from parse_shim.hooks.requests import Caller
from parse_shim.hooks.run import call
from parse_shim.rest.core import Auth, Context, Core
from parse_shim.rest.session_impl import session_for
from parse_shim.video.callbacks import VideoEvent

log = logging.getLogger(__name__)


def deliver(core: Core, event: VideoEvent) -> bool:
    """Tell every hook. False: one of them failed, so the sender should try again later; hooks bear repetition."""
    ctx = Context(core, Auth(), from_cloud=True, base_url=core.settings.server_url)
    caller = Caller(config=core.settings, video=core.video, log=core.log)
    ok = True
    for hook in core.hooks.every(VIDEO_EVENT):
        try:
            call(hook, VideoEventRequest(event, caller), session=session_for(ctx), time_limit=core.settings.hook_timeout_seconds)
        except ParseError as problem:
            log.warning("%s of session %s: %s", event.kind, event.session_id, problem.message)
            ok = False
    return ok
