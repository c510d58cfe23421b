"""English stems by Porter's algorithm, as SQLite's `porter` tokenizer has them.

Source: M. F. Porter, "An algorithm for suffix stripping", Program 14 (1980).
"""

from __future__ import annotations

import re
from functools import lru_cache

_VOWELS = "aeiou"
_STEP_2 = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"),
    ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
    ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
    ("iviti", "ive"), ("biliti", "ble"), ("logi", "log"),
)  # fmt: skip
_STEP_3 = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
)  # fmt: skip
_STEP_4 = (
    "al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize".split()
)  # fmt: skip


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """`running` -> `run`. Words of other letters than a-z, and short ones, stay."""
    if len(word) < 3 or not (word.isascii() and word.isalpha() and word.islower()):
        return word
    for step in (_plural, _past, _y, _step_2, _step_3, _step_4, _last_e, _last_l):
        word = step(word)
    return word


def _shape(word: str) -> str:
    """A letter `c` or `v` for each letter; y is a vowel after a consonant."""
    shape = ""
    for letter in word:
        vowel = letter in _VOWELS or (letter == "y" and shape[-1:] == "c")
        shape += "v" if vowel else "c"
    return shape


def _measure(word: str) -> int:
    """How many times vowels are followed by consonants."""
    return len(re.findall(r"v+c+", _shape(word)))


def _has_vowel(word: str) -> bool:
    return "v" in _shape(word)


def _ends_short(word: str) -> bool:
    """consonant, vowel, consonant other than w, x, y."""
    return _shape(word)[-3:] == "cvc" and word[-1] not in "wxy"


def _doubled(word: str) -> bool:
    return len(word) > 1 and word[-1] == word[-2] and _shape(word)[-1] == "c"


def _plural(word: str) -> str:
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith("ies"):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for ending in ("ed", "ing"):
        start = word.removesuffix(ending)
        if start != word and _has_vowel(start):
            return _mended(start)
    return word


def _mended(word: str) -> str:
    if word.endswith(("at", "bl", "iz")):
        return word + "e"
    if _doubled(word) and word[-1] not in "lsz":
        return word[:-1]
    return word + "e" if _measure(word) == 1 and _ends_short(word) else word


def _y(word: str) -> str:
    return word[:-1] + "i" if word.endswith("y") and _has_vowel(word[:-1]) else word


def _step_2(word: str) -> str:
    return _replaced(word, _STEP_2)


def _step_3(word: str) -> str:
    return _replaced(word, _STEP_3)


def _replaced(word: str, table: tuple[tuple[str, str], ...]) -> str:
    """The longest ending of the table decides, whether or not enough stands before it."""
    found = [(ending, other) for ending, other in table if word.endswith(ending)]
    if not found:
        return word
    ending, other = max(found, key=lambda pair: len(pair[0]))
    start = word[: -len(ending)]
    return start + other if _measure(start) > 0 else word


def _step_4(word: str) -> str:
    found = [ending for ending in _STEP_4 if word.endswith(ending)]
    if not found:
        return word
    ending = max(found, key=len)
    start = word[: -len(ending)]
    if ending == "ion" and start[-1:] not in ("s", "t"):
        return word
    return start if _measure(start) > 1 else word


def _last_e(word: str) -> str:
    start = word.removesuffix("e")
    if start == word:
        return word
    measure = _measure(start)
    return start if measure > 1 or (measure == 1 and not _ends_short(start)) else word


def _last_l(word: str) -> str:
    return word[:-1] if word.endswith("ll") and _measure(word) > 1 else word
