"""A request id is honoured once (contract/01, section 11). Off unless `idempotencyOptions.paths` is set."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

from parse_shim import ids
from parse_shim.errors import Code, DuplicateKey, ParseError
from parse_shim.query.ast import And, Compare, Eq
from parse_shim.rest.core import Context, Core
from parse_shim.rest.engine_errors import translated

CLASS = "_Idempotency"
GUARDED = re.compile(r"/(?:classes/[^/]+|users|installations)(?:/[^/]+)?/?|/(?:functions|jobs)/[^/]+/?|/jobs/?")
SWEEP_SECONDS = 60.0
LONG_AGO = Compare("expire", "gt", datetime(1970, 1, 1))
"""SQLite takes an index for a range with two ends only."""


def check_request(ctx: Context, method: str, path: str, request_id: str | None) -> None:
    """Burn the id of a POST or PUT before it runs. `path` without the mount. Raises 159 for its second use."""
    options = ctx.core.settings.idempotency_options
    if not request_id or not options.paths or method not in ("POST", "PUT") or not _is_guarded(options.paths, path):
        return
    now = ids.now()
    doc = {
        "objectId": ids.new_object_id(ctx.core.settings.object_id_size),
        "createdAt": now,
        "updatedAt": now,
        "reqId": request_id,
        "expire": now + timedelta(seconds=options.ttl),
        "ACL": {},
    }
    core = ctx.core
    _sweep(core)
    cls = core.classes.ensure(CLASS)
    with translated(CLASS):
        try:
            core.engine.insert(cls, dict(doc))
        except DuplicateKey:
            # Only a memory that has run out makes room; MongoDB's TTL index lags by up to a minute.
            expired = And((Eq("reqId", request_id), Compare("expire", "lte", now)))
            if not core.engine.delete(cls, expired):
                raise ParseError(Code.DUPLICATE_REQUEST, "Duplicate request") from None
            core.engine.insert(cls, doc)


@lru_cache(maxsize=1024)
def _is_guarded(patterns: tuple[str, ...], path: str) -> bool:
    if not GUARDED.fullmatch(path):
        return False
    return any(re.search(pattern if pattern.startswith("/") else "/" + pattern, path) for pattern in patterns)


def _sweep(core: Core) -> None:
    """Forget what has expired, once a minute at most: only MongoDB does it by itself."""
    now = ids.timestamp()
    if now - float(core.extras.get("idempotency_swept", 0.0)) < SWEEP_SECONDS:
        return
    core.extras["idempotency_swept"] = now
    with translated(CLASS):
        core.engine.delete(core.classes.get_or_empty(CLASS), And((LONG_AGO, Compare("expire", "lte", ids.now()))))
