"""Pipelines and distinct values, for the master key. Source: contract/02, section 9.

The store runs the stages and gives REST names and Values back; here they are checked and written as an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parse_shim.classes.bind import bind
from parse_shim.classes.model import ClassDef
from parse_shim.classes.system import can_hold_objects
from parse_shim.errors import Code, Denied, ParseError
from parse_shim.ids import now
from parse_shim.query.ast import EVERYTHING, Node
from parse_shim.query.limits import UNLIMITED
from parse_shim.query.options import FindOptions
from parse_shim.query.parse import parse_where
from parse_shim.rest import find_triggers
from parse_shim.rest.access import require_master
from parse_shim.rest.core import Context
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.find_params import EVERY, find_params, is_path
from parse_shim.rest.read import search_as
from parse_shim.rest.reading import Reading
from parse_shim.rest.subquery import resolve
from parse_shim.values.codec import encode, encode_doc
from parse_shim.values.jstext import js_text
from parse_shim.values.types import Doc, Json

OPTION_WORDS = frozenset("hint explain comment readPreference rawValues rawFieldNames".split())
WRITING_STAGES = frozenset({"$out", "$merge"})


def aggregate(ctx: Context, class_name: str, raw: Mapping[str, Json]) -> Json:
    """What stands under `results`. `raw`: the parameters, texts read as JSON where they are JSON.

    `{"pipeline": [...]}`, or stages as parameters in the order given, or `{"distinct": field, "where": {...}}`.
    Raises TransportError 403 without the master key, ParseError 102.
    """
    check_allowed(ctx)
    options = _options(ctx, raw)
    if raw.get("distinct"):
        return distinct(ctx, class_name, js_text(raw["distinct"]), raw.get("where") or {})
    return run(ctx, class_name, stages(raw), options)


def check_allowed(ctx: Context) -> None:
    """Raises TransportError 403, Denied 119 for a read-only key that may not aggregate."""
    require_master(ctx)
    if ctx.auth.is_read_only and not ctx.core.settings.allow_aggregation_for_read_only_master_key:
        raise Denied("read-only masterKey isn't allowed to run aggregation.")


def run(ctx: Context, class_name: str, pipeline: list[dict[str, Any]], options: Mapping[str, Any]) -> Json:
    """Results of a checked pipeline, as JSON."""
    if ctx.auth.is_read_only and any(WRITING_STAGES & stage.keys() for stage in pipeline):
        raise Denied("read-only masterKey isn't allowed to write by aggregation.")
    cls = ctx.core.classes.get_or_empty(class_name)
    reading = _before_find(ctx, cls, EVERYTHING, pipeline=pipeline)
    if reading.results is not None:
        return [_shown(ctx, cls, doc) for doc in reading.results]
    if not can_hold_objects(class_name):
        return []
    with translated(class_name):
        if options.get("explain"):
            plan = FindOptions(hint=options.get("hint"))
            return [ctx.core.engine.explain(cls, EVERYTHING, plan, str(options["explain"]))]
        rows = ctx.core.engine.aggregate(cls, pipeline, options)
    if options.get("rawValues") or options.get("rawFieldNames"):
        return [encode(row) for row in rows]
    return [_shown(ctx, cls, row) for row in rows]


def distinct(ctx: Context, class_name: str, path: str, where: Json | Node) -> list[Json]:
    """Different values at `path`, as JSON; none for an unknown field. Raises ParseError 105 for what cannot be a field."""
    if not is_path(path):
        raise ParseError(Code.INVALID_KEY_NAME, f"Invalid field name: {path}.")
    cls = ctx.core.classes.get_or_empty(class_name)
    node = where if not isinstance(where, (dict, str, list, int, float)) else _where(where)
    node = _before_find(ctx, cls, node, distinct=path).where
    node = bind(resolve(ctx, cls, node, search_as), cls, now())
    if not can_hold_objects(class_name):
        return []
    with translated(class_name):
        values = ctx.core.engine.distinct(cls, path, node)
    return [encode(value, file_url=ctx.file_url) for value in values]


def stages(raw: Mapping[str, Json]) -> list[dict[str, Any]]:
    """The pipeline, each stage checked. Raises ParseError 102."""
    if "pipeline" in raw:
        given = raw["pipeline"]
    else:
        given = [{name: value} for name, value in raw.items() if name not in OPTION_WORDS | {"distinct", "where"}]
    if isinstance(given, dict):
        given = [{name: value} for name, value in given.items()]
    if not isinstance(given, list):
        raise ParseError(Code.INVALID_QUERY, "pipeline must be an array of stages")
    return [_stage(stage) for stage in given]


def _stage(stage: Json) -> dict[str, Any]:
    if not isinstance(stage, dict) or not stage:
        raise ParseError(Code.INVALID_QUERY, "Pipeline stages should be objects with one key")
    if len(stage) != 1:
        text = f"Pipeline stages should only have one key but found {', '.join(stage)}."
        raise ParseError(Code.INVALID_QUERY, text)
    name, value = next(iter(stage.items()))
    if name[:1] != "$":
        raise ParseError(Code.INVALID_QUERY, f"Invalid aggregate stage '{name}'.")
    if name == "$group":
        _check_group(value)
    return stage


def _check_group(value: Json) -> None:
    if isinstance(value, dict) and "objectId" in value:
        raise ParseError(Code.INVALID_QUERY, "Cannot use 'objectId' in aggregation stage $group.")
    if not isinstance(value, dict) or "_id" not in value:
        raise ParseError(Code.INVALID_QUERY, "Invalid parameter for query: group. Missing key _id")


def _options(ctx: Context, raw: Mapping[str, Json]) -> dict[str, Any]:
    """hint, explain, comment and readPreference as a find checks them; the raw flags default to the server's."""
    params = find_params({name: raw[name] for name in ("hint", "explain", "comment", "readPreference") if name in raw})
    defaults = ctx.core.settings.query
    return {
        "hint": params.hint,
        "explain": params.explain,
        "comment": params.comment,
        "readPreference": params.read_preference,
        "rawValues": bool(raw.get("rawValues", defaults.aggregation_raw_values)),
        "rawFieldNames": bool(raw.get("rawFieldNames", defaults.aggregation_raw_field_names)),
    }


def _where(where: Json) -> Node:
    return parse_where(where, UNLIMITED, internal=True)


def _before_find(
    ctx: Context,
    cls: ClassDef,
    where: Node,
    *,
    pipeline: list[dict[str, Any]] | None = None,
    distinct: str | None = None,
) -> Reading:
    reading = Reading(ctx, cls.name, cls, where, EVERY)
    find_triggers.before_find(reading, lambda _reading, _ids: {}, pipeline=pipeline, distinct=distinct)
    return reading


def _shown(ctx: Context, cls: ClassDef, row: Doc) -> dict[str, Json]:
    if "_id" in row and "objectId" not in row:
        row["objectId"] = row.pop("_id")
    is_object = "createdAt" in row and "objectId" in row
    shown = encode_doc(row, file_url=ctx.file_url, relations=cls.relations if is_object else {})
    if "objectId" in shown:
        # A grouping by a missing field has no id; objects and dates as ids need their JSON form.
        shown["objectId"] = None if shown["objectId"] == "" else encode(shown["objectId"], file_url=ctx.file_url)
    return shown
