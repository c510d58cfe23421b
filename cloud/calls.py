"""The life of a call: a call and an event in, the call afterwards out. Pure: no store, no clock, no network.

    ringing --receiver deletes the row--> delivered --receiver connects--> answered --> ended (completed)
       |            |                        |  \\--receiver polls again--> ended (rejected)
       |            \\------------------------+------ring deadline-------> ended (missed)
       \\--caller deletes the row / caller disconnects------------------> ended (cancelled)

What must happen outside is written into the call as `todo`, and is stored with it, so that a kill loses nothing:
whoever finds the call next goes on with it. Every deadline is a moment, not a span. Times: seconds since 1970.
Source: video/livesessions.md, section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cloud.call_events import (
    Accepted,
    Deleted,
    Destroyed,
    Displaced,
    Done,
    Due,
    Event,
    Failed,
    HungUp,
    Joined,
    Left,
    Polled,
    Seen,
    Unseen,
    Withdrew,
)

RINGING, DELIVERED, ANSWERED, ENDED = "ringing", "delivered", "answered", "ended"
LIVE = (RINGING, DELIVERED, ANSWERED)
CALLER, RECEIVER = "caller", "receiver"
SESSION, INVITATION = "session", "invitation"
"""What rings: a row of ActiveSessions, or BuddyTok's native invitation."""

COMPLETED, REJECTED, MISSED, CANCELLED = "completed", "rejected", "missed", "cancelled"
REPLACED, REMOVED, TOO_LONG = "replaced", "removed", "too long"

# -- things to do; `leave:ID` is one client to disconnect
HOLD, FREE, ROW, ASK, LEAVE, SIGNAL, TELL_MISSED = "hold", "free", "row", "ask", "leave", "signal", "tell missed"
FAST = (HOLD, FREE, ROW)
"""In the store, so done at once; the rest asks others and is left to the timer."""

POLL_MARGIN_SECONDS = 3.0
"""A poll this soon after the row was taken, or the call answered, was on its way already."""
ASK_AGAIN_SECONDS = 10.0
CHECK_SECONDS = 30.0
QUIET_CHECKS = 2
MOST_FAILED_ASKS = 3
MOST_TRIES = 6
LOCK_SLACK_SECONDS = 30.0
"""Locks live a little longer than the moment at which the call ends by itself: first the call ends, then they go."""


@dataclass(frozen=True, slots=True)
class Rules:
    """`callbacks`: the video service reports who comes and goes."""

    ring_seconds: float = 60
    grace_seconds: float = 20
    max_call_seconds: float = 14400
    callbacks: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """One client's connection; `until` is when it was gone, `clean` whether it went by itself. `side` is empty for one
    that is neither."""

    side: str
    since: float
    until: float | None = None
    clean: bool = True


@dataclass(frozen=True, slots=True)
class Call:
    """`id` is that of the ActiveSessions row, or of what else `kind` says. `timers`: what is due when.
    `quiet`: checks in a row that saw nobody;
    `failed`: asks in a row without an answer; `tries`: of the work that is left."""

    id: str
    caller: str
    receiver: str
    session_id: str
    created_at: float
    state: str = RINGING
    delivered_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    end_reason: str = ""
    connections: Mapping[str, Seat] = field(default_factory=dict)
    timers: Mapping[str, float] = field(default_factory=dict)
    quiet: int = 0
    failed: int = 0
    tries: int = 0
    todo: tuple[str, ...] = ()
    kind: str = SESSION

    @property
    def people(self) -> tuple[str, ...]:
        """Who is busy with it. An invitation keeps its inviter from others, and its invitee only once accepted."""
        if self.kind == INVITATION and self.state in (RINGING, DELIVERED):
            return (self.caller,)
        return (self.caller, self.receiver)

    @property
    def live(self) -> bool:
        return self.state != ENDED

    @property
    def deadline(self) -> float | None:
        """When somebody must look at the call again."""
        return min(self.timers.values(), default=None)

    @property
    def locked_until(self) -> float:
        """When its locks may go by themselves, at the latest."""
        end = self.timers.get("ring") or self.timers.get("max") or self.created_at
        return end + LOCK_SLACK_SECONDS

    def present(self, side: str) -> bool:
        """The side is connected now, as far as we were told."""
        return any(seat.side == side and seat.until is None for seat in self.connections.values())

    def seen(self, side: str) -> bool:
        """The side is or was connected."""
        return any(seat.side == side for seat in self.connections.values())

    def side_of(self, person: str) -> str | None:
        return CALLER if person == self.caller else RECEIVER if person == self.receiver else None


