"""The server's time in tests. Everything that the server dates, and all that expires, follows it; waiting does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from parse_shim import ids


class Clock:
    """Runs on from wherever it is moved to, until `stop`. `moved`: called after each move, for caches."""

    def __init__(self) -> None:
        self.moved: list[Callable[[], None]] = []
        self._offset = 0.0
        self._stopped_at: float | None = None

    def now(self) -> datetime:
        """The server's time, with its zone (UTC)."""
        return datetime.fromtimestamp(ids.timestamp(), UTC)

    def advance(self, seconds: float = 0.0, *, minutes: float = 0.0, hours: float = 0.0, days: float = 0.0) -> None:
        """Move on."""
        self._move(timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days).total_seconds())

    def set(self, moment: datetime | str | float) -> None:
        """Move to a date (without a zone: UTC), an ISO text, or seconds since 1970."""
        self._move(_seconds(moment) - ids.timestamp())

    def stop(self, moment: datetime | str | float | None = None) -> None:
        """Stand still, at `moment` or where it is; `advance` and `set` move it from there."""
        self._stopped_at = ids.timestamp() if moment is None else _seconds(moment)
        self._move(0.0)

    def reset(self) -> None:
        """The real time."""
        self._offset, self._stopped_at = 0.0, None
        ids.set_clock(None)
        self._tell()

    def _move(self, seconds: float) -> None:
        if self._stopped_at is not None:
            self._stopped_at += seconds
        else:
            self._offset += seconds
        ids.set_clock(self._read)
        self._tell()

    def _read(self) -> float:
        return time.time() + self._offset if self._stopped_at is None else self._stopped_at

    def _tell(self) -> None:
        for tell in self.moved:
            tell()


def _seconds(moment: datetime | str | float) -> float:
    if isinstance(moment, int | float):
        return float(moment)
    date = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


__all__ = ["Clock"]
