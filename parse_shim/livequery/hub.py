"""Change -> deliveries: who gets which event, and what of the object. Source: contract/12, sections 3, 5 and 8.

Subscriptions with the same class and conditions share one evaluation; rights are judged for each.
"""

from __future__ import annotations

import logging
import queue
import re
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

from parse_shim.classes.model import ClassDef
from parse_shim.errors import ParseError
from parse_shim.events import Change
from parse_shim.hooks.kinds import ON_LIVE_QUERY_EVENT
from parse_shim.hooks.live_requests import ConnectRequest
from parse_shim.livequery.delivery import Seen, deliver
from parse_shim.livequery.subscription import Client, Subscription, bound
from parse_shim.query.ast import Node
from parse_shim.query.match import matches
from parse_shim.rest.calling import call_hook, caller_of
from parse_shim.rest.core import Core
from parse_shim.values.types import Doc

if TYPE_CHECKING:
    from parse_shim.livequery.client import Connection

log = logging.getLogger("parse_shim.livequery")

BREATH = 0.003
"""Seconds between a change and the first of its events."""

HUB = "livequery"
"""Its place in `core.extras`."""


class Hub:
    """The subscriptions of this process. `offer` takes a change and returns at once; `process` is the work on it.

    `spread`, if set, hands a change of this process to the other ones."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.spread: Callable[[Change], None] | None = None
        self.closing: list[Callable[[], None]] = []
        """What is to be called by `close`, after the connections were told."""
        self.connections: dict[Connection, Callable[[], None]] = {}
        self._patterns = [re.compile(pattern) for pattern in core.settings.live_query.class_names]
        self._listed: dict[str, bool] = {}
        self._groups: dict[str, dict[str, dict[Subscription, None]]] = {}
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._last = 0
        self._changes: queue.Queue[tuple[int, Change] | None] = queue.Queue()
        self._worker: threading.Thread | None = None
        self._closed = False

    # -- changes ----------------------------------------------------------------------------------------------------------

    def wants(self, class_name: str) -> bool:
        """Is the class one that liveQuery.classNames lists?"""
        known = self._listed.get(class_name)
        if known is None:
            known = any(pattern.fullmatch(class_name) for pattern in self._patterns)
            if len(self._listed) < 10_000:
                self._listed[class_name] = known
        return known

    def publish(self, change: Change) -> None:
        """A change made by this process."""
        if self.spread is not None:
            self.spread(change)
        self.offer(change)

    def offer(self, change: Change) -> None:
        """A change made anywhere."""
        if not self._groups.get(change.class_name) or self._closed:
            return
        with self._lock:
            self._last = next(self._numbers)
            self._changes.put((self._last, change))
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="LiveQuery", daemon=True)
                self._worker.start()

    def process(self, change: Change, number: int = 1 << 62) -> None:
        """Send the events of a change. Raises nothing."""
        try:
            cls = self.core.classes.get_or_empty(change.class_name)
            with self._lock:
                groups = [list(group) for group in self._groups.get(change.class_name, {}).values()]
            for group in groups:
                self._process_group(cls, change, number, group)
        except Exception:
            log.exception("events of a change of %s were not sent", change.class_name)

    def _process_group(self, cls: ClassDef, change: Change, number: int, group: list[Subscription]) -> None:
        try:
            node = bound(group[0].where, cls)
        except ParseError:
            return
        seen = Seen(cls, change, _holds(node, change.before), _holds(node, change.after))
        if not (seen.old or seen.new):
            return
        for subscription in group:
            if subscription.live and subscription.since < number:
                try:
                    deliver(seen, subscription)
                except Exception:
                    log.exception("an event of %s was not sent", change.class_name)

    def _work(self) -> None:
        """All that waits, after a breath: what clients sent before a write, such as an unsubscribe, is then answered before its events,
        and what another process wrote first has arrived."""
        goes_on = True
        while goes_on and (first := self._changes.get()) is not None:
            time.sleep(BREATH)
            waiting = [first]
            while goes_on and not self._changes.empty():
                item = self._changes.get()
                if item is None:
                    goes_on = False
                else:
                    waiting.append(item)
            # A create that came through another process may stand behind the update made here.
            for number, change in sorted(waiting, key=lambda each: each[1].place):
                self.process(change, number)

    # -- who is there -----------------------------------------------------------------------------------------------------

    def enter(self, connection: Connection, close: Callable[[], None] = lambda: None) -> None:
        self.connections[connection] = close

    def leave(self, connection: Connection) -> None:
        self.connections.pop(connection, None)

    def add(self, subscription: Subscription) -> None:
        class_name, conditions = subscription.group
        with self._lock:
            subscription.since = self._last
            self._groups.setdefault(class_name, {}).setdefault(conditions, {})[subscription] = None

    def remove(self, subscription: Subscription) -> None:
        class_name, conditions = subscription.group
        subscription.live = False
        with self._lock:
            groups = self._groups.get(class_name, {})
            group = groups.get(conditions, {})
            group.pop(subscription, None)
            if not group:
                groups.pop(conditions, None)
            if not groups:
                self._groups.pop(class_name, None)

    def counts(self) -> tuple[int, int]:
        """Clients, and classes that somebody subscribed to."""
        return sum(connection.client is not None for connection in self.connections), len(self._groups)

    def tell(self, event: str, client: Client, error: str | None = None) -> None:
        """Call the on_live_query_event hooks; what they raise is in the log."""
        hooks = self.core.hooks.every(ON_LIVE_QUERY_EVENT)
        if not hooks:
            return
        ctx = client.context()
        clients, subscriptions = self.counts()
        for hook in hooks:
            request = ConnectRequest(
                event, caller_of(ctx), clients=clients, subscriptions=subscriptions, client_id=client.client_id or None
            )
            request.error = error
            try:
                call_hook(ctx, hook, request)
            except ParseError:
                pass

    def close(self) -> None:
        """End every connection, and take no more changes."""
        self._closed = True
        for close in list(self.connections.values()):
            close()
        for close in self.closing:
            close()
        self.closing.clear()
        self._changes.put(None)


def _holds(node: Node, doc: Doc | None) -> bool:
    """A pattern that takes too long matches nothing."""
    try:
        return doc is not None and matches(node, doc)
    except ParseError:
        return False


def hub_of(core: Core) -> Hub | None:
    """The running LiveQuery server, if the settings ask for one."""
    found: Any = core.extras.get(HUB)
    return found if isinstance(found, Hub) else None
