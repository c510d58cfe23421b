"""Deleting an installation's `deviceToken`: parse-server 107, here it is cleared."""


def test_a_device_token_can_be_taken_away(web):
    web("POST", "/installations", {"deviceType": "ios", "deviceToken": "t1", "installationId": "i1"})
    place = f"/installations/{web.rows('_Installation')[0]['objectId']}"
    assert web.master("PUT", place, {"deviceToken": {"__op": "Delete"}}).status_code == 200
    assert "deviceToken" not in web.rows("_Installation")[0]
