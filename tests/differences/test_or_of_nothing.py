"""`$or` of no conditions or of null: parse-server 500, here 102."""

import pytest


@pytest.mark.parametrize("word", ["$or", "$and", "$nor"])
@pytest.mark.parametrize("conditions", [[], [None], {"0": {}}])
def test_a_choice_needs_conditions(web, word, conditions):
    answer = web("POST", "/classes/A", {"_method": "GET", "where": {word: conditions}})
    assert (answer.status_code, answer.json.get("code")) == (400, 102) or (word, conditions, answer.status_code) == ("$and", [], 200)
