"""Rate limits of validators: calls counted in windows, in this process. Source: contract/10, section 11.2."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from parse_shim.errors import Code, ParseError
from parse_shim.hooks.rules import RateLimit
from parse_shim.ids import timestamp

if TYPE_CHECKING:
    from parse_shim.hooks.requests import Request

MANY = 50_000
"""Zones remembered; beyond it the windows that are over are dropped."""


class TooManyRequests(ParseError):
    """100 with HTTP 429. `headers` say when to come back."""

    def __init__(self, message: str, headers: Mapping[str, str]) -> None:
        super().__init__(Code.CONNECTION_FAILED, message, status=429)
        self.headers = headers


class RateCounter:
    """The windows of one rate limit: zone -> (end in seconds since 1970, calls)."""

    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self._windows: dict[str, tuple[float, int]] = {}

    def count(self, request: Request) -> None:
        """Raises TooManyRequests when this call is one too many."""
        limit = self.limit
        if request.master and not limit.include_master_key:
            return
        if is_internal(request.ip) and not limit.include_internal_requests:
            return
        now = timestamp()
        zone = self._zone(request)
        end, calls = self._windows.get(zone, (0.0, 0))
        if end <= now:
            end, calls = now + limit.window_ms / 1000, 0
        self._remember(zone, end, calls + 1, now)
        if calls >= limit.count:
            raise TooManyRequests(limit.message, _headers(limit.count, end, now))

    def _zone(self, request: Request) -> str:
        if self.limit.zone == "global":
            return "global"
        if self.limit.zone == "session" and request.session_token:
            return f"session {request.session_token}"
        if self.limit.zone == "user" and request.user is not None:
            return f"user {request.user.id}"
        return f"ip {request.ip}"

    def _remember(self, zone: str, end: float, calls: int, now: float) -> None:
        if len(self._windows) >= MANY:
            self._windows = {name: window for name, window in self._windows.items() if window[0] > now}
        self._windows[zone] = (end, calls)


def is_internal(ip: str | None) -> bool:
    """Cloud code, or this machine."""
    if ip is None:
        return True
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _headers(count: int, end: float, now: float) -> dict[str, str]:
    return {
        "x-ratelimit-limit": str(count),
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(math.ceil(end)),
        "retry-after": str(max(1, math.ceil(end - now))),
    }
