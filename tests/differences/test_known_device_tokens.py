"""Posting a known `deviceToken` without a `deviceType`: parse-server 135, here the row that has the token is updated."""


def test_a_known_token_says_which_device_it_is(web):
    made = web("POST", "/installations", {"deviceType": "ios", "deviceToken": "t"})
    again = web("POST", "/installations", {"deviceToken": "t", "badge": 2})
    assert (made.status_code, again.status_code, set(again.json)) == (201, 200, {"updatedAt"})
    (row,) = web.rows("_Installation")
    assert (row["objectId"], row["deviceType"], row["badge"]) == (made.json["objectId"], "ios", 2)
