"""Full text search, as far as the engines agree on words."""

from __future__ import annotations

import pytest

from parse_shim.query.ast import And, Eq, Node, Text
from parse_shim.query.options import FindOptions
from parse_shim.storage.base import Engine
from parse_shim.testing.contract.common import a_class, a_doc, fill, found
from parse_shim.update.ops import Set

DOCS = [
    a_doc("shop", s="A coffee shop in Berlin", n=1),
    a_doc("cake", s="Coffee and cake, coffee again", n=2),
    a_doc("cafe", s="Le café noir", n=3),
    a_doc("tea", s="Tea and cakes", n=4),
    a_doc("none", n=5),
]

ROWS: list[tuple[str, Node, list[str]]] = [
    ("a word", Text("s", "coffee"), ["shop", "cake"]),
    ("any of the words", Text("s", "berlin tea"), ["shop", "tea"]),
    ("without regard to case", Text("s", "COFFEE"), ["shop", "cake"]),
    ("with regard to case", Text("s", "coffee", case_sensitive=True), ["shop", "cake"]),
    ("case that is nowhere", Text("s", "COFFEE", case_sensitive=True), []),
    ("without regard to accents", Text("s", "cafe"), ["cafe"]),
    ("with regard to accents", Text("s", "cafe", diacritic_sensitive=True), []),
    ("stems", Text("s", "cake"), ["cake", "tea"]),
    ("stop words find nothing", Text("s", "and"), []),
    ("stop words are not in the index, whatever the language", Text("s", "and", language="none"), []),
    ("stems are in the index, whatever the language", Text("s", "cakes", language="none"), []),
    ("a phrase", Text("s", '"coffee shop"'), ["shop"]),
    ("without a word", Text("s", "coffee -berlin"), ["cake"]),
    ("nothing", Text("s", "zebra"), []),
]


@pytest.mark.needs_real_mongo
class TextContract:
    @pytest.mark.parametrize(("name", "where", "expected"), ROWS, ids=[row[0] for row in ROWS])
    def test_text(self, engine: Engine, name: str, where: Node, expected: list[str]) -> None:
        cls = fill(engine, a_class(s="String", n="Number"), DOCS)
        assert sorted(found(engine, cls, where)) == sorted(expected)
        assert engine.count(cls, where) == len(expected)

    def test_the_best_comes_first_and_has_a_score(self, engine: Engine) -> None:
        cls = fill(engine, a_class(s="String", n="Number"), DOCS)
        options = FindOptions(order=(("$score", True),), want_score=True)
        docs = engine.find(cls, Text("s", "coffee cake"), options)
        assert docs[0]["objectId"] == "cake"
        scores = [doc["score"] for doc in docs]
        assert scores == sorted(scores, reverse=True)
        assert all(isinstance(score, (int, float)) and score > 0 for score in scores)
        assert all("score" not in doc for doc in engine.find(cls, Text("s", "coffee")))

    def test_the_score_may_be_asked_for_alone(self, engine: Engine) -> None:
        cls = fill(engine, a_class(s="String", n="Number"), DOCS)
        options = FindOptions(order=(("$score", False),), want_score=True, keys=frozenset({"$score"}))
        assert all(doc["score"] > 0 for doc in engine.find(cls, Text("s", "coffee"), options))

    def test_text_joins_other_conditions(self, engine: Engine) -> None:
        cls = fill(engine, a_class(s="String", n="Number"), DOCS)
        assert found(engine, cls, And((Text("s", "coffee"), Eq("n", 2)))) == ["cake"]

    def test_a_class_without_objects_can_be_searched(self, engine: Engine) -> None:
        assert found(engine, engine.save_class(a_class(s="String")), Text("s", "coffee")) == []

    def test_changed_text_is_found(self, engine: Engine) -> None:
        cls = fill(engine, a_class(s="String", n="Number"), DOCS)
        assert found(engine, cls, Text("s", "zebra")) == []
        engine.update(cls, Eq("objectId", "tea"), {"s": Set("A zebra")})
        assert found(engine, cls, Text("s", "zebra")) == ["tea"]
        assert found(engine, cls, Text("s", "tea")) == []
        engine.delete(cls, Eq("objectId", "tea"))
        assert found(engine, cls, Text("s", "zebra")) == []
