"""Linking a login that somebody has to a user that the caller may not change: parse-server tells that it is taken (208), here 206."""

from tests.web.world import error


def test_rights_come_before_what_is_taken(web):
    body = {"authData": {"anonymous": {"id": "1"}}}
    web("POST", "/users", body)
    ann, headers = web.sign_up("ann")
    assert error(web("PUT", f"/users/{ann}", body)) == (400, 206, "Permission denied")
    assert error(web("PUT", f"/users/{ann}", body, headers)) == (400, 208, "this auth is already used")
