"""How rest/ calls a hook: who asks, as the hook sees it, and the session its own queries and saves go through."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

from parse_shim.hooks.registry import Hook
from parse_shim.hooks.requests import Caller, Request
from parse_shim.hooks.run import call
from parse_shim.rest.core import Context
from parse_shim.sdk.session import Session, bound


def caller_of(ctx: Context) -> Caller:
    """The caller of a request. With the master key there is no user, even beside a session token (contract/10, section 2)."""
    auth, core = ctx.auth, ctx.core
    return Caller(
        master=auth.is_master,
        is_read_only=auth.is_read_only,
        user=auth.user,
        session_token=auth.session_token,
        installation_id=auth.installation_id,
        ip=ctx.ip,
        headers=ctx.headers,
        config=core.settings,
        video=core.video,
        log=core.log,
        roles=auth.roles,
    )


def call_hook(ctx: Context, hook: Hook, request: Request) -> Any:
    """What the handler returned. Raises ParseError: the hook's own, 141, 142."""
    return call(hook, request, session=_sessions()(ctx), time_limit=ctx.core.settings.hook_timeout_seconds)


def cloud_session(ctx: Context) -> AbstractContextManager[None]:
    """Inside the block Query and Object work, as in a hook of this request."""
    return bound(_sessions()(ctx))


@lru_cache(maxsize=1)
def _sessions() -> Callable[[Context], Session]:
    from parse_shim.rest.session_impl import session_for  # a session is made of find, save and the like, which call hooks

    return session_for
