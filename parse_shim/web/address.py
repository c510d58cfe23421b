"""Who calls and where to: the client's address and the URL it used, with proxies believed only as far as `trustProxy` says."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from parse_shim.rest.auth import address_in

NAMED = {
    "loopback": ("127.0.0.1/8", "::1/128"),
    "linklocal": ("169.254.0.0/16", "fe80::/10"),
    "uniquelocal": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
}
Trust = bool | int | tuple[str, ...]


def client_address(environ: dict[str, Any], trust: Trust) -> str:
    """The address of the caller. With proxies trusted, the first one in X-Forwarded-For, from the right, that is not."""
    address: str = environ.get("REMOTE_ADDR") or ""
    if not trust or "HTTP_X_FORWARDED_FOR" not in environ:
        return address
    forwarded = [part.strip() for part in environ["HTTP_X_FORWARDED_FOR"].split(",")]
    is_trusted = _judge(trust)
    for hop, sender in enumerate(reversed(forwarded)):
        if not is_trusted(address, hop):
            break
        address = sender
    return address


def base_url(environ: dict[str, Any], trust: Trust, mount: str) -> str:
    """scheme://host[:port]/mount of this request, for Location and file URLs."""
    scheme = environ.get("wsgi.url_scheme") or "http"
    host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME") or "localhost"
    if trust and _judge(trust)(environ.get("REMOTE_ADDR") or "", 0):
        scheme = _first(environ.get("HTTP_X_FORWARDED_PROTO")) or scheme
        host = _first(environ.get("HTTP_X_FORWARDED_HOST")) or host
    return f"{scheme}://{host}{environ.get('SCRIPT_NAME', '')}{mount}"


def _first(value: str | None) -> str:
    return value.partition(",")[0].strip() if value else ""


def _judge(trust: Trust) -> Callable[[str, int], bool]:
    """(address, number of hops from here) -> is it a proxy of ours? As Express reads `trust proxy`."""
    if trust is True:
        return lambda address, hop: True
    if isinstance(trust, int):
        return lambda address, hop: hop < trust
    networks = _networks(trust)
    return lambda address, hop: address_in(networks, address)


@lru_cache(maxsize=16)
def _networks(trust: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(network for part in trust for network in NAMED.get(part, (part,)))
