"""/cloud_code/jobs: rows of `_JobSchedule`, which an outside scheduler acts on. Source: contract/10, section 13."""

from __future__ import annotations

from typing import Any

from parse_shim import ids
from parse_shim.errors import Code, ParseError
from parse_shim.hooks.kinds import JOB
from parse_shim.query.ast import EVERYTHING
from parse_shim.query.options import ALL
from parse_shim.rest import write
from parse_shim.rest.core import Context, Core
from parse_shim.rest.engine_errors import translated
from parse_shim.values.dates import iso
from parse_shim.values.types import Json

JOB_SCHEDULE = "_JobSchedule"


def job_names(core: Core) -> list[str]:
    """Jobs that cloud code defines."""
    return sorted(core.hooks.names(JOB))


def jobs_data(ctx: Context) -> dict[str, list[str]]:
    """{"in_use": names with a schedule, "jobs": all names}."""
    with translated(JOB_SCHEDULE):
        rows = ctx.core.engine.find(ctx.core.classes.get_or_empty(JOB_SCHEDULE), EVERYTHING, ALL)
    used = {row["jobName"] for row in rows if isinstance(row.get("jobName"), str)}
    return {"in_use": sorted(used), "jobs": job_names(ctx.core)}


def create_schedule(ctx: Context, body: Json) -> write.Written:
    """`body` is {"job_schedule": {...}}. Raises ParseError 1 as a 400 for a job that does not exist (the peer: 500)."""
    ctx.auth.require_writer("create a job schedule")
    fields = _fields(ctx, body)
    fields.setdefault("startAfter", iso(ids.now()))
    return write.create(ctx, JOB_SCHEDULE, fields)


def update_schedule(ctx: Context, object_id: str, body: Json) -> write.Written:
    ctx.auth.require_writer("update a job schedule")
    return write.update(ctx, JOB_SCHEDULE, object_id, _fields(ctx, body))


def _fields(ctx: Context, body: Json) -> dict[str, Any]:
    fields = body.get("job_schedule") if isinstance(body, dict) else None
    if not isinstance(fields, dict):
        raise ParseError(Code.INVALID_JSON, "job_schedule must be an object")
    name = fields.get("jobName")
    if name is not None and name not in job_names(ctx.core):
        raise ParseError(Code.INTERNAL_SERVER_ERROR, "Cannot Schedule a job that is not deployed", status=400)
    return dict(fields)
