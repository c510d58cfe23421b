"""Regular expressions from clients: PCRE dialect, cached, and never longer than a set time.

Python's `re` cannot be interrupted; the `regex` package takes a timeout (security/advisories, section 9, point 7).
"""

from __future__ import annotations

from functools import lru_cache
from time import perf_counter, thread_time
from typing import Any

import regex

from parse_shim.errors import Code, ParseError

OPTIONS = frozenset("imxsu")
LONGEST = 10_000
"""Characters of a pattern."""
WINDOW_SECONDS = 10.0
WINDOW_LIMITS = 10
"""In so many seconds all slow matches of one pattern together may take so many times the limit of one."""

SMALL = 1_000_000
"""Characters of pattern times text: what a pattern that tries each place once may look at without a clock."""

_FLAGS = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "x": regex.VERBOSE, "s": regex.DOTALL}
_limit_seconds = 0.1
_charged: dict[str, tuple[float, float]] = {}


def set_time_limit(seconds: float) -> None:
    """How long one pattern may work on one text; 0.1 by default."""
    global _limit_seconds
    _limit_seconds = seconds


def compiled(pattern: str, options: str = "") -> Any:
    """The compiled pattern. Raises ParseError 102 with a text for the client when it is not one."""
    found = _compile(pattern, options)
    if isinstance(found, str):
        raise ParseError(Code.INVALID_QUERY, f"Invalid regular expression: {found}")
    return found


def found_in(pattern: str, options: str, text: str) -> bool:
    """Is the pattern found anywhere in `text`? Raises ParseError 102 when that takes too long, or did so on many texts."""
    search = compiled(pattern, options).search
    if _cannot_run_away(pattern) and len(pattern) * len(text) <= SMALL:
        # without a clock: 1 µs against 5
        return search(text) is not None
    # This thread's own work: on a busy machine, or beside another thread, a match may have to wait for its turn.
    began = thread_time()
    try:
        found = search(text, timeout=_limit_seconds) is not None
    except TimeoutError:
        raise _too_slow()
    spent = thread_time() - began
    if spent > 0.001:
        _charge(pattern, perf_counter(), spent)
    return found


def quoted(text: str) -> str:
    """`text` as a pattern that matches just itself, the way the SDKs write it."""
    return "\\Q" + text.replace("\\E", "\\E\\\\E\\Q") + "\\E"


def literal(pattern: str) -> tuple[bool, str, bool] | None:
    """(starts, text, ends) for the quoted patterns that SDKs send: `^\\Qtext\\E$`. None for any other pattern.

    Engines may then compare text instead of running a pattern.
    """
    starts, ends = pattern.startswith("^"), pattern.endswith("\\E$")
    inner = pattern[starts : -1 if ends else None]
    if not inner.startswith("\\Q") or not inner.endswith("\\E") or len(inner) < 4 or "\0" in inner:
        return None
    inner = inner[2:-2].replace("\\E\\\\E\\Q", "\0")
    if "\\E" in inner:
        return None
    return starts, inner.replace("\0", "\\E"), ends


def plain(pattern: str) -> tuple[bool, str, bool] | None:
    """As `literal`, also for an unquoted text without any sign that means something: `^abc`, `abc$`, `abc`."""
    found = literal(pattern)
    if found is not None:
        return found
    starts, ends = pattern.startswith("^"), pattern.endswith("$")
    inner = pattern[starts : len(pattern) - ends]
    return (starts, inner, ends) if inner and _SIGNS.isdisjoint(inner) else None


_SIGNS = frozenset("\\^$.|?*+()[]{}")


def translate(pattern: str) -> str:
    """PCRE text to the dialect of `regex`: `\\Q..\\E`, `\\x{41}`, `\\k<name>`, and verbs such as `(*UTF8)` at the start."""
    while pattern.startswith("(*") and ")" in pattern:
        pattern = pattern[pattern.index(")") + 1 :]
    if "\\" not in pattern:
        return pattern
    out: list[str] = []
    at = 0
    while at < len(pattern):
        if pattern[at] != "\\":
            out.append(pattern[at])
            at += 1
            continue
        text, at = _escape(pattern, at)
        out.append(text)
    return "".join(out)


def _charge(pattern: str, now: float, spent: float) -> None:
    """A pattern just under the limit on each of ten thousand rows is an attack too: add its slow matches up."""
    since, total = _charged.get(pattern, (now, 0.0))
    if now - since > WINDOW_SECONDS:
        since, total = now, 0.0
    if len(_charged) > 500:
        _charged.clear()
    _charged[pattern] = since, total + spent
    if total + spent > WINDOW_LIMITS * _limit_seconds:
        raise _too_slow()


@lru_cache(maxsize=500)
def _cannot_run_away(pattern: str) -> bool:
    """Has it nothing to try twice: only signs, classes of signs, anchors and `|`, no repetition, group or reference?"""
    text = translate(pattern)
    return _ONCE.fullmatch(text) is not None


_ONCE = regex.compile(r"(?:[^\\\[\](){}*+?]|\\[^A-Za-z0-9]|\\[wWdDsSbB]|\[\^?(?:[^\\\[\]]|\\[^A-Za-z0-9]|\\[wWdDsS])+\])*+", regex.DOTALL)


def _too_slow() -> ParseError:
    return ParseError(Code.INVALID_QUERY, "The regular expression takes too long to evaluate")


@lru_cache(maxsize=500)
def _compile(pattern: str, options: str) -> Any:
    """The compiled pattern, or a text that says what is wrong: errors are worth caching too."""
    if len(pattern) > LONGEST:
        return f"longer than {LONGEST} characters"
    flags = regex.VERSION0
    for letter in options:
        flags |= _FLAGS.get(letter, regex.VERSION0)
    try:
        return regex.compile(translate(pattern), flags, cache_pattern=False)
    except regex.error as error:
        return str(error)[:100]
    except (RecursionError, OverflowError, ValueError, KeyError, IndexError, MemoryError):
        return "too complex"


def _escape(pattern: str, at: int) -> tuple[str, int]:
    """What stands for the escape at `at`, and where to go on."""
    letter = pattern[at + 1 : at + 2]
    if letter == "Q":
        end = pattern.find("\\E", at + 2)
        stop = len(pattern) if end < 0 else end
        return regex.escape(pattern[at + 2 : stop], special_only=False), stop if end < 0 else end + 2
    if letter == "E":
        return "", at + 2
    if letter == "x" and pattern[at + 2 : at + 3] == "{":
        end = pattern.find("}", at)
        digits = pattern[at + 3 : end]
        if end > 0 and 0 < len(digits) < 7 and all(digit in "0123456789abcdefABCDEF" for digit in digits):
            return f"\\U{int(digits, 16):08x}", end + 1
    if letter == "k" and pattern[at + 2 : at + 3] == "<" and (end := pattern.find(">", at)) > 0:
        return f"(?P={pattern[at + 3 : end]})", end + 1
    return pattern[at : at + 2], at + 2
