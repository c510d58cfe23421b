"""Settings -> Core with everything the settings name: schemas, cloud code, video service."""

from __future__ import annotations

import os
from collections.abc import Mapping
from inspect import iscoroutinefunction
from typing import Any

from parse_shim.classes.model import ClassDef
from parse_shim.hooks.registry import Registry, load_cloud
from parse_shim.query.regex import set_time_limit
from parse_shim.rest.core import Core, build_core
from parse_shim.rest.definitions import read_definitions
from parse_shim.settings import Settings
from parse_shim.settings_fields import load_object
from parse_shim.storage.base import Engine
from parse_shim.video.callbacks import CallbackKeys
from parse_shim.video.client import open_video
from parse_shim.video.settings import VideoSettings
from parse_shim.web.routes.video import KEYS as CALLBACK_KEYS


def assemble(settings: Settings, *, engine: Engine | None = None) -> Core:
    """A whole server. Raises what loading the application's own modules raises, VideoSettingError, and ValueError."""
    set_time_limit(settings.regex_timeout_ms / 1000)
    check_functions(settings)
    check_adapters(settings)
    schemas = declared_classes(settings)
    hooks = _hooks(settings.cloud)
    video = VideoSettings.from_env(os.environ)
    _call(settings.schema.before_migration)
    core = build_core(settings, engine=engine, hooks=hooks, video=open_video(video), schemas=schemas)
    _call(settings.schema.after_migration)
    core.extras[CALLBACK_KEYS] = CallbackKeys(video.identity, video.signature_secret, video.callback_path_secret, open=video.callbacks_open)
    return core


def declared_classes(settings: Settings) -> list[ClassDef]:
    """Those of schemas/, then those of the option schema.definitions. Raises ValueError for a class declared twice or wrongly."""
    classes = []
    if settings.schemas:
        from parse_shim.classes.declare import load_schemas  # marshmallow: 25 ms that a start without schemas/ need not take

        classes = load_schemas(str(settings.schemas))
    classes += read_definitions(settings.schema.definitions, custom_ids=settings.allow_custom_object_id)
    names = [cls.name for cls in classes]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"class {twice[0]} is declared twice (schemas, schema.definitions)")
    return classes


def check_functions(settings: Settings) -> None:
    """Options that name a function of the application name one that is there and that can just be called. Raises ValueError."""
    named = {
        "passwordPolicy.validatorCallback": settings.password_policy.validator_callback,
        "verifyUserEmails": settings.verify_user_emails,
        "sendUserEmailVerification": settings.send_user_email_verification,
        "preventLoginWithUnverifiedEmail": settings.prevent_login_with_unverified_email,
        "schema.beforeMigration": settings.schema.before_migration,
        "schema.afterMigration": settings.schema.after_migration,
    }
    for option, reference in named.items():
        if reference is None or isinstance(reference, bool):
            continue
        found = _loaded(option, reference)
        if not callable(found) or iscoroutinefunction(found):
            raise ValueError(f"{option} names {'an async' if callable(found) else 'no'} function: a plain one is needed ({reference!r})")


BUILT_IN = frozenset({("emailAdapter", "console"), ("emailAdapter", "smtp"), ("push.adapter", "log")})
"""Words that stand for adapters of ours."""


def check_adapters(settings: Settings) -> None:
    """Options that name a class or an object of the application name one that is there. Raises ValueError."""
    named = {
        "databaseAdapter": settings.database_adapter,
        "emailAdapter": settings.email_adapter,
        "filesAdapter": settings.files_adapter,
        "analyticsAdapter": settings.analytics_adapter,
        "push.adapter": settings.push.get("adapter"),
    }
    groups = [("security.checkGroups", reference) for reference in settings.security.check_groups]
    for option, reference in [*named.items(), *groups]:
        target = reference.get("module") if isinstance(reference, Mapping) else reference
        if isinstance(target, str) and (option, target) not in BUILT_IN:
            _loaded(option, target)


def _loaded(option: str, reference: object) -> Any:
    try:
        return load_object(reference)
    except (ValueError, ImportError) as error:
        raise ValueError(f"{option}: {error}") from error


def _call(reference: object) -> None:
    """A callback of the migration; what it raises stops the start."""
    if reference is not None:
        load_object(reference)()


def _hooks(cloud: object) -> Registry:
    """A Registry is taken as it is, for tests and for applications that build one."""
    if isinstance(cloud, Registry):
        return cloud
    return load_cloud(str(cloud)) if cloud else Registry()
