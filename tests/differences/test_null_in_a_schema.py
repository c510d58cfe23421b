"""A schema's field that is null: parse-server 500, here 107."""

from tests.web.world import error


def test_a_field_is_described_by_an_object(web):
    assert error(web.master("POST", "/schemas/A", {"fields": {"x": None}}))[:2] == (400, 107)
    assert web.master("GET", "/schemas/A").status_code == 400
