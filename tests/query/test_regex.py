import pytest

from parse_shim.errors import ParseError
from parse_shim.query import regex
from parse_shim.query.regex import found_in, literal, plain, quoted


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


def test_slow_matches_of_one_pattern_add_up(monkeypatch):
    ticks = iter(range(0, 1000, 1))
    monkeypatch.setattr(regex, "thread_time", lambda: next(ticks) * 0.09)
    with pytest.raises(ParseError):
        for _ in range(100):
            found_in("slow+", "", "x")
