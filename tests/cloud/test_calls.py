"""The state machine of a call as tables: events in, state out. Nothing here has a store or a clock."""

import pytest

from cloud.call_events import (
    Accepted,
    Deleted,
    Destroyed,
    Displaced,
    Done,
    Due,
    Failed,
    HungUp,
    Joined,
    Left,
    Polled,
    Seen,
    Unseen,
    Withdrew,
)
from cloud.calls import ASK, CALLER, FREE, LEAVE, RECEIVER, ROW, TELL_MISSED, Rules, begin, decide

ON = Rules(callbacks=True)
OFF = Rules(callbacks=False)
START = 1000.0


def play(*steps, rules=ON):
    """The call after (seconds since the start, event) steps; an event alone happens with the one before it."""
    call, now = begin("row", "ann", "bob", "session", START, rules), START
    for step in steps:
        at, event = step if isinstance(step, tuple) else (now - START, step)
        now = START + at
        call = decide(call, event, now, rules)
    return call


def state(call):
    return f"{call.state} {call.end_reason}".strip()


def caller_in(at=0.0, name="c1"):
    return Joined(name, CALLER, START + at)


def receiver_in(at=0.0, name="c2"):
    return Joined(name, RECEIVER, START + at)


def out(side, at=0.0, name=None, clean=True):
    return Left(name or {CALLER: "c1", RECEIVER: "c2"}[side], side, START + at, clean)


TAKEN = Deleted(RECEIVER)
TALKING = [caller_in(), TAKEN, receiver_in()]

LIVES = {
    "rings": ([], "ringing"),
    "the caller connects": ([caller_in()], "ringing"),
    "the receiver takes the row": ([TAKEN], "delivered"),
    "a client without a name takes the row": ([Deleted("")], "delivered"),
    "the caller deletes the row": ([Deleted(CALLER)], "ended cancelled"),
    "an administrator deletes the row": ([Deleted("master")], "ended removed"),
    "the row is deleted while talking": ([*TALKING, Deleted("master")], "answered"),
    "the caller disconnects while ringing": ([caller_in(), out(CALLER)], "ended cancelled"),
    "the caller is cut off while ringing": ([caller_in(), out(CALLER, clean=False)], "ended cancelled"),
    "the caller disconnects after delivery": ([caller_in(), TAKEN, out(CALLER)], "ended cancelled"),
    "the caller is cut off after delivery": ([caller_in(), TAKEN, out(CALLER, clean=False)], "delivered"),
    "and is not back in time": ([caller_in(), TAKEN, out(CALLER, clean=False), (20, Due())], "ended cancelled"),
    "and is back in time": (
        [caller_in(), TAKEN, out(CALLER, clean=False), (10, caller_in(10, "c3")), (21, Due())],
        "delivered",
    ),
    "the news of the caller's end come first": ([out(CALLER), caller_in()], "ended cancelled"),
    "the caller goes off line": ([Withdrew()], "ended cancelled"),
    "the caller goes off line after delivery": ([TAKEN, Withdrew()], "ended cancelled"),
    "going off line means nothing while talking": ([*TALKING, Withdrew()], "answered"),
    "another call takes its place": ([TAKEN, Displaced()], "ended replaced"),
    "the receiver connects": (TALKING, "answered"),
    "the receiver connects before it takes the row": ([receiver_in()], "answered"),
    "the receiver says yes": ([TAKEN, Accepted()], "answered"),
    "the receiver says no": ([TAKEN, HungUp(RECEIVER)], "ended rejected"),
    "the caller cancels": ([TAKEN, HungUp(CALLER)], "ended cancelled"),
    "either hangs up": ([*TALKING, HungUp(CALLER)], "ended completed"),
    "a poll just after delivery was on its way": ([TAKEN, (3, Polled())], "delivered"),
    "a poll after delivery is a no": ([TAKEN, (4, Polled())], "ended rejected"),
    "a poll while ringing is only a poll": ([(4, Polled())], "ringing"),
    "a poll just after the answer was on its way": ([*TALKING, (2, Polled())], "answered"),
    "a poll after the answer is a hang-up": ([*TALKING, (30, Polled())], "ended completed"),
    "both go": ([*TALKING, out(RECEIVER), out(CALLER)], "ended completed"),
    "both go in the other order": ([*TALKING, out(CALLER), out(RECEIVER)], "ended completed"),
    "one goes": ([*TALKING, (30, out(RECEIVER, 30)), (49, Due())], "answered"),
    "one goes for good": ([*TALKING, (30, out(RECEIVER, 30)), (50, Due())], "ended completed"),
    "one is cut off and comes back": (
        [*TALKING, (30, out(RECEIVER, 30, clean=False)), (40, receiver_in(40, "c3")), (51, Due())],
        "answered",
    ),
    "both are cut off": ([*TALKING, (30, out(RECEIVER, 30, clean=False)), out(CALLER, 30)], "answered"),
    "both are cut off for good": (
        [*TALKING, (30, out(RECEIVER, 30, clean=False)), out(CALLER, 30), (50, Due())],
        "ended completed",
    ),
    "a second device of one side goes": ([*TALKING, receiver_in(1, "c3"), out(RECEIVER), (60, Due())], "answered"),
    "the session ends": ([*TALKING, (30, Destroyed(START + 30))], "ended completed"),
    "the session ends before an answer": ([TAKEN, Destroyed(START + 5)], "ended cancelled"),
    "old news of the session's end": ([*TALKING, (30, receiver_in(30, "c3")), Destroyed(START + 20)], "answered"),
    "it lasts too long": ([*TALKING, (14400, Due())], "ended too long"),
    "the receiver's news come in the wrong order": ([TAKEN, out(RECEIVER), receiver_in(), caller_in()], "answered"),
    "a client of neither side means nothing": ([TAKEN, Joined("x", "", START), Left("x", "", START)], "delivered"),
    "an end is an end": ([Deleted(CALLER), Accepted(), Polled(), Due(), Deleted(RECEIVER)], "ended cancelled"),
}


