"""Pushes for later: rows of `_PushStatus` with status `scheduled`, sent when their time has come.

parse-server leaves that to a program of one's own. Here every worker looks every few seconds; a row is taken by one atomic update, so
that it is sent once however many workers and machines look.
"""

from __future__ import annotations

import logging
import threading

from parse_shim import ids
from parse_shim.errors import EngineError, ParseError, TransportError
from parse_shim.query.ast import And, Compare, Eq
from parse_shim.query.options import FindOptions
from parse_shim.rest.core import MASTER, Context, Core
from parse_shim.rest.push import deliver
from parse_shim.rest.push_body import Push, read_badge
from parse_shim.rest.push_status import PUSH_STATUS
from parse_shim.update.ops import Set, Update
from parse_shim.values.dates import iso
from parse_shim.values.jsontext import loads
from parse_shim.values.types import Doc

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 5.0
MANY = 100


class Schedule:
    """Looks for due pushes until it is stopped."""

    def __init__(self, core: Core, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._core = core
        self._interval_seconds = interval_seconds
        self._stopped = threading.Event()
        threading.Thread(target=self._run, name="push-schedule", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self._interval_seconds):
            try:
                send_due(self._core)
            except Exception:
                log.exception("scheduled pushes could not be sent")


def send_due(core: Core) -> int:
    """Send every push whose time has come; how many this call took."""
    try:
        due = _due(core)
    except EngineError as error:
        log.warning("scheduled pushes wait for the store: %s", error)
        return 0
    taken = [row for row in due if _take(core, row)]
    for row in taken:
        deliver(Context(core, MASTER, from_cloud=True), row["objectId"], _push_of(row))
    return len(taken)


def _due(core: Core) -> list[Doc]:
    # pushTime is ISO text in UTC with a fixed number of digits: it sorts as time does
    where = And((Eq("status", "scheduled"), Compare("pushTime", "lte", iso(ids.now()))))
    return core.engine.find(core.classes.get_or_empty(PUSH_STATUS), where, FindOptions(limit=MANY))


def _take(core: Core, row: Doc) -> bool:
    """True for the one who took it."""
    where = And((Eq("objectId", row["objectId"]), Eq("status", "scheduled")))
    change: Update = {"status": Set("pending"), "updatedAt": Set(ids.now())}
    return core.engine.update(core.classes.get_or_empty(PUSH_STATUS), where, change) is not None


def _push_of(row: Doc) -> Push:
    """The push that a row tells of. What cannot be read (a row written by hand) reaches nobody."""
    try:
        where, data = loads(row.get("query") or ""), loads(row.get("payload") or "{}")
        badge = read_badge(data.get("badge"))
    except (ParseError, TransportError, AttributeError, TypeError):
        where, data, badge = None, {}, None
    if not isinstance(where, dict):
        where = {"objectId": ""}
    return Push(data, where, row.get("pushTime") or "", None, row.get("expiry"), row.get("expiration_interval"), badge)
