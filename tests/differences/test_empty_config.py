"""Storing a config without parameters: parse-server shows a text of its database, here a plain one."""

from tests.web.world import error


def test_a_config_needs_parameters(web):
    status, code, text = error(web.master("PUT", "/config", {}))
    assert (status, code) == (400, 141)
    assert "atomic" not in text
