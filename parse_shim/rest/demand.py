"""Indexes on demand, and the slow-query log.

A find or count that takes long and gives little is looked at beside the requests: when it read many objects for each one it gave, and
an index would lead to much fewer (demand_choice.py), that index is made (option indexesOnDemand). Queries beyond slowQueryMs are logged
with what they read. A quick query pays one look at the clock.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import cast

from parse_shim.classes.model import ClassDef
from parse_shim.query.ast import Node, Not, Or
from parse_shim.query.options import FindOptions
from parse_shim.rest.core import Core
from parse_shim.rest.demand_choice import Query, best, may_have_one
from parse_shim.storage.demand import Examined, Indexing, Keys, conditions, keys_text

log = logging.getLogger("parse_shim.slow")

DEMAND = "indexes_on_demand"
SUSPECT_SECONDS = 0.0005
"""Less than the scan of 10,000 objects takes on either store; what is as slow for other reasons costs one look in AGAIN_SECONDS."""
LONG_SECONDS = 0.005
LOOK_SECONDS = 0.01
"""Of the queries between SUSPECT_SECONDS and LONG_SECONDS one in this time is looked at: a busy server has thousands."""
TIMES = 3
"""So often a query is slow before anybody looks: one report at night needs no index."""
MANY_ROWS = 1000
PER_OBJECT = 20
"""So many objects read for each one given."""
GAIN = 4
"""So many times fewer are read with an index that is worth making."""
AGAIN_SECONDS = 60.0
LONGEST_SECONDS = 600.0
SLOWER = 3
"""A query that takes so many times longer than when it was last looked at is looked at again at once: its class has grown."""
KEPT = 1000
_MOST_LETTERS = 300


@dataclass(slots=True)
class _Suspect:
    """A query shape: how often it was slow, how long it took when it was last looked at, and until when it is left alone."""

    times: int = 0
    seconds: float = 0.0
    quiet_until: float = 0.0
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class _Case:
    query: Query
    seconds: float
    returned: int
    suspect: _Suspect


class Demand:
    """`start` hangs it on the core."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._suspects: OrderedDict[tuple[str, str], _Suspect] = OrderedDict()
        self._next_look = 0.0
        self._cases: list[_Case] = []
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def consider(self, query: Query, seconds: float, returned: int) -> None:
        """After a query that was no quick one. Microseconds; what follows runs beside the requests."""
        now = monotonic()
        if seconds < LONG_SECONDS and now < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        slow = self._is_slow(seconds)
        if not slow and not (self._core.settings.indexes_on_demand and may_have_one(query)):
            return
        suspect = self._suspect((query.cls.name, shape(query.where, query.options)))
        suspect.times += 1
        if now < suspect.quiet_until and seconds < SLOWER * suspect.seconds:
            return
        if suspect.times < TIMES and not slow:
            return
        suspect.times, suspect.seconds = 0, seconds
        # twice as long each time, until something came of it
        suspect.pause = min(2 * suspect.pause or AGAIN_SECONDS, LONGEST_SECONDS)
        suspect.quiet_until = now + suspect.pause
        with self._lock:
            self._cases.append(_Case(query, seconds, returned, suspect))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="parse_shim indexes", daemon=True)
                self._thread.start()

    def wait(self) -> None:
        """Until everything considered so far is settled, for tests."""
        while (thread := self._thread) is not None:
            thread.join()

    def _is_slow(self, seconds: float) -> bool:
        return 0 < self._core.settings.slow_query_ms <= seconds * 1000

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
                log.info("%s could not be looked at: %s", case.query.cls.name, error)

    def _settle(self, case: _Case) -> None:
        engine = cast(Indexing, self._core.engine)
        examined: Examined | None = None
        wanted: tuple[Keys, ...] = ()
        made = False
        try:
            examined = engine.examine(case.query.cls, case.query.where, case.query.options)
            wanted = _wanted(engine, case, examined)
            if wanted and self._core.settings.indexes_on_demand:
                made = self._make(engine, case, wanted, examined)
        finally:
            if self._is_slow(case.seconds):
                _report(case, examined, wanted, made)

    def _make(self, engine: Indexing, case: _Case, wanted: tuple[Keys, ...], examined: Examined) -> bool:
        query = case.query
        reason = f"{shape(query.where, query.options)}: {examined.rows_read} objects read for {case.returned}"
        against = {keys: engine.demand(query.cls, keys, reason) for keys in wanted}
        made = [keys for keys, text in against.items() if text is None]
        for keys, text in against.items():
            told = "has an index on %s now: %s" if text is None else f"gets no index on %s ({text}): %s"
            log.info(f"%s {told}", query.cls.name, keys_text(keys), reason)
        if made and GAIN * engine.examine(query.cls, query.where, query.options).rows_read > examined.rows_read:
            for keys in made:
                engine.undemand(query.cls.name, keys, "useless")
                log.info("%s has no index on %s any more: it did not help", query.cls.name, keys_text(keys))
            return False
        if made:
            case.suspect.pause = 0.0
        return bool(made)


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
            demand.consider(Query(cls, where, options), seconds, returned)


def shape(where: Node, options: FindOptions) -> str:
    """The query without its values: `receiverID Eq, isVideo Eq, order -createdAt`."""
    texts = [_word(part) for part in conditions(where)]
    texts += [f"order {'-' if descending else ''}{path}" for path, descending in options.order]
    text = ", ".join(texts)[:_MOST_LETTERS] or "everything"
    return text if text.isprintable() else "".join(letter if letter.isprintable() else "?" for letter in text)


def _word(node: Node) -> str:
    if isinstance(node, Or):
        return f"Or({'; '.join(', '.join(_word(one) for one in conditions(part)) for part in node.parts)})"
    if isinstance(node, Not):
        return f"Not({_word(node.part)})"
    return f"{getattr(node, 'path', '')} {type(node).__name__}".lstrip()


def _wanted(engine: Indexing, case: _Case, examined: Examined) -> tuple[Keys, ...]:
    if examined.rows_read < max(MANY_ROWS, PER_OBJECT * case.returned) or not may_have_one(case.query):
        return ()
    choice = best(engine, case.query, examined.total)
    return choice.keys if choice is not None and GAIN * choice.rows <= examined.rows_read else ()


def _report(case: _Case, examined: Examined | None, wanted: tuple[Keys, ...], made: bool) -> None:
    advice = "" if not wanted else f", {'made' if made else 'add'} an index on {' and on '.join(keys_text(keys) for keys in wanted)}"
    log.warning(
        "slow query of %s (%s): %.0f ms, %d objects given, %s read, index %s%s",
        case.query.cls.name,
        shape(case.query.where, case.query.options),
        case.seconds * 1000,
        case.returned,
        "?" if examined is None else examined.rows_read,
        "?" if examined is None else examined.index or "none",
        advice,
    )
