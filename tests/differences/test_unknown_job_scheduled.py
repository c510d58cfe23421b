"""Scheduling a job that nobody wrote: parse-server 500, here 400 with the same text."""

from tests.web.world import error


def test_an_unknown_job_cannot_be_scheduled(web):
    answer = web.master("POST", "/cloud_code/jobs", {"job_schedule": {"jobName": "nobody"}})
    assert error(answer) == (400, 1, "Cannot Schedule a job that is not deployed")
