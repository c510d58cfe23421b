"""A create with null for a field that has a default: parse-server 500, here 142."""

from tests.web.world import error


def test_null_does_not_stand_for_the_default(web):
    web.master("POST", "/schemas/A", {"fields": {"n": {"type": "Number", "defaultValue": 7}}})
    assert error(web("POST", "/classes/A", {"n": None}))[:2] == (400, 142)
    web.create("A")
    assert [row["n"] for row in web.rows("A")] == [7]
