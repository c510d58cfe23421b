"""GET /scriptlog: the server's own log, as the dashboard reads it. Source: contract/11, section 8."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import islice
from typing import Any

from parse_shim import ids, log_files
from parse_shim.errors import Code, ParseError
from parse_shim.log import LEVELS
from parse_shim.values.dates import EPOCH, iso, parse_iso
from parse_shim.values.types import Json

DEFAULT_SIZE = 10
LARGEST_SIZE = 10_000
DEFAULT_DAYS = 7
SEVERITY = {"warning": "warn", "critical": "error"}


def read_log(words: Mapping[str, Json]) -> list[dict[str, Any]]:
    """[{"level", "message", "timestamp", fields...}], by `level` (that and worse), `from`, `until`, `size` or `n`, `order` (desc)."""
    level = words.get("level") or "info"
    if not isinstance(level, str) or level not in LEVELS:
        raise ParseError(Code.INVALID_QUERY, "Invalid value for level")
    size = _size(words.get("n") if words.get("n") not in (None, "") else words.get("size"))
    since = _moment(words.get("from"), iso(ids.now() - timedelta(days=DEFAULT_DAYS)))
    until = _moment(words.get("until"), "9999")
    found = _matching(LEVELS[level], since, until)
    if words.get("order") == "asc":
        # the oldest of the whole period, which are the last to be read
        return list(deque(found, maxlen=size))[::-1]
    return list(islice(found, size))


def _matching(level: int, since: str, until: str) -> Iterator[dict[str, Any]]:
    """The newest first."""
    kept = log_files.attached()
    for line in kept.backwards(since) if kept else ():
        said = str(line.get("level", "info"))
        name = SEVERITY.get(said, said)
        if line["time"] <= until and LEVELS.get(name, 0) >= level:
            fields = {key: value for key, value in line.items() if key not in ("time", "level", "message")}
            yield {**fields, "level": name, "message": line.get("message", ""), "timestamp": line["time"]}


def _size(value: Json) -> int:
    try:
        return min(max(int(float(value)), 0), LARGEST_SIZE) if value not in (None, "") else DEFAULT_SIZE
    except (TypeError, ValueError, OverflowError):
        return DEFAULT_SIZE


def _moment(value: Json, default: str) -> str:
    """ISO text, which sorts as time does."""
    if value in (None, ""):
        return default
    if isinstance(value, Mapping):
        value = value.get("iso")
    moment = parse_iso(value)
    if moment == EPOCH and not str(value).startswith(("1970", "0")):
        raise ParseError(Code.INVALID_QUERY, "from and until must be dates")
    return iso(moment)
