"""The operators of one field: `{"$gt": 1, "$lt": 5}` -> nodes. OPERATORS is the list of what exists."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from parse_shim.errors import Code, ParseError
from parse_shim.query import parse_geo
from parse_shim.query.ast import (
    EVERYTHING,
    NOTHING,
    All,
    And,
    AnyPattern,
    Compare,
    CompareOp,
    ContainedBy,
    Eq,
    Exists,
    In,
    InQuery,
    Node,
    Not,
    Or,
    Regex,
    Select,
    Text,
)
from parse_shim.query.limits import Reader
from parse_shim.query.regex import OPTIONS, compiled, literal
from parse_shim.query.relative_time import parse_relative_time
from parse_shim.values.codec import decode_column, decode_nested, dumps
from parse_shim.values.jstext import js_text
from parse_shim.values.php import as_object
from parse_shim.values.types import Json, Value

TYPES = frozenset({"Date", "Pointer", "GeoPoint", "Polygon", "File", "Bytes"})
"""`__type`s that may stand as a value in a where."""

Words = dict[str, Json]
Operator = Callable[[Reader, str, Json, Words], Node | None]


def field_nodes(reader: Reader, path: str, words: Words) -> list[Node]:
    """The conditions that `words` sets on the field `path`; all must hold.

    Raises ParseError 102 or 107; an unknown operator is `107 bad constraint: $foo`.
    """
    parts: list[Node] = []
    lists: list[Node] = []
    for word, argument in words.items():
        if word[:1] != "$":
            continue
        operator = OPERATORS.get(word)
        if operator is None:
            raise _bad_constraint(word)
        node = operator(reader, path, argument, words)
        if node is not None:
            (lists if word in _UNITED else parts).append(node)
    if lists:
        # results of $inQuery and $select are added to the list of $in (contract/02, section 5)
        parts.append(lists[0] if len(lists) == 1 else Or(tuple(lists)))
    plain = {word: argument for word, argument in words.items() if word[:1] != "$"}
    if plain:
        parts.append(Eq(path, _atom(plain)))
    return parts


# -- comparison -----------------------------------------------------------------------------------------------------------


def _comparison(op: CompareOp) -> Operator:
    word = f"${op}"

    def read(reader: Reader, path: str, argument: Json, words: Words) -> Node:
        if isinstance(argument, dict) and "$relativeTime" in argument:
            return Compare(path, op, parse_relative_time(word, argument["$relativeTime"]))  # type: ignore[arg-type]
        if isinstance(argument, list):
            raise _bad_atom(argument)
        return Compare(path, op, _atom(argument))

    return read


def _eq(reader: Reader, path: str, argument: Json, words: Words) -> Node:
    return Eq(path, decode_nested(argument) if isinstance(argument, list) else _atom(argument))


def _ne(reader: Reader, path: str, argument: Json, words: Words) -> Node:
    return Not(_eq(reader, path, argument, words))


def _exists(reader: Reader, path: str, argument: Json, words: Words) -> Node:
    there = argument is not None and argument is not False and argument != 0
    return Exists(path) if there else Not(Exists(path))


def _atom(value: Json) -> Value:
    """A value to compare with. Raises ParseError 107 `bad atom: {...}`."""
    if not isinstance(value, dict):
        return decode_column(value)
    if "$relativeTime" in value:
        raise ParseError(Code.INVALID_JSON, "$relativeTime can only be used with the $lt, $lte, $gt, and $gte operators")
    tag = value.get("__type")
    if not isinstance(tag, str) or tag not in TYPES:
        raise _bad_atom(value)
    try:
        return decode_column(value)
    except ParseError as error:
        raise ParseError(Code.INVALID_JSON, error.message)


# -- lists ----------------------------------------------------------------------------------------------------------------


def _in(reader: Reader, path: str, argument: Json, words: Words) -> Node:
    items = _list(reader, argument, "$in")
    patterns = [item for item in items if isinstance(item, dict) and "$regex" in item]
    plain = In(path, tuple(_atom(item) for item in items if not (isinstance(item, dict) and "$regex" in item)))
    if not patterns:
        return plain
    return AnyPattern((plain, *(_regex(reader, path, item["$regex"], item) for item in patterns)))


def _nin(reader: Reader, path: str, argument: Json, words: Words) -> Node:
    return Not(In(path, tuple(_atom(item) for item in _list(reader, argument, "$nin"))))


def _list(reader: Reader, argument: Json, word: Literal["$in", "$nin"]) -> list[Json]:
    """The items, nested lists flattened by one level."""
    if not isinstance(argument, list):
        raise ParseError(Code.INVALID_JSON, f"bad {word} value")
    items: list[Json] = []
    for item in argument:
        if isinstance(item, list):
            items += item
        else:
            items.append(item)
    _check_size(reader, items, word)
    for item in items:
        if isinstance(item, list):
            raise _bad_atom(item)
    return items


def _all(reader: Reader, path: str, argument: Json, words: Words) -> Node:
    if not isinstance(argument, list):
        raise ParseError(Code.INVALID_JSON, "bad $all value")
    _check_size(reader, argument, "$all")
    patterns = [item for item in argument if isinstance(item, dict) and "$regex" in item]
    if not patterns:
        return All(path, tuple(_item(i) for i in argument))
    if len(patterns) != len(argument) or not all(_is_start(item["$regex"]) for item in patterns):
        raise ParseError(Code.INVALID_JSON, f"All $all values must be of regex type or none: {js_text([_shown(i) for i in argument])}")
    return And(tuple(_regex(reader, path, item["$regex"], item) for item in patterns))


def _item(item: Json) -> Value:
    """An element to be held exactly, plain objects too."""
    plain = isinstance(item, list) or (isinstance(item, dict) and item.get("__type") not in TYPES)
    return decode_nested(item) if plain else _atom(item)


def _is_start(pattern: Json) -> bool:
    return isinstance(pattern, str) and (found := literal(pattern)) is not None and found[0] and not found[2]


def _shown(item: Json) -> Json:
    return f"/{js_text(item['$regex'])}/" if isinstance(item, dict) and "$regex" in item else item


def _contained_by(reader: Reader, path: str, argument: Json, words: Words) -> Node:
    if not isinstance(argument, list):
        raise ParseError(Code.INVALID_JSON, "bad $containedBy: should be an array")
    _check_size(reader, argument, "$containedBy")
    return ContainedBy(path, tuple(decode_nested(i) if isinstance(i, list) else _atom(i) for i in argument))


def _check_size(reader: Reader, items: list[Json], word: str) -> None:
    most = reader.limits.in_size
    if most is not None and len(items) > most:
        raise ParseError(Code.INVALID_QUERY, f"Number of {word} values ({len(items)}) exceeds maximum allowed ({most})")


# -- text -----------------------------------------------------------------------------------------------------------------


def _regex(reader: Reader, path: str, argument: Json, words: Words) -> Node:
    if not reader.limits.allow_regex:
        raise ParseError(Code.INVALID_QUERY, "$regex operator is not allowed")
    if not isinstance(argument, str):
        raise ParseError(Code.INVALID_QUERY, "$regex value must be a string")
    options = words.get("$options", MISSING_OPTIONS)
    if options is MISSING_OPTIONS:
        options = ""
    elif not isinstance(options, str):
        raise ParseError(Code.INVALID_QUERY, "$options value must be a string")
    elif not options or not OPTIONS.issuperset(options):
        raise ParseError(Code.INVALID_QUERY, f"Bad $options value for query: {js_text(options)}")
    compiled(argument, options)
    return Regex(path, argument, options)


MISSING_OPTIONS = object()


def _options(reader: Reader, path: str, argument: Json, words: Words) -> None:
    if "$regex" not in words:
        raise ParseError(Code.INVALID_QUERY, "$options needs a $regex")


def _text(reader: Reader, path: str, argument: Json, words: Words) -> Node:
    search = argument.get("$search") if isinstance(argument, dict) else None
    if not isinstance(search, dict):
        raise _bad_text("$search, should be object")
    term = search.get("$term")
    if not isinstance(term, str) or not term:
        raise _bad_text("$term, should be string")
    language = search.get("$language")
    if language is not None and (not isinstance(language, str) or not re.fullmatch(r"[A-Za-z_-]{1,20}", language)):
        raise _bad_text("$language, should be string")
    for name in ("$caseSensitive", "$diacriticSensitive"):
        if not isinstance(search.get(name, False), bool):
            raise _bad_text(f"{name}, should be boolean")
    sensitive = search.get("$caseSensitive", False), search.get("$diacriticSensitive", False)
    return Text(path, term, language, *sensitive)


def _bad_text(what: str) -> ParseError:
    return ParseError(Code.INVALID_JSON, f"bad $text: {what}")


# -- subqueries -----------------------------------------------------------------------------------------------------------


def _in_query(word: str) -> Operator:
    def read(reader: Reader, path: str, argument: Json, words: Words) -> Node:
        if argument is None:
            raise _bad_constraint(word)
        name, where, redirect = _query_of(argument, word)
        if where is None:
            raise _improper(word)
        node = InQuery(path, name, reader.subquery(where), redirect)
        return Not(node) if word == "$notInQuery" else node

    return read


def _select(word: str) -> Operator:
    def read(reader: Reader, path: str, argument: Json, words: Words) -> Node:
        if argument is None:
            raise _bad_constraint(word)
        if not isinstance(argument, dict) or set(argument) != {"query", "key"}:
            raise _improper(word)
        key = argument["key"]
        if not isinstance(key, str) or not key:
            raise _improper(word)
        if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_.]*", key):
            raise ParseError(Code.INVALID_KEY_NAME, f"Invalid key name: {js_text(key)}")
        name, where, redirect = _query_of(argument["query"], word)
        node = Select(path, name, EVERYTHING if where is None else reader.subquery(where), key, redirect)
        return Not(node) if word == "$dontSelect" else node

    return read


def _query_of(query: Json, word: str) -> tuple[str, Words | None, str | None]:
    """(class name, where or None, redirectClassNameForKey or None) of the query inside."""
    name = query.get("className") if isinstance(query, dict) else None
    if not isinstance(name, str) or not name:
        raise _improper(word)
    where = as_object(query.get("where"))
    if where is not None and not isinstance(where, dict):
        raise _improper(word)
    redirect = query.get("redirectClassNameForKey")
    return name, where, redirect if isinstance(redirect, str) and redirect else None


def _improper(word: str) -> ParseError:
    return ParseError(Code.INVALID_QUERY, f"improper usage of {word}")


def _bad_constraint(word: str) -> ParseError:
    return ParseError(Code.INVALID_JSON, f"bad constraint: {js_text(word)}")


def _bad_atom(value: Json) -> ParseError:
    return ParseError(Code.INVALID_JSON, f"bad atom: {dumps(value)[:200].decode('utf-8', 'ignore')}")


OPERATORS: dict[str, Operator] = {
    "$lt": _comparison("lt"),
    "$lte": _comparison("lte"),
    "$gt": _comparison("gt"),
    "$gte": _comparison("gte"),
    "$eq": _eq,
    "$ne": _ne,
    "$exists": _exists,
    "$in": _in,
    "$nin": _nin,
    "$all": _all,
    "$containedBy": _contained_by,
    "$regex": _regex,
    "$options": _options,
    "$text": _text,
    "$inQuery": _in_query("$inQuery"),
    "$notInQuery": _in_query("$notInQuery"),
    "$select": _select("$select"),
    "$dontSelect": _select("$dontSelect"),
    "$nearSphere": parse_geo.near_sphere,
    "$maxDistance": parse_geo.max_distance,
    "$maxDistanceInRadians": parse_geo.max_distance,
    "$maxDistanceInMiles": parse_geo.max_distance,
    "$maxDistanceInKilometers": parse_geo.max_distance,
    "$within": parse_geo.within,
    "$geoWithin": parse_geo.geo_within,
    "$geoIntersects": parse_geo.geo_intersects,
}
_UNITED = frozenset({"$in", "$inQuery", "$select"})

__all__ = ["NOTHING", "OPERATORS", "TYPES", "field_nodes"]
