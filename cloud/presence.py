"""Who is really there: signs of life of the people in ActiveUsers, and what happens to those who give none.

The tutorial's client has no heartbeat, but it polls every 8 seconds; its own farewell never works, since it searches
its row by the row's id instead of the user's. So rows are trusted for some seconds and no longer.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from cloud import call_store
from cloud.call_events import Polled
from cloud.calls import RINGING
from cloud.options import options
from cloud.people import asker
from parse_shim import Object, ObjectNotFound, Query
from parse_shim.ids import now

TOUCH_SECONDS = 5.0
MOST_REMEMBERED = 10_000
MOST_AT_ONCE = 200

_touched: dict[str, float] = {}
"""When this process last wrote a person's lastSeen; a matter of economy only."""


def moment() -> datetime:
    return now().replace(tzinfo=UTC)


def oldest() -> datetime:
    """Who was not seen since then is not there."""
    return moment() - timedelta(seconds=options().presence_seconds)


# -- signs of life ------------------------------------------------------------------------------------------------------------


def notice_query(request: Any) -> None:
    """A client looks at ActiveSessions. As a receiver who looks for calls, it is idle."""
    if request.master:
        return
    query = request.query
    polled = None if request.is_get else query.equals("receiverID")
    me = asker(request)
    if me is None and options().access == "open" and isinstance(polled, str):
        me = polled
    if me is None:
        return
    touch(me)
    if polled == me:
        for call in call_store.waiting_for(me):
            if call.state != RINGING:
                call_store.happen(call.id, Polled())


def touch(person: str) -> None:
    """The person is here, now."""
    at = time.monotonic()
    if at - _touched.get(person, float("-inf")) < TOUCH_SECONDS:
        return
    if len(_touched) >= MOST_REMEMBERED:
        _touched.clear()
    _touched[person] = at
    for row in rows_of(person):
        seen(row)


def seen(row: Object) -> None:
    """The hook of ActiveUsers sets lastSeen at every save."""
    try:
        row.save({"lastSeen": moment()}, use_master_key=True)
    except ObjectNotFound:
        pass  # deleted meanwhile


def forget_touches() -> None:
    """For tests, whose stores come and go in one process."""
    _touched.clear()


# -- looking ------------------------------------------------------------------------------------------------------------------


def rows_of(person: str) -> list[Object]:
    """Newest first."""
    return Query("ActiveUsers").equal_to("userID", person).descending("updatedAt", "objectId").find(use_master_key=True)


def is_online(person: str) -> bool:
    fresh = Query("ActiveUsers").equal_to("userID", person).greater_than_or_equal_to("lastSeen", oldest())
    return fresh.count(use_master_key=True) > 0


def show_only_present(request: Any) -> None:
    """Others see whom we have heard of lately; everybody sees the own row as long as it is there."""
    if request.master:
        return
    me, query = asker(request), request.query
    if me is not None:
        repair_farewell(request, me)
        touch(me)
    fresh = Query("ActiveUsers").greater_than_or_equal_to("lastSeen", oldest())
    query.also(fresh if me is None else Query.any_of(fresh, Query("ActiveUsers").equal_to("userID", me)))


def repair_farewell(request: Any, me: str) -> None:
    """The tutorial's client looks for its row by the row's own id in place of its user's, to delete it."""
    asked = request.query.equals("userID")
    if not isinstance(asked, str) or asked == me:
        return
    mine = Query("ActiveUsers").equal_to("objectId", asked).equal_to("userID", me)
    if mine.count(use_master_key=True):
        request.query.equal_to("userID", me).equal_to("objectId", asked)


# -- one row a person ---------------------------------------------------------------------------------------------------------


def remove_older_rows(row: Object) -> None:
    """Two devices, or two quick fixes of the place, make two rows: the newest save wins."""
    for other in rows_of(row["userID"])[1:]:
        remove(other)


def remove(row: Object) -> None:
    try:
        row.destroy(use_master_key=True)
    except ObjectNotFound:
        pass  # somebody else did it


# -- sweeping -----------------------------------------------------------------------------------------------------------------


def sweep() -> None:
    """Remove those who are gone. Who is in a call stays: the tutorial's receiver stops polling when the phone rings."""
    limit = oldest()
    halfway = limit + timedelta(seconds=options().presence_seconds / 2)
    silent = Query("ActiveUsers").less_than("lastSeen", halfway)
    unheard = Query("ActiveUsers").does_not_exist("lastSeen").less_than("updatedAt", limit)
    for row in Query.any_of(silent, unheard).limit(MOST_AT_ONCE).ascending("lastSeen").find(use_master_key=True):
        person = row.get("userID")
        last = row.get("lastSeen")
        if person and call_store.live_calls_of(person):
            seen(row)
        elif last is None or last < limit:
            remove(row)
