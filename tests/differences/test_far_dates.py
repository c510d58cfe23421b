"""Dates before the year 1 and after 9999: parse-server stores them, here 111, since Python has no such dates."""

import pytest

from tests.web.world import error


@pytest.mark.parametrize("iso", ["+012345-01-01T00:00:00.000Z", "-000001-01-01T00:00:00.000Z"])
def test_a_date_that_cannot_be_stored(web, iso):
    assert error(web("POST", "/classes/A", {"d": {"__type": "Date", "iso": iso}}))[:2] == (400, 111)
