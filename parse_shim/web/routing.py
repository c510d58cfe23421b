"""ROUTES as data: (method, rule, handler). HTTP and /batch look a Call up in the same table.

Rules are paths below the mount: words in any case, `:name` for one part, `*name` at the end for the rest, parts joined by `/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from parse_shim.rest.core import Auth, Context, Core
from parse_shim.web.call import Call, Reply

Handler = Callable[..., Reply]
"""(Context, Call, **parts of the path) -> Reply."""


@dataclass(frozen=True, slots=True)
class Route:
    """`master`: other callers hear 403. `batch`: may stand in a batch. `operation`: the write that it is, of
    `class_name` or of the class in the path; only these may stand in a transaction.
    `session`: how the caller's token is treated: `resolve` (209 when bad), `legacy` (the same with another text), `ignore`, or
    `keep` (handed on unread). `public`: no application id is needed; `identify` may still find out who asks."""

    method: str
    rule: str
    handler: Handler
    master: bool = False
    batch: bool = True
    operation: Literal["create", "update", "delete"] | None = None
    class_name: str | None = None
    session: Literal["resolve", "legacy", "ignore", "keep"] = "resolve"
    public: bool = False
    identify: Callable[[Core, Call], Auth] | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(part for part in self.rule.split("/") if part)


@dataclass(slots=True)
class Match:
    route: Route
    parts: dict[str, str]


class Router:
    """Finds the route of a method and a path. Fixed words win over `:names`, those over `*names`."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._fixed: dict[tuple[str, str, int], list[_Rule]] = {}
        self._open: dict[tuple[str, str], list[_Rule]] = {}
        for route in sorted(self.routes, key=lambda route: [part[:1] in ":*" for part in route.parts]):
            parts = route.parts
            if parts[-1][:1] == "*":
                self._open.setdefault((route.method, parts[0].lower()), []).append(_Rule(route, parts[:-1]))
            else:
                self._fixed.setdefault((route.method, parts[0].lower(), len(parts)), []).append(_Rule(route, parts))

    def find(self, method: str, segments: Sequence[str]) -> Match | None:
        """The route and what its `:names` stand for."""
        if not segments:
            return None
        first = segments[0].lower()
        for rule in self._fixed.get((method, first, len(segments)), ()):
            if rule.fits(segments):
                return Match(rule.route, {name: segments[at] for at, name in rule.names})
        for rule in self._open.get((method, first), ()):
            if len(segments) > rule.size and rule.fits(segments):
                found = {name: segments[at] for at, name in rule.names}
                return Match(rule.route, {**found, rule.route.parts[-1][1:]: "/".join(segments[rule.size :])})
        return None


class _Rule:
    """A route with its `size` first parts taken apart: the words after the first one, which the table knows, and the `:names`."""

    __slots__ = ("names", "route", "size", "words")

    def __init__(self, route: Route, parts: Sequence[str]) -> None:
        self.route = route
        self.size = len(parts)
        self.names = tuple((at, part[1:]) for at, part in enumerate(parts) if part[0] == ":")
        self.words = tuple((at, part.lower()) for at, part in enumerate(parts) if part[0] != ":" and at > 0)

    def fits(self, segments: Sequence[str]) -> bool:
        return not self.words or all(segments[at].lower() == word for at, word in self.words)


def routes(*groups: Iterable[Route]) -> list[Route]:
    """All rows of several families. Raises ValueError for a row that is there twice."""
    rows = [row for group in groups for row in group]
    seen: dict[tuple[str, str], Route] = {}
    for row in rows:
        if (row.method, row.rule) in seen:
            raise ValueError(f"two routes for {row.method} {row.rule}")
        seen[row.method, row.rule] = row
    return rows


def run(match: Match, ctx: Context, call: Call) -> Reply:
    """Carry the call out."""
    return match.route.handler(ctx, call, **match.parts)
