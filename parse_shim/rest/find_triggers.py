"""before_find and after_find around the steps of read.py. Source: contract/10, sections 3 and 7.

A class without such hooks pays one look into a dict for each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from parse_shim.hooks.kinds import AFTER_FIND, BEFORE_FIND
from parse_shim.hooks.requests import FindRequest
from parse_shim.hooks.run import SKIPPED
from parse_shim.rest.calling import call_hook, caller_of
from parse_shim.rest.find_params import NO_LIMIT, FindParams, checked_preference, parse_order
from parse_shim.rest.reading import Found, Reading
from parse_shim.sdk.convert import stored
from parse_shim.sdk.object import Object
from parse_shim.sdk.session import QueryPlan
from parse_shim.values.types import Doc

Refetch = Callable[[Reading, list[str]], dict[str, Doc]]
"""The objects of these ids that the caller may see, by id."""


def before_find(
    reading: Reading,
    refetch: Refetch,
    *,
    pipeline: Sequence[Mapping[str, Any]] | None = None,
    distinct: str | None = None,
) -> None:
    """Let the hook change the query, or give objects in place of it (`reading.results`). Raises what the hook raises."""
    ctx = reading.ctx
    hook = ctx.core.hooks.find(BEFORE_FIND, reading.class_name)
    if hook is None:
        return
    request = FindRequest(
        "beforeFind",
        caller_of(ctx),
        _plan(reading),
        is_get=reading.is_get,
        count=reading.params.count,
        context=ctx.cloud,
        pipeline=None if pipeline is None else list(pipeline),
        distinct=distinct,
    )
    result = call_hook(ctx, hook, request)
    if result is SKIPPED:
        return
    outcome = request.outcome(result)
    if isinstance(outcome, QueryPlan):
        reading.where = outcome.where
        reading.params = _params(reading.params, outcome, request)
    else:
        reading.results = _given(reading, outcome, refetch)


def after_find(reading: Reading, found: Found) -> None:
    """Let the hook change the results; every result then says its class. Raises what the hook raises."""
    ctx = reading.ctx
    hook = ctx.core.hooks.find(AFTER_FIND, reading.class_name)
    if hook is None:
        return
    request = FindRequest(
        "afterFind",
        caller_of(ctx),
        _plan(reading),
        is_get=reading.is_get,
        count=reading.params.count,
        docs=found.results,
        context=ctx.cloud,
    )
    result = call_hook(ctx, hook, request)
    if result is SKIPPED:
        return
    left = request.results(result)
    if left is not None:
        found.results = [_answer(item, reading.class_name) for item in left]
    for doc in found.results:
        doc.setdefault("className", reading.class_name)


def _plan(reading: Reading) -> QueryPlan:
    params = reading.params
    return QueryPlan(
        reading.class_name,
        reading.where,
        limit=None if params.limit == NO_LIMIT else params.limit,
        skip=params.skip or None,
        order=tuple("-" + path if descending else path for path, descending in params.order),
        keys=params.keys,
        exclude_keys=params.exclude_keys,
        include=(*params.include, "*") if params.include_all else params.include,
        hint=params.hint,
        comment=params.comment,
        read_preference=params.read_preference,
        redirect_key=params.redirect_key,
    )


def _params(params: FindParams, plan: QueryPlan, request: FindRequest) -> FindParams:
    """`params` with what the hook asked for instead."""
    return replace(
        params,
        limit=params.limit if plan.limit is None else plan.limit,
        skip=plan.skip or 0,
        order=parse_order(list(plan.order)),
        keys=plan.keys,
        exclude_keys=plan.exclude_keys,
        include=plan.include,
        include_all=False,
        hint=plan.hint,
        comment=plan.comment,
        read_preference=checked_preference(request.read_preference or plan.read_preference),
        include_read_preference=request.include_read_preference or params.include_read_preference,
        subquery_read_preference=request.subquery_read_preference or params.subquery_read_preference,
    )


def _given(reading: Reading, objects: list[Object], refetch: Refetch) -> list[Doc]:
    """Objects that a hook gave. Stored ones are read again in the caller's name, so that a hook opens nothing by mistake."""
    if reading.ctx.auth.unrestricted:
        return [item.to_answer() for item in objects]
    ids = [item.id for item in objects if item.id is not None]
    seen = refetch(reading, ids) if ids else {}
    return [item.to_answer() if item.id is None else seen[item.id] for item in objects if item.id is None or item.id in seen]


def _answer(item: Object | Mapping[str, Any], class_name: str) -> Doc:
    if isinstance(item, Object):
        return {**item.to_answer(), "className": item.class_name}
    return {"className": class_name, **{name: stored(value) for name, value in item.items()}}
