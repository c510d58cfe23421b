"""Put the LiveQuery server of a process together."""

from __future__ import annotations

import logging
from collections.abc import Callable

from parse_shim.events import LocalBus
from parse_shim.livequery.hub import HUB, Hub
from parse_shim.livequery.relay import Relay
from parse_shim.rest.core import Core

log = logging.getLogger("parse_shim.livequery")


def start_live_query(core: Core) -> Callable[[], None]:
    """From now on clients may connect; the result ends it."""
    hub = Hub(core)
    core.extras[HUB] = hub
    if isinstance(core.bus, LocalBus):
        core.bus.subscribe(hub.publish, hub.wants)
    if core.settings.workers > 1:
        try:
            relay = Relay(core.settings, hub.offer)
        except OSError as error:
            log.warning("no way to the other workers (%s): LiveQuery clients hear only of changes made by their own worker", error)
        else:
            hub.spread = relay.send
            hub.closing.append(relay.close)
    return hub.close
