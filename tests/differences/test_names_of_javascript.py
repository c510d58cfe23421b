"""Writing classes named like members of JavaScript's objects: parse-server 500, here 107."""

import pytest

from tests.web.world import error


@pytest.mark.parametrize("name", ["constructor", "__proto__"])
def test_a_name_that_means_something_else(web, name):
    assert error(web("POST", f"/classes/{name}", {"n": 1})) == (400, 107, "schema class name does not revalidate")
