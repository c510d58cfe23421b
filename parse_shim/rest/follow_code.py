"""`serve --dev`: look whether files of cloud code changed, and let the running server use the new code."""

from __future__ import annotations

import logging
import sys
import threading
from time import perf_counter

from parse_shim.hooks.registry import Registry
from parse_shim.hooks.reload import reload_cloud, snapshot
from parse_shim.rest import webhooks
from parse_shim.rest.core import Core
from parse_shim.rest.jobs import in_background
from parse_shim.rest.schedule import Scheduler, start_schedules

log = logging.getLogger(__name__)

LOOK_EVERY = 0.3
"""Seconds between two looks."""


class CodeFollower:
    """Follows the folder of `spec` until `stop`. `error` holds the text of what does not load; the old code serves meanwhile.

    Blueprints that cloud code mounts stay as they were at start: Flask takes no new ones then.
    """

    def __init__(self, core: Core, spec: str, timers: Scheduler | None = None) -> None:
        self.core = core
        self.spec = spec
        self.timers = timers
        self.error: str | None = None
        self._seen = snapshot(spec)
        self._stopping = threading.Event()

    def start(self) -> None:
        sys.dont_write_bytecode = True  # a file changed twice within a second would be read from its old byte code
        in_background(self._loop, "code follower")

    def stop(self) -> None:
        self._stopping.set()
        if self.timers is not None:
            self.timers.stop()

    def look(self) -> bool:
        """Reload if a file changed; whether one did."""
        now = snapshot(self.spec)
        if now == self._seen:
            return False
        self._seen = now
        self._reload()
        return True

    def _loop(self) -> None:
        while not self._stopping.wait(LOOK_EVERY):
            try:
                self.look()
            except Exception:
                log.exception("looking for changes of %s failed", self.spec)

    def _reload(self) -> None:
        began = perf_counter()
        try:
            registry = reload_cloud(self.spec)
        except Exception as problem:
            self.error = f"{type(problem).__name__}: {problem}"
            log.error("%s does not load, the code of before goes on: %s", self.spec, self.error, exc_info=problem)
            return
        self.error = None
        self._use(registry)
        log.info("%s loaded again in %.0f ms: %d hooks", self.spec, (perf_counter() - began) * 1000, len(registry))

    def _use(self, registry: Registry) -> None:
        registry.blueprints = self.core.hooks.blueprints
        self.core.hooks = registry
        webhooks.refresh(self.core)
        if self.timers is not None:
            self.timers.stop()
            self.timers = start_schedules(self.core)
