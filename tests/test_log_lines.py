"""Lines of one round of the loop are written together; what matters at once, and what other threads say, is not kept back."""

import logging
import threading

import gevent
import pytest

from parse_shim import log_lines
from parse_shim.log_lines import Lines


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "_home", None)
    log_lines.gather()


@pytest.fixture
def written() -> list[str]:
    return []


def test_without_a_loop_every_line_is_written_at_once(written: list[str]) -> None:
    lines = Lines(written.append)
    lines.add("a\n", logging.INFO)
    lines.add("b\n", logging.INFO)
    assert written == ["a\n", "b\n"]


def test_lines_of_one_round_are_one_write(gathered: None, written: list[str]) -> None:
    lines = Lines(written.append)
    for text in "abc":
        lines.add(text, logging.INFO)
    assert written == []
    gevent.sleep(0)
    lines.add("d", logging.INFO)
    gevent.sleep(0)
    assert written == ["abc", "d"]


def test_a_warning_is_written_at_once_after_what_came_before(gathered: None, written: list[str]) -> None:
    lines = Lines(written.append)
    lines.add("first ", logging.INFO)
    lines.add("warning", logging.WARNING)
    assert written == ["first warning"]
    gevent.sleep(0)
    assert written == ["first warning"]


def test_a_line_of_another_thread_does_not_wait(gathered: None, written: list[str]) -> None:
    lines = Lines(written.append)
    thread = threading.Thread(target=lines.add, args=("x", logging.INFO))
    thread.start()
    thread.join()
    assert written == ["x"]


def test_a_write_that_fails_later_leaves_the_loop_running(gathered: None, capsys: pytest.CaptureFixture[str]) -> None:
    def full(text: str) -> None:
        raise OSError("no space left")

    Lines(full).add("x", logging.INFO)
    gevent.sleep(0)
    assert "no space left" in capsys.readouterr().err


def test_a_write_that_fails_at_once_is_the_callers(written: list[str]) -> None:
    def full(text: str) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        Lines(full).add("x", logging.INFO)
