import pytest

from parse_shim.errors import ParseError
from parse_shim.query import regex
from parse_shim.query.regex import compiled, found_in, literal, plain, quoted


@pytest.mark.parametrize(
    "pattern, text, found",
    [
        ("\\Qa.c\\E", "xa.cx", True),
        ("\\Qa.c\\E", "abc", False),
        ("^\\Qa+\\Eb+$", "a+bb", True),
        ("\\Qab", "ab", True),
        ("a\\Eb", "ab", True),
        ("\\x{41}", "A", True),
        ("(?<n>a)\\k<n>", "aa", True),
        ("(*UTF8)a", "a", True),
        ("\\\\Q", "\\Q", True),
        ("(?>a+)b", "aab", True),
        ("[[:digit:]]", "5", True),
    ],
)
def test_patterns_are_read_as_pcre(pattern, text, found):
    assert found_in(pattern, "", text) is found


@pytest.mark.parametrize("text", ["a", "\\E", "a\\Eb\\E", "\\", ".*", ""])
def test_a_quoted_text_finds_itself(text):
    assert found_in("^" + quoted(text) + "$", "", text)


@pytest.mark.parametrize(
    "pattern, parts",
    [
        ("^\\Qab\\E", (True, "ab", False)),
        ("\\Qab\\E", (False, "ab", False)),
        ("\\Qab\\E$", (False, "ab", True)),
        ("^\\Qa\\E\\\\E\\Qb\\E$", (True, "a\\Eb", True)),
        ("ab", None),
        ("^\\Qab\\Ec", None),
        ("\\Qa\\Eb\\E", None),
    ],
)
def test_patterns_of_the_sdks_are_recognised(pattern, parts):
    assert literal(pattern) == parts


@pytest.mark.parametrize(
    "pattern, parts",
    [
        ("ab", (False, "ab", False)),
        ("^ab", (True, "ab", False)),
        ("ab$", (False, "ab", True)),
        ("^a b-c$", (True, "a b-c", True)),
        ("\\Qa.\\E$", (False, "a.", True)),
        *[(f"a{sign}b", None) for sign in "\\^$.|?*+()[]{}"],
        ("", None),
        ("^", None),
        ("$", None),
        ("^$", None),
    ],
)
def test_fixed_texts_need_no_quotes(pattern, parts):
    assert plain(pattern) == parts


class Clock:
    """Counts who asks for the time."""

    def __init__(self):
        self.asked = 0

    def __call__(self):
        self.asked += 1
        return 0.0


@pytest.mark.parametrize("pattern", ["abc", "^ab$", "[x]1$", "a|b", "[^a-z]x.", "\\Qa.b*\\E", "a\\*b", "\\d\\w", "[a\\]b]"])
def test_patterns_that_try_each_place_once_need_no_clock(monkeypatch, pattern):
    clock = Clock()
    monkeypatch.setattr(regex, "thread_time", clock)
    for text in ("x1", "ab", "a.b*", ""):
        assert found_in(pattern, "", text) is bool(compiled(pattern).search(text))
    assert clock.asked == 0


@pytest.mark.parametrize("pattern", ["(a)", "a*", "a+", "a?", "a{2}", "(a)\\1", "[[:alpha:]]", "(?=a)", "(?i)a", "\\p{L}", "(a|a)(a|a)"])
def test_patterns_that_may_try_again_are_timed(monkeypatch, pattern):
    clock = Clock()
    monkeypatch.setattr(regex, "thread_time", clock)
    found_in(pattern, "", "aaa")
    assert clock.asked == 2


def test_a_long_text_is_timed_whatever_the_pattern(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(regex, "thread_time", clock)
    assert not found_in("ab" * 50 + "$", "", "ab" * 10_000 + "x")
    assert clock.asked == 2


def test_slow_matches_of_one_pattern_add_up(monkeypatch):
    ticks = iter(range(0, 1000, 1))
    monkeypatch.setattr(regex, "thread_time", lambda: next(ticks) * 0.09)
    with pytest.raises(ParseError):
        for _ in range(100):
            found_in("slow+", "", "x")
