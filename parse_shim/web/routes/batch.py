"""/batch: many calls in one, over the same routes and without HTTP (contract/01, section 11).

Items run one after the other, in their order; a list that cannot be routed as a whole is refused before the first one runs.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from parse_shim.errors import Code, ParseError, TransportError
from parse_shim.rest.access import require_master
from parse_shim.rest.batch import Item, create_together, may_create_together, transaction
from parse_shim.rest.core import Context
from parse_shim.rest.write_state import Written
from parse_shim.values.jstext import js_text
from parse_shim.values.php import as_object
from parse_shim.values.types import MISSING, Json
from parse_shim.web.allowed import check_allowed_route
from parse_shim.web.call import Call, Reply
from parse_shim.web.envelope import decoded
from parse_shim.web.replies import item_error
from parse_shim.web.routes.answers import written_reply
from parse_shim.web.routing import Match, Route, run


@dataclass(frozen=True, slots=True)
class Planned:
    """One item with its route."""

    match: Match
    call: Call


def batch(ctx: Context, call: Call) -> Reply:
    requests = call.body.get("requests")
    if not isinstance(requests, list):
        raise _bad("requests must be an array")
    _check_size(ctx, requests)
    prefixes = _prefixes(ctx)
    planned = [_plan(prefixes, call, item) for item in requests]
    _check_limits(ctx, call, planned)
    if call.body.get("transaction") is True:
        return Reply(_together(ctx, planned))
    return Reply([answer for class_name, run in groupby(planned, partial(_alike, ctx)) for answer in _run(ctx, class_name, list(run))])


def _alike(ctx: Context, item: Planned) -> str | None:
    """The class of a create that may be stored together with its neighbours."""
    if item.match.route.operation != "create":
        return None
    class_name = item.match.route.class_name or item.match.parts["className"]
    return class_name if may_create_together(ctx, class_name) else None


def _run(ctx: Context, class_name: str | None, items: list[Planned]) -> list[dict[str, Any]]:
    """Items one after the other; creates of `class_name` in one go."""
    if class_name is None or len(items) == 1:
        return [_one(ctx, item) for item in items]
    contexts = [ctx.apart() for _ in items]
    outcomes = create_together(contexts, class_name, [item.call.body for item in items])
    return [_told(ctx, outcome) for outcome in outcomes]


def _told(ctx: Context, outcome: Written | Exception) -> dict[str, Any]:
    if isinstance(outcome, Exception):
        return {"error": item_error(outcome, ctx.settings)}
    return {"success": written_reply(ctx, outcome).body}


def _one(ctx: Context, item: Planned) -> dict[str, Any]:
    own = ctx.apart()
    try:
        if item.match.route.master:
            require_master(own)
        return {"success": run(item.match, own, item.call).body}
    except Exception as error:
        return {"error": item_error(error, ctx.settings)}


def _together(ctx: Context, planned: list[Planned]) -> list[dict[str, Any]]:
    """All or nothing. The error of the first item that fails is the answer."""
    answers = transaction(ctx, [_item(item) for item in planned])
    return [{"success": {} if written is None else written_reply(ctx, written).body} for written in answers]


def _item(planned: Planned) -> Item:
    route, parts = planned.match.route, planned.match.parts
    if route.operation is None:
        raise _bad("only creating, updating and deleting objects is possible in a transaction")
    class_name = route.class_name or parts["className"]
    return Item(route.operation, class_name, parts.get("objectId"), planned.call.body)


def _plan(prefixes: list[str], call: Call, item: Json) -> Planned:
    path = item.get("path") if isinstance(item, dict) else None
    if not isinstance(path, str):
        raise _bad("batch request path must be a string")
    below = _below_mount(prefixes, path)
    shown = f"{js_text(item.get('method', MISSING))} {below[:200]}"
    segments = _segments(below)
    if segments[:1] == ("batch",):
        raise _bad("nested batch requests are not allowed")
    method = item.get("method")
    match = call.server.router.find(method, segments) if isinstance(method, str) else None
    if match is None or not match.route.batch:
        raise _bad(f"cannot route {shown}")
    return Planned(match, call.item(method, segments, path, _body(item)))


def _body(item: dict[str, Json]) -> dict[str, Json]:
    body = as_object(item.get("body"))
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise _bad("batch request body must be an object")
    return body


def _below_mount(prefixes: list[str], path: str) -> str:
    """The path after the mount as clients know it: this server's own, or that of its public address."""
    clean = "/" + posixpath.normpath(path).lstrip("/")
    for prefix in prefixes:
        if path.startswith("/") and clean.startswith(prefix + "/"):
            return clean[len(prefix) :]
    raise _bad(f"cannot route batch path {path[:200]}")


def _prefixes(ctx: Context) -> list[str]:
    settings = ctx.settings
    found = [settings.mount_path]
    for url in (settings.public_server_url, settings.server_url):
        if isinstance(url, str):
            found.append(urlsplit(url).path.rstrip("/"))
    return found


def _segments(path: str) -> tuple[str, ...]:
    try:
        return tuple(decoded(part) for part in path.split("/") if part)
    except TransportError as error:
        raise _bad(error.message)


def _check_size(ctx: Context, requests: list[Json]) -> None:
    most = ctx.settings.request_complexity.batch_request_limit
    if most >= 0 and len(requests) > most and not ctx.auth.is_master:
        text = f"Batch request contains {len(requests)} sub-requests, which exceeds the limit of {most}."
        raise _bad(text)


def _check_limits(ctx: Context, call: Call, planned: list[Planned]) -> None:
    """What stands before the session in a single request: allowed routes and rate limits, for the batch as a whole."""
    for item in planned:
        check_allowed_route(ctx.settings.route_allow_list, ctx.auth.kind, item.call.segments)
    if call.server.limits:
        counted = [(item.call.method, "/" + "/".join(item.call.segments)) for item in planned]
        call.server.limits.check(call.server.caller(call, ctx.auth.kind), counted, batch=True)


def _bad(text: str) -> ParseError:
    return ParseError(Code.INVALID_JSON, text)


ROUTES = [Route("POST", "/batch", batch, batch=False)]
