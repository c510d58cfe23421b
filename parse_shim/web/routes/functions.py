"""/functions and /jobs (contract/10, sections 12 and 13)."""

from __future__ import annotations

from parse_shim.rest.core import Context
from parse_shim.rest.functions import call_function, params_of
from parse_shim.rest.jobs import start_job
from parse_shim.rest.write_checks import denylist
from parse_shim.values.types import Json
from parse_shim.web.call import Call, Reply
from parse_shim.web.multipart import read_multipart
from parse_shim.web.routing import Route


def call(ctx: Context, call: Call, name: str) -> Reply:
    body = read_multipart(call.raw, call.content_type) if call.raw else call.body
    answer = call_function(ctx, name, _params(ctx, body, call))
    reply = Reply(answer.body, answer.status)
    for header, value in answer.headers.items():
        _add_header(reply, str(header), str(value))
    return reply


def start(ctx: Context, call: Call, name: str) -> Reply:
    job_id = start_job(ctx, name, _params(ctx, call.body, call))
    return Reply({}, 200, {"X-Parse-Job-Status-Id": job_id})


def start_named(ctx: Context, call: Call) -> Reply:
    """The name stands in the body."""
    name = call.body.get("jobName")
    call.body = {key: value for key, value in call.body.items() if key != "jobName"}
    return start(ctx, call, name if isinstance(name, str) else "")


def _params(ctx: Context, body: Json, call: Call) -> dict[str, Json]:
    """Raises ParseError 105 for a prohibited keyword (contract/13: requestKeywordDenylist holds for every body)."""
    params = params_of(body, call.query)
    denylist(ctx.core).check(params)
    return params


def _add_header(reply: Reply, name: str, value: str) -> None:
    """A function's own header. Line breaks become blanks: a header must not make another one."""
    clean = " ".join(value.split("\r\n")).replace("\r", " ").replace("\n", " ")
    if name.lower() == "content-type":
        reply.content_type = clean
    elif name.replace("-", "").replace("_", "").isalnum() and name.isascii():
        reply.headers[name] = clean.encode("utf-8", "replace").decode("latin-1")


ROUTES = [
    Route("POST", "/functions/:name", call),
    Route("POST", "/jobs/:name", start, master=True),
    Route("POST", "/jobs", start_named, master=True),
]
