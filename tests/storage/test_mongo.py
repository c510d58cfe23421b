"""The MongoDB engine on mongomock: which documents it leaves behind."""

import mongomock
import pytest

from parse_shim.query.ast import EVERYTHING, Compare, Eq, In, Readable
from parse_shim.query.options import FindOptions
from parse_shim.storage.mongo.engine import MongoEngine
from parse_shim.testing.contract.common import START, a_class, a_doc, fill, found
from parse_shim.update.ops import AddUnique, Increment, Set, Unset
from parse_shim.values.types import Pointer

POST = a_class("Post", title="String", n="Number", owner="Pointer<_User>", tags="Array")


@pytest.fixture
def engine():
    made = MongoEngine("mongodb://localhost/parse", prefix="app_", make_client=mongomock.MongoClient)
    yield made
    made.close()


def raw(engine, name):
    return list(engine.connection.client["parse"][name].find({}))


def test_an_object_is_one_document_in_the_collection_of_its_class(engine):
    fill(engine, POST, [a_doc("a", title="x", owner=Pointer("_User", "u"))])
    assert raw(engine, "app_Post") == [
        {"_id": "a", "title": "x", "_p_owner": "_User$u", "_created_at": START, "_updated_at": START}
    ]


def test_a_class_is_one_document_in_the_schema(engine):
    engine.save_class(POST)
    [document] = raw(engine, "app__SCHEMA")
    assert document == {
        "_id": "Post", "objectId": "string", "createdAt": "date", "updatedAt": "date",
        "title": "string", "n": "number", "owner": "*_User", "tags": "array",
    }  # fmt: skip


def test_an_update_is_one_call_that_gives_the_new_object(engine):
    cls = fill(engine, POST, [a_doc("a", n=1, tags=["x"])])
    after = engine.update(cls, Eq("objectId", "a"), {"n": Increment(2), "tags": AddUnique(("x", "y")), "title": Set("t")})
    assert after is not None
    assert (after["n"], after["tags"], after["title"]) == (3, ["x", "y"], "t")
    assert engine.update(cls, Eq("objectId", "b"), {"n": Unset()}) is None


def test_find_sorts_pages_and_projects(engine):
    cls = fill(engine, POST, [a_doc(f"d{i}", n=i, title="t") for i in range(5)])
    assert found(engine, cls, Compare("n", "gte", 1), order=(("n", True),), skip=1, limit=2) == ["d3", "d2"]
    [doc] = engine.find(cls, Eq("n", 3), FindOptions(keys=frozenset({"n"})))
    assert doc["n"] == 3
    assert "title" not in doc


def test_acl_conditions(engine):
    cls = fill(engine, POST, [a_doc("open"), a_doc("mine", ACL={"u": {"read": True}})])
    assert found(engine, cls, Readable(("*",))) == ["open"]
    assert found(engine, cls, Readable(("*", "u"))) == ["open", "mine"]


def test_delete_and_count(engine):
    cls = fill(engine, POST, [a_doc("a"), a_doc("b"), a_doc("c")])
    assert engine.delete(cls, In("objectId", ("a", "x"))) == 1
    assert engine.count(cls, EVERYTHING) == 2
