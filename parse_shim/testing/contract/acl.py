"""Readable and Writable: one meaning in every engine."""

from __future__ import annotations

import pytest

from parse_shim.query.ast import And, Compare, Not, Or, Readable, Writable
from parse_shim.query.ast import Eq as Equal
from parse_shim.storage.base import Engine
from parse_shim.testing.contract.common import a_class, a_doc, fill, found
from parse_shim.update.ops import Set, Unset

DOCS = [
    a_doc("open", n=1),
    a_doc("public", n=2, ACL={"*": {"read": True}}),
    a_doc("mine", n=3, ACL={"u1": {"read": True, "write": True}}),
    a_doc("role", n=4, ACL={"role:Host": {"read": True, "write": True}, "u2": {"read": True}}),
    a_doc("closed", n=5, ACL={}),
    a_doc("write only", n=6, ACL={"*": {"write": True}}),
]

READ = [
    ((), ["open"]),
    (("*",), ["open", "public"]),
    (("*", "u1"), ["open", "public", "mine"]),
    (("*", "u2"), ["open", "public", "role"]),
    (("*", "u3", "role:Host"), ["open", "public", "role"]),
    (("*", "u"), ["open", "public"]),
    (("role:Ho",), ["open"]),
]


class AclContract:
    @pytest.mark.parametrize(("subjects", "expected"), READ)
    def test_readable_by(self, engine: Engine, subjects: tuple[str, ...], expected: list[str]) -> None:
        cls = fill(engine, a_class(n="Number"), DOCS)
        assert found(engine, cls, Readable(subjects)) == expected
        assert engine.count(cls, Readable(subjects)) == len(expected)

    @pytest.mark.parametrize(
        ("subjects", "expected"),
        [
            (("*",), ["open", "write only"]),
            (("*", "u1"), ["open", "mine", "write only"]),
            (("u2",), ["open"]),
            (("role:Host",), ["open", "role"]),
        ],
    )
    def test_writable_by(self, engine: Engine, subjects: tuple[str, ...], expected: list[str]) -> None:
        cls = fill(engine, a_class(n="Number"), DOCS)
        assert found(engine, cls, Writable(subjects)) == expected

    def test_readable_joins_other_conditions(self, engine: Engine) -> None:
        cls = fill(engine, a_class(n="Number"), DOCS)
        assert found(engine, cls, And((Compare("n", "gte", 2), Readable(("*",))))) == ["public"]
        assert found(engine, cls, And((Or((Equal("n", 3), Equal("n", 1))), Readable(("*",))))) == ["open"]
        assert found(engine, cls, Not(Readable(("*", "u1")))) == ["role", "closed", "write only"]

    def test_a_changed_acl_counts_at_once(self, engine: Engine) -> None:
        cls = fill(engine, a_class(n="Number"), DOCS)
        engine.update(cls, Equal("objectId", "mine"), {"ACL": Set({"u9": {"read": True}})})
        assert found(engine, cls, Readable(("u1",))) == ["open"]
        assert found(engine, cls, Readable(("u9",))) == ["open", "mine"]
        engine.update(cls, Equal("objectId", "mine"), {"ACL": Unset()})
        # a deleted ACL locks the object, as update/apply.py has it
        assert found(engine, cls, Readable(("*", "u9"))) == ["open", "public"]
        assert engine.find(cls, Equal("objectId", "mine"))[0]["ACL"] == {}

    def test_update_and_delete_respect_writable(self, engine: Engine) -> None:
        cls = fill(engine, a_class(n="Number"), DOCS)
        assert engine.update(cls, And((Equal("objectId", "mine"), Writable(("u2",)))), {"n": Set(9)}) is None
        assert engine.delete(cls, And((Equal("objectId", "mine"), Writable(("u2",))))) == 0
        assert engine.delete(cls, And((Equal("objectId", "mine"), Writable(("u1",))))) == 1