@pytest.mark.parametrize("case", LIVES)
def test_lives_of_calls(case):
    steps, expected = LIVES[case]
    assert state(play(*steps)) == expected


DEADLINES = {
    "nobody came, callbacks on": (ON, [Due(), Seen(1, 0)], "ended missed"),
    "nobody came, callbacks off": (OFF, [Due(), Seen(1, 1)], "ended missed"),
    "two connections": (OFF, [Due(), Seen(2, None)], "answered"),
    "two streams": (OFF, [Due(), Seen(None, 2)], "answered"),
    "a lost callback": (ON, [Due(), Seen(2, None)], "answered"),
    "no answer, callbacks off": (OFF, [Due(), Unseen()] * 5, "ringing"),
    "no answer, callbacks on": (ON, [Due(), Unseen(), (70, Due()), Unseen(), (80, Due()), Unseen()], "ended missed"),
    "an answer at last": (OFF, [Due(), Unseen(), (70, Due()), Seen(2, 2)], "answered"),
    "taken but not answered": (OFF, [(59, TAKEN), (60, Due()), Seen(1, 1)], "ended missed"),
    "answered in time": (ON, [(59, receiver_in(59)), (60, Due())], "answered"),
}


@pytest.mark.parametrize("case", DEADLINES)
def test_the_ring_deadline_asks_before_it_ends(case):
    rules, steps, expected = DEADLINES[case]
    first, *rest = steps
    steps = [(60, first) if not isinstance(first, tuple) else first, *rest]
    assert state(play(*steps, rules=rules)) == expected


def test_the_default_limit_is_a_minute():
    assert state(play((59.9, Due()))) == "ringing" and ASK not in play((59.9, Due())).todo
    assert ASK in play((60, Due())).todo


CHECKS = {
    "two quiet checks end it": ([(90, Due()), Seen(0, 0), (120, Due()), Seen(0, 0)], "ended completed"),
    "one quiet check does not": ([(90, Due()), Seen(0, 0)], "answered"),
    "a lively one between": (
        [(90, Due()), Seen(0, 0), (120, Due()), Seen(2, None), (150, Due()), Seen(1, 0)],
        "answered",
    ),
    "connections count where streams are empty": ([(90, Due()), Seen(2, 0), (120, Due()), Seen(2, 0)], "answered"),
    "one stream is a stream": ([(90, Due()), Seen(1, 1), (120, Due()), Seen(1, 1)], "answered"),
    "silence is no news": ([(90, Due()), Unseen(), (120, Due()), Unseen(), (150, Due()), Unseen()], "answered"),
}


@pytest.mark.parametrize("case", CHECKS)
def test_without_callbacks_a_call_is_asked_after(case):
    steps, expected = CHECKS[case]
    assert state(play((60, Due()), Seen(2, 2), *steps, rules=OFF)) == expected


def test_with_callbacks_an_answered_call_is_left_alone():
    assert set(play(*TALKING).timers) == {"max", "work"}


ENDS = {
    "missed": ([(60, Due()), Seen(1, 0)], {FREE, ROW, LEAVE, TELL_MISSED}),
    "rejected": ([TAKEN, HungUp(RECEIVER)], {FREE, ROW, LEAVE}),
    "cancelled by deletion": ([Deleted(CALLER)], {FREE, ROW}),
}


@pytest.mark.parametrize("case", ENDS)
def test_an_end_leaves_work(case):
    steps, work = ENDS[case]
    assert work <= set(play(*steps).todo)
    if LEAVE not in work:
        assert LEAVE not in play(*steps).todo


def test_who_connects_after_the_end_is_sent_away_once():
    late = play(Deleted(CALLER), receiver_in())
    assert "leave:c2" in late.todo
    assert play(Deleted(CALLER), receiver_in(), Done(late.todo), receiver_in()).todo == ()


def test_work_that_fails_is_tried_again_but_not_for_ever():
    call = play(TAKEN, HungUp(RECEIVER), Done((FREE, ROW, "signal")))
    for attempt in range(5):
        call = decide(call, Failed(LEAVE), START + attempt, ON)
        assert call.todo == (LEAVE,) and call.deadline == START + attempt + 10
    assert decide(call, Failed(LEAVE), START, ON).todo == ()


def test_an_ended_call_has_no_deadline_once_its_work_is_done():
    call = play(Deleted(CALLER))
    assert decide(call, Done(call.todo), START, ON).deadline is None


@pytest.mark.parametrize("event", [Due(), caller_in(), Polled(), Done(("x",)), Deleted(RECEIVER)])
def test_an_event_that_means_nothing_changes_nothing(event):
    call = play(Deleted(CALLER), Done((FREE, ROW)), caller_in(), Done(("leave:c1",)))
    assert decide(call, event, START, ON) is call


def test_locks_outlive_the_call_by_little():
    call = play()
    assert call.locked_until == START + 60 + 30
    assert play(*TALKING).locked_until == START + 14400 + 30
