"""Operations on stored values, alone and from many threads."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import pytest

from parse_shim.errors import DuplicateKey, ParseError
from parse_shim.query.ast import EVERYTHING, Compare, Eq, Not
from parse_shim.storage.base import Engine
from parse_shim.testing.contract.common import a_class, a_doc, fill, found
from parse_shim.testing.contract.objects import user_class
from parse_shim.update.ops import Add, AddUnique, Increment, Remove, Set, Unset, Update
from parse_shim.values.types import GeoPoint, Pointer

DAY = datetime(2020, 1, 2)
P, Q = Pointer("B", "p"), Pointer("B", "q")
CLASS = a_class(n="Number", s="String", arr="Array", o="Object", d="Date", p="Pointer<B>", at="GeoPoint")
BEFORE: dict[str, Any] = {"n": 1, "s": "x", "arr": [1, 2, 2, "a"], "o": {"k": 1, "l": [1], "m": {"x": 1}}, "p": P}

ROWS: list[tuple[str, Update, dict[str, Any]]] = [
    ("set", {"n": Set(5)}, {"n": 5}),
    ("set null", {"n": Set(None)}, {"n": None}),
    ("set something new", {"d": Set(DAY)}, {"d": DAY}),
    ("set a pointer", {"p": Set(Q)}, {"p": Q}),
    ("set a point", {"at": Set(GeoPoint(1, 2))}, {"at": GeoPoint(1, 2)}),
    ("set an object", {"o": Set({"z": [DAY, P]})}, {"o": {"z": [DAY, P]}}),
    ("several", {"n": Set(2), "s": Set("y")}, {"n": 2, "s": "y"}),
    ("unset", {"n": Unset()}, {"n": "gone"}),
    ("unset a pointer", {"p": Unset()}, {"p": "gone"}),
    ("unset what is not there", {"d": Unset()}, {}),
    ("increment", {"n": Increment(2)}, {"n": 3}),
    ("increment by a fraction", {"n": Increment(-0.5)}, {"n": 0.5}),
    ("increment what is not there", {"m": Increment(4)}, {"m": 4}),
    ("add", {"arr": Add((2, "b"))}, {"arr": [1, 2, 2, "a", 2, "b"]}),
    ("add to what is not there", {"more": Add((1, 1))}, {"more": [1, 1]}),
    ("add unique", {"arr": AddUnique((2, "b", "b", 3))}, {"arr": [1, 2, 2, "a", "b", 3]}),
    ("add unique pointers", {"arr": AddUnique((P, Q, P))}, {"arr": [1, 2, 2, "a", P, Q]}),
    ("remove", {"arr": Remove((2, "z"))}, {"arr": [1, "a"]}),
    ("remove from what is not there", {"none": Remove((1,))}, {"none": "gone"}),
    ("nested set", {"o.k": Set(2)}, {"o": {"k": 2, "l": [1], "m": {"x": 1}}}),
    ("deep set", {"o.a.b": Set(1)}, {"o": {"k": 1, "l": [1], "m": {"x": 1}, "a": {"b": 1}}}),
    ("nested set makes the object", {"q.k": Set(2)}, {"q": {"k": 2}}),
    ("nested increment", {"o.m.x": Increment(1)}, {"o": {"k": 1, "l": [1], "m": {"x": 2}}}),
    ("nested unset", {"o.k": Unset()}, {"o": {"l": [1], "m": {"x": 1}}}),
    ("nested add", {"o.l": Add((2,))}, {"o": {"k": 1, "l": [1, 2], "m": {"x": 1}}}),
    ("element by position", {"arr.0": Set(9)}, {"arr": [9, 2, 2, "a"]}),
    ("nothing", {}, {}),
]  # fmt: skip


class UpdatesContract:
    @pytest.mark.parametrize(("name", "update", "changed"), ROWS, ids=[row[0] for row in ROWS])
    def test_operation(self, engine: Engine, name: str, update: Update, changed: dict[str, Any]) -> None:
        cls = fill(engine, CLASS, [a_doc("a", **BEFORE), a_doc("b", n=0)])
        after = engine.update(cls, Eq("objectId", "a"), update)
        [stored] = engine.find(cls, Eq("objectId", "a"))
        assert after == stored
        expected = {**BEFORE, **changed}
        for field, value in expected.items():
            if isinstance(value, str) and value == "gone":
                assert field not in stored
            else:
                assert stored[field] == value
                assert type(stored[field]) is type(value)

    @pytest.mark.parametrize(
        ("name", "update"),
        [
            ("increment text", {"s": Increment(1)}),
            ("add to text", {"s": Add((1,))}),
            ("add unique to a number", {"n": AddUnique((1,))}),
            ("remove from an object", {"o": Remove((1,))}),
        ],
    )
    def test_an_operation_that_does_not_fit_is_refused(self, engine: Engine, name: str, update: Update) -> None:
        cls = fill(engine, CLASS, [a_doc("a", **BEFORE)])
        with pytest.raises(ParseError) as refused:
            engine.update(cls, Eq("objectId", "a"), {"d": Set(DAY), **update})
        assert refused.value.code == 107
        assert "d" not in engine.find(cls, EVERYTHING)[0]

    def test_nothing_matches(self, engine: Engine) -> None:
        cls = fill(engine, CLASS, [a_doc("a", n=1)])
        assert engine.update(cls, Eq("objectId", "x"), {"n": Set(2)}) is None
        assert engine.update_many(cls, Eq("n", 7), {"n": Set(2)}) == 0
        assert found(engine, cls, Eq("n", 1)) == ["a"]

    def test_one_of_several_is_changed(self, engine: Engine) -> None:
        cls = fill(engine, CLASS, [a_doc("a", n=1), a_doc("b", n=1)])
        assert engine.update(cls, Eq("n", 1), {"n": Set(2)}) is not None
        assert engine.count(cls, Eq("n", 1)) == 1

    def test_update_many_changes_all_that_match(self, engine: Engine) -> None:
        cls = fill(engine, CLASS, [a_doc("a", n=1), a_doc("b", n=2), a_doc("c", n=3)])
        assert engine.update_many(cls, Compare("n", "gte", 2), {"n": Increment(10), "s": Set("y")}) == 2
        assert [doc["n"] for doc in engine.find(cls, EVERYTHING)] == [1, 12, 13]
        assert engine.update_many(cls, Not(Eq("s", "y")), {"s": Unset()}) == 1

    def test_a_condition_on_the_stored_value_is_checked_with_the_write(self, engine: Engine) -> None:
        cls = fill(engine, CLASS, [a_doc("lock", n=0)])
        winners: list[int] = []

        def take(number: int) -> None:
            if engine.update(cls, Eq("n", 0), {"n": Set(number)}) is not None:
                winners.append(number)

        run_together(take, range(1, 9))
        assert len(winners) == 1
        assert engine.find(cls, EVERYTHING)[0]["n"] == winners[0]

    def test_no_increment_is_lost(self, engine: Engine) -> None:
        cls = fill(engine, CLASS, [a_doc("a", n=0, arr=[])])

        def count(number: int) -> None:
            for step in range(10):
                engine.update(cls, Eq("objectId", "a"), {"n": Increment(1), "arr": AddUnique((step, f"t{number}"))})

        run_together(count, range(8))
        [doc] = engine.find(cls, EVERYTHING)
        assert doc["n"] == 80
        assert len(doc["arr"]) == 18

    def test_one_of_many_gets_the_name(self, engine: Engine) -> None:
        cls = engine.save_class(user_class())
        outcomes: list[str] = []

        def sign_up(number: int) -> None:
            try:
                engine.insert(cls, a_doc(f"u{number}", username="joe"))
                outcomes.append("in")
            except DuplicateKey as refused:
                outcomes.append(refused.field)

        run_together(sign_up, range(8))
        assert sorted(outcomes) == ["in"] + ["username"] * 7
        assert engine.count(cls, EVERYTHING) == 1

    def test_a_rename_to_a_taken_name_is_refused(self, engine: Engine) -> None:
        cls = fill(engine, user_class(), [a_doc("u1", username="joe"), a_doc("u2", username="ann")])
        with pytest.raises(DuplicateKey) as refused:
            engine.update(cls, Eq("objectId", "u2"), {"username": Set("joe")})
        assert refused.value.field == "username"
        assert found(engine, cls, Eq("username", "ann")) == ["u2"]
        engine.update(cls, Eq("objectId", "u1"), {"username": Set("tim")})
        engine.update(cls, Eq("objectId", "u2"), {"username": Set("joe")})
        assert found(engine, cls, Eq("username", "joe")) == ["u2"]

    def test_auth_data_changes_by_provider(self, engine: Engine) -> None:
        cls = fill(engine, user_class(), [a_doc("u1", username="a", authData={"anonymous": {"id": "x"}})])
        linked = engine.update(cls, Eq("objectId", "u1"), {"authData.facebook": Set({"id": "f"})})
        assert linked is not None and linked["authData"] == {"anonymous": {"id": "x"}, "facebook": {"id": "f"}}
        left = engine.update(cls, Eq("objectId", "u1"), {"authData.anonymous": Unset()})
        assert left is not None and left["authData"] == {"facebook": {"id": "f"}}
        assert found(engine, cls, Eq("authData.anonymous.id", "x")) == []
        engine.insert(cls, a_doc("u2", username="b", authData={"anonymous": {"id": "x"}}))


def run_together(work: Any, numbers: Any) -> None:
    """Each call of `work` in a thread of its own; the first error is raised."""
    errors: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
