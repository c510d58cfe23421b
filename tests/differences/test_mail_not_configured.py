"""A mail where none is set up (`/requestPasswordReset`, `/verificationEmailRequest`): parse-server 500, here 400 with the same text."""

import pytest

from parse_shim.rest.emails import NOT_CONFIGURED
from tests.web.world import error


@pytest.mark.parametrize("path", ["/requestPasswordReset", "/verificationEmailRequest"])
def test_a_server_without_mail_says_so(web, path):
    assert error(web("POST", path, {"email": "ann@x.org"})) == (400, 1, NOT_CONFIGURED)
