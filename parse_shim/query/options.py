"""What a find asks for besides its conditions, after parsing. The reading of request parameters is web/params.py and rest/read.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class FindOptions:
    """For engines. Never changed; frozen it would take three times as long to make, for every find.

    `limit` None: all. `order`: (path, descending) pairs, in turn; ("$score", True) is the text score.
    `keys`: top-level fields wanted (None: all; an engine may return more). `want_score`: add the text score under `score`."""

    limit: int | None = None
    skip: int = 0
    order: tuple[tuple[str, bool], ...] = ()
    keys: frozenset[str] | None = None
    want_score: bool = False
    hint: str | dict[str, int] | None = None
    comment: str | None = None
    read_preference: str | None = None
    max_time_ms: int | None = None


ALL = FindOptions()
ONE = FindOptions(limit=1)
