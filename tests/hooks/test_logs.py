"""One line a hook: its name, class, time and result."""

import logging

import pytest

from parse_shim.rest.schedule import run_timer
from parse_shim.settings_groups import LogLevels

CODE = """
@cloud.before_save("C")
def before(request):
    if request.object.get("bad"): raise {problem}
"""


@pytest.mark.parametrize(
    ("problem", "levels", "level", "said", "traceback"),
    [
        ("ParseError(142, 'no')", LogLevels(), "ERROR", "refused with 142 no", False),
        ("ParseError(142, 'no')", LogLevels(trigger_before_error="info"), "INFO", "refused with 142 no", False),
        ("ValueError('oops')", LogLevels(), "ERROR", "failed", True),
    ],
)
def test_a_failure_is_one_line_with_the_hooks_place(app, caplog, problem, levels, level, said, traceback):
    server = app(CODE.format(problem=problem), log_levels=levels)
    with caplog.at_level(logging.INFO, "parse_shim.hooks"):
        server.refused("create", "C", bad=True)
    record = caplog.records[0]
    assert record.levelname == level
    text = record.getMessage()
    assert text.startswith("before_save C: cloud_under_test_0.before at ") and "cloud_under_test_0.py:8" in text and text.endswith(said)
    assert bool(record.exc_info) is traceback


def test_a_success_is_one_line_too(app, caplog):
    server = app(CODE.format(problem="ValueError"))
    with caplog.at_level(logging.INFO, "parse_shim.hooks"):
        server.create("C")
    assert [record.getMessage().partition(",")[0] for record in caplog.records] == ["before_save C: cloud_under_test_0.before"]


@pytest.mark.parametrize("level", ["silly", "silent"])
def test_silence_can_be_asked_for(app, caplog, level):
    server = app(CODE.format(problem="ValueError"), log_levels=LogLevels(trigger_before_success=level))
    with caplog.at_level(logging.INFO, "parse_shim.hooks"):
        server.create("C")
    assert caplog.records == []


def test_a_silent_failure_writes_nothing(app, caplog):
    server = app(CODE.format(problem="ValueError('oops')"), log_levels=LogLevels(trigger_before_error="silent"))
    server.refused("create", "C", bad=True)
    assert caplog.records == []


@pytest.mark.parametrize(("period", "lines"), [(1, 0), (59.9, 0), (60, 2), ("* * * * *", 2)])
def test_a_timer_of_every_few_seconds_does_not_fill_the_log(app, caplog, period, lines):
    server = app(
        f"""
        @cloud.before_find("C")
        def before(request): pass
        @cloud.every({period!r})
        def tick(request): Query("C").count()
        """
    )
    with caplog.at_level(logging.INFO, "parse_shim.hooks"):
        run_timer(server.core, server.core.hooks.every("every")[0])
    assert len(caplog.records) == lines


def test_a_frequent_timer_that_fails_is_told(app, caplog):
    server = app("@cloud.every(1)\ndef tick(request): raise ValueError('oops')\n")
    run_timer(server.core, server.core.hooks.every("every")[0])
    assert [record.levelname for record in caplog.records] == ["ERROR"]
