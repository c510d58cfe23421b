"""Fixed texts in patterns are compared by SQLite itself: it must find what the pattern finds."""

import pytest

from parse_shim.query.ast import EVERYTHING, Not, Regex
from parse_shim.query.match import matches
from parse_shim.query.options import ALL
from parse_shim.query.regex import quoted
from parse_shim.storage.sqlite.engine import SqliteEngine
from parse_shim.storage.sqlite.layout import Table
from parse_shim.storage.sqlite.where import compile_where
from parse_shim.testing.contract.common import a_class, a_doc

CLASS = a_class("Texts", s="String")
TEXTS = (
    "",
    "a",
    "ab",
    "ba",
    "b",
    "A",
    "xab",
    "abx",
    "ab\n",
    "ab\n\n",
    "\nab",
    "a\0b",
    "x\0ab",
    "ab\0",
    "ab\0\n",
    "é",
    "éab",
    "abé",
    "🎉ab🎉",
    "a b",
)
FIXED = ("ab", "a", "b", "é", "🎉", "a b", "\ud7ff", "\uffff", "a\nb", "a\0", "x" * 50)


@pytest.fixture(scope="module")
def store():
    engine = SqliteEngine()
    for number, text in enumerate(TEXTS):
        engine.insert(CLASS, a_doc(f"t{number:02}", s=text))
    engine.insert(CLASS, a_doc("none"))
    yield engine
    engine.close()


@pytest.mark.parametrize("text", FIXED)
@pytest.mark.parametrize("form", ["{}", "^{}", "{}$", "^{}$"])
@pytest.mark.parametrize("quotes", [quoted, str], ids=["quoted", "bare"])
@pytest.mark.parametrize("turn", [lambda node: node, Not], ids=["", "not"])
def test_a_fixed_text_is_found_where_the_pattern_finds_it(store, text, form, quotes, turn):
    node = turn(Regex("s", form.format(quotes(text)), ""))
    found = {doc["objectId"] for doc in store.find(CLASS, node)}
    assert found == {doc["objectId"] for doc in store.find(CLASS, EVERYTHING) if matches(node, doc)}


@pytest.mark.parametrize("options", ["i", "m", "x", "s"])
def test_with_options_it_is_a_pattern(store, options):
    node = Regex("s", "^A b$", options)
    found = {doc["objectId"] for doc in store.find(CLASS, node)}
    assert found == {doc["objectId"] for doc in store.find(CLASS, EVERYTHING) if matches(node, doc)}


@pytest.mark.parametrize("pattern", ["^ab$", "^ab"])
def test_the_start_of_a_text_is_found_by_an_index(store, pattern):
    store.demand(CLASS, (("s", False),), "a test")
    steps = store.explain(CLASS, Regex("s", pattern, ""), ALL, "queryPlanner")["queryPlanner"]["winningPlan"]["steps"]
    assert "USING INDEX" in str(steps)


def test_most_fixed_texts_cost_no_call_of_ours(store):
    for pattern in ("ab", "^ab", "^ab$"):
        where = compile_where(CLASS, Table("Texts"), Regex("s", pattern, ""))
        assert "parse_" not in where.text
