"""All or nothing."""

from __future__ import annotations

import threading

import pytest

from parse_shim.errors import DuplicateKey
from parse_shim.query.ast import EVERYTHING, Eq
from parse_shim.storage.base import Engine
from parse_shim.testing.contract.common import a_class, a_doc, fill, found
from parse_shim.update.ops import Increment, Set
from parse_shim.values.types import GeoPoint

CLASS = a_class(n="Number", at="GeoPoint")


class Oops(Exception):
    pass


@pytest.mark.needs_real_mongo
class TransactionsContract:
    def test_a_transaction_takes_effect_as_a_whole(self, engine: Engine) -> None:
        cls = fill(engine, CLASS, [a_doc("a", n=1), a_doc("b", n=2)])
        with engine.transaction():
            engine.insert(cls, a_doc("c", n=3))
            engine.update(cls, Eq("objectId", "a"), {"n": Increment(10)})
            engine.delete(cls, Eq("objectId", "b"))
        assert [(doc["objectId"], doc["n"]) for doc in engine.find(cls, EVERYTHING)] == [("a", 11), ("c", 3)]

    def test_an_exception_undoes_everything(self, engine: Engine) -> None:
        cls = fill(engine, CLASS, [a_doc("a", n=1), a_doc("b", n=2)])
        with pytest.raises(Oops), engine.transaction():
            engine.insert(cls, a_doc("c", n=3))
            engine.update(cls, Eq("objectId", "a"), {"n": Set(9), "at": Set(GeoPoint(1, 1))})
            engine.delete(cls, Eq("objectId", "b"))
            raise Oops
        assert [(doc["objectId"], doc["n"]) for doc in engine.find(cls, EVERYTHING)] == [("a", 1), ("b", 2)]
        engine.insert(cls, a_doc("c", n=3))
        assert engine.count(cls, EVERYTHING) == 3

    def test_its_own_writes_are_read_inside(self, engine: Engine) -> None:
        cls = fill(engine, CLASS, [a_doc("a", n=1)])
        with engine.transaction():
            engine.insert(cls, a_doc("b", n=2))
            assert found(engine, cls) == ["a", "b"]
            assert engine.count(cls, Eq("n", 2)) == 1

    def test_a_duplicate_ends_it(self, engine: Engine) -> None:
        cls = fill(engine, CLASS, [a_doc("a", n=1)])
        with pytest.raises(DuplicateKey), engine.transaction():
            engine.insert(cls, a_doc("b", n=2))
            engine.insert(cls, a_doc("a", n=3))
        assert found(engine, cls) == ["a"]

    def test_links_belong_to_it(self, engine: Engine) -> None:
        engine.link("Post", "likes", "p", ["u1"])
        with pytest.raises(Oops), engine.transaction():
            engine.link("Post", "likes", "p", ["u2"])
            engine.unlink("Post", "likes", "p", ["u1"])
            raise Oops
        assert engine.related_ids("Post", "likes", ["p"]) == ["u1"]

    def test_others_see_nothing_of_it_until_it_ends(self, engine: Engine) -> None:
        cls = fill(engine, CLASS, [a_doc("a", n=1)])
        counts: list[int] = []
        other = threading.Thread(target=lambda: counts.append(engine.count(cls, EVERYTHING)))
        with engine.transaction():
            engine.insert(cls, a_doc("b", n=2))
            other.start()
            other.join(0.3)
            # a store in memory has one connection: there the other one waits
            assert counts in ([], [1])
        other.join()
        assert counts[0] in (1, 2)
        assert engine.count(cls, EVERYTHING) == 2
