"""Hooks on the config (target `@Config`) around PUT /config. Source: contract/10, section 15.

What they raise reaches the client; what they return or change does not reach the config.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parse_shim.hooks.kinds import AFTER_SAVE, BEFORE_SAVE, CONFIG, KINDS
from parse_shim.hooks.requests import ConfigRequest
from parse_shim.rest.calling import call_hook, caller_of
from parse_shim.rest.core import Context
from parse_shim.sdk.config import Config
from parse_shim.values.types import Json


def has_hooks(ctx: Context) -> bool:
    find = ctx.core.hooks.find
    return find(BEFORE_SAVE, CONFIG) is not None or find(AFTER_SAVE, CONFIG) is not None


def before_save(ctx: Context, sent: Mapping[str, Json], original: Mapping[str, Json] | None) -> None:
    """`sent`: the parameters as they came, operations too; `original`: all of them before, None when there were none."""
    _call(ctx, BEFORE_SAVE, sent, original)


def after_save(ctx: Context, now: Mapping[str, Json], original: Mapping[str, Json] | None) -> None:
    """`now`: all parameters as they are stored."""
    _call(ctx, AFTER_SAVE, now, original)


def _call(ctx: Context, kind: str, params: Mapping[str, Any], original: Mapping[str, Json] | None) -> None:
    hook = ctx.core.hooks.find(kind, CONFIG)
    if hook is None:
        return
    before = None if original is None else Config(original)
    call_hook(ctx, hook, ConfigRequest(KINDS[kind].wire, Config(params), before, caller_of(ctx), context=ctx.cloud))
