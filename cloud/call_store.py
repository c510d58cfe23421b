"""Calls in the store: LiveCall rows, read and written so that several workers and machines may do it at once.

`happen` is the one way a call changes. It reads, lets calls.py decide, and writes only if nobody wrote meanwhile;
then it does what can be done at once. What takes long, or what a kill left undone, is the timer's (call_work.py).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from cloud import busy
from cloud.call_events import Displaced, Done, Event
from cloud.calls import ENDED, FAST, FREE, HOLD, LIVE, ROW, SESSION, Call, Rules, Seat, decide
from cloud.options import options
from parse_shim import Object, ObjectNotFound, Query, update_if
from parse_shim.ids import timestamp

CLASS = "LiveCall"
MARKS = "LiveCallMark"
MOST_TRIES = 40
A_DECADE_SECONDS = 3650 * 86400.0
MOST_AT_ONCE = 100

TIMES = ("deliveredAt", "answeredAt", "endedAt")


def rules() -> Rules:
    """By the settings, and by what we know of the callbacks."""
    chosen = options()
    return Rules(chosen.ring_seconds, chosen.grace_seconds, chosen.max_call_seconds, callbacks_on())


def callbacks_on() -> bool:
    """The video service tells who comes and goes: it is said so, or it has once."""
    chosen = options().callbacks
    return chosen == "on" or (chosen == "auto" and busy.mark("callbacks", MARKS).owner() is not None)


def learn_callbacks() -> None:
    """A genuine callback came."""
    if options().callbacks == "auto" and not callbacks_on():
        busy.mark("callbacks", MARKS).take("seen", A_DECADE_SECONDS)


# -- finding ------------------------------------------------------------------------------------------------------------------


def of_row(row: str) -> Call | None:
    return _one(Query(CLASS).equal_to("rowID", row))


def of_session(session_id: str) -> Call | None:
    return _one(Query(CLASS).equal_to("sessionID", session_id))


def live_calls_of(*people: str) -> list[Call]:
    """Calls that have not ended, of any of these people, oldest first."""
    mine = Query.any_of(Query(CLASS).contained_in("callerID", people), Query(CLASS).contained_in("receiverID", people))
    found = mine.contained_in("state", LIVE).ascending("createdAt").find(use_master_key=True)
    return [_read(row) for row in found]


def waiting_for(person: str) -> list[Call]:
    """Calls to `person`, answered or not, that have not ended."""
    query = Query(CLASS).equal_to("receiverID", person).contained_in("state", LIVE).equal_to("kind", SESSION)
    return [_read(row) for row in query.find(use_master_key=True)]


def due_calls(now: float) -> list[Call]:
    """Calls that somebody must look at, longest overdue first."""
    query = Query(CLASS).less_than_or_equal_to("deadline", date(now)).ascending("deadline").limit(MOST_AT_ONCE)
    return [_read(row) for row in query.find(use_master_key=True)]


def forget_old_calls(before: float) -> None:
    """Ended calls are kept for a while, for those who ask how they ended."""
    old = Query(CLASS).equal_to("state", ENDED).less_than("endedAt", date(before)).limit(MOST_AT_ONCE)
    for row in old.find(use_master_key=True):
        _destroy(row)


# -- changing -----------------------------------------------------------------------------------------------------------------


def store_new(call: Call) -> None:
    row = Object(CLASS, **_fields(call), turn=0)
    row.save(use_master_key=True)


def drop(call: Call) -> None:
    """As if it had never been: its row could not be stored."""
    for row in Query(CLASS).equal_to("rowID", call.id).find(use_master_key=True):
        _destroy(row)


def happen(row: str, event: Event, *, only: tuple[str, ...] = ()) -> Call | None:
    """Let `event` happen to the call of this row; the call afterwards, None when there is none.

    `only`: the states in which it may happen; None when the call is in another, so of several who try one succeeds."""
    for attempt in range(MOST_TRIES):
        stored = _one_row(Query(CLASS).equal_to("rowID", row))
        if stored is None:
            return None
        before = _read(stored)
        if only and before.state not in only:
            return None
        after = decide(before, event, timestamp(), rules())
        if after is before or _swap(stored, before, after):
            return do_fast_work(after)
        # Somebody else was faster: he needs only a moment.
        time.sleep(random.uniform(0, 0.004 * (attempt + 1)))
    raise RuntimeError("the call changes too fast")


def do_fast_work(call: Call) -> Call:
    """What is left to do in the store. Each thing may be done twice without harm."""
    words = tuple(word for word in call.todo if word in FAST)
    if not words:
        return call
    for word in words:
        if not WORK[word](call):
            return happen(call.id, Displaced()) or call
    return happen(call.id, Done(words)) or call


def _hold(call: Call) -> bool:
    return busy.hold(call, call.locked_until - timestamp())


def _free(call: Call) -> bool:
    busy.free(call)
    return True


def _show(call: Call) -> bool:
    """What people see of the call follows it."""
    SHOW[call.kind](call)
    return True


def _remove_row(call: Call) -> None:
    row = Query("ActiveSessions").equal_to("objectId", call.id).first(use_master_key=True)
    if row is not None:
        _destroy(row)


WORK: dict[str, Callable[[Call], bool]] = {HOLD: _hold, FREE: _free, ROW: _show}

SHOW: dict[str, Callable[[Call], None]] = {SESSION: _remove_row}
"""By kind of call; buddies.py adds its own."""


def _swap(stored: Object, before: Call, after: Call) -> bool:
    """Write the difference, unless somebody wrote since we read."""
    turn = stored["turn"]
    old, new = _fields(before), _fields(after)
    for name, value in new.items():
        if value is None and old[name] is not None:
            stored.unset(name)
        elif value != old[name]:
            stored[name] = value
    stored["turn"] = turn + 1
    return update_if(stored, turn=turn)


def _destroy(row: Object) -> None:
    try:
        row.destroy(use_master_key=True)
    except ObjectNotFound:
        pass  # somebody else did it


# -- rows ---------------------------------------------------------------------------------------------------------------------


def _one(query: Query[Any]) -> Call | None:
    found = _one_row(query)
    return _read(found) if found is not None else None


def _one_row(query: Query[Any]) -> Object | None:
    return query.first(use_master_key=True)


def _fields(call: Call) -> dict[str, Any]:
    """As stored; None for a column that is not there."""
    return {
        "rowID": call.id,
        "kind": call.kind,
        "callerID": call.caller,
        "receiverID": call.receiver,
        "sessionID": call.session_id,
        "startedAt": date(call.created_at),
        "state": call.state,
        "deliveredAt": date(call.delivered_at),
        "answeredAt": date(call.answered_at),
        "endedAt": date(call.ended_at),
        "endReason": call.end_reason or None,
        "connections": [_seat_json(name, seat) for name, seat in call.connections.items()],
        "timers": dict(call.timers),
        "deadline": date(call.deadline),
        "counts": [call.quiet, call.failed, call.tries],
        "todo": list(call.todo),
    }


def _read(row: Object) -> Call:
    quiet, failed, tries = row["counts"]
    return Call(
        id=row["rowID"],
        kind=row["kind"],
        caller=row["callerID"],
        receiver=row["receiverID"],
        session_id=row["sessionID"],
        created_at=row["startedAt"].timestamp(),
        state=row["state"],
        delivered_at=_seconds(row.get("deliveredAt")),
        answered_at=_seconds(row.get("answeredAt")),
        ended_at=_seconds(row.get("endedAt")),
        end_reason=row.get("endReason") or "",
        connections=_seats(row["connections"]),
        timers={name: float(at) for name, at in row["timers"].items()},
        quiet=int(quiet),
        failed=int(failed),
        tries=int(tries),
        todo=tuple(row["todo"]),
    )


def _seat_json(name: str, seat: Seat) -> dict[str, Any]:
    """A list of these and not an object by connection id: ids of others make poor column names."""
    return {"connection": name, "side": seat.side, "in": seat.since, "out": seat.until, "clean": seat.clean}


def _seats(rows: Iterable[dict[str, Any]]) -> dict[str, Seat]:
    return {row["connection"]: Seat(row["side"], row["in"], row["out"], row["clean"]) for row in rows}


def date(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _seconds(value: datetime | None) -> float | None:
    return None if value is None else value.timestamp()
