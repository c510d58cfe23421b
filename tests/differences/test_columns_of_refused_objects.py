"""Creating an object with a malformed operation (107): parse-server has added its new columns by then, here the class stays as it was."""

from tests.web.world import error


def test_a_refused_object_leaves_no_columns(web):
    web.create("A", n=1)
    assert error(web("POST", "/classes/A", {"late": 1, "n": {"__op": "Increment", "amount": "x"}}))[:2] == (400, 107)
    assert "late" not in web.master("GET", "/schemas/A").json["fields"]
