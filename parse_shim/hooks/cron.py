"""The times of `@cloud.every`: so many seconds, or a cron line of five fields (minute hour day month weekday, in UTC).

A field: `*`, `5`, `1-5`, `*/10`, `0-30/5`, or several with commas. Weekdays: 0 or 7 is Sunday. Where both day and weekday are given,
either is enough, as in every cron.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
NAMES = ("minute", "hour", "day", "month", "weekday")
YEARS = 9
"""How far ahead to look for a day: a 29th of February on a given weekday may be that far."""


@dataclass(frozen=True, slots=True)
class Cron:
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def after(self, moment: datetime) -> datetime | None:
        """The first time later than `moment` (naive UTC); None when there is none."""
        start = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        day = start.replace(hour=0, minute=0)
        for _ in range(366 * YEARS):
            if self._holds(day):
                found = self._time_on(day, start)
                if found is not None:
                    return found
            day += timedelta(days=1)
        return None

    def _holds(self, day: datetime) -> bool:
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_day or by_weekday if self.either else by_day and by_weekday

    def _time_on(self, day: datetime, start: datetime) -> datetime | None:
        times = (day.replace(hour=hour, minute=minute) for hour in sorted(self.hours) for minute in sorted(self.minutes))
        return next((time for time in times if time >= start), None)


def read_cron(line: str) -> Cron:
    """Raises ValueError naming the wrong field."""
    words = line.split()
    if len(words) != len(RANGES):
        raise ValueError(f"a cron line has five fields (minute hour day month weekday): {line!r}")
    minutes, hours, days, months, weekdays = (_field(word, *RANGES[i], NAMES[i]) for i, word in enumerate(words))
    either = not words[2].startswith("*") and not words[4].startswith("*")
    return Cron(minutes, hours, days, months, frozenset(day % 7 for day in weekdays), either)


def check_period(period: object) -> None:
    """Raises ValueError for what `every` cannot run by."""
    if isinstance(period, str):
        read_cron(period)
    elif isinstance(period, bool) or not isinstance(period, int | float) or not period > 0:
        raise ValueError(f"every needs seconds above 0, or a cron line, not {period!r}")


def _field(text: str, low: int, high: int, name: str) -> frozenset[int]:
    out: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        try:
            start = low if span == "*" else int(first)
            end = high if span == "*" or (step and not dash) else int(last) if dash else start
            stride = int(step) if step else 1
        except ValueError:
            raise ValueError(f"{text!r} is no {name} of a cron line") from None
        if not (low <= start <= end <= high and stride > 0):
            raise ValueError(f"{text!r} is no {name} of a cron line: {low} to {high}")
        out.update(range(start, end + 1, stride))
    return frozenset(out)
