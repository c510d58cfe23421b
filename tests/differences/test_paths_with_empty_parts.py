"""A dotted key with an empty part (`a..b`, `a.`): parse-server 500, here 105."""

import pytest

from tests.web.world import error


@pytest.mark.parametrize("name", ["a..b", "a."])
def test_every_part_has_a_name(web, name):
    made = web.create("A", a={})
    assert error(web("PUT", f"/classes/A/{made}", {name: 1})) == (400, 105, f"Invalid field name: {name}.")
