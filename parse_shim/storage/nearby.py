"""How far one must look around a place to find so many points: what earlier answers of near queries showed.

Only a guess, by which an engine chooses where to look first; the answer is whatever then proves right. Kept for squares of two
degrees, so that towns and deserts each have their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from time import monotonic

from parse_shim.query.ast import And, Near, Node, Readable
from parse_shim.values.types import GeoPoint

_SQUARE = 2.0
_MOST = 10_000
_WARY = 100
"""Queries."""
_LEAST = 1e-7
"""Radians, less than a metre: what many objects in one spot tell says nothing of their surroundings."""

_OLD_SECONDS = 10.0
_FAR_OFF = 4.0

Cell = tuple[str, str, int, int]


class Densities:
    """Points a square radian, by class, column and square of the map. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._known: dict[Cell, tuple[float, float]] = {}
        self._outdated: dict[tuple[str, str], float] = {}
        self._wary = 0

    def all_seen(self) -> bool:
        """Is it likely that callers may see every object nearby? Not for some time after one could not."""
        self._wary = max(0, self._wary - 1)
        return self._wary == 0

    def note_hidden(self) -> None:
        """An object that a caller may not see was in the way."""
        self._wary = _WARY

    def radians(self, class_name: str, path: str, point: GeoPoint, wanted: int) -> float | None:
        """The radius that likely holds `wanted` points and not many more; None where nobody has asked yet, nor beside it."""
        cell = _cell(class_name, path, point)
        density = self._density(cell) or self._beside(cell)
        if density is None:
            return None
        return math.sqrt((wanted + 3 * math.sqrt(wanted) + 1) / density)

    def learn(self, class_name: str, path: str, point: GeoPoint, radians: float, found: int) -> None:
        """A circle of `radians` held `found` points."""
        if radians < _LEAST:
            return
        if len(self._known) >= _MOST:
            self._known.clear()
        cell = _cell(class_name, path, point)
        seen, now = max(found, 1) / radians**2, self._clock()
        before, since = self._known.get(cell, (seen, now))
        if now - since > _OLD_SECONDS and not 1 / _FAR_OFF < seen / before < _FAR_OFF:
            # The class has grown or shrunk, and likely everywhere: what other squares told before is as wrong.
            self._outdated[class_name, path] = since
            before = seen
        # a middle of old and new evens out chance, and follows when points move
        self._known[cell] = math.sqrt(before * seen), now

    def _density(self, cell: Cell) -> float | None:
        known = self._known.get(cell)
        return None if known is None or known[1] <= self._outdated.get(cell[:2], -math.inf) else known[0]

    def _beside(self, cell: Cell) -> float | None:
        name, path, row, column = cell
        around = [(name, path, row + up, column + right) for up in (-1, 0, 1) for right in (-1, 0, 1)]
        found = [density for one in around if (density := self._density(one))]
        return math.prod(found) ** (1 / len(found)) if found else None


def is_plain(where: Node, near: Near) -> bool:
    """Does every object count, but for those that the caller may not see? Only then densities mean something."""
    return where is near or (isinstance(where, And) and all(part is near or isinstance(part, Readable) for part in where.parts))


def distances(point: GeoPoint, places: Sequence[tuple[float, float]]) -> list[float]:
    """Radians from `point` to each (longitude, latitude), step by step as values/geo.py's `radians_between`: 0.4 µs for one."""
    sin, asin, sqrt, radians = math.sin, math.asin, math.sqrt, math.radians
    cos, here, west = math.cos, math.radians(point.latitude), point.longitude
    across = cos(here)
    out = []
    for longitude, latitude in places:
        there = radians(latitude)
        h = sin((there - here) / 2) ** 2 + across * cos(there) * sin(radians(longitude - west) / 2) ** 2
        out.append(2 * asin(sqrt(h)) if 0.0 <= h <= 1.0 else 2 * asin(sqrt(min(1.0, max(0.0, h)))))
    return out


def _cell(class_name: str, path: str, point: GeoPoint) -> Cell:
    return class_name, path, math.floor(point.latitude / _SQUARE), math.floor(point.longitude / _SQUARE)
