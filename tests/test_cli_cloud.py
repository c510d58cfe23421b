"""`parse-shim run-job` and `parse-shim types`."""

import json
import sys

import pytest
from click.testing import CliRunner

from parse_shim.cli import main

CLOUD = """
from parse_shim import Object, Query, cloud

@cloud.job
def count(request):
    Object("Counted", by=request.params.get("by", 1)).save(use_master_key=True)
    return f"{Query('Counted').count(use_master_key=True)} now"

@cloud.job
def broken(request):
    raise ValueError("no")
"""


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Run a command in a folder with an application."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "jobs_under_test.py").write_text(CLOUD)
    options = ["--cloud", "jobs_under_test", "--database-uri", f"sqlite:///{tmp_path}/p.db", "--set", "allowClientClassCreation=true"]
    yield lambda *words: CliRunner().invoke(main, [*words, *options])
    sys.modules.pop("jobs_under_test", None)


def test_run_job_prints_how_it_ended(command):
    done = command("run-job", "count", "--params", '{"by": 5}')
    assert done.exit_code == 0, done.output
    row = json.loads(done.stdout.splitlines()[-1])
    assert (row["status"], row["message"], row["jobName"]) == ("succeeded", "1 now", "count")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run-job", "broken"), '"status": "failed"'),
        (("run-job", "nope"), "Invalid job."),
        (("run-job", "count", "--params", "x"), "--params is not JSON"),
        (("run-job", "count", "--params", "[]"), "--params must be a JSON object"),
    ],
)
def test_run_job_that_fails_ends_with_1(command, words, said):
    done = command(*words)
    assert done.exit_code == 1
    assert said in done.output


def test_types_writes_a_stub_of_the_live_schema(command, tmp_path):
    assert command("run-job", "count").exit_code == 0
    done = command("types", "--output", "classes.pyi")
    assert done.exit_code == 0, done.output
    assert 'Literal["by"]) -> float' in (tmp_path / "classes.pyi").read_text()
