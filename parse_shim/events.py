"""What happened to an object, told to whoever listens (LiveQuery, sweeps, tests). Knows no sockets and no HTTP."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from parse_shim.values.types import Doc

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """One stored write. `before` is None for a create, `after` None for a delete; `context` is the cloud context of the request."""

    class_name: str
    before: Doc | None
    after: Doc | None
    context: dict[str, Any] | None = None

    @property
    def place(self) -> tuple[datetime, bool]:
        """Where it belongs among the changes of its object."""
        moment = (self.after or self.before or {}).get("updatedAt")
        return (moment if isinstance(moment, datetime) else datetime.min, self.after is None)


Listener = Callable[[Change], None]


class Bus(Protocol):
    """Where rest/ publishes after a write took effect. `wants` lets it skip reading `before` when nobody listens."""

    def wants(self, class_name: str) -> bool: ...

    def publish(self, change: Change) -> None: ...


class LocalBus:
    """Listeners of this process, called in turn; a failing one is logged and hurts nobody."""

    def __init__(self) -> None:
        self._listeners: list[tuple[Callable[[str], bool], Listener]] = []

    def subscribe(self, listener: Listener, wants: Callable[[str], bool] = lambda _name: True) -> None:
        self._listeners.append((wants, listener))

    def wants(self, class_name: str) -> bool:
        return any(wants(class_name) for wants, _ in self._listeners)

    def publish(self, change: Change) -> None:
        for wants, listener in self._listeners:
            if wants(change.class_name):
                try:
                    listener(change)
                except Exception:
                    log.exception("a listener failed on %s", change.class_name)
