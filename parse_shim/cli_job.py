"""`parse-shim run-job`: one background job, here and now, for cron and for hands."""

import json
from collections.abc import Mapping
from typing import Any

import click

from parse_shim.cli_load import fail, in_a_line, settings_of
from parse_shim.errors import EngineError, ParseError
from parse_shim.rest.core import MASTER, Context
from parse_shim.rest.jobs import run_job
from parse_shim.values.codec import encode_doc

# Nothing is served, so the keys do not matter.
_KEYS = {"appId": "job", "masterKey": "job"}


def run(config: str | None, options: Mapping[str, Any], name: str, params: str | None) -> None:
    """Run the job and print its `_JobStatus`; end with status 1 when it failed."""
    from parse_shim.web.assemble import assemble

    settings = settings_of(config, options, _KEYS)
    with in_a_line():
        core = assemble(settings)
    try:
        row = run_job(Context(core, MASTER, base_url=settings.server_url), name, _params(params))
    except (ParseError, EngineError) as error:
        fail(str(error))
    finally:
        core.close()
        core.engine.close()
    click.echo(json.dumps(encode_doc(row), ensure_ascii=False))
    if row.get("status") != "succeeded":
        raise SystemExit(1)


def _params(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except ValueError as error:
        fail(f"--params is not JSON: {error}")
    if not isinstance(found, dict):
        fail("--params must be a JSON object")
    return dict(found)
