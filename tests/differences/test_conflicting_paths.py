"""An update of `o` and `o.a` at once: parse-server 500, here 107 that names both."""

from tests.web.world import error


def test_two_changes_of_one_place_are_refused(web):
    place = f"/classes/A/{web.create('A', o={'a': 1})}"
    status, code, text = error(web("PUT", place, {"o": 1, "o.a": 2}))
    assert (status, code) == (400, 107)
    assert "o.a" in text
    assert web.rows("A")[0]["o"] == {"a": 1}
