"""Values go in and come out again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from parse_shim.classes.model import ClassDef
from parse_shim.errors import DuplicateKey
from parse_shim.query.ast import EVERYTHING, NOTHING, Eq, In
from parse_shim.storage.base import Engine
from parse_shim.testing.contract.common import START, a_class, a_doc, fill, found
from parse_shim.values.types import File, GeoPoint, Pointer, Polygon

INSTANT = datetime(2020, 1, 2, 3, 4, 5, 678000)
SQUARE = Polygon(((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.0)))

VALUES: list[tuple[str, str, Any]] = [
    ("text", "String", "x"),
    ("empty text", "String", ""),
    ("text in every script", "String", "Grüße 日本 🎉 \u0007 \" \\ '"),
    ("zero", "Number", 0),
    ("negative", "Number", -17),
    ("fraction", "Number", 1.5),
    ("small fraction", "Number", 1e-300),
    ("large integer", "Number", 2**53),
    ("true", "Boolean", True),
    ("false", "Boolean", False),
    ("date", "Date", INSTANT),
    ("date before 1970", "Date", datetime(1931, 5, 6, 7, 8, 9, 1000)),
    ("first year", "Date", datetime(1, 1, 1)),
    ("last year", "Date", datetime(9999, 12, 31, 23, 59, 59, 999000)),
    ("object", "Object", {"b": {"z": 1, "a": [1, {"c": None}]}, "a": "x"}),
    ("empty object", "Object", {}),
    ("object with a date and a pointer", "Object", {"d": INSTANT, "p": Pointer("B", "b1"), "y": b"abc"}),
    ("object with a point", "Object", {"g": {"__type": "GeoPoint", "latitude": 1, "longitude": 2}}),
    ("array", "Array", [1, "a", None, True, [2, []], {"k": 1}]),
    ("empty array", "Array", []),
    ("array of dates and pointers", "Array", [INSTANT, Pointer("B", "b1"), b"\x00\xff"]),
    ("array with a point", "Array", [{"__type": "GeoPoint", "latitude": 1, "longitude": 2}]),
    ("bytes", "Bytes", b"hello \x00 \xff"),
    ("point", "GeoPoint", GeoPoint(40.0, -30.25)),
    ("pointer", "Pointer<B>", Pointer("B", "b1")),
    ("file", "File", File("796e87550f4c2d179fd4c70987911dfe_hello.txt")),
    ("polygon", "Polygon", SQUARE),
]


class ObjectsContract:
    @pytest.mark.parametrize(("name", "kind", "value"), VALUES, ids=[row[0] for row in VALUES])
    def test_a_value_comes_back_as_it_went_in(self, engine: Engine, name: str, kind: str, value: Any) -> None:
        cls = fill(engine, a_class(v=kind), [a_doc("a", v=value)])
        [doc] = engine.find(cls, EVERYTHING)
        assert doc["v"] == value
        assert type(doc["v"]) is type(value)

    @pytest.mark.parametrize("kind", sorted({row[1] for row in VALUES}))
    def test_null_is_stored_in_every_column(self, engine: Engine, kind: str) -> None:
        cls = fill(engine, a_class(v=kind, w=kind), [a_doc("a", v=None)])
        [doc] = engine.find(cls, EVERYTHING)
        assert doc["v"] is None
        assert "w" not in doc

    def test_base_fields_come_back(self, engine: Engine) -> None:
        acl = {"*": {"read": True}, "u1": {"read": True, "write": True}, "role:Host": {"write": True}}
        cls = engine.save_class(a_class())
        engine.insert(cls, a_doc("a", ACL=acl))
        assert engine.find(cls, EVERYTHING) == [
            {"objectId": "a", "createdAt": START, "updatedAt": START, "ACL": acl},
        ]

    def test_an_empty_acl_is_not_a_missing_one(self, engine: Engine) -> None:
        cls = fill(engine, a_class(), [a_doc("a", ACL={}), a_doc("b")])
        first, second = engine.find(cls, EVERYTHING)
        assert first["ACL"] == {}
        assert "ACL" not in second

    def test_key_order_is_kept(self, engine: Engine) -> None:
        cls = fill(engine, a_class(o="Object"), [a_doc("a", o={"b": 1, "a": 2, "c": 3})])
        assert list(engine.find(cls, EVERYTHING)[0]["o"]) == ["b", "a", "c"]

    def test_engines_keep_no_reference_to_a_doc(self, engine: Engine) -> None:
        cls = engine.save_class(a_class(o="Object"))
        doc = a_doc("a", o={"list": [1]})
        engine.insert(cls, doc)
        doc["o"]["list"].append(2)
        engine.find(cls, EVERYTHING)[0]["o"]["list"].append(3)
        assert engine.find(cls, EVERYTHING)[0]["o"] == {"list": [1]}

    def test_an_unknown_class_holds_nothing(self, engine: Engine) -> None:
        cls = a_class("Nowhere")
        assert engine.find(cls, EVERYTHING) == []
        assert engine.count(cls, EVERYTHING) == 0
        assert engine.distinct(cls, "v", EVERYTHING) == []
        assert engine.delete(cls, EVERYTHING) == 0
        assert engine.update(cls, EVERYTHING, {}) is None

    def test_an_object_id_is_unique_within_its_class(self, engine: Engine) -> None:
        cls = fill(engine, a_class(v="Number"), [a_doc("a", v=1)])
        with pytest.raises(DuplicateKey) as refused:
            engine.insert(cls, a_doc("a", v=2))
        assert refused.value.field == "objectId"
        assert engine.find(cls, EVERYTHING)[0]["v"] == 1
        engine.insert(engine.save_class(a_class("Other")), a_doc("a"))

    def test_object_ids_differ_by_case(self, engine: Engine) -> None:
        cls = fill(engine, a_class(), [a_doc("ab"), a_doc("AB")])
        assert found(engine, cls, Eq("objectId", "AB")) == ["AB"]

    def test_class_and_column_names_differ_by_case(self, engine: Engine) -> None:
        upper = fill(engine, a_class("Case", at="GeoPoint"), [a_doc("a", at=GeoPoint(1, 1))])
        lower = fill(engine, a_class("case", At="GeoPoint", at="GeoPoint"), [a_doc("b", At=GeoPoint(2, 2), at=None)])
        assert found(engine, upper) == ["a"]
        assert found(engine, lower) == ["b"]
        assert engine.find(lower, EVERYTHING)[0]["At"] == GeoPoint(2, 2)

    def test_delete_removes_what_matches_and_counts_it(self, engine: Engine) -> None:
        cls = fill(engine, a_class(), [a_doc("a"), a_doc("b"), a_doc("c")])
        assert engine.delete(cls, In("objectId", ("a", "c", "x"))) == 2
        assert engine.delete(cls, NOTHING) == 0
        assert found(engine, cls) == ["b"]

    def test_a_deleted_id_may_be_used_again(self, engine: Engine) -> None:
        cls = fill(engine, a_class(v="Number"), [a_doc("a", v=1)])
        engine.delete(cls, Eq("objectId", "a"))
        engine.insert(cls, a_doc("a", v=2))
        assert engine.find(cls, EVERYTHING)[0]["v"] == 2

    def test_internal_fields_of_users_are_kept(self, engine: Engine) -> None:
        user = a_doc("u1", username="joe", _hashed_password="$2b$10$x", _failed_login_count=2, _tombstone=INSTANT)
        cls = fill(engine, user_class(), [user])
        doc = engine.find(cls, EVERYTHING)[0]
        assert doc["_hashed_password"] == "$2b$10$x"
        assert doc["_failed_login_count"] == 2

    def test_auth_data_is_one_dict(self, engine: Engine) -> None:
        data = {"anonymous": {"id": "x1"}, "facebook": {"id": "f1", "access_token": "t", "d": {"k": [1]}}}
        cls = fill(engine, user_class(), [a_doc("u1", username="joe", authData=data)])
        assert engine.find(cls, EVERYTHING)[0]["authData"] == data
        assert found(engine, cls, Eq("authData.facebook.id", "f1")) == ["u1"]
        assert found(engine, cls, Eq("authData.facebook.id", "x1")) == []

    def test_user_names_and_mails_are_unique(self, engine: Engine) -> None:
        cls = fill(engine, user_class(), [a_doc("u1", username="joe", email="joe@x.org")])
        engine.insert(cls, a_doc("u2", username="ann"))
        engine.insert(cls, a_doc("u3", username="bob"))
        for field, doc in (
            ("username", a_doc("u4", username="joe")),
            ("email", a_doc("u5", username="jim", email="joe@x.org")),
        ):
            with pytest.raises(DuplicateKey) as refused:
                engine.insert(cls, doc)
            assert refused.value.field == field
        assert found(engine, cls) == ["u1", "u2", "u3"]

    def test_an_identity_belongs_to_one_user(self, engine: Engine) -> None:
        cls = fill(engine, user_class(), [a_doc("u1", username="a", authData={"anonymous": {"id": "x1"}})])
        with pytest.raises(DuplicateKey) as refused:
            engine.insert(cls, a_doc("u2", username="b", authData={"anonymous": {"id": "x1"}}))
        assert refused.value.field.startswith("authData.anonymous")
        engine.insert(cls, a_doc("u3", username="c", authData={"facebook": {"id": "x1"}}))

    def test_role_names_and_request_ids_are_unique(self, engine: Engine) -> None:
        for name, field in (("_Role", "name"), ("_Idempotency", "reqId")):
            cls = fill(engine, a_class(name, **{field: "String"}), [a_doc("a", **{field: "x"})])
            with pytest.raises(DuplicateKey) as refused:
                engine.insert(cls, a_doc("b", **{field: "x"}))
            assert refused.value.field == field


def user_class() -> ClassDef:
    return a_class("_User", username="String", email="String", emailVerified="Boolean", password="String", authData="Object")
