"""Requests while the server starts: parse-server 500, here 503, which clients and proxies repeat."""

from tests.web.world import error


def test_a_server_that_is_not_ready(web):
    web.core.state = "starting"
    assert error(web("GET", "/classes/A")) == (503, 1, "Invalid server state: starting")
