"""Classes are stored, merged and dropped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parse_shim.classes.model import FieldType
from parse_shim.errors import FieldConflict
from parse_shim.query.ast import EVERYTHING, Eq, Exists, Near
from parse_shim.storage.base import Engine
from parse_shim.testing.contract.common import START, a_class, a_doc, fill, found
from parse_shim.testing.contract.updates import run_together
from parse_shim.values.types import GeoPoint, Pointer

ALL_KINDS = a_class(
    "Kinds", n="Number", s="String", b="Boolean", d="Date", o="Object", arr="Array", at="GeoPoint", f="File",
    y="Bytes", area="Polygon", p="Pointer<B>", r="Relation<_User>",
)  # fmt: skip


class ClassesContract:
    def test_a_fresh_store_has_no_classes(self, engine: Engine) -> None:
        assert engine.load_classes() == {}

    def test_a_class_comes_back_as_it_was_saved(self, engine: Engine) -> None:
        saved = engine.save_class(ALL_KINDS)
        assert saved == ALL_KINDS
        assert engine.load_classes() == {"Kinds": ALL_KINDS}

    def test_options_of_columns_are_kept(self, engine: Engine) -> None:
        columns = {
            "s": FieldType("String", required=True),
            "n": FieldType("Number", default=0),
            "d": FieldType("Date", default=START),
            "p": FieldType("Pointer", "B", default=Pointer("B", "b1")),
            "o": FieldType("Object", default={"k": [1]}),
            "z": FieldType("String", default=None),
        }
        cls = a_class("Options").with_fields(columns)
        engine.save_class(cls)
        assert engine.load_classes()["Options"].fields == cls.fields

    def test_permissions_and_indexes_are_kept(self, engine: Engine) -> None:
        permissions = {
            "find": {"*": True},
            "get": {},
            "update": {"pointerFields": ["p"]},
            "protectedFields": {"*": ["s"]},
        }
        cls = replace(a_class("Closed", s="String", n="Number"), permissions=permissions, indexes={"s_n": {"s": 1, "n": -1}})
        engine.save_class(cls)
        assert engine.load_classes()["Closed"] == cls
        opened = replace(cls, permissions=None, indexes={})
        engine.save_class(opened)
        assert engine.load_classes()["Closed"] == opened

    def test_saving_adds_columns(self, engine: Engine) -> None:
        engine.save_class(a_class("Post", title="String"))
        saved = engine.save_class(a_class("Post", text="String"))
        assert {"title", "text"} <= set(saved.fields)
        assert engine.load_classes()["Post"] == saved

    @pytest.mark.parametrize(("first", "second"), [("String", "Number"), ("Pointer<B>", "Pointer<C>"), ("Array", "Object")])
    def test_a_column_keeps_its_type(self, engine: Engine, first: str, second: str) -> None:
        engine.save_class(a_class("Post", v=first))
        with pytest.raises(FieldConflict) as refused:
            engine.save_class(a_class("Post", v=second, w="String"))
        assert (refused.value.class_name, refused.value.field) == ("Post", "v")
        assert "w" not in engine.load_classes()["Post"].fields

    def test_columns_added_at_once_all_stay(self, engine: Engine) -> None:
        engine.save_class(a_class("Post"))
        run_together(lambda number: engine.save_class(a_class("Post", **{f"c{number}": "String"})), range(8))
        assert {f"c{number}" for number in range(8)} <= set(engine.load_classes()["Post"].fields)

    def test_the_version_changes_with_the_classes(self, engine: Engine) -> None:
        cls = engine.save_class(a_class("Post", v="String"))
        seen = [engine.schema_version()]
        engine.insert(cls, a_doc("a", v="x"))
        assert engine.schema_version() == seen[0]
        engine.save_class(a_class("Post", w="String"))
        seen.append(engine.schema_version())
        engine.drop_fields(engine.load_classes()["Post"], ["w"])
        seen.append(engine.schema_version())
        engine.drop_class("Post")
        seen.append(engine.schema_version())
        assert len({repr(version) for version in seen}) == 4

    def test_dropped_columns_take_their_data_along(self, engine: Engine) -> None:
        cls = fill(
            engine,
            a_class("Post", s="String", at="GeoPoint", p="Pointer<B>", r="Relation<B>", n="Number"),
            [a_doc("a", s="x", at=GeoPoint(1, 1), p=Pointer("B", "b"), n=1)],
        )
        engine.link("Post", "r", "a", ["b"])
        left = engine.drop_fields(cls, ["s", "at", "p", "r"])
        assert set(left.fields) == {"objectId", "createdAt", "updatedAt", "ACL", "n"}
        assert engine.load_classes()["Post"] == left
        again = engine.save_class(cls)
        [doc] = engine.find(again, EVERYTHING)
        assert set(doc) == {"objectId", "createdAt", "updatedAt", "n"}
        assert found(engine, again, Near("at", GeoPoint(1, 1))) == []
        assert found(engine, again, Exists("p")) == []
        assert engine.related_ids("Post", "r", ["a"]) == []

    def test_a_dropped_class_is_gone_with_its_links(self, engine: Engine) -> None:
        cls = fill(engine, a_class("Post", r="Relation<B>", at="GeoPoint"), [a_doc("a", at=GeoPoint(1, 1))])
        other = fill(engine, a_class("Other"), [a_doc("o")])
        engine.link("Post", "r", "a", ["b"])
        engine.link("Other", "r", "a", ["b"])
        engine.drop_class("Post")
        engine.drop_class("NeverThere")
        assert set(engine.load_classes()) == {"Other"}
        assert found(engine, cls) == []
        assert engine.related_ids("Post", "r", ["a"]) == []
        assert engine.related_ids("Other", "r", ["a"]) == ["b"]
        assert found(engine, other) == ["o"]
        cls = fill(engine, a_class("Post"), [a_doc("a")])
        assert found(engine, cls) == ["a"]

    def test_an_index_is_made_and_removed(self, engine: Engine) -> None:
        cls = fill(engine, a_class("Post", s="String", p="Pointer<B>"), [a_doc("a", s="x", p=Pointer("B", "b"))])
        engine.save_class(replace(cls, indexes={"by_s": {"s": 1}, "by_p": {"_p_p": 1}, "both": {"s": 1, "createdAt": -1}}))
        assert found(engine, cls, Eq("s", "x")) == ["a"]
        engine.save_class(replace(cls, indexes={}))
        assert found(engine, cls, Eq("s", "x")) == ["a"]

    def test_clear_empties_everything(self, engine: Engine) -> None:
        cls = fill(engine, a_class("Post", s="String", at="GeoPoint"), [a_doc("a", s="x", at=GeoPoint(1, 1))])
        users = fill(engine, a_class("_User", username="String"), [a_doc("u", username="joe")])
        engine.link("Post", "r", "a", ["b"])
        version = engine.schema_version()
        engine.clear()
        assert engine.load_classes() == {}
        assert engine.schema_version() != version
        assert engine.count(cls, EVERYTHING) == 0
        assert engine.related_ids("Post", "r", ["a"]) == []
        engine.insert(engine.save_class(users), a_doc("u", username="joe"))
        fill(engine, cls, [a_doc("a", at=GeoPoint(1, 1))])
        assert found(engine, cls, Near("at", GeoPoint(1, 1))) == ["a"]
        engine.clear(indexes=True)
        assert engine.load_classes() == {}

    def test_ping_returns(self, engine: Engine) -> None:
        engine.ping()
