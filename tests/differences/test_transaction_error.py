"""The answer to a batch with `transaction` that fails: parse-server 500 with no reason, here the status, code and text of
the request that failed.
"""

from tests.web.world import error


def test_a_failed_transaction_says_why(web):
    web.create("A", n=1)
    requests = [{"method": "POST", "path": "/parse/classes/A", "body": {"n": value}} for value in (2, "text")]
    answer = web("POST", "/batch", {"transaction": True, "requests": requests})
    assert error(answer) == (400, 111, "schema mismatch for A.n; expected Number but got String")
    assert len(web.rows("A")) == 1
