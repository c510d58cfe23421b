"""What ends a hook that takes too long."""

from __future__ import annotations


class HookTimeout(Exception):
    """The hook took longer than `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Overrun(BaseException):
    """Raised inside a hook that goes on after its time, wherever it stands; no `except Exception` of the hook holds
    it."""
