"""Increment, Add and AddUnique on a stored null: parse-server 500, here 400 with a text."""

import pytest

from tests.web.world import error

OPERATIONS = [{"__op": "Increment", "amount": 1}, {"__op": "Add", "objects": [1]}, {"__op": "AddUnique", "objects": [1]}]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation["__op"])
def test_null_is_no_number_and_no_list(web, operation):
    place = f"/classes/A/{web.create('A', x=None)}"
    status, code, text = error(web("PUT", place, {"x": operation}))
    assert (status, code in (107, 111)) == (400, True)
    assert text
