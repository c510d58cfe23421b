"""For operators, all with the master key: log, security report, purge, job schedules, GraphQL config (contract/11, section 8)."""

from __future__ import annotations

from parse_shim.errors import TransportError
from parse_shim.rest import delete as deleting
from parse_shim.rest import graphql_config, job_schedule, read, security
from parse_shim.rest.core import Context
from parse_shim.rest.find_params import NO_LIMIT, FindParams
from parse_shim.rest.purge import purge
from parse_shim.rest.script_log import read_log
from parse_shim.values.codec import encode_doc
from parse_shim.web.call import Call, Reply
from parse_shim.web.routes.answers import doc_json, empty, written_reply
from parse_shim.web.routing import Route

CHECK_IS_OFF = "Enable Parse Server option `security.enableCheck` to run security check."


def script_log(ctx: Context, call: Call) -> Reply:
    return Reply(read_log(call.words()))


def security_report(ctx: Context, call: Call) -> Reply:
    if not ctx.settings.security.enable_check:
        raise TransportError(409, CHECK_IS_OFF)
    return Reply({"report": security.report(ctx.core)})


def purge_class(ctx: Context, call: Call, className: str) -> Reply:
    purge(ctx, className)
    return empty()


def schedules(ctx: Context, call: Call) -> Reply:
    found = read.find(ctx, job_schedule.JOB_SCHEDULE, FindParams(limit=NO_LIMIT))
    return Reply([doc_json(ctx, found.class_name, doc) for doc in found.results])


def jobs_data(ctx: Context, call: Call) -> Reply:
    return Reply(job_schedule.jobs_data(ctx))


def create_schedule(ctx: Context, call: Call) -> Reply:
    return written_reply(ctx, job_schedule.create_schedule(ctx, call.body))


def update_schedule(ctx: Context, call: Call, objectId: str) -> Reply:
    written = job_schedule.update_schedule(ctx, objectId, call.body)
    return Reply({"response": encode_doc(written.body, file_url=ctx.file_url)})


def delete_schedule(ctx: Context, call: Call, objectId: str) -> Reply:
    ctx.auth.require_writer("delete a job schedule")
    deleting.delete(ctx, job_schedule.JOB_SCHEDULE, objectId)
    return empty()


def get_graphql_config(ctx: Context, call: Call) -> Reply:
    return Reply(graphql_config.read_config(ctx))


def put_graphql_config(ctx: Context, call: Call) -> Reply:
    graphql_config.write_config(ctx, call.body)
    return Reply({"response": {"result": True}})


ROUTES = [
    Route("GET", "/scriptlog", script_log, master=True),
    Route("GET", "/security", security_report, master=True),
    Route("DELETE", "/purge/:className", purge_class, master=True),
    Route("GET", "/cloud_code/jobs", schedules, master=True),
    Route("POST", "/cloud_code/jobs", create_schedule, master=True),
    Route("GET", "/cloud_code/jobs/data", jobs_data, master=True),
    Route("PUT", "/cloud_code/jobs/:objectId", update_schedule, master=True),
    Route("DELETE", "/cloud_code/jobs/:objectId", delete_schedule, master=True),
    Route("GET", "/graphql-config", get_graphql_config, master=True),
    Route("PUT", "/graphql-config", put_graphql_config, master=True),
]
