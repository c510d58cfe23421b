"""Cron lines of `@cloud.every`."""

from datetime import datetime

import pytest

from parse_shim.hooks.cron import check_period, read_cron


@pytest.mark.parametrize(
    ("line", "moment", "following"),
    [
        ("* * * * *", (2026, 1, 1, 0, 0, 30), (2026, 1, 1, 0, 1)),
        ("*/15 * * * *", (2026, 1, 1, 0, 15), (2026, 1, 1, 0, 30)),
        ("0 3 * * *", (2026, 1, 1, 3, 0), (2026, 1, 2, 3, 0)),
        ("30 8-10/2 * * *", (2026, 1, 1, 8, 31), (2026, 1, 1, 10, 30)),
        ("0 0 1 * *", (2026, 1, 31, 5, 0), (2026, 2, 1, 0, 0)),
        ("0 0 * * 0", (2026, 1, 1, 0, 0), (2026, 1, 4, 0, 0)),
        ("0 0 * * 7", (2026, 1, 1, 0, 0), (2026, 1, 4, 0, 0)),
        ("0 0 13 * 5", (2026, 1, 3, 0, 0), (2026, 1, 9, 0, 0)),
        ("0 0 29 2 *", (2026, 1, 1, 0, 0), (2028, 2, 29, 0, 0)),
        ("5,10 1,2 * 12 *", (2026, 1, 1, 0, 0), (2026, 12, 1, 1, 5)),
    ],
)
def test_the_next_time(line, moment, following):
    assert read_cron(line).after(datetime(*moment)) == datetime(*following)


def test_a_day_that_never_comes():
    assert read_cron("0 0 31 2 *").after(datetime(2026, 1, 1)) is None


@pytest.mark.parametrize("period", [0, -1, True, None, "", "* * * *", "60 * * * *", "a * * * *", "*/0 * * * *", "5-1 * * * *"])
def test_what_is_no_period(period):
    with pytest.raises(ValueError):
        check_period(period)
