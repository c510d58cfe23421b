"""Find, get and count: the one read path of REST, batch, cloud code and the server itself.

Steps: system-class rules, the class exists, conditions read, before_find, redirect, class permissions, protected fields in
conditions, inner queries, types bound, ACL, the store, protected fields out, include, after_find. Each step that has
nothing to do costs one look. Source: contract/02, section 10; contract/10, sections 3 and 7 (hooks).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from time import perf_counter

from parse_shim.classes.bind import bind
from parse_shim.classes.permissions import Protection
from parse_shim.classes.system import can_hold_objects
from parse_shim.errors import Code, ObjectNotFound, ParseError
from parse_shim.ids import now
from parse_shim.query.ast import EVERYTHING, NOTHING, And, Eq, In, Node, Text, both
from parse_shim.query.limits import UNLIMITED, Limits
from parse_shim.query.options import ALL, FindOptions
from parse_shim.query.parse import parse_where
from parse_shim.rest import find_triggers
from parse_shim.rest.access import check_class, check_class_exists, check_system_class, own_session, readable
from parse_shim.rest.core import Context
from parse_shim.rest.demand import asked
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.find_params import EVERY, NO_LIMIT, FindParams, checked_preference
from parse_shim.rest.include import Selection, expand, select
from parse_shim.rest.passing import pass_through
from parse_shim.rest.protected import check_query, hide, protection_for
from parse_shim.rest.reading import Found, Reading
from parse_shim.rest.subquery import Search, resolve
from parse_shim.values.types import Doc, Json

_JSON = frozenset({dict, str, list, int, float, bool, type(None)})


def find(ctx: Context, class_name: str, params: FindParams = EVERY, *, as_json: bool = False) -> Found:
    """Objects of a class that the caller may see. Unknown class: none (119 for clients that may not make classes).

    `as_json`: the objects may come ready for an answer, in `Found.json`."""
    check_system_class(ctx.auth, "find", class_name)
    check_explain(ctx, params)
    check_class_exists(ctx, class_name, reading=True)
    cls = ctx.core.classes.get_or_empty(class_name)
    return _run(Reading(ctx, class_name, cls, read_where(ctx, params.where), params, as_json=as_json))


def get(ctx: Context, class_name: str, object_id: str, params: FindParams = EVERY, *, as_json: bool = False) -> Found:
    """One object, alone in `results` (or `json`, see `find`). Raises ObjectNotFound: missing and hidden look alike."""
    check_system_class(ctx.auth, "get", class_name)
    check_class_exists(ctx, class_name, reading=True)
    cls = ctx.core.classes.get_or_empty(class_name)
    found = _run(Reading(ctx, class_name, cls, Eq("objectId", object_id), params, is_get=True, as_json=as_json))
    if found.json:
        return found
    if not found.results:
        raise ObjectNotFound()
    if class_name == "_User" and object_id == ctx.auth.user_id and ctx.auth.session_token and not ctx.from_cloud:
        found.results[0]["sessionToken"] = ctx.auth.session_token
    return found


def get_doc(ctx: Context, class_name: str, object_id: str) -> Doc | None:
    """As `get`, for the server's own use: the object or None."""
    try:
        return get(ctx, class_name, object_id).results[0]
    except ObjectNotFound:
        return None


def find_docs(
    ctx: Context,
    class_name: str,
    where: Node = EVERYTHING,
    *,
    limit: int = NO_LIMIT,
    order: tuple[tuple[str, bool], ...] = (),
    keys: tuple[str, ...] | None = None,
) -> list[Doc]:
    """As `find`, for the server's own use: every match unless limited."""
    return find(ctx, class_name, FindParams(where, limit, order=order, keys=keys)).results


def count(ctx: Context, class_name: str, where: Json | Node = EVERYTHING) -> int:
    """How many objects of the class match and are visible to the caller."""
    return find(ctx, class_name, FindParams(where, 0, count=True)).count or 0


