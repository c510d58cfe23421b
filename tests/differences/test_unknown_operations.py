"""An operation that does not exist, and one on no objects: parse-server 500, here 400."""

import pytest

from tests.web.world import error


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ({"__op": "SetOnInsert", "amount": 1}, 108),
        ({"__op": "Nope"}, 108),
        ({"__op": "AddRelation", "objects": []}, 107),
        ({"__op": "RemoveRelation"}, 107),
    ],
)
def test_an_operation_that_says_nothing(web, operation, code):
    place = f"/classes/A/{web.create('A', n=1)}"
    assert error(web("PUT", place, {"x": operation}))[:2] == (400, code)
