"""Full text search (contract/02, section 7): reading a term, deciding, scoring. Engines with an index of their own use `parse_term`.

Words are cut at everything that is no letter or digit, and stripped of marks unless the search minds them. Stored texts are taken as
English, stemmed and without its stop words, whatever language a search names, as in the peer's index; the words of a search in
another language than English keep the stop words, in `none` they are not stemmed either.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from parse_shim.errors import Code, ParseError
from parse_shim.query.ast import Text
from parse_shim.query.stem import stem
from parse_shim.values.paths import walk
from parse_shim.values.types import Doc

LANGUAGES = frozenset(
    """none english en danish da dutch nl finnish fi french fr german de hungarian hu italian it norwegian nb portuguese pt
    romanian ro russian ru spanish es swedish sv turkish tr""".split()
)
"""What $language may be; only English has stop words and stems here, the others are searched word by word."""

STOP_WORDS = frozenset(
    """a about above after again against all am an and any are as at be because been before being below between both but by
    can did do does doing down during each few for from further had has have having he her here hers herself him himself
    his how i if in into is it its itself just me more most my myself no nor not now of off on once only or other our ours
    ourselves out over own s same she should so some such t than that the their theirs them themselves then there these
    they this those through to too under until up very was we were what when where which while who whom why will with you
    your yours yourself yourselves""".split()
)

_PART = re.compile(r'(-?)"([^"]*)"|(-?)([^\s"]+)')
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Terms:
    """`words`: any of them; `phrases`: all of them; `without`: none of them (words, already stemmed, or phrases)."""

    words: tuple[str, ...]
    phrases: tuple[str, ...]
    without_words: tuple[str, ...]
    without_phrases: tuple[str, ...]


def parse_term(node: Text) -> Terms:
    """The words and phrases of a search; words as `words_of` gives them, phrases folded only."""
    return _parse(node.term, _language(node), node.case_sensitive, node.diacritic_sensitive)


def text_matches(node: Text, values: Iterable[str]) -> bool:
    """One of the words, all phrases and nothing excluded, taken over all values together."""
    terms = parse_term(node)
    texts = [folded(value, node.case_sensitive, node.diacritic_sensitive) for value in values]
    words = set(_words(texts))
    if any(phrase in text for phrase in terms.without_phrases for text in texts):
        return False
    if not words.isdisjoint(terms.without_words):
        return False
    if not all(any(phrase in text for text in texts) for phrase in terms.phrases):
        return False
    return bool(terms.phrases) or not words.isdisjoint(terms.words)


def score(node: Text, doc: Doc) -> float:
    """How well the object fits: each wanted word counts more when it fills more of the text. MongoDB's formula per field:
    the first hit of a word counts 1, further ones half as much each, times (0.5 * its share of the words + 0.5)."""
    terms = parse_term(node)
    total = 0.0
    for value in walk(doc, node.path):
        for text in [value] if isinstance(value, str) else value if isinstance(value, list) else []:
            if isinstance(text, str):
                total += _score(node, terms, text)
    return total


def words_of(text: str, case: bool = False, marks: bool = False) -> list[str]:
    """The words of a stored text as they are compared: folded, without stop words, stemmed."""
    return list(_words([folded(text, case, marks)]))


def folded(text: str, case: bool = False, marks: bool = False) -> str:
    """In lower case unless `case`, without accents unless `marks`."""
    if not case:
        text = text.lower()
    if not marks and not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return text


def _language(node: Text) -> str:
    language = (node.language or "english").lower()
    if language not in LANGUAGES:
        raise ParseError(Code.INVALID_JSON, f"bad $text: $language, unknown language {language}")
    return "english" if language == "en" else language


@lru_cache(maxsize=500)
def _parse(term: str, language: str, case: bool, marks: bool) -> Terms:
    words: list[str] = []
    phrases: list[str] = []
    without_words: list[str] = []
    without_phrases: list[str] = []
    for minus_phrase, phrase, minus_word, word in _PART.findall(term):
        if phrase:
            text = folded(phrase, case, marks)
            (without_phrases if minus_phrase else phrases).append(text)
            if not minus_phrase:
                words += _words([text], language)
        elif word:
            found = _words([folded(word, case, marks)], language)
            (without_words if minus_word else words).extend(found)
    return Terms(tuple(words), tuple(phrases), tuple(without_words), tuple(without_phrases))


def _words(texts: Iterable[str], language: str = "english") -> Iterable[str]:
    for text in texts:
        for word in _WORD.findall(text):
            if language == "english" and word.lower() in STOP_WORDS:
                continue
            yield word if language == "none" else stem(word)


def _score(node: Text, terms: Terms, text: str) -> float:
    words = words_of(text, node.case_sensitive, node.diacritic_sensitive)
    total = 0.0
    for wanted in set(terms.words):
        count = words.count(wanted)
        if count:
            weight = sum(0.5**i for i in range(min(count, 30)))
            total += weight * (0.5 * count / len(words) + 0.5)
    return total
