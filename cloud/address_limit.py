"""How often one address may do what anybody may do. In the memory of a process: a guard against floods, not a count."""

from __future__ import annotations

from collections import deque
from threading import Lock
from time import monotonic

WINDOW_SECONDS = 60.0
MOST_ADDRESSES = 10_000


class AddressLimit:
    def __init__(self) -> None:
        self._lock = Lock()
        self._times: dict[str, deque[float]] = {}

    def exceeded(self, address: str, most: int) -> bool:
        """Count one more; True when the last minute has had `most` already. 0: no limit."""
        if most <= 0:
            return False
        now = monotonic()
        with self._lock:
            if len(self._times) >= MOST_ADDRESSES:
                self._times.clear()
            times = self._times.setdefault(address, deque())
            while times and times[0] <= now - WINDOW_SECONDS:
                times.popleft()
            if len(times) >= most:
                return True
            times.append(now)
            return False

    def forget(self) -> None:
        with self._lock:
            self._times.clear()
