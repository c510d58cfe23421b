"""Core: the parts of one running server. Context: who asks, through which request. Every operation of rest/ takes a Context."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from parse_shim.classes.model import ClassDef
from parse_shim.errors import Denied
from parse_shim.events import Bus, LocalBus
from parse_shim.hooks.registry import Registry
from parse_shim.rest.cache import Cache, shared_slots
from parse_shim.rest.definitions import migration_policy
from parse_shim.rest.registry import Classes
from parse_shim.settings import Settings
from parse_shim.settings_fields import load_object
from parse_shim.storage.base import Engine
from parse_shim.storage.open import open_engine
from parse_shim.values.types import Doc

if TYPE_CHECKING:
    from parse_shim.video.base import VideoService

log = logging.getLogger("parse_shim")

Kind = Literal["client", "master", "readonly", "maintenance"]


FOLLOW_HOOKS = "follow_hooks"
"""In `Core.extras`: what every request calls, so that webhooks another process registered are known to it."""


@dataclass(slots=True)
class Core:
    """One server. `state` is `ok` once it may answer; `extras` holds what later rooms hang on it (push, mail, files), by name.
    `forgetters` and `closers` are what those rooms want called by `forget` and `close`."""

    settings: Settings
    engine: Engine
    classes: Classes
    hooks: Registry
    cache: Cache
    bus: Bus = field(default_factory=LocalBus)
    video: VideoService | None = None
    log: logging.Logger = log
    state: str = "ok"
    extras: dict[str, Any] = field(default_factory=dict)
    closers: list[Callable[[], None]] = field(default_factory=list)
    forgetters: list[Callable[[], None]] = field(default_factory=list)

    def forget(self) -> None:
        """After the store was changed from outside (reset, restore, clock): drop every cache, declare the declared classes again."""
        self.cache.clear()
        self.classes.reset()
        for forget in self.forgetters:
            forget()

    def close(self) -> None:
        """Stop background work. The engine belongs to whoever opened it."""
        for close in reversed(self.closers):
            close()
        self.closers.clear()


@dataclass(slots=True, eq=False)
class Auth:
    """Who asks. Never changed; frozen it would take three times as long to make, for every request.

    `user` is shared with the cache: copy it before changing it. `roles_of` gives ("role:A", ...) for a user id."""

    kind: Kind = "client"
    user: Doc | None = None
    session_token: str | None = None
    installation_id: str | None = None
    roles_of: Callable[[str], tuple[str, ...]] | None = None

    @property
    def user_id(self) -> str | None:
        return self.user["objectId"] if self.user else None

    @property
    def is_master(self) -> bool:
        """The master key, or the read-only one (hooks tell them apart by `is_read_only`)."""
        return self.kind == "master" or self.kind == "readonly"

    @property
    def is_read_only(self) -> bool:
        return self.kind == "readonly"

    @property
    def is_maintenance(self) -> bool:
        return self.kind == "maintenance"

    @property
    def unrestricted(self) -> bool:
        """ACL, class permissions and protected fields do not hold."""
        return self.kind != "client"

    def roles(self) -> tuple[str, ...]:
        """("role:A", ...): held directly or through other roles; looked up only when asked."""
        if self.user is None or self.roles_of is None:
            return ()
        return self.roles_of(self.user["objectId"])

    def subjects(self) -> tuple[str, ...]:
        """Whose rights the caller has: `*`, own id, roles."""
        return ("*",) if self.user is None else ("*", self.user["objectId"], *self.roles())

    def require_writer(self, action: str) -> None:
        """Refuse the read-only master key. `action` completes "read-only masterKey isn't allowed to"."""
        if self.kind == "readonly":
            raise Denied(f"read-only masterKey isn't allowed to {action}.")


MASTER = Auth("master")
NOBODY = Auth()


@dataclass(slots=True, eq=False)
class Context:
    """One request. Never changed itself, as an Auth. `cloud` is the cloud context (hooks write into it). `base_url` is
    scheme://host[:port]/mount without a final slash. `from_cloud`: a call made by cloud code, without ip and headers."""

    core: Core
    auth: Auth = NOBODY
    ip: str | None = None
    headers: Mapping[str, str] | None = None
    cloud: dict[str, Any] = field(default_factory=dict)
    request_id: str = ""
    base_url: str = ""
    from_cloud: bool = False

    @property
    def settings(self) -> Settings:
        return self.core.settings

    def apart(self) -> Context:
        """The same request with a cloud context of its own: one item of a batch. `replace` would take 3 µs."""
        return Context(self.core, self.auth, self.ip, self.headers, dict(self.cloud), self.request_id, self.base_url, self.from_cloud)

    def public_url(self) -> str:
        """Where clients find this server: publicServerURL, else where this request went, else serverURL."""
        configured = self.core.settings.public_server_url
        if callable(configured):
            configured = configured()
        return (configured if isinstance(configured, str) else self.base_url or self.core.settings.server_url).rstrip("/")

    def file_url(self, name: str) -> str:
        """The URL of a stored file, each part of its name percent-encoded."""
        path = "/".join(quote(part, safe="!'()*~") for part in name.split("/"))
        return f"{self.public_url()}/files/{quote(self.core.settings.app_id, safe='')}/{path}"


