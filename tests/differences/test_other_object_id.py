"""An update whose body has another `objectId` than its URL: parse-server 500, here 105."""

from tests.web.world import error


def test_an_id_cannot_be_changed(web):
    place = f"/classes/A/{web.create('A', n=1)}"
    assert error(web("PUT", place, {"objectId": "other"})) == (400, 105, "objectId is an invalid field name.")
