"""Deadline: results and errors pass through, late work is left behind and counted."""

import threading

import pytest

from parse_shim.video.deadline import Deadline, DeadlinePassed, TooManyHanging


def test_results_and_errors_pass_through():
    assert Deadline(5).run(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        Deadline(5).run(lambda: 1 // 0)


def test_late_work_is_left_behind():
    go_on = threading.Event()
    with pytest.raises(DeadlinePassed):
        Deadline(0.02).run(go_on.wait)
    go_on.set()


def test_too_many_hanging_calls_stop_new_ones_until_they_end():
    deadline, go_on, ended = Deadline(0.02, most_hanging=1), threading.Event(), threading.Event()

    def hang():
        go_on.wait()
        ended.set()

    with pytest.raises(DeadlinePassed):
        deadline.run(hang)
    with pytest.raises(TooManyHanging):
        deadline.run(lambda: 1)
    go_on.set()
    ended.wait(5)
    for thread in threading.enumerate():
        if thread.name == "video call":
            thread.join(5)
    assert deadline.run(lambda: 1) == 1