def begin(row: str, caller: str, receiver: str, session_id: str, now: float, rules: Rules, kind: str = SESSION) -> Call:
    """A call that rings from now on."""
    ring = now + rules.ring_seconds
    timers = {"ring": ring, "max": ring + rules.max_call_seconds}
    return Call(row, caller, receiver, session_id, now, timers=timers, kind=kind)


def decide(call: Call, event: Event, now: float, rules: Rules) -> Call:
    """The call after the event; the very same object when the event means nothing to it."""
    match event:
        case Done(words):
            return _done(call, words)
        case Failed(word):
            return _failed(call, word, now)
        case Joined():
            return _joined(call, event, now, rules)
        case Left():
            return _left(call, event, now, rules)
    if not call.live:
        return call
    match event:
        case Deleted(by):
            return _deleted(call, by, now)
        case Polled():
            return _polled(call, now)
        case Destroyed(at):
            return _destroyed(call, at, now)
        case Seen():
            return _seen(call, event, now, rules)
        case Unseen():
            return _unseen(call, now, rules)
        case Due():
            return _due(call, now, rules)
        case Accepted():
            return call if call.state == ANSWERED else _answer(call, now, rules)
        case HungUp(side):
            return _end(call, _over(call, REJECTED if side == RECEIVER else CANCELLED), now)
        case Withdrew():
            return call if call.state == ANSWERED else _end(call, CANCELLED, now)
        case Displaced():
            return _end(call, REPLACED, now)


def _over(call: Call, otherwise: str) -> str:
    return COMPLETED if call.state == ANSWERED else otherwise


def _deleted(call: Call, by: str, now: float) -> Call:
    """Deleting a row throws nobody out: the receiver always does it, before its user has answered."""
    if call.state != RINGING:
        return call
    if by == CALLER:
        return _end(call, CANCELLED, now, disconnect=False)
    if by == "master":
        return _end(call, REMOVED, now, disconnect=False)
    return replace(call, state=DELIVERED, delivered_at=now)


def _polled(call: Call, now: float) -> Call:
    since = call.answered_at if call.state == ANSWERED else call.delivered_at
    if since is None or now - since <= POLL_MARGIN_SECONDS:
        return call
    return _end(call, _over(call, REJECTED), now)


def _joined(call: Call, event: Joined, now: float, rules: Rules) -> Call:
    if event.connection in call.connections:
        return call
    call = replace(call, connections={**call.connections, event.connection: Seat(event.side, event.at)})
    if not call.live:
        return _with_work(call, (f"{LEAVE}:{event.connection}",), now)
    if event.side == RECEIVER and call.state != ANSWERED:
        return _answer(call, now, rules)
    if all(call.present(side) for side in (CALLER, RECEIVER) if call.seen(side)):
        return _without(call, "grace")
    return call


def _left(call: Call, event: Left, now: float, rules: Rules) -> Call:
    """A connection that we never heard of is remembered as gone: its `Joined` may come late."""
    seat = call.connections.get(event.connection)
    if seat is not None and seat.until is not None:
        return call
    seat = replace(seat or Seat(event.side, event.at), until=event.at, clean=event.clean)
    call = replace(call, connections={**call.connections, event.connection: seat})
    if not call.live or not seat.side or call.present(seat.side):
        return call
    if call.state != ANSWERED and seat.side == CALLER:
        cut_off = call.state == DELIVERED and not event.clean
        return _with_grace(call, now, rules) if cut_off else _end(call, CANCELLED, now)
    if call.state != ANSWERED:
        call = _answer(call, now, rules)
    return _end(call, COMPLETED, now) if _both_gone(call) else _with_grace(call, now, rules)


def _both_gone(call: Call) -> bool:
    """Both were here and went, none of them by loss of the network."""
    last = {seat.side: seat for seat in sorted(call.connections.values(), key=lambda seat: seat.until or 0.0)}
    return all(side in last and not call.present(side) and last[side].clean for side in (CALLER, RECEIVER))


