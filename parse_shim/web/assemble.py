"""Settings -> Core with everything the settings name: schemas, cloud code, video service."""

from __future__ import annotations

import os

from parse_shim.classes.declare import load_schemas
from parse_shim.hooks.registry import Registry, load_cloud
from parse_shim.query.regex import set_time_limit
from parse_shim.rest.core import Core, build_core
from parse_shim.settings import Settings
from parse_shim.storage.base import Engine
from parse_shim.video.callbacks import CallbackKeys
from parse_shim.video.client import open_video
from parse_shim.video.settings import VideoSettings
from parse_shim.web.routes.video import KEYS as CALLBACK_KEYS


def assemble(settings: Settings, *, engine: Engine | None = None) -> Core:
    """A whole server. Raises what loading the application's own modules raises, VideoSettingError, and ValueError."""
    set_time_limit(settings.regex_timeout_ms / 1000)
    schemas = load_schemas(str(settings.schemas)) if settings.schemas else []
    video = VideoSettings.from_env(os.environ)
    core = build_core(settings, engine=engine, hooks=_hooks(settings.cloud), video=open_video(video), schemas=schemas)
    core.extras[CALLBACK_KEYS] = CallbackKeys(
        video.identity, video.signature_secret, video.callback_path_secret, open=video.callbacks_open
    )
    return core


def _hooks(cloud: object) -> Registry:
    """A Registry is taken as it is, for tests and for applications that build one."""
    if isinstance(cloud, Registry):
        return cloud
    return load_cloud(str(cloud)) if cloud else Registry()
