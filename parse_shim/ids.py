"""The three sources of chance: object ids, tokens, and the time. Nothing else in the server asks for them."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LETTERS = bytes(ord(ALPHABET[byte % 62]) for byte in range(256))
_UNFAIR = bytes(range(248, 256))
"""Bytes beyond the last whole 62: with them the first letters of the alphabet would come more often."""
_EPOCH = datetime(1970, 1, 1)
_clock: Callable[[], float] = time.time


def new_object_id(size: int = 10) -> str:
    """`size` characters of `A-Za-z0-9`. Random bytes, translated: 0.7 µs against 7 µs for `secrets.choice`."""
    out = b""
    while len(out) < size:
        out += os.urandom(size + 6).translate(_LETTERS, _UNFAIR)
    return out[:size].decode("ascii")


def new_session_token() -> str:
    """`r:` and 32 hex digits, the form that SDKs take for a revocable session."""
    return "r:" + secrets.token_hex(16)


def new_token(size: int = 25) -> str:
    """An unguessable word for mail links and generated user names."""
    return new_object_id(size)


def now() -> datetime:
    """This instant: naive UTC, whole milliseconds, as every stored date."""
    return _EPOCH + timedelta(milliseconds=int(_clock() * 1000))


def timestamp() -> float:
    """This instant in seconds since 1970; follows the same (settable) clock as `now`."""
    return _clock()


def set_clock(clock: Callable[[], float] | None) -> None:
    """Replace the clock (seconds since 1970) for tests and the emulator; None brings the real one back."""
    global _clock
    _clock = clock or time.time
