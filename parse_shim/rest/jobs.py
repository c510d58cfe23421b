"""Background jobs: POST /jobs/NAME, and their rows in `_JobStatus`. Source: contract/10, section 13.

A job runs on in this process after the answer. Its row says `running` until it ends; a process that dies leaves it so.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from parse_shim import ids
from parse_shim.errors import ParseError, ScriptFailed
from parse_shim.hooks.kinds import JOB
from parse_shim.hooks.registry import Hook
from parse_shim.hooks.requests import Caller, JobRequest
from parse_shim.hooks.run import call
from parse_shim.query.ast import Eq
from parse_shim.query.options import ONE
from parse_shim.rest.core import Auth, Context, Core
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.functions import decode_param, encode_result
from parse_shim.rest.session_impl import session_for
from parse_shim.update.ops import Set, Update
from parse_shim.values.types import Doc, Json

log = logging.getLogger(__name__)

STATUS = "_JobStatus"


def start_job(ctx: Context, name: str, params: Mapping[str, Json]) -> str:
    """Start a job in the background; the id of its `_JobStatus` (header X-Parse-Job-Status-Id). The caller has checked the master key.

    Raises ParseError 141 `Invalid job.`, 119 for the read-only key.
    """
    ctx.auth.require_writer("run a job")
    hook = _hook(ctx.core, name)
    values = {key: decode_param(ctx, value) for key, value in params.items()}
    job_id = _begin(ctx.core, name)
    in_background(lambda: _run(ctx, hook, job_id, values), f"job {name}")
    return job_id


def start_for_cloud(ctx: Context, name: str, params: Mapping[str, Any]) -> str:
    """As `start_job`, for cloud code."""
    return start_job(ctx, name, {key: encode_result(value, ctx.file_url) for key, value in params.items()})


def run_job(ctx: Context, name: str, params: Mapping[str, Json] | None = None) -> Doc:
    """Run a job here and now; its `_JobStatus` when it has ended. For the command line and tests. Raises ParseError 141."""
    hook = _hook(ctx.core, name)
    job_id = _begin(ctx.core, name)
    _run(ctx, hook, job_id, {key: decode_param(ctx, value) for key, value in (params or {}).items()})
    return job_status(ctx.core, job_id) or {}


def job_status(core: Core, job_id: str) -> Doc | None:
    """The row of one run."""
    with translated(STATUS):
        found = core.engine.find(core.classes.get_or_empty(STATUS), Eq("objectId", job_id), ONE)
    return found[0] if found else None


def in_background(work: Callable[[], Any], name: str) -> None:
    """In a thread of its own, which is a greenlet under gevent."""
    threading.Thread(target=work, name=name, daemon=True).start()


def _hook(core: Core, name: str) -> Hook:
    hook = core.hooks.find(JOB, name)
    if hook is None:
        raise ScriptFailed("Invalid job.")
    return hook


def _begin(core: Core, name: str) -> str:
    moment = ids.now()
    doc: Doc = {
        "objectId": ids.new_object_id(core.settings.object_id_size),
        "createdAt": moment,
        "updatedAt": moment,
        "jobName": name,
        "status": "running",
        "source": "api",
        "ACL": {},
    }
    cls = core.classes.ensure(STATUS)
    with translated(STATUS):
        core.engine.insert(cls, dict(doc))
    return str(doc["objectId"])


def _run(ctx: Context, hook: Hook, job_id: str, params: dict[str, Any]) -> None:
    """Without user, rights or time limit. Raises nothing."""
    own = replace(ctx, auth=Auth(roles_of=ctx.auth.roles_of), ip=None, cloud={}, from_cloud=True)
    caller = Caller(ip=ctx.ip, headers=ctx.headers, config=ctx.core.settings, video=ctx.core.video, log=ctx.core.log)
    request = JobRequest(hook.target, job_id, params, caller, lambda text: _note(ctx.core, job_id, {"message": Set(text)}))
    try:
        result = call(hook, request, session=session_for(own))
    except ParseError as problem:
        _end(ctx.core, job_id, "failed", problem.message)
    except BaseException:
        _end(ctx.core, job_id, "failed", "the server was stopped")
        raise
    else:
        _end(ctx.core, job_id, "succeeded", result)


def _end(core: Core, job_id: str, status: str, message: Any) -> None:
    changes: Update = {"status": Set(status), "finishedAt": Set(ids.now())}
    if message and isinstance(message, str):
        changes["message"] = Set(message)
    _note(core, job_id, changes)


def _note(core: Core, job_id: str, changes: Update) -> None:
    """Write into the row; a store that is away must not end the job."""
    try:
        with translated(STATUS):
            core.engine.update(core.classes.get_or_empty(STATUS), Eq("objectId", job_id), {**changes, "updatedAt": Set(ids.now())})
    except ParseError:
        log.exception("the status of job %s could not be written", job_id)
