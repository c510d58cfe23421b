"""Ordering by or asking for `$score` without `$text`: parse-server 500, here 102."""

import pytest

from tests.web.world import error


@pytest.mark.parametrize("words", ["order=$score", "keys=$score"])
def test_a_score_needs_a_search(web, words):
    web.create("A", n=1)
    assert error(web("GET", f"/classes/A?{words}"))[:2] == (400, 102)
