"""Rate limits of validators as rules of the server, which counts requests before it runs anything. Source: contract/10, section 11.2."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from parse_shim.hooks.kinds import (
    BEFORE_DELETE,
    BEFORE_FIND,
    BEFORE_LOGIN,
    BEFORE_PASSWORD_RESET_REQUEST,
    BEFORE_SAVE,
    CONFIG,
    FILE,
    FUNCTION,
)
from parse_shim.hooks.registry import Hook, Registry
from parse_shim.hooks.rules import RateLimit
from parse_shim.settings_groups import RateLimitRule

METHODS: Mapping[str, tuple[str, ...]] = {
    BEFORE_SAVE: ("POST", "PUT"),
    BEFORE_DELETE: ("DELETE",),
    BEFORE_FIND: ("GET",),
    BEFORE_LOGIN: ("POST", "GET"),
    BEFORE_PASSWORD_RESET_REQUEST: ("POST",),
    FUNCTION: ("POST",),
}
"""Kinds that may have a limit; on the others it says nothing."""

OWN_ROUTES: Mapping[str, str] = {
    "_User": "/users",
    "_Session": "/sessions",
    "_Role": "/roles",
    "_Installation": "/installations",
    FILE: "/files",
    CONFIG: "/config",
}


def rate_rules(registry: Registry) -> list[RateLimitRule]:
    """One rule for each way to a limited hook."""
    out = []
    for hook in registry.all():
        limit = hook.validator.rules.rate_limit if hook.validator is not None and hook.validator.rules is not None else None
        if limit is not None and hook.kind in METHODS:
            out += [_rule(limit, path, METHODS[hook.kind]) for path in _paths(hook)]
    return out


def _paths(hook: Hook) -> Iterable[str]:
    if hook.kind == FUNCTION:
        return ["/functions/" + _literal(hook.target)]
    if hook.kind == BEFORE_LOGIN:
        return ["/login"]
    if hook.kind == BEFORE_PASSWORD_RESET_REQUEST:
        return ["/requestPasswordReset"]
    own = OWN_ROUTES.get(hook.target)
    classes = [] if hook.target in (FILE, CONFIG) else ["/classes/" + _literal(hook.target)]
    return [path + "{/*id}" for path in ([own] if own else []) + classes]


def _literal(name: str) -> str:
    """A name as a pattern that means itself."""
    return re.sub(r"([:*{}\\])", r"\\\1", name)


def _rule(limit: RateLimit, path: str, methods: tuple[str, ...]) -> RateLimitRule:
    return RateLimitRule(
        request_path=path,
        request_time_window=limit.window_ms,
        request_count=limit.count,
        request_methods=methods,
        zone=limit.zone,
        include_master_key=limit.include_master_key,
        include_internal_requests=limit.include_internal_requests,
        error_response_message=limit.message,
        redis_url=limit.redis_url,
    )
