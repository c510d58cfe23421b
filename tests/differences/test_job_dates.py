"""`updatedAt` of a job's record: parse-server leaves it in 1970, here it is kept."""

import time


def test_a_jobs_record_has_its_dates(serve):
    web = serve(
        """
        @cloud.job
        def work(request):
            return "done"
        """
    )
    web.master("POST", "/jobs/work", {})
    end = time.monotonic() + 10
    while (row := web.rows("_JobStatus")[0])["status"] == "running" and time.monotonic() < end:
        time.sleep(0.01)
    assert row["status"] == "succeeded"
    assert row["updatedAt"] >= row["createdAt"] > "2020"
