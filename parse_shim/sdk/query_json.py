"""Node -> where JSON: a query for those who speak REST (webhooks, logs, `Query.to_json`)."""

from __future__ import annotations

from typing import Any, assert_never

from parse_shim.query.ast import (
    All,
    And,
    Compare,
    ContainedBy,
    Eq,
    EqFold,
    Exists,
    In,
    InQuery,
    Near,
    Node,
    Not,
    Or,
    PolygonContains,
    Readable,
    Regex,
    RelatedTo,
    Select,
    Text,
    WithinBox,
    WithinPolygon,
    WithinSphere,
    Writable,
)
from parse_shim.query.parse import RelativeTime
from parse_shim.sdk.session import QueryPlan
from parse_shim.values.codec import encode
from parse_shim.values.types import MISSING, Json


def query_json(plan: QueryPlan) -> dict[str, Any]:
    """REST parameters; absent ones are left out."""
    lists = {"keys": plan.keys, "excludeKeys": plan.exclude_keys, "include": plan.include, "order": plan.order}
    plain = {"limit": plan.limit, "skip": plan.skip, "hint": plan.hint, "comment": plan.comment, "readPreference": plan.read_preference}
    out: dict[str, Any] = {"where": where_json(plan.where)}
    out |= {name: ",".join(values) for name, values in lists.items() if values}
    return out | {name: value for name, value in plain.items() if value is not None}


def where_json(node: Node) -> dict[str, Any]:
    """The where that parses to `node`. Permission nodes, which no client can write, are left out."""
    match node:
        case And(parts):
            return _merged([where_json(part) for part in parts])
        case Or(parts):
            return {"$or": [where_json(part) for part in parts]}
        case Not(part):
            return _negated(part)
        case RelatedTo(owner, key):
            return {"$relatedTo": {"object": encode(owner), "key": key}}
        case Eq(path, value):
            encoded = encode(value)
            plain = not isinstance(encoded, dict | list) or (isinstance(encoded, dict) and "__type" in encoded)
            return {path: encoded if plain else {"$eq": encoded}}
        case EqFold(path, value):
            return {path: value}
        case Readable() | Writable():
            return {}
        case _:
            return {node.path: _words(node)}


def _words(
    node: Compare | In | All | ContainedBy | Exists | Regex | Text | Near | WithinSphere | WithinBox | WithinPolygon
    | PolygonContains | InQuery | Select,
) -> dict[str, Any]:  # fmt: skip
    match node:
        case Compare(_, op, value):
            return {f"${op}": _compared(value)}
        case In(_, values):
            return {"$in": [encode(value) for value in values]}
        case All(_, values):
            return {"$all": [encode(value) for value in values]}
        case ContainedBy(_, values):
            return {"$containedBy": [encode(value) for value in values]}
        case Exists():
            return {"$exists": True}
        case Regex(_, pattern, options):
            return {"$regex": pattern, "$options": options} if options else {"$regex": pattern}
        case Text():
            return {"$text": {"$search": _search(node)}}
        case Near(_, point, max_radians):
            near = {"$nearSphere": encode(point)}
            return near if max_radians is None else {**near, "$maxDistance": max_radians}
        case WithinSphere(_, point, radians):
            return {"$geoWithin": {"$centerSphere": [encode(point), radians]}}
        case WithinBox(_, south_west, north_east):
            return {"$within": {"$box": [encode(south_west), encode(north_east)]}}
        case WithinPolygon(_, points):
            return {"$geoWithin": {"$polygon": [encode(point) for point in points]}}
        case PolygonContains(_, point):
            return {"$geoIntersects": {"$point": encode(point)}}
        case InQuery(_, class_name, where):
            return {"$inQuery": {"className": class_name, "where": where_json(where)}}
        case Select(_, class_name, where, key):
            return {"$select": {"query": {"className": class_name, "where": where_json(where)}, "key": key}}
        case _:
            assert_never(node)


def _negated(part: Node) -> dict[str, Any]:
    match part:
        case Eq(path, value):
            return {path: {"$ne": encode(value)}}
        case In(path, values):
            return {path: {"$nin": [encode(value) for value in values]}}
        case Exists(path):
            return {path: {"$exists": False}}
        case InQuery(path):
            return {path: {"$notInQuery": _words(part)["$inQuery"]}}
        case Select(path):
            return {path: {"$dontSelect": _words(part)["$select"]}}
        case Or(parts):
            return {"$nor": [where_json(inner) for inner in parts]}
        case _:
            return {"$nor": [where_json(part)]}


def _merged(wheres: list[dict[str, Any]]) -> dict[str, Any]:
    """One where that asks for all; conditions that clash on a key go below $and."""
    out: dict[str, Any] = {}
    clashing: list[dict[str, Any]] = []
    for where in wheres:
        for key, words in where.items():
            old = out.get(key, MISSING)
            if old is MISSING:
                out[key] = words
            elif isinstance(old, dict) and _operators(old) and _operators(words) and not set(old) & set(words):
                out[key] = {**old, **words}
            else:
                clashing.append({key: words})
    return {**out, "$and": [*out.get("$and", []), *clashing]} if clashing else out


def _operators(words: Any) -> bool:
    return isinstance(words, dict) and all(word.startswith("$") for word in words)


def _compared(value: object) -> Json:
    if not isinstance(value, RelativeTime):
        return encode(value)  # type: ignore[arg-type]
    seconds = int(value.seconds)
    return {"$relativeTime": f"{-seconds} seconds ago" if seconds <= 0 else f"in {seconds} seconds"}


def _search(node: Text) -> dict[str, Any]:
    search: dict[str, Any] = {"$term": node.term}
    if node.language is not None:
        search["$language"] = node.language
    if node.case_sensitive:
        search["$caseSensitive"] = True
    if node.diacritic_sensitive:
        search["$diacriticSensitive"] = True
    return search
