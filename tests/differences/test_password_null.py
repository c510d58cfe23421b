"""Setting a password to null or deleting it: parse-server 500, here 201."""

import pytest

from tests.web.world import error


@pytest.mark.parametrize("value", [None, {"__op": "Delete"}])
def test_a_password_cannot_be_taken_away(web, value):
    user, headers = web.sign_up()
    assert error(web("PUT", f"/users/{user}", {"password": value}, headers))[:2] == (400, 201)
    assert web("POST", "/login", {"username": "ann", "password": "secret"}).status_code == 200
