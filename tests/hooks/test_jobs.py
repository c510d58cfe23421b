"""Background jobs and timers (contract/10, section 13)."""

import threading

import pytest

from parse_shim.errors import ParseError
from parse_shim.rest import jobs, locks, schedule


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("return 'done!'", "succeeded", "done!"),
        ("return {'status': 1}", "succeeded", "half"),
        ("pass", "succeeded", "half"),
        ("raise Exception('cloud job failed')", "failed", "cloud job failed"),
        ("raise ParseError(102, 'mine')", "failed", "mine"),
        ("request.message(5); request.message('')", "succeeded", "half"),
    ],
)
def test_how_a_job_ends(app, body, status, message):
    server = app(f"@cloud.job('j')\ndef j(request):\n    request.message('half')\n    {body}\n")
    row = jobs.run_job(server.master.context, "j")
    assert (row["status"], row["message"], row["jobName"], row["source"]) == (status, message, "j", "api")
    assert row["finishedAt"] and row["updatedAt"] >= row["createdAt"] and row["ACL"] == {}
    assert "params" not in row


def test_a_job_runs_on_behind_the_answer(app):
    server = app(
        """
        import threading
        go, done = threading.Event(), threading.Event()
        @cloud.job
        async def slow(request):
            await request.message("waiting")
            await asyncio.to_thread(go.wait, 10)
            seen.append((request.params["d"].year, request.user, request.job_name))
            done.set()
        """
    )
    job_id = jobs.start_job(server.master.context, "slow", {"d": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}})
    assert jobs.job_status(server.core, job_id)["status"] == "running"
    server.module.go.set()
    assert server.module.done.wait(10)
    assert server.seen == [(2020, None, "slow")]


def test_jobs_that_cannot_start(app):
    server = app("@cloud.job('j')\ndef j(request): pass\n")
    with pytest.raises(ParseError) as caught:
        jobs.start_job(server.master.context, "nope", {})
    assert (caught.value.code, caught.value.message) == (141, "Invalid job.")


def test_cloud_code_starts_jobs_and_asks_for_their_status(app):
    server = app(
        """
        @cloud.job("j")
        def j(request): seen.append(request.params)
        @cloud.function
        def f(request):
            job_id = cloud.start_job("j", {"a": 1})
            return [cloud.get_jobs_data(), cloud.get_job_status(job_id)["jobName"]]
        """
    )
    assert server.call("f") == {"result": [{"in_use": [], "jobs": ["j"]}, "j"]}


TIMER = """
import threading
ran = threading.Semaphore(0)
@cloud.every(0.2, name="tick")
def tick(request):
    seen.append(request.name)
    Object("C").save(use_master_key=True)
    ran.release()
"""


def test_a_timer_runs_again_and_again_in_one_process_at_a_time(app):
    server = app(TIMER)
    schedulers = [schedule.start_schedules(server.core) for _ in range(3)]
    try:
        assert all(server.module.ran.acquire(timeout=10) for _ in range(2))
        assert locks.holder(server.core, schedule.LOCK_CLASS, "tick")
    finally:
        for scheduler in schedulers:
            scheduler.stop()
    assert 2 <= len(server.seen) <= 4
    assert len(server.master.find("C")) >= 2


def test_a_timer_that_fails_goes_on(app):
    server = app(TIMER.replace('Object("C").save(use_master_key=True)', "ran.release(); raise Exception('x')"))
    scheduler = schedule.start_schedules(server.core)
    try:
        assert all(server.module.ran.acquire(timeout=10) for _ in range(2))
    finally:
        scheduler.stop()


def test_no_timers_no_threads(app):
    before = set(threading.enumerate())
    assert schedule.start_schedules(app("").core) is None
    assert set(threading.enumerate()) <= before
