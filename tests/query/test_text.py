import pytest

from parse_shim.errors import ParseError
from parse_shim.query.ast import Text
from parse_shim.query.match import matches
from parse_shim.query.stem import stem
from parse_shim.query.text import score

CASES = [
    (Text("s", "coffee"), "Coffees and tea", True),
    (Text("s", "coffee tea"), "green tea", True),
    (Text("s", "is"), "this is it", False),
    (Text("s", "is", "none"), "this is it", False),
    (Text("s", '"green tea"'), "black or green teas", True),
    (Text("s", '"green tea"'), "tea green", False),
    (Text("s", "tea -black"), "black tea", False),
    (Text("s", 'tea -"black tea"'), "black coffee, tea", True),
    (Text("s", "-black"), "tea", False),
    (Text("s", "cafe"), "un café", True),
    (Text("s", "cafe", diacritic_sensitive=True), "un café", False),
    (Text("s", "Tea", case_sensitive=True), "tea", False),
]


@pytest.mark.parametrize("node, text, found", CASES)
def test_words_phrases_and_exclusions(node, text, found):
    assert matches(node, {"s": text}) is found


@pytest.mark.parametrize(
    "word, expected",
    [("caresses", "caress"), ("ponies", "poni"), ("running", "run"), ("relational", "relat"), ("happy", "happi"), ("hopping", "hop"),
     ("agreed", "agre"), ("generalizations", "gener"), ("sky", "sky"), ("controlling", "control"), ("café", "café")],
)  # fmt: skip
def test_stems_are_porters(word, expected):
    assert stem(word) == expected


def test_a_better_fit_scores_higher():
    node = Text("s", "coffee shop")
    assert score(node, {"s": "coffee shop"}) > score(node, {"s": "a coffee place in town"}) > score(node, {"s": "tea"}) == 0


def test_an_unknown_language_is_refused():
    with pytest.raises(ParseError):
        matches(Text("s", "a", "klingon"), {"s": "a"})
