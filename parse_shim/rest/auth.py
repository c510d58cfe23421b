"""Keys and session token -> Auth. Source: contract/00 section 4, contract/03 sections 4 and 13."""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial

from parse_shim.errors import InvalidSession, TransportError
from parse_shim.ids import now
from parse_shim.query.ast import Eq
from parse_shim.query.options import ONE
from parse_shim.rest.core import FOLLOW_HOOKS, MASTER, Auth, Context, Core, Kind
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.read import get_doc
from parse_shim.rest.roles import roles_of
from parse_shim.settings import Settings
from parse_shim.update.ops import Set, Update
from parse_shim.values.types import Doc, Pointer

CLOUD = "cloud"
"""The installation id of the server's own calls, and of a master key in a header that names no installation."""


@dataclass(slots=True)
class Credentials:
    """What a request says about its sender, already gathered from headers, Basic authorization and body. Never changed.

    `key_in_header`: the master key came in a header, not as `_MasterKey`. `ip` None: a call inside the process."""

    app_id: str | None = None
    master_key: str | None = None
    maintenance_key: str | None = None
    client_key: str | None = None
    javascript_key: str | None = None
    rest_api_key: str | None = None
    dot_net_key: str | None = None
    session_token: str | None = None
    installation_id: str | None = None
    ip: str | None = None
    key_in_header: bool = True


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a session token stands for. `user` is shared with the cache: copy before changing."""

    session_id: str
    user: Doc


def authenticate(core: Core, credentials: Credentials, *, resolve: bool = True) -> Auth:
    """The caller. `resolve` False leaves the session token unread (/login, GET /sessions/me).

    Checks in the contract's order: key addresses, app id, client keys, session. Raises TransportError 403 `unauthorized`,
    InvalidSession, ParseError 503 when the store is away."""
    settings = core.settings
    kind = check_keys(settings, credentials)
    check_app_id(settings, credentials.app_id)
    if kind == "client":
        check_client_keys(settings, credentials)
    core.classes.refresh()
    if follow := core.extras.get(FOLLOW_HOOKS):
        follow()
    token = credentials.session_token or None
    user = resolve_session(core, token).user if token and resolve and kind == "client" else None
    return Auth(kind, user, token, _installation_id(kind, credentials), partial(roles_of, core))


def auth_for_user(core: Core, user: Doc, *, session_token: str | None = None, installation_id: str | None = None) -> Auth:
    """A client that is known to be `user`: after a login, or for cloud code that acts in a user's name."""
    return Auth("client", user, session_token, installation_id, partial(roles_of, core))


def auth_for_token(core: Core, token: str, installation_id: str | None = None) -> Auth:
    """A client with a session token. Raises InvalidSession."""
    return auth_for_user(core, resolve_session(core, token).user, session_token=token, installation_id=installation_id)


def check_keys(settings: Settings, credentials: Credentials) -> Kind:
    """Which special key was sent, if any. A right key from a wrong address is 403, a wrong key is no key."""
    if credentials.maintenance_key and _same(credentials.maintenance_key, settings.maintenance_key):
        _check_address(settings.maintenance_key_ips, credentials.ip)
        return "maintenance"
    key = credentials.master_key
    if not key:
        return "client"
    if _same(key, settings.master_key):
        _check_address(settings.master_key_ips, credentials.ip)
        return "master"
    if _same(key, settings.read_only_master_key):
        _check_address(settings.read_only_master_key_ips, credentials.ip)
        return "readonly"
    return "client"


def check_app_id(settings: Settings, app_id: str | None) -> None:
    """Raises TransportError 403."""
    if not app_id or app_id != settings.app_id:  # no secret: every client shows it
        raise unauthorized()


def check_client_keys(settings: Settings, credentials: Credentials) -> None:
    """If any client key is configured, one of them must have been sent by its own name. Raises TransportError 403."""
    if not (settings.client_key or settings.javascript_key or settings.rest_api_key or settings.dot_net_key):
        return
    pairs = (
        (settings.client_key, credentials.client_key),
        (settings.javascript_key, credentials.javascript_key),
        (settings.rest_api_key, credentials.rest_api_key),
        (settings.dot_net_key, credentials.dot_net_key),
    )
    configured = [(wanted, sent) for wanted, sent in pairs if wanted]
    if configured and not any(sent and _same(sent, wanted) for wanted, sent in configured):
        raise unauthorized()


