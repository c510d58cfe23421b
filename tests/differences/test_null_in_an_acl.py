"""An ACL entry that is null: parse-server 500, here 123."""

from tests.web.world import error


def test_an_acl_entry_is_a_map(web):
    assert error(web("POST", "/classes/A", {"ACL": {"*": None}})) == (400, 123, "Invalid ACL.")
