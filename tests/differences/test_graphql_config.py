"""A GraphQL config that is none: parse-server 500, here 400."""

from tests.web.world import error


def test_a_config_with_an_unknown_key(web):
    assert error(web.master("PUT", "/graphql-config", {"params": {"nope": 1}}))[0] == 400
