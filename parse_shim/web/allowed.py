"""`routeAllowList`: which routes callers without the master key may use (contract/13, section 2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from parse_shim.errors import Denied
from parse_shim.rest.core import Kind


def check_allowed_route(patterns: tuple[str, ...] | None, kind: Kind, segments: Iterable[str]) -> None:
    """Each pattern must fit the whole path without the mount (`classes/GameScore`, `functions/.*`). Raises Denied 119."""
    if patterns is None or kind in ("master", "readonly"):
        return
    path = "/".join(segments)
    if not any(pattern.fullmatch(path) for pattern in _compiled(patterns)):
        raise Denied(f"Route not allowed by routeAllowList: {path[:200]}")


@lru_cache(maxsize=16)
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(".*" if pattern == "*" else pattern) for pattern in patterns)
