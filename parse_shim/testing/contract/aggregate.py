"""Pipelines: names as contract/02, section 9 has them, meanings as MongoDB's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from parse_shim.classes.model import ClassDef
from parse_shim.errors import Refused
from parse_shim.storage.base import Engine
from parse_shim.testing.contract.common import START, a_class, a_doc, fill
from parse_shim.testing.contract.objects import user_class
from parse_shim.values.types import File, GeoPoint, Pointer

DAY = datetime(2020, 5, 6, 7, 8, 9, 10000)
CLASS = a_class("Sale", n="Number", s="String", tags="Array", owner="Pointer<Person>", d="Date", o="Object", at="GeoPoint", f="File")
DOCS = [
    a_doc("a", n=1, s="x", tags=["red", "blue"], owner=Pointer("Person", "p1"), d=DAY, o={"k": 1}),
    a_doc("b", n=2, s="y", tags=["red"], owner=Pointer("Person", "p2"), o={"k": 2}, at=GeoPoint(10, 20), f=File("f.txt")),
    a_doc("c", n=3, s="x", tags=[], owner=Pointer("Person", "p1"), d=datetime(2021, 1, 1)),
    a_doc("d", s="z"),
]
PEOPLE = [a_doc("p1", name="Ann"), a_doc("p2", name="Bob")]


def computing(expression: Any) -> list[dict[str, Any]]:
    """One row with the value of an expression, for the object `a`."""
    return [{"$match": {"objectId": "a"}}, {"$project": {"_id": 0, "v": expression}}]


ROWS: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]]]] = [
    (
        "group and sum",
        [{"$group": {"_id": "$s", "total": {"$sum": "$n"}}}, {"$sort": {"_id": 1}}],
        [{"objectId": "x", "total": 4}, {"objectId": "y", "total": 2}, {"objectId": "z", "total": 0}],
    ),
    (
        "group everything",
        [{"$group": {"_id": None, "count": {"$sum": 1}, "avg": {"$avg": "$n"}, "max": {"$max": "$n"}}}],
        [{"objectId": None, "count": 4, "avg": 2, "max": 3}],
    ),
    (
        "group by a pointer gives bare ids",
        [{"$match": {"n": {"$gte": 1}}}, {"$group": {"_id": "$owner", "n": {"$sum": 1}}}, {"$sort": {"n": -1}}],
        [{"objectId": "p1", "n": 2}, {"objectId": "p2", "n": 1}],
    ),
    (
        "group by several",
        [{"$group": {"_id": {"s": "$s"}, "min": {"$min": "$n"}}}, {"$match": {"min": 1}}],
        [{"objectId": {"s": "x"}, "min": 1}],
    ),
    ("group by a missing field", [{"$group": {"_id": "$nope", "n": {"$sum": 1}}}], [{"objectId": None, "n": 4}]),
    (
        "push, first, last",
        [
            {"$match": {"s": "x"}},
            {"$sort": {"n": 1}},
            {"$group": {"_id": "$s", "all": {"$push": "$n"}, "f": {"$first": "$n"}, "l": {"$last": "$n"}}},
        ],
        [{"objectId": "x", "all": [1, 3], "f": 1, "l": 3}],
    ),
    ("count", [{"$match": {"n": {"$gt": 1}}}, {"$count": "many"}], [{"many": 2}]),
    ("count nothing", [{"$match": {"n": 99}}, {"$count": "many"}], []),
    ("match a pointer by its bare id", [{"$match": {"owner": "p2"}}, {"$project": {"n": 1}}], [{"objectId": "b", "n": 2}]),
    ("match dates by text", [{"$match": {"d": {"$gt": "2020-12-31T00:00:00.000Z"}}}, {"$project": {"n": 1}}], [{"objectId": "c", "n": 3}]),
    (
        "match on createdAt",
        [{"$match": {"createdAt": {"$lte": "2026-01-02T03:04:05.678Z"}}}, {"$project": {"n": 1}}],
        [{"objectId": "a", "n": 1}],
    ),
    ("match on objectId", [{"$match": {"objectId": {"$in": ["c"]}}}, {"$project": {"s": 1}}], [{"objectId": "c", "s": "x"}]),
    (
        "match with logic",
        [{"$match": {"$or": [{"n": 1}, {"s": {"$regex": "^Z", "$options": "i"}}]}}, {"$sort": {"_id": 1}}, {"$project": {"s": 1}}],
        [{"objectId": "a", "s": "x"}, {"objectId": "d", "s": "z"}],
    ),
    ("match by expression", [{"$match": {"$expr": {"$gt": ["$n", 2]}}}, {"$project": {"n": 1}}], [{"objectId": "c", "n": 3}]),
    ("match missing and empty", [{"$match": {"n": {"$exists": False}}}, {"$project": {"s": 1}}], [{"objectId": "d", "s": "z"}]),
    ("match arrays", [{"$match": {"tags": {"$all": ["red", "blue"], "$size": 2}}}, {"$project": {"n": 1}}], [{"objectId": "a", "n": 1}]),
    ("match nested", [{"$match": {"o.k": 2}}, {"$project": {"o.k": 1}}], [{"objectId": "b", "o": {"k": 2}}]),
    ("sort, skip, limit", [{"$sort": {"n": -1}}, {"$skip": 1}, {"$limit": 1}, {"$project": {"n": 1}}], [{"objectId": "b", "n": 2}]),
    (
        "unwind",
        [{"$unwind": "$tags"}, {"$group": {"_id": "$tags", "n": {"$sum": 1}}}, {"$sort": {"n": -1, "_id": 1}}],
        [{"objectId": "red", "n": 2}, {"objectId": "blue", "n": 1}],
    ),
    (
        "unwind keeping empty ones",
        [{"$unwind": {"path": "$tags", "preserveNullAndEmptyArrays": True, "includeArrayIndex": "i"}}, {"$count": "rows"}],
        [{"rows": 5}],
    ),
    (
        "add and drop fields",
        [{"$match": {"n": 1}}, {"$addFields": {"double": {"$multiply": ["$n", 2]}, "o.z": 5}}, {"$project": {"double": 1, "o": 1}}],
        [{"objectId": "a", "double": 2, "o": {"k": 1, "z": 5}}],
    ),
    (
        "unset",
        [{"$match": {"n": 2}}, {"$unset": ["s", "tags", "owner", "o", "createdAt", "updatedAt", "at", "f"]}],
        [{"objectId": "b", "n": 2}],
    ),
    ("replace root", [{"$match": {"n": 2}}, {"$replaceRoot": {"newRoot": "$o"}}], [{"k": 2}]),
    (
        "facets",
        [{"$facet": {"all": [{"$count": "n"}], "x": [{"$match": {"s": "x"}}, {"$count": "n"}]}}],
        [{"all": [{"n": 4}], "x": [{"n": 2}]}],
    ),
    (
        "buckets",
        [{"$match": {"n": {"$exists": True}}}, {"$bucket": {"groupBy": "$n", "boundaries": [0, 2, 4], "default": "other"}}],
        [{"objectId": 0, "count": 1}, {"objectId": 2, "count": 2}],
    ),
    ("sort by count", [{"$sortByCount": "$s"}, {"$limit": 1}], [{"objectId": "x", "count": 2}]),
    ("constant", computing({"$literal": "$n"}), [{"v": "$n"}]),
    ("arithmetic", computing({"$add": [{"$divide": [3, 2]}, {"$subtract": ["$n", 5]}, {"$mod": [7, 4]}]}), [{"v": 0.5}]),
    ("null spreads", computing({"$add": ["$nope", 1]}), [{"v": None}]),
    (
        "rounding",
        computing([{"$floor": 1.5}, {"$ceil": 1.5}, {"$abs": -2}, {"$round": [2.345, 1]}, {"$trunc": -1.5}]),
        [{"v": [1, 2, 2, 2.3, -1]}],
    ),
    ("texts", computing({"$concat": [{"$toUpper": "$s"}, "-", {"$substrCP": ["hello", 1, 3]}]}), [{"v": "X-ell"}]),
    ("text length and split", computing([{"$strLenCP": "$s"}, {"$split": ["a,b", ","]}]), [{"v": [1, ["a", "b"]]}]),
    ("conditions", computing({"$cond": [{"$gt": ["$n", 0]}, "more", "less"]}), [{"v": "more"}]),
    ("switch", computing({"$switch": {"branches": [{"case": {"$eq": ["$n", 5]}, "then": "five"}], "default": "other"}}), [{"v": "other"}]),
    ("if null", computing({"$ifNull": ["$nope", "$s"]}), [{"v": "x"}]),
    ("logic", computing([{"$and": [1, True]}, {"$or": [0, None]}, {"$not": [0]}]), [{"v": [True, False, True]}]),
    ("comparison", computing([{"$cmp": ["$n", 2]}, {"$ne": ["$n", "1"]}, {"$lte": ["$n", 1]}]), [{"v": [-1, True, True]}]),
    ("arrays", computing([{"$size": "$tags"}, {"$arrayElemAt": ["$tags", -1]}, {"$in": ["red", "$tags"]}]), [{"v": [2, "blue", True]}]),
    (
        "map, filter, reduce",
        computing(
            {
                "$reduce": {
                    "input": {
                        "$filter": {
                            "input": {"$map": {"input": [1, 2, 3], "in": {"$multiply": ["$$this", 2]}}},
                            "as": "x",
                            "cond": {"$gt": ["$$x", 2]},
                        }
                    },
                    "initialValue": 0,
                    "in": {"$add": ["$$value", "$$this"]},
                }
            }
        ),
        [{"v": 10}],
    ),
    (
        "dates",
        computing(
            [
                {"$year": "$d"},
                {"$dayOfYear": "$d"},
                {"$dayOfWeek": "$d"},
                {"$hour": "$d"},
                {"$dateToString": {"date": "$d", "format": "%Y-%m-%d"}},
            ]
        ),
        [{"v": [2020, 127, 4, 7, "2020-05-06"]}],
    ),
    ("objects", computing({"$mergeObjects": ["$o", {"z": 2}]}), [{"v": {"k": 1, "z": 2}}]),
    ("types", computing([{"$type": "$n"}, {"$type": "$nope"}, {"$toString": "$n"}]), [{"v": ["int", "missing", "1"]}]),
    ("let", computing({"$let": {"vars": {"a": "$n"}, "in": {"$add": ["$$a", 1]}}}), [{"v": 2}]),
]

WRONG: list[tuple[str, list[dict[str, Any]]]] = [
    ("operator", computing({"$foo": 1})),
    ("accumulator", [{"$group": {"_id": None, "n": {"$foo": 1}}}]),
    ("limit", [{"$limit": -1}]),
    ("limit of text", [{"$limit": "x"}]),
    ("sort", [{"$sort": {"n": 5}}]),
    ("division by zero", computing({"$divide": [1, 0]})),
    ("unwind without a dollar", [{"$unwind": "tags"}]),
    ("number of a text", computing({"$add": ["$s", 1]})),
    ("query operator", [{"$match": {"n": {"$foo": 1}}}]),
    ("size of no array", computing({"$size": "$n"})),
]


@pytest.mark.needs_real_mongo
class AggregateContract:
    @pytest.mark.parametrize(("name", "pipeline", "expected"), ROWS, ids=[row[0] for row in ROWS])
    def test_pipeline(self, engine: Engine, name: str, pipeline: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
        assert engine.aggregate(filled(engine), pipeline, {}) == expected

    def test_an_unknown_stage_is_refused(self, engine: Engine) -> None:
        with pytest.raises(Refused) as refused:
            engine.aggregate(filled(engine), [{"$foo": {}}], {})
        assert refused.value.text == "Unrecognized pipeline stage name: '$foo'"
        assert refused.value.code == 102

    @pytest.mark.parametrize(("name", "pipeline"), WRONG, ids=[row[0] for row in WRONG])
    def test_nonsense_is_refused(self, engine: Engine, name: str, pipeline: list[dict[str, Any]]) -> None:
        with pytest.raises(Refused):
            engine.aggregate(filled(engine), pipeline, {})

    def test_whole_objects_come_in_rest_form(self, engine: Engine) -> None:
        [row] = engine.aggregate(filled(engine), [{"$match": {"objectId": "b"}}], {})
        created = row.pop("createdAt")
        assert isinstance(created, datetime) and created > START
        assert row["owner"] == Pointer("Person", "p2")
        assert row["at"] == GeoPoint(10, 20)
        assert row["f"] == File("f.txt")
        assert row["updatedAt"] == START

    def test_an_empty_pipeline_gives_everything(self, engine: Engine) -> None:
        assert len(engine.aggregate(filled(engine), [], {})) == 4
        assert engine.aggregate(a_class("Nowhere"), [], {}) == []

    def test_lookup_joins_another_class(self, engine: Engine) -> None:
        cls = filled(engine)
        fill(engine, a_class("Note", about="String", text="String"), [a_doc("n1", about="x", text="hi"), a_doc("n2", about="q")])
        pipeline: list[dict[str, Any]] = [
            {"$lookup": {"from": "Note", "localField": "s", "foreignField": "about", "as": "notes"}},
            {"$match": {"objectId": {"$in": ["a", "b"]}}},
            {"$sort": {"n": 1}},
            {"$project": {"texts": "$notes.text"}},
        ]
        assert engine.aggregate(cls, pipeline, {}) == [{"objectId": "a", "texts": ["hi"]}, {"objectId": "b", "texts": []}]

    def test_lookup_with_a_pipeline(self, engine: Engine) -> None:
        cls = filled(engine)
        fill(engine, a_class("Person", name="String"), PEOPLE)
        pipeline: list[dict[str, Any]] = [
            {"$match": {"n": 1}},
            {
                "$lookup": {
                    "from": "Person",
                    "let": {"who": "$owner"},
                    "pipeline": [
                        {"$match": {"$expr": {"$eq": [{"$concat": ["Person$", "$_id"]}, "$$who"]}}},
                        {"$project": {"name": 1, "_id": 0}},
                    ],
                    "as": "people",
                }
            },
            {"$project": {"people": 1, "_id": 0}},
        ]
        assert engine.aggregate(cls, pipeline, {}) == [{"people": [{"name": "Ann"}]}]

    def test_raw_rows(self, engine: Engine) -> None:
        cls = filled(engine)
        pipeline: list[dict[str, Any]] = [{"$match": {"objectId": "a"}}, {"$project": {"d": 1, "owner": 1}}]
        [row] = engine.aggregate(cls, pipeline, {"rawValues": True, "rawFieldNames": True})
        assert row == {"_id": "a", "d": {"$date": "2020-05-06T07:08:09.010Z"}, "_p_owner": "Person$p1"}
        [row] = engine.aggregate(cls, pipeline, {"rawValues": True})
        assert row == {"objectId": "a", "d": {"$date": "2020-05-06T07:08:09.010Z"}, "_p_owner": "Person$p1"}
        [row] = engine.aggregate(cls, pipeline, {"rawFieldNames": True})
        assert row["_id"] == "a"

    def test_secrets_stay_inside(self, engine: Engine) -> None:
        users = fill(engine, user_class(), [a_doc("u", username="joe", _hashed_password="secret", authData={"x": {"id": "1"}})])
        session = a_class("_Session", sessionToken="String")
        fill(engine, session, [a_doc("s", sessionToken="r:secret")])
        rows = engine.aggregate(users, [], {"rawValues": True, "rawFieldNames": True})
        rows += engine.aggregate(users, [{"$lookup": {"from": "_Session", "pipeline": [], "as": "s"}}], {})
        rows += engine.aggregate(session, [], {})
        assert "secret" not in repr(rows)
        assert engine.aggregate(users, [], {})[0]["authData"] == {"x": {"id": "1"}}


def filled(engine: Engine) -> ClassDef:
    return fill(engine, CLASS, DOCS)
