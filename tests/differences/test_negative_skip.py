"""A negative `skip`: parse-server 500, here 102."""

from tests.web.world import error


def test_nothing_can_be_skipped_backwards(web):
    assert error(web("GET", "/classes/A?skip=-1")) == (400, 102, "skip must not be negative")
