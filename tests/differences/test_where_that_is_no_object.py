"""A `where` that is a number, a boolean or null: parse-server 500, here 107."""

import pytest

from tests.web.world import error


@pytest.mark.parametrize("where", [5, True, None])
def test_conditions_are_an_object(web, where):
    assert error(web("POST", "/classes/A", {"_method": "GET", "where": where}))[:2] == (400, 107)
