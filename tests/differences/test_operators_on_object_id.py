"""An unknown operator on `objectId`: parse-server hands it to the database and answers 500, here 107 as on any field."""

from tests.web.world import error


def test_an_unknown_operator_on_the_id(web):
    where = {"objectId": {"$foo": 1}}
    assert error(web("POST", "/classes/A", {"_method": "GET", "where": where})) == (400, 107, "bad constraint: $foo")