def read_where(ctx: Context, where: Json | Node) -> Node:
    """The conditions as a tree, within the caller's limits. Raises ParseError 102, 105, 107."""
    if type(where) not in _JSON:
        return where
    if where == {}:
        return EVERYTHING
    if ctx.auth.unrestricted:
        return parse_where(where, UNLIMITED, internal=True)
    settings = ctx.core.settings
    bounds = settings.request_complexity
    limits = Limits(
        None if bounds.query_depth < 0 else bounds.query_depth,
        None if bounds.subquery_depth < 0 else bounds.subquery_depth,
        settings.max_in_values,
        bounds.allow_regex,
    )
    return parse_where(where, limits)


def check_explain(ctx: Context, params: FindParams) -> None:
    """Raises ParseError 102."""
    if params.explain and not ctx.auth.is_master and not ctx.core.settings.database_options.allow_public_explain:
        raise ParseError(Code.INVALID_QUERY, "Using the explain query parameter requires the master key")


def _run(reading: Reading, selection: Selection | None = None) -> Found:
    find_triggers.before_find(reading, _refetch)
    wanted = reading.class_name
    _redirect(reading)
    if reading.class_name != wanted:
        # What a hook forbids of a class holds however the class is reached.
        find_triggers.before_find(reading, _refetch)
    ctx, cls, params = reading.ctx, reading.cls, reading.params
    selection = selection or select(ctx, cls, params)
    protected = protection_for(ctx, cls)
    check_query(cls, protected, reading.where, params.order)
    found = Found([], cls.name, cls.relations, internal=ctx.auth.is_maintenance)
    if reading.results is not None:
        found.results = reading.results
    else:
        _ask_store(reading, selection, protected, found)
    if found.plan is None and found.json is None:
        _finish(reading, selection, protected, found)
    return found


def _refetch(reading: Reading, ids: list[str]) -> dict[str, Doc]:
    """Objects that a hook gave, as far as the caller may see them."""
    ctx, cls = reading.ctx, reading.cls
    where = both(both(In("objectId", tuple(ids)), _permitted(reading)), _visible(ctx, cls.name))
    with translated(cls.name):
        return {doc["objectId"]: doc for doc in ctx.core.engine.find(cls, where)}


def _redirect(reading: Reading) -> None:
    """With redirectClassNameForKey the query runs on the class that a Relation column leads to."""
    key = reading.params.redirect_key
    if key is None:
        return
    reading.named = True
    column = reading.cls.fields.get(key)
    if column is None or column.kind != "Relation" or not column.target:
        return
    check_system_class(reading.ctx.auth, "find", column.target)
    check_class_exists(reading.ctx, column.target, reading=True)
    reading.class_name = column.target
    reading.cls = reading.ctx.core.classes.get_or_empty(column.target)


def _ask_store(reading: Reading, selection: Selection, protected: Protection, found: Found) -> None:
    ctx, cls, params = reading.ctx, reading.cls, reading.params
    wants_rows = params.limit != 0 or reading.is_get
    # A limit of 0 asks for no objects, so it needs no `find` permission: it is how SDKs count.
    permitted = _permitted(reading) if wants_rows else EVERYTHING
    countable = check_class(ctx.auth, cls, "count") if params.count else NOTHING
    where = bind(resolve(ctx, cls, reading.where, _searcher(params)), cls, now())
    if not can_hold_objects(cls.name):
        found.count = 0 if params.count else None
        return
    visible = _visible(ctx, cls.name)
    options = _options(reading, selection, protected)
    with translated(cls.name):
        if params.explain:
            plan_where = both(both(where, permitted), visible)
            found.plan = ctx.core.engine.explain(cls, plan_where, options, params.explain)
            return
        if wants_rows and permitted is not NOTHING:
            whole, began = both(both(where, permitted), visible), perf_counter()
            try:
                found.json = pass_through(reading, whole, options, selection, protected)
                if found.json is None:
                    found.results = ctx.core.engine.find(cls, whole, options)
            finally:  # the slowest of all are those that the store gave up
                asked(ctx.core, cls, whole, options, began, len(found.results if found.json is None else found.json))
        if params.count:
            whole, began = both(both(where, countable), visible), perf_counter()
            try:
                found.count = ctx.core.engine.count(cls, whole)
            finally:
                asked(ctx.core, cls, whole, ALL, began, found.count or 0)


def _permitted(reading: Reading) -> Node:
    operation = reading.operation
    permitted = check_class(reading.ctx.auth, reading.cls, operation)
    if permitted is NOTHING and operation == "get" and not reading.included:
        raise ObjectNotFound()
    return permitted


