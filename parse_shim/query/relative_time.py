"""`$relativeTime`: `3 days 2 hours ago`, `in 1 year`, `now` (contract/02, section 3)."""

from __future__ import annotations

from dataclasses import dataclass

from parse_shim.errors import Code, ParseError
from parse_shim.values.jstext import js_text
from parse_shim.values.types import Json


@dataclass(frozen=True, slots=True)
class RelativeTime:
    """A distance from now; stands as the value of a Compare until classes/bind.py knows the clock. Negative: the past."""

    seconds: int


UNITS: dict[str, int] = {
    name: seconds
    for names, seconds in (
        ("yr yrs year years", 31_536_000),
        ("wk wks week weeks", 604_800),
        ("d day days", 86_400),
        ("hr hrs hour hours", 3_600),
        ("min mins minute minutes", 60),
        ("sec secs second seconds", 1),
    )
    for name in names.split()
}
LONGEST = 1000 * 31_536_000


def parse_relative_time(op: str, text: Json) -> RelativeTime:
    """Read the text under operator `op` (`$gt`). Raises ParseError 107 with the contract's texts."""
    if not isinstance(text, str):
        raise _bad(op, "Time should be a string")
    words = text.lower().split()
    if words == ["now"]:
        return RelativeTime(0)
    future, past = words[:1] == ["in"], words[-1:] == ["ago"]
    if not future and not past:
        raise _bad(op, "Time should either start with 'in' or end with 'ago'")
    if future and past:
        raise _bad(op, "Time cannot have both 'in' and 'ago'")
    seconds = _seconds(op, words[1:] if future else words[:-1])
    if abs(seconds) > LONGEST:
        raise _bad(op, "Interval is longer than 1000 years")
    return RelativeTime(seconds if future else -seconds)


def _seconds(op: str, words: list[str]) -> int:
    if len(words) % 2 or not words:
        raise _bad(op, "Invalid time string. Dangling unit or number.")
    total = 0
    for amount, unit in zip(words[::2], words[1::2], strict=True):
        digits = amount.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal() and len(digits) < 16):
            raise _bad(op, f"'{js_text(amount)}' is not an integer.")
        if unit not in UNITS:
            raise _bad(op, f"Invalid interval: '{js_text(unit)}'")
        total += int(amount) * UNITS[unit]
    return total


def _bad(op: str, text: str) -> ParseError:
    return ParseError(Code.INVALID_JSON, f"bad $relativeTime ({op}) value. {text}")
