"""Order, page and copy: what remains to be done once the matching objects are known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from parse_shim.classes.model import ClassDef
from parse_shim.errors import Refused
from parse_shim.query.ast import And, Near, Node, Not, Or, Text, WithinSphere
from parse_shim.query.match import point_at
from parse_shim.query.options import FindOptions
from parse_shim.query.text import score
from parse_shim.values.compare import path_key, sort_key
from parse_shim.values.geo import radians_between
from parse_shim.values.paths import walk
from parse_shim.values.types import MISSING, Doc, Value

SCORE = "$score"
_ORDERING = frozenset((And, Near))


def arrange(docs: list[Doc], where: Node, options: FindOptions) -> list[Doc]:
    """The page that `options` asks for, of `docs` in the order they are stored. Gives the docs themselves, no copies
    (a doc with a score is a new one)."""
    if options.limit == 0:
        return []
    if options.order:
        docs = in_order(docs, where, options.order)
    elif near := find_near(where):
        docs = sorted(docs, key=lambda doc: distance(doc, near))
    page = docs[options.skip :] if options.limit is None else docs[options.skip : options.skip + options.limit]
    if options.want_score and (text := find_text(where)):
        page = [{**doc, "score": score(text, doc)} for doc in page]
    return page


def in_order(docs: Iterable[Doc], where: Node, order: Iterable[tuple[str, bool]]) -> list[Doc]:
    """Sorted by the last key first: Python's sort is stable."""
    result = list(docs)
    for path, descending in reversed(list(order)):
        if path == SCORE:
            text = find_text(where)
            if text is not None:
                result.sort(key=lambda doc, text=text: -score(text, doc))  # type: ignore[misc]
        else:
            result.sort(key=lambda doc: path_key(doc, path, descending), reverse=descending)
    return result


def check_hint(cls: ClassDef, hint: str | Mapping[str, Any] | None) -> None:
    """Stores that choose by themselves ignore a hint, but not one that names no index. Raises Refused."""
    if not hint:
        return
    known: dict[str, Mapping[str, Any]] = {"_id_": {"_id": 1}, **cls.indexes}
    if hint not in known if isinstance(hint, str) else dict(hint) not in [dict(keys) for keys in known.values()]:
        raise Refused("hint provided does not correspond to an existing index")


def find_near(where: Node) -> Near | None:
    """The Near that rules the order: at the top or inside And."""
    if type(where) is And:
        return next((near for part in where.parts if type(part) in _ORDERING and (near := find_near(part))), None)
    return where if type(where) is Near else None


def find_text(where: Node) -> Text | None:
    """The Text whose score counts."""
    match where:
        case Text():
            return where
        case And(parts) | Or(parts):
            return next((text for part in parts if (text := find_text(part))), None)
    return None


def without_order(where: Node) -> Node:
    """Near becomes WithinSphere, for counts. A Near without a radius keeps asking for a point at any distance."""
    match where:
        case Near(path, point, float() | int() as radians):
            return WithinSphere(path, point, radians)
        case And(parts):
            return And(tuple(without_order(part) for part in parts))
        case Or(parts):
            return Or(tuple(without_order(part) for part in parts))
        case Not(part):
            return Not(without_order(part))
    return where


def distance(doc: Doc, near: Near) -> float:
    """Radians from the object's point; infinite without one."""
    return min((radians_between(near.point, point) for point in point_at(doc, near.path)), default=math.inf)


def copied(value: Any) -> Any:
    """A copy that shares no dict or list with the original. 3 µs for a small object where copy.deepcopy takes 20."""
    if isinstance(value, dict):
        return {key: copied(item) if isinstance(item, (dict, list)) else item for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) if isinstance(item, (dict, list)) else item for item in value]
    return value


def distinct_values(docs: Iterable[Doc], path: str) -> list[Value]:
    """Different values in order of first appearance; arrays by element, null left out."""
    seen: dict[Any, Value] = {}
    for value in _elements(docs, path):
        if value is not None and value is not MISSING:
            seen.setdefault(sort_key(value), value)
    return list(seen.values())


def _elements(docs: Iterable[Doc], path: str) -> Iterator[Any]:
    for doc in docs:
        for value in walk(doc, path):
            if isinstance(value, list):
                yield from value
            else:
                yield value