def _visible(ctx: Context, class_name: str) -> Node:
    if class_name == "_Session":
        return both(own_session(ctx.auth), readable(ctx.auth))
    return readable(ctx.auth)


def _options(reading: Reading, selection: Selection, protected: Protection) -> FindOptions:
    ctx, params = reading.ctx, reading.params
    keys = selection.fields
    if keys is not None and protected.by_owner:
        keys |= {name for name, _ in protected.by_owner}
    return FindOptions(
        limit=1 if reading.is_get else _limit(ctx, params.limit),
        skip=params.skip,
        order=params.order,
        keys=keys,
        want_score=_wants_score(reading),
        hint=params.hint,
        comment=params.comment,
        read_preference=params.read_preference,
        max_time_ms=ctx.core.settings.database_options.max_time_ms,
    )


def _limit(ctx: Context, asked: int | None) -> int | None:
    if asked is None:
        return ctx.core.settings.default_limit
    if asked == NO_LIMIT:
        return None
    most = ctx.core.settings.max_limit
    return asked if most is None else min(asked, most)


def _wants_score(reading: Reading) -> bool:
    params = reading.params
    selected = params.keys is not None and "$score" in params.keys
    if not selected and not any(path == "$score" for path, _ in params.order):
        return False
    if not _has_text(reading.where):
        raise ParseError(Code.INVALID_QUERY, "$score can only be used together with $text")
    return selected


def _has_text(node: Node) -> bool:
    return type(node) is Text or (type(node) is And and any(_has_text(part) for part in node.parts))


def _finish(reading: Reading, selection: Selection, protected: Protection, found: Found) -> None:
    ctx = reading.ctx
    hide(ctx, reading.cls, protected, found.results)
    if selection.fields is not None:
        found.results = [selection.apply(doc) for doc in found.results]
    if selection.paths:
        preference = checked_preference(reading.params.include_read_preference) or reading.params.read_preference
        expand(ctx, found.results, selection, partial(_fetch_included, preference=preference))
    if reading.named:
        for doc in found.results:
            doc["className"] = reading.class_name
    find_triggers.after_find(reading, found)


def _searcher(params: FindParams) -> Search:
    """How inner queries of a find are run."""
    preference = params.subquery_read_preference
    if preference is None:
        return search_as

    def search(ctx: Context, class_name: str, where: Node, fields: frozenset[str]) -> list[Doc]:
        return search_as(ctx, class_name, where, fields, preference=checked_preference(preference))

    return search


def search_as(ctx: Context, class_name: str, where: Node, fields: frozenset[str], *, preference: str | None = None) -> list[Doc]:
    """A query inside a query, in the caller's name: objects with at least `fields`, as far as they are not protected."""
    check_system_class(ctx.auth, "find", class_name)
    check_class_exists(ctx, class_name, reading=True)
    most = ctx.core.settings.request_complexity.subquery_limit
    limit = NO_LIMIT if ctx.auth.unrestricted or most < 0 else most
    params = FindParams(where, limit, keys=tuple(fields), read_preference=preference)
    return _run(Reading(ctx, class_name, ctx.core.classes.get_or_empty(class_name), where, params)).results


def _fetch_included(
    ctx: Context, class_name: str, ids: list[str], selection: Selection, *, preference: str | None = None
) -> tuple[dict[str, Doc], Mapping[str, str]]:
    """Objects for include; none of a class that does not exist. Raises as `get` of a class that the caller may not read."""
    check_system_class(ctx.auth, "get", class_name)
    cls = ctx.core.classes.get(class_name)
    if cls is None:
        return {}, {}
    where: Node = Eq("objectId", ids[0]) if len(ids) == 1 else In("objectId", tuple(ids))
    params = FindParams(where, NO_LIMIT, read_preference=preference)
    found = _run(Reading(ctx, class_name, cls, where, params, is_get=len(ids) == 1, included=True), selection)
    if class_name == "_User" and not ctx.auth.unrestricted:
        for doc in found.results:
            doc.pop("authData", None)
    return {doc["objectId"]: doc for doc in found.results}, found.relations
