"""Indexes on demand, and the slow-query log.

A find or count that takes long and gives little is looked at beside the requests: when it read many objects for each one it gave, the
column that would have led to them gets an index (option indexesOnDemand). Queries beyond slowQueryMs are logged with what they read.
A quick query pays one look at the clock.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import cast

from parse_shim.classes.model import ClassDef
from parse_shim.query.ast import And, Compare, Eq, In, Node, Not, Or, Readable, Writable
from parse_shim.query.options import FindOptions
from parse_shim.rest.core import Core
from parse_shim.storage.demand import Examined, Indexing

log = logging.getLogger("parse_shim.slow")

DEMAND = "indexes_on_demand"
SUSPECT_SECONDS = 0.0005
"""Less than the scan of 10,000 objects takes on either store; what is as slow for other reasons costs one look in AGAIN_SECONDS."""
TIMES = 3
"""So often a query is slow before anybody looks: one report at night needs no index."""
MANY_ROWS = 1000
PER_OBJECT = 20
"""So many objects read for each one given."""
MOST_PER_CLASS = 5
LARGEST = 500_000
"""Objects: a larger class gets its index from its operator, who knows when."""
AGAIN_SECONDS = 60.0
KEPT = 1000
_RANKS = {"Pointer": 0, "String": 1, "Date": 2, "Number": 3}


@dataclass(slots=True)
class _Suspect:
    """A query shape: how often it was slow, and until when it is left alone."""

    times: int = 0
    quiet_until: float = 0.0


@dataclass(frozen=True, slots=True)
class _Case:
    cls: ClassDef
    where: Node
    options: FindOptions
    seconds: float
    returned: int
    column: str | None


class Demand:
    """`start` hangs it on the core."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._suspects: OrderedDict[tuple[str, str], _Suspect] = OrderedDict()
        self._cases: list[_Case] = []
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def consider(self, cls: ClassDef, where: Node, options: FindOptions, seconds: float, returned: int) -> None:
        """After a query that was no quick one. Microseconds; what follows runs beside the requests."""
        settings = self._core.settings
        slow = 0 < settings.slow_query_ms <= seconds * 1000
        column = index_for(cls, where, options) if settings.indexes_on_demand else None
        if column is None and not slow:
            return
        suspect = self._suspect((cls.name, column or shape(where, options)))
        suspect.times += 1
        if monotonic() < suspect.quiet_until or (suspect.times < TIMES and not slow):
            return
        suspect.times, suspect.quiet_until = 0, monotonic() + AGAIN_SECONDS
        with self._lock:
            self._cases.append(_Case(cls, where, options, seconds, returned, column))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="parse_shim indexes", daemon=True)
                self._thread.start()

    def wait(self) -> None:
        """Until everything considered so far is settled, for tests."""
        while (thread := self._thread) is not None:
            thread.join()

    def _suspect(self, key: tuple[str, str]) -> _Suspect:
        found = self._suspects.get(key)
        if found is None:
            found = self._suspects[key] = _Suspect()
            while len(self._suspects) > KEPT:
                self._suspects.popitem(last=False)
        return found

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._cases:
                    self._thread = None
                    return
                case = self._cases.pop(0)
            try:
                self._settle(case)
            except Exception as error:  # the store is away, the class is gone: the next slow query asks again
                log.info("%s could not be looked at: %s", case.cls.name, error)

    def _settle(self, case: _Case) -> None:
        engine = cast(Indexing, self._core.engine)
        examined = engine.examine(case.cls, case.where, case.options)
        wanted = case.column if _reads_too_much(examined, case.returned) else None
        made = False
        if wanted is not None and examined.total <= LARGEST and self._may_make(engine, case.cls.name, wanted):
            reason = f"{shape(case.where, case.options)}: {examined.rows_read} objects read for {case.returned}"
            made = engine.demand(case.cls, wanted, reason)
            if made:
                log.info("%s.%s has an index now: %s", case.cls.name, wanted, reason)
        if 0 < self._core.settings.slow_query_ms <= case.seconds * 1000:
            _report(case, examined, wanted, made)

    def _may_make(self, engine: Indexing, class_name: str, column: str) -> bool:
        known = [one for one in engine.demanded() if one.class_name == class_name]
        return len([one for one in known if not one.dropped]) < MOST_PER_CLASS and column not in {one.column for one in known}


def start(core: Core) -> None:
    """Watch the core's queries, where its engine can make indexes."""
    if hasattr(core.engine, "examine") and (core.settings.indexes_on_demand or core.settings.slow_query_ms):
        core.extras[DEMAND] = Demand(core)


def asked(core: Core, cls: ClassDef, where: Node, options: FindOptions, began: float, returned: int) -> None:
    """A query of `cls`, begun at `began` (perf_counter), gave so many objects."""
    seconds = perf_counter() - began
    if seconds > SUSPECT_SECONDS:
        demand: Demand | None = core.extras.get(DEMAND)
        if demand is not None:
            demand.consider(cls, where, options, seconds, returned)


def index_for(cls: ClassDef, where: Node, options: FindOptions) -> str | None:
    """The column whose index would help most: of an equality, else of the order, else of a range. None: no index would."""
    parts = list(_conditions(where))
    if any(type(part) is Eq and part.path == "objectId" for part in parts):
        return None
    equal = [part.path for part in parts if (type(part) is Eq and part.value is not None) or type(part) is In]
    ordered = [path for path, _ in options.order[:1]]
    ranges = [part.path for part in parts if type(part) is Compare and part.value is not None]
    for paths in (equal, ordered, ranges):
        known = [path for path in paths if cls.kind(path) in _RANKS and path != "objectId"]
        if known:
            return min(known, key=lambda path: _RANKS[cls.kind(path) or ""])
    return None


def shape(where: Node, options: FindOptions) -> str:
    """The query without its values: `receiverID Eq, isVideo Eq, order -createdAt`."""
    texts = [_word(part) for part in _conditions(where)]
    texts += [f"order {'-' if descending else ''}{path}" for path, descending in options.order]
    return ", ".join(texts) or "everything"


def _conditions(where: Node) -> list[Node]:
    """The conditions that all must hold, without the ACL's."""
    parts = where.parts if isinstance(where, And) else (where,)
    flat = [one for part in parts for one in (_conditions(part) if isinstance(part, And) else [part])]
    return [part for part in flat if not isinstance(part, Readable | Writable)]


def _word(node: Node) -> str:
    if isinstance(node, Or | Not):
        return type(node).__name__
    return f"{getattr(node, 'path', '')} {type(node).__name__}"


def _reads_too_much(examined: Examined, returned: int) -> bool:
    return examined.index is None and examined.rows_read >= max(MANY_ROWS, PER_OBJECT * returned)


def _report(case: _Case, examined: Examined, wanted: str | None, made: bool) -> None:
    advice = "" if wanted is None else f", {'made' if made else 'add'} an index on {wanted}"
    log.warning(
        "slow query of %s (%s): %.0f ms, %d objects given, %d read, index %s%s",
        case.cls.name,
        shape(case.where, case.options),
        case.seconds * 1000,
        case.returned,
        examined.rows_read,
        examined.index or "none",
        advice,
    )