def unauthorized() -> TransportError:
    return TransportError(403, "unauthorized")


def resolve_session(core: Core, token: str) -> SignedIn:
    """The user behind a session token; answers from the cache are at most cacheTTL old.

    Raises InvalidSession `Invalid session token` (unknown, or its user is gone) or `Session token is expired.`."""
    known = core.cache.get("s:" + token)
    if known is None:
        known = _load_session(core, token)
    session_id, user_id, expires_at = known
    if expires_at is not None and expires_at < now():
        raise InvalidSession("Session token is expired.")
    user = core.cache.get("u:" + user_id)
    if user is None:
        user = _load_user(core, user_id)
    return SignedIn(session_id, user)


def find_session(core: Core, token: str) -> Doc | None:
    """The `_Session` row of a token, read from the store; expiry is not looked at."""
    with translated("_Session"):
        found = core.engine.find(core.classes.get_or_empty("_Session"), Eq("sessionToken", token), ONE)
    return found[0] if found else None


def _load_session(core: Core, token: str) -> tuple[str, str, datetime | None]:
    ticket = core.cache.ticket()
    session = find_session(core, token)
    user = session.get("user") if session else None
    if session is None or not isinstance(user, Pointer):
        raise InvalidSession()
    expires_at = session.get("expiresAt")
    if not isinstance(expires_at, datetime):
        expires_at = None
    elif expires_at >= now():
        expires_at = _extended(core, session, expires_at)
    known = (session["objectId"], user.object_id, expires_at)
    core.cache.put("s:" + token, known, "user:" + user.object_id, ticket)
    return known


def _extended(core: Core, session: Doc, expires_at: datetime) -> datetime:
    """With extendSessionOnUse a session is renewed once half of its length has passed since it was last written."""
    settings = core.settings
    length = timedelta(seconds=settings.session_length)
    moment = now()
    if not settings.extend_session_on_use or moment - session["updatedAt"] < length / 2:
        return expires_at
    until = moment + length
    with translated("_Session"):
        change: Update = {"expiresAt": Set(until), "updatedAt": Set(moment)}
        core.engine.update(core.classes.get_or_empty("_Session"), Eq("objectId", session["objectId"]), change)
    return until


def _load_user(core: Core, user_id: str) -> Doc:
    ticket = core.cache.ticket()
    user = get_doc(Context(core, MASTER), "_User", user_id)
    if user is None:
        raise InvalidSession()
    core.cache.put("u:" + user_id, user, "user:" + user_id, ticket)
    return user


def _installation_id(kind: Kind, credentials: Credentials) -> str | None:
    if not credentials.installation_id and kind in ("master", "readonly") and credentials.key_in_header:
        return CLOUD
    return credentials.installation_id or None


def _same(sent: str, wanted: str | None) -> bool:
    return bool(wanted) and hmac.compare_digest(sent.encode("utf-8", "replace"), str(wanted).encode("utf-8"))


def _check_address(allowed: tuple[str, ...], ip: str | None) -> None:
    if ip is not None and not address_in(allowed, ip):
        raise unauthorized()


@lru_cache(maxsize=4096)
def address_in(allowed: tuple[str, ...], ip: str) -> bool:
    """Is `ip` in one of the addresses or networks? `0.0.0.0/0` and `::/0` (also written `::0`) hold a whole family;
    `::ffff:127.0.0.1` counts as 127.0.0.1."""
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in map(_network, allowed) if network.version == address.version)


@lru_cache(maxsize=1024)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    network = ipaddress.ip_network(text, strict=False)
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped and network.prefixlen == 128:
        return ipaddress.ip_network(network.network_address.ipv4_mapped)
    if int(network.network_address) == 0 and network.num_addresses == 1:
        return ipaddress.ip_network("::/0" if network.version == 6 else "0.0.0.0/0")
    return network
