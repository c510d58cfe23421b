"""From a database URI to its engine; each engine is imported only when it is asked for."""

from __future__ import annotations

from typing import Any

from parse_shim.storage.base import Engine


def open_engine(uri: str, **options: Any) -> Engine:
    """`sqlite:///relative/file`, `sqlite:////absolute/file`, `sqlite://` (in memory), `memory://`, `mongodb://...`,
    `mongodb+srv://...`. `options` go to the engine (`fast`, `busy_seconds` for SQLite).

    Raises ValueError for another scheme, Unavailable when the store cannot be opened.
    """
    scheme, separator, rest = uri.partition("://")
    if not separator:
        raise ValueError(f"not a database URI: {redacted(uri)} (sqlite:///file, mongodb://host/database)")
    match scheme:
        case "sqlite":
            from parse_shim.storage.sqlite.engine import SqliteEngine

            return SqliteEngine(rest.removeprefix("/") or None, **options)
        case "memory":
            from parse_shim.storage.memory import MemoryEngine

            return MemoryEngine()
        case "mongodb" | "mongodb+srv":
            from parse_shim.storage.mongo.engine import MongoEngine

            engine: Engine = MongoEngine(uri, **options)
            return engine
    raise ValueError(f"unknown kind of database '{scheme}' (known: sqlite, mongodb, memory)")


def redacted(uri: str) -> str:
    """The URI without its password, for messages."""
    scheme, separator, rest = uri.partition("://")
    credentials, at, host = rest.rpartition("@")
    if not at or ":" not in credentials:
        return uri
    return f"{scheme}{separator}{credentials.partition(':')[0]}:***@{host}"
