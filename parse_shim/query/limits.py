"""How much a client's where may ask for, and what its readers share."""

from __future__ import annotations

from dataclasses import dataclass

from parse_shim.query.ast import Node
from parse_shim.values.types import Json

HARD_DEPTH = 100
"""Levels that even the master key gets no further than: Python's own recursion is limited."""


@dataclass(frozen=True, slots=True)
class Limits:
    """None switches one off. Source of the numbers: security/advisories, section 9, point 3."""

    depth: int | None = 16
    subquery_depth: int | None = 4
    in_size: int | None = 10_000
    allow_regex: bool = True


DEFAULT = Limits()
UNLIMITED = Limits(None, None, None)


class Reader:
    """What the operators of a field may ask of the parser that calls them."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.near_allowed = True
        self.near_seen = False

    def subquery(self, where: dict[str, Json]) -> Node:
        """Read the where of a query inside this one."""
        raise NotImplementedError