def _destroyed(call: Call, at: float, now: float) -> Call:
    """A session can be used again after its end, so news of an end before the last arrival is old."""
    if any(seat.until is None and seat.since > at for seat in call.connections.values()):
        return call
    return _end(call, _over(call, CANCELLED), now)


def _seen(call: Call, seen: Seen, now: float, rules: Rules) -> Call:
    call = replace(call, failed=0, todo=tuple(word for word in call.todo if word != ASK))
    talking = (seen.connections or 0) >= 2 or (seen.streams or 0) >= 2
    if call.state != ANSWERED:
        if talking:
            return _answer(call, now, rules)
        return _end(call, MISSED, now) if now >= call.created_at + rules.ring_seconds else call
    # the list of streams may be empty for relayed sessions, so the connections count where they are known
    empty = not talking and not seen.streams
    call = replace(call, quiet=call.quiet + 1 if empty else 0)
    return _end(call, COMPLETED, now) if call.quiet >= QUIET_CHECKS else call


def _unseen(call: Call, now: float, rules: Rules) -> Call:
    """Silence ends no call, unless the callbacks are there to tell of an answer and have not."""
    call = replace(call, failed=call.failed + 1, todo=tuple(word for word in call.todo if word != ASK))
    if call.state == ANSWERED:
        return call
    if rules.callbacks and call.failed >= MOST_FAILED_ASKS:
        return _end(call, MISSED, now)
    return call


def _due(call: Call, now: float, rules: Rules) -> Call:
    due = {name for name, at in call.timers.items() if at <= now}
    if "max" in due:
        return _end(call, _over(call, MISSED) if call.state != ANSWERED else TOO_LONG, now)
    if "grace" in due:
        return _end(call, _over(call, CANCELLED), now)
    if "ring" in due:
        # asked again until there is an answer; the locks must last until then
        call = replace(call, timers={**call.timers, "ring": now + ASK_AGAIN_SECONDS})
        return _with_work(call, (HOLD, ASK), now)
    if "check" in due:
        call = replace(call, timers={**call.timers, "check": now + CHECK_SECONDS})
        return _with_work(call, (ASK,), now)
    return call


def _answer(call: Call, now: float, rules: Rules) -> Call:
    timers = {"max": now + rules.max_call_seconds}
    if not rules.callbacks:
        timers["check"] = now + CHECK_SECONDS
    call = replace(call, state=ANSWERED, answered_at=now, timers=timers, quiet=0, failed=0)
    return _with_work(call, (HOLD, ROW, SIGNAL), now)


def _end(call: Call, reason: str, now: float, *, disconnect: bool = True) -> Call:
    call = replace(call, state=ENDED, ended_at=now, end_reason=reason, timers={}, todo=(), tries=0)
    work = (FREE, ROW)
    if disconnect:
        work += (SIGNAL, LEAVE)
    if reason == MISSED:
        work += (TELL_MISSED,)
    return _with_work(call, work, now)


def _with_grace(call: Call, now: float, rules: Rules) -> Call:
    return replace(call, timers={**call.timers, "grace": now + rules.grace_seconds})


def _without(call: Call, timer: str) -> Call:
    return replace(call, timers={name: at for name, at in call.timers.items() if name != timer})


def _with_work(call: Call, words: tuple[str, ...], now: float) -> Call:
    todo = (*call.todo, *(word for word in words if word not in call.todo))
    return replace(call, todo=todo, timers={**call.timers, "work": now}, tries=0)


def _done(call: Call, words: tuple[str, ...]) -> Call:
    todo = tuple(word for word in call.todo if word not in words)
    if todo == call.todo and (todo or "work" not in call.timers):
        return call
    call = replace(call, todo=todo)
    return call if todo else _without(call, "work")


def _failed(call: Call, word: str, now: float) -> Call:
    """Tried again, but not for ever: a client that is still connected then loses its token's time."""
    call = replace(call, tries=call.tries + 1)
    if call.tries >= MOST_TRIES:
        return _done(call, (word,))
    return replace(call, timers={**call.timers, "work": now + ASK_AGAIN_SECONDS})
