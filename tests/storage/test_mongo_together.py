"""Requests of one moment share a command; each has its own outcome, and none waits when it is the only one."""

import threading

import pytest

from parse_shim.storage.mongo import together
from parse_shim.storage.mongo.together import ALONE, Together


def alone():
    return "alone"


def at_once(monkeypatch, group, items):
    """What each of `items` gets when all come while something else is under way."""
    free, joined, outcomes = threading.Event(), threading.Semaphore(0), [None] * len(items)
    wait = together._Ticket.wait

    def ask(number):
        try:
            outcomes[number] = group.ask("key", items[number], alone)
        except BaseException as error:
            outcomes[number] = error

    def others_come(_):
        for number in range(1, len(items)):
            threads.append(threading.Thread(target=ask, args=(number,)))
            threads[-1].start()
            joined.acquire()

    def joins(ticket):
        joined.release()
        wait(ticket)

    busy = threading.Thread(target=group.ask, args=("another key", "x", free.wait))
    threads = [busy, threading.Thread(target=ask, args=(0,))]
    with monkeypatch.context() as patch:
        patch.setattr(together._Ticket, "wait", joins)
        patch.setattr(together.time, "sleep", others_come)
        busy.start()
        while not group._under_way:
            pass
        threads[1].start()
        threads[1].join()
        free.set()
    for thread in threads:
        thread.join()
    return outcomes


def test_the_only_one_goes_by_itself():
    assert Together(pytest.fail).ask("key", 1, alone) == "alone"


def test_those_of_one_moment_are_carried_out_together(monkeypatch):
    calls = []

    def double(key, items):
        calls.append((key, list(items)))
        return [item * 2 for item in items]

    assert at_once(monkeypatch, Together(double), [1, 2, 3]) == [2, 4, 6]
    assert calls == [("key", [1, 2, 3])]


def test_one_without_company_goes_by_itself(monkeypatch):
    assert at_once(monkeypatch, Together(pytest.fail), [1]) == ["alone"]


def test_each_has_its_own_outcome(monkeypatch):
    error = ValueError("two")
    assert at_once(monkeypatch, Together(lambda _, items: [1, error, ALONE]), [1, 2, 3]) == [1, error, "alone"]


def test_a_command_that_fails_fails_for_all(monkeypatch):
    def fail(_, items):
        raise ValueError("all")

    assert [str(outcome) for outcome in at_once(monkeypatch, Together(fail), [1, 2])] == ["all", "all"]


class Stopped(BaseException):
    """As gevent.Timeout: from outside, at any moment."""


def stop(_, items):
    raise Stopped


def test_the_others_ask_for_themselves_when_the_first_is_stopped(monkeypatch):
    first, *others = at_once(monkeypatch, Together(stop), [1, 2, 3])
    assert isinstance(first, Stopped)
    assert others == ["alone", "alone"]


def test_the_others_are_told_when_asking_again_would_do_it_twice(monkeypatch):
    group = Together(stop, interrupted=lambda: ValueError("who knows"))
    first, second = at_once(monkeypatch, group, [1, 2])
    assert isinstance(first, Stopped)
    assert str(second) == "who knows"


def test_a_full_group_is_not_joined(monkeypatch):
    monkeypatch.setattr(together, "MOST", 2)
    group = Together(lambda _, items: items)
    first = group._group("key")
    assert group._group("key") is first
    first.extend(["one", "two"])
    assert group._group("key") == []
