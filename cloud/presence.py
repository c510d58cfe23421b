"""Who is really there: signs of life of the people on a roll, and what happens to those who give none.

The tutorial's client has no heartbeat, but it polls every 8 seconds; its own farewell never works, since it searches
its row by the row's id instead of the user's. So rows are trusted for some seconds and no longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cloud import call_store
from cloud.call_events import Polled
from cloud.calls import RINGING
from cloud.options import options
from cloud.people import asker
from parse_shim import Object, ObjectNotFound, Pointer, Query
from parse_shim.ids import now, timestamp

TOUCH_SECONDS = 5.0
MOST_REMEMBERED = 10_000
MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Roll:
    """A class of people who are here, one row a person. `by_pointer`: the column holds a pointer to the user, not its id."""

    class_name: str
    column: str
    by_pointer: bool = False

    def value(self, person: str) -> str | Pointer:
        return Pointer("_User", person) if self.by_pointer else person

    def person(self, row: Object) -> str | None:
        """Whose row it is."""
        found: Any = row.get(self.column)
        return found.id if self.by_pointer and found is not None else found

    def query(self, person: str) -> Query[Any]:
        query: Query[Any] = Query(self.class_name)
        return query.equal_to(self.column, self.value(person))

    def rows_of(self, person: str) -> list[Object]:
        """Newest first."""
        return self.query(person).descending("updatedAt", "objectId").find(use_master_key=True)


ACTIVE = Roll("ActiveUsers", "userID")
BUDDIES = Roll("BuddyPresence", "user", by_pointer=True)
ROLLS = (ACTIVE, BUDDIES)

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
    at = timestamp()
    # A clock that was put back must not silence anybody.
    if 0 <= at - _touched.get(person, float("-inf")) < TOUCH_SECONDS:
        return
    if len(_touched) >= MOST_REMEMBERED:
        _touched.clear()
    _touched[person] = at
    refresh(person)


def refresh(person: str) -> None:
    for roll in ROLLS:
        for row in roll.rows_of(person):
            seen(row)


def seen(row: Object) -> None:
    """Its hook decides what else a sign of life changes."""
    try:
        row.save({"lastSeen": moment()}, use_master_key=True)
    except ObjectNotFound:
        pass  # deleted meanwhile


def forget_touches() -> None:
    """For tests, whose stores come and go in one process."""
    _touched.clear()


# -- looking ------------------------------------------------------------------------------------------------------------------


def is_online(person: str) -> bool:
    return ACTIVE.query(person).greater_than_or_equal_to("lastSeen", oldest()).count(use_master_key=True) > 0


def show_only_present(request: Any, roll: Roll) -> None:
    """Others see whom we have heard of lately; everybody sees the own row as long as it is there."""
    if request.master:
        return
    me, query = asker(request), request.query
    fresh: Query[Any] = Query(roll.class_name)
    fresh.greater_than_or_equal_to("lastSeen", oldest())
    if me is None:
        query.also(fresh)
        return
    touch(me)
    query.also(Query.any_of(fresh, roll.query(me)))


def repair_farewell(request: Any) -> None:
    """The tutorial's client looks for its row by the row's own id in place of its user's, to delete it."""
    me, asked = asker(request), request.query.equals("userID")
    if me is None or not isinstance(asked, str) or asked == me:
        return
    if ACTIVE.query(me).equal_to("objectId", asked).count(use_master_key=True):
        request.query.equal_to("userID", me).equal_to("objectId", asked)


# -- one row a person ---------------------------------------------------------------------------------------------------------


def remove_older_rows(row: Object, roll: Roll) -> None:
    """Two devices, or two quick fixes of the place, make two rows: the newest save wins."""
    person = roll.person(row)
    for other in roll.rows_of(person)[1:] if person else ():
        remove(other)


def remove_all(person: str) -> None:
    for roll in ROLLS:
        for row in roll.rows_of(person):
            remove(row)


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
    for roll in ROLLS:
        for row in silent_rows(roll, limit, halfway):
            person, last = roll.person(row), row.get("lastSeen")
            if person and call_store.live_calls_of(person):
                seen(row)
            elif last is None or last < limit:
                remove(row)


def silent_rows(roll: Roll, limit: datetime, halfway: datetime) -> list[Object]:
    silent: Query[Any] = Query(roll.class_name)
    unheard: Query[Any] = Query(roll.class_name)
    silent.less_than("lastSeen", halfway)
    unheard.does_not_exist("lastSeen").less_than("updatedAt", limit)
    return Query.any_of(silent, unheard).ascending("lastSeen").limit(MOST_AT_ONCE).find(use_master_key=True)
