"""parse-server answers 500 to `POST /batch/` and `POST /batch?x=1`; here they are `POST /batch`."""

import pytest


@pytest.mark.parametrize("path", ["/batch/", "/batch?x=1"])
def test_a_batch_is_a_batch_however_its_url_is_written(web, path):
    answer = web("POST", path, {"requests": [{"method": "POST", "path": "/parse/classes/A", "body": {"n": 1}}]})
    assert [row["n"] for row in web.rows("A")] == [1]
    assert answer.json[0]["success"]["objectId"]