def as_master(ctx: Context) -> Context:
    """The same request with all rights: for what the server itself must read or write. The user is not carried over."""
    return replace(ctx, auth=replace(MASTER, installation_id=ctx.auth.installation_id, roles_of=ctx.auth.roles_of))


def as_client(ctx: Context, auth: Auth) -> Context:
    """The same request in another's name."""
    return replace(ctx, auth=auth)


def build_core(
    settings: Settings,
    *,
    engine: Engine | None = None,
    hooks: Registry | None = None,
    video: VideoService | None = None,
    schemas: Iterable[ClassDef] = (),
    bus: Bus | None = None,
) -> Core:
    """Put a server together: engine by `databaseURI` unless given, `schemas` stored where they are not yet.

    A store that is away is not an error; the server answers 503 until it is back."""
    store = engine or open_store(settings)
    return Core(
        settings=settings,
        engine=store,
        classes=Classes(store, schemas, migration_policy(settings)),
        hooks=hooks if hooks is not None else Registry(),
        cache=_cache(settings, store),
        bus=bus or LocalBus(),
        video=video,
    )


def open_store(settings: Settings) -> Engine:
    """The engine that the settings name, with their time limits. Raises ValueError, or Unavailable for a file that cannot be opened."""
    if settings.database_adapter is not None:
        own: Engine = load_object(settings.database_adapter)
        return own
    scheme = settings.database_uri.partition("://")[0]
    if scheme == "sqlite":
        return open_engine(settings.database_uri, busy_seconds=settings.database_timeout_ms / 1000)
    if scheme not in ("mongodb", "mongodb+srv"):
        return open_engine(settings.database_uri)
    return open_engine(
        settings.database_uri,
        prefix=settings.collection_prefix,
        timeout_ms=settings.database_timeout_ms,
        max_time_ms=settings.database_options.max_time_ms,
        driver=settings.database_options.driver,
    )


def _cache(settings: Settings, engine: Engine) -> Cache:
    ttl = settings.cache_ttl / 1000
    if engine.scheme == "memory" or settings.database_uri == "sqlite://":
        return Cache(ttl, settings.cache_max_size)
    try:
        return Cache(ttl, settings.cache_max_size, shared_slots(_database_name(settings)))
    except OSError as error:
        log.warning("no memory to share with other processes (%s): sessions, users and roles are not cached", error)
        return Cache(0, 0)


def _database_name(settings: Settings) -> str:
    """The same text in every process that opens the same database."""
    scheme, _, rest = settings.database_uri.partition("://")
    return os.path.realpath(rest.removeprefix("/")) if scheme == "sqlite" else settings.database_uri + settings.collection_prefix
