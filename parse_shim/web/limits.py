"""Rate limits: the option `rateLimit`. Source: contract/11, section 11; contract/00, section 4.5.

Counting is the package `limits` (fixed windows): in memory a process, or in Redis for all processes with `redisUrl`. The items of a batch
count before any of them runs. A Redis that is away lets requests pass: a limiter must not be what stops the server.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from parse_shim.errors import Code, ParseError
from parse_shim.ids import timestamp
from parse_shim.rest.core import Kind
from parse_shim.settings_groups import RateLimitRule

if TYPE_CHECKING:
    from limits.storage import Storage

log = logging.getLogger(__name__)

TOKEN = re.compile(r":(\w+)|(\*\w*)|\\(.)|(\{)|(\})|(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is counted. `user_id` looks the session up, only when a rule of the zone `user` asks."""

    ip: str | None
    kind: Kind = "client"
    session_token: str | None = None
    user_id: Callable[[], str | None] = lambda: None


class TooManyRequests(ParseError):
    """429 on a request, 400 when a batch holds too many; `headers` tell when to come back."""

    def __init__(self, text: str, limit: int, reset_at: float, *, status: int = 429) -> None:
        super().__init__(Code.CONNECTION_FAILED, text, status=status)
        wait = max(1, math.ceil(reset_at - timestamp()))
        self.headers = {
            "Retry-After": str(wait),
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(math.ceil(reset_at)),
        }


class RateLimits:
    """All rules of a server. `check` is called once a request, for a batch once with every item."""

    def __init__(self, rules: Iterable[RateLimitRule]) -> None:
        self._rules = [_Rule(number, rule) for number, rule in enumerate(rules)]

    def __bool__(self) -> bool:
        return bool(self._rules)

    def forget(self) -> None:
        """Begin to count anew (the emulator's reset)."""
        for rule in self._rules:
            rule.forget()

    def check(self, caller: Caller, calls: Iterable[tuple[str, str]], *, batch: bool = False) -> None:
        """Count (method, path below the mount) pairs. Raises TooManyRequests for the first rule that is exceeded."""
        for method, path in calls:
            for rule in self._rules:
                if rule.matches(method, path) and not rule.exempts(caller):
                    rule.count(caller, status=400 if batch else 429)


class _Rule:
    def __init__(self, number: int, rule: RateLimitRule) -> None:
        self._rule = rule
        self._number = number
        self._path = path_pattern(rule.request_path)
        self._methods = _method_pattern(rule.request_methods)
        # whole seconds are what the counters know; rounding up keeps the promise "at most"
        # made at once: a Redis client that is missing must stop the start, not a request
        from limits import RateLimitItemPerSecond  # 30 ms, for servers that have rules
        from limits.strategies import FixedWindowRateLimiter

        self._limiter = FixedWindowRateLimiter(_storage(rule.redis_url))
        self._item = RateLimitItemPerSecond(rule.request_count, max(1, math.ceil(rule.request_time_window / 1000)))

    def matches(self, method: str, path: str) -> bool:
        return bool(self._path.fullmatch(path)) and (self._methods is None or bool(self._methods.fullmatch(method)))

    def exempts(self, caller: Caller) -> bool:
        if caller.kind in ("master", "readonly") and not self._rule.include_master_key:
            return True
        return not self._rule.include_internal_requests and _is_loopback(caller.ip)

    def count(self, caller: Caller, *, status: int) -> None:
        key = self._key(caller)
        try:
            if self._limiter.hit(self._item, str(self._number), key):
                return
            reset_at = self._limiter.get_window_stats(self._item, str(self._number), key).reset_time
        except self._failures as error:
            log.warning("rate limits cannot be counted: %s", type(error).__name__)
            return
        raise TooManyRequests(self._rule.error_response_message, self._rule.request_count, reset_at, status=status)

    def forget(self) -> None:
        # Other machines count in Redis: theirs is not ours to forget.
        if self._rule.redis_url is None:
            self._limiter.storage.reset()

    def _key(self, caller: Caller) -> str:
        zone = self._rule.zone
        if zone == "global":
            return "all"
        if zone == "session" and caller.session_token:
            return "session:" + hashlib.sha256(caller.session_token.encode("utf-8", "replace")).hexdigest()
        if zone == "user" and caller.session_token:
            user_id = caller.user_id()
            if user_id:
                return "user:" + user_id
        return f"ip:{caller.ip}"

    @cached_property
    def _failures(self) -> tuple[type[BaseException], ...]:
        found: Any = self._limiter.storage.base_exceptions
        return found if isinstance(found, tuple) else (found,)


def path_pattern(path: str) -> re.Pattern[str]:
    """path-to-regexp v8 as a regular expression: `:name` one part, `*name` the rest, `{...}` optional, `\\x` x itself.

    A bare `*`, as rules before v8 had it, means the rest too.

    Case does not matter and a slash at the end neither, as for routes. Raises ValueError for braces that do not fit."""
    out: list[str] = []
    depth = 0
    for name, rest, escaped, opening, closing, plain in TOKEN.findall(path):
        if name:
            out.append("[^/]+")
        elif rest:
            out.append(".+")
        elif opening:
            depth += 1
            out.append("(?:")
        elif closing:
            depth -= 1
            out.append(")?")
        else:
            out.append(re.escape(escaped or plain))
        if depth < 0:
            break
    if depth:
        raise ValueError(f"rateLimit: the braces of {path!r} do not fit")
    return re.compile("".join(out) + "/?", re.IGNORECASE)


def _method_pattern(methods: tuple[str, ...]) -> re.Pattern[str] | None:
    """A list of methods, or one regular expression."""
    return re.compile("|".join(methods), re.IGNORECASE) if methods else None


def _is_loopback(ip: str | None) -> bool:
    """Calls of the server itself and of its own machine."""
    if not ip:
        return True
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _storage(redis_url: str | None) -> Storage:
    """Raises ValueError when the address or the client package will not do."""
    from limits.errors import ConfigurationError
    from limits.storage import MemoryStorage, Storage, storage_from_string

    if not redis_url:
        return MemoryStorage()
    try:
        made = storage_from_string(redis_url)
    except ConfigurationError as error:
        raise ValueError(f"rateLimit.redisUrl cannot be used: {error}") from error
    assert isinstance(made, Storage)
    return made
