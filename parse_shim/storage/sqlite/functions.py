"""SQL functions of ours, on every connection: the conditions that SQL cannot say run query/match.py."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import apsw

from parse_shim.errors import Code, ParseError
from parse_shim.query.ast import Node
from parse_shim.query.match import matches
from parse_shim.query.regex import found_in
from parse_shim.storage.sqlite.rows import field_value, from_text
from parse_shim.storage.unique import fold

SLOW_SECONDS = 0.002
MOST_SLOW_SECONDS = 0.25
"""What the slow evaluations of one query may take together: a pattern that takes 50 ms a text is stopped at the fifth text,
while a fast one may look at a million."""


class Connection(apsw.Connection):
    """`slow_seconds` is what slow evaluations have taken since the query began, by `clock`. A query still running at `stop_at`
    (perf_counter) is interrupted. `lent`: a native thread is using it. `transaction`: number of the present write."""

    slow_seconds: float = 0.0
    clock: Callable[[], float] = staticmethod(time.perf_counter)
    stop_at: float = math.inf
    lent: bool = False
    transaction: int = 0

    def overdue(self) -> bool:
        """SQLite's progress handler: True interrupts."""
        return time.perf_counter() > self.stop_at

    def register(self) -> None:
        """Add the functions. They never change anything and give equal results for equal arguments."""
        functions: tuple[tuple[str, int, Any], ...] = (
            ("parse_match", 2, self._match),
            ("parse_field", 3, self._field),
            ("parse_regex", 3, self._regex),
            ("parse_fold", 1, _fold),
        )
        for name, count, function in functions:
            self.create_scalar_function(name, function, count, deterministic=True)

    def _match(self, text: str, node: Node) -> int:
        """parse_match(json(doc), node): the whole object."""
        return self._timed(matches, node, from_text(text))

    def _field(self, name: str, text: str | None, node: Node) -> int:
        """parse_field('f', doc -> '$.f', node): a condition that looks at one column; 2 µs where the object takes 10."""
        return self._timed(matches, node, {} if text is None else {name: field_value(text)})

    def _regex(self, text: Any, pattern: str, options: str) -> int:
        return isinstance(text, str) and self._timed(found_in, pattern, options, text)

    def _timed(self, function: Any, *arguments: Any) -> bool:
        start = self.clock()
        found = bool(function(*arguments))
        taken = self.clock() - start
        if taken > SLOW_SECONDS:
            self.slow_seconds += taken
            if self.slow_seconds > MOST_SLOW_SECONDS:
                raise ParseError(Code.INVALID_QUERY, "The query takes too long to evaluate")
        return found


def _fold(text: Any) -> str | None:
    return fold(text) if isinstance(text, str) else None
