"""What only a real mongod shows: indexes, points, GridFS, transactions, documents of other programs."""

from dataclasses import replace

import pytest

from parse_shim.classes.model import FieldType
from parse_shim.classes.system import SYSTEM
from parse_shim.errors import DuplicateKey, Refused
from parse_shim.query.ast import EVERYTHING, And, Compare, Eq, EqFold, In, Near, Not, Or, Regex, Text
from parse_shim.query.options import FindOptions
from parse_shim.storage.mongo.connection import DEFAULT_MAX_TIME_MS
from parse_shim.storage.mongo.engine import MongoEngine
from parse_shim.storage.mongo.gridfs import CHUNK_BYTES
from parse_shim.testing.contract.common import a_class, a_doc, fill, found
from parse_shim.update.ops import Set
from parse_shim.values.types import GeoPoint, Pointer

PLACE = a_class("Place", at="GeoPoint", n="Number")


@pytest.fixture(scope="module")
def one_engine(module_mongo_uri):
    engine = MongoEngine(module_mongo_uri)
    yield engine
    engine.close()


@pytest.fixture
def engine(one_engine):
    one_engine.clear(indexes=True)
    return one_engine


def indexes(engine, name):
    return {key for key in engine.connection.collection(name).index_information() if key != "_id_"}


def plan(engine, cls, where):
    return str(engine.explain(cls, where, FindOptions(), "queryPlanner"))


# -- indexes -----------------------------------------------------------------------------------------------------------


def test_users_get_parse_servers_indexes_and_one_against_other_spellings(engine):
    fill(engine, SYSTEM["_User"], [a_doc("u", username="Joe", email="J@x.org", authData={"facebook": {"id": "1"}})])
    assert indexes(engine, "_User") == {
        "username_1", "email_1", "case_insensitive_username", "case_insensitive_email", "_email_verify_token",
        "_perishable_token", "_auth_data_anonymous_id", "_auth_data_facebook_id", "unique_username_any_case",
        "unique_email_any_case",
    }  # fmt: skip
    for field, value in (("username", "joe"), ("email", "j@X.org")):
        with pytest.raises(DuplicateKey) as refused:
            engine.insert(SYSTEM["_User"], a_doc("v", **{field: value}))
        assert refused.value.field == field


def test_an_identity_is_unique_for_every_provider(engine):
    users = fill(engine, SYSTEM["_User"], [a_doc("u", authData={"facebook": {"id": "1"}}), a_doc("v")])
    with pytest.raises(DuplicateKey) as refused:
        engine.update(users, Eq("objectId", "v"), {"authData.facebook": Set({"id": "1"})})
    assert refused.value.field == "authData.facebook.id"


def test_system_look_ups_use_an_index(engine):
    sessions = fill(engine, SYSTEM["_Session"], [a_doc("s", sessionToken="r:1", user=Pointer("_User", "u"))])
    assert "IXSCAN" in plan(engine, sessions, Eq("sessionToken", "r:1"))
    engine.link("_Role", "users", "r", ["u"])
    join = a_class("_Join:users:_Role", owningId="String", relatedId="String")
    assert "IXSCAN" in plan(engine, join, Eq("relatedId", "u"))
    assert "IXSCAN" in plan(engine, join, Eq("owningId", "r"))


def test_reading_links_makes_no_collection(engine):
    assert engine.related_ids("Post", "likes", ["a"]) == []
    assert not engine.connection.exists("_Join:likes:Post")


def test_names_are_found_in_any_spelling_and_nothing_else_is(engine):
    docs = [a_doc("ab", username="Joe"), a_doc("AB", username="ann"), a_doc("x", username="joé")]
    users = fill(engine, SYSTEM["_User"], docs)
    assert found(engine, users, EqFold("username", "JOE")) == ["ab"]
    assert found(engine, users, And((EqFold("username", "joe"), Not(Eq("objectId", "AB"))))) == ["ab"]


def test_user_indexes_follow_the_class(engine):
    cls = fill(engine, a_class("Post", s="String", p="Pointer<B>"), [a_doc("a", s="x")])
    engine.save_class(replace(cls, indexes={"one": {"s": 1}, "two": {"p": 1, "createdAt": -1}}))
    assert indexes(engine, "Post") == {"one", "two"}
    assert engine.connection.collection("Post").index_information()["two"]["key"] == [("_p_p", 1), ("_created_at", -1)]
    engine.save_class(replace(cls, indexes={"one": {"s": -1}}))
    assert indexes(engine, "Post") == {"one"}


def test_system_indexes_are_not_dropped_with_the_users_own(engine):
    users = engine.save_class(SYSTEM["_User"])
    engine.insert(users, a_doc("u", username="joe"))
    engine.save_class(replace(users, indexes={}))
    assert "username_1" in indexes(engine, "_User")
    assert "username_1" in engine.load_classes()["_User"].indexes


def test_a_text_index_is_made_at_the_first_search_and_listed(engine):
    cls = fill(engine, a_class("Post", s="String", language="String"), [a_doc("a", s="cakes", language="klingon")])
    assert found(engine, cls, Text("s", "cake")) == ["a"]
    assert engine.load_classes()["Post"].indexes == {"s_text": {"s": "text"}}
    engine.clear()
    cls = fill(engine, a_class("Post", t="String"), [a_doc("a", t="cakes")])
    assert found(engine, cls, Text("t", "cake")) == ["a"]


# -- points -----------------------------------------------------------------------------------------------------------


def test_a_geo_index_is_made_at_the_first_search_and_again_when_it_is_gone(engine):
    cls = fill(engine, PLACE, [a_doc("a", at=GeoPoint(1, 1))])
    assert found(engine, cls, Near("at", GeoPoint(1, 1), 0.1)) == ["a"]
    assert indexes(engine, "Place") == {"at_2d"}
    engine.connection.collection("Place").drop_index("at_2d")
    assert found(engine, cls, Near("at", GeoPoint(1, 1), 0.1)) == ["a"]
    assert indexes(engine, "Place") == {"at_2d"}


def test_near_works_on_points_that_no_index_can_hold(engine):
    engine.connection.collection("Place").insert_many([{"_id": "far", "at": [500, 1]}, {"_id": "a", "at": [1, 1]}])
    assert found(engine, PLACE, Near("at", GeoPoint(1, 1), 0.1)) == ["a"]
    assert found(engine, PLACE, Near("at", GeoPoint(1, 1)), limit=1) == ["a"]


def test_a_point_off_the_map_is_refused_once_there_is_an_index(engine):
    cls = fill(engine, PLACE, [a_doc("a", at=GeoPoint(91, 180))])
    assert found(engine, cls, Near("at", GeoPoint(1, 1), 0.1)) == []
    with pytest.raises(Refused) as refused:
        engine.insert(cls, a_doc("b", at=GeoPoint(0, 181)))
    assert refused.value.code == 111
    with pytest.raises(Refused):
        engine.update(cls, Eq("objectId", "a"), {"at": Set(GeoPoint(0, 200))})


# -- what the database refuses -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["(", "[a", "a{2,1}", "(?<n>a)(?<n>b)", "*"])
def test_a_pattern_that_is_none_is_refused(engine, pattern):
    cls = fill(engine, a_class(s="String"), [a_doc("a", s="aaa")])
    with pytest.raises(Refused) as refused:
        engine.find(cls, Regex("s", pattern))
    assert refused.value.code == 102


def test_a_pattern_that_runs_away_is_cut_off(engine):
    cls = fill(engine, a_class(s="String"), [])
    engine.connection.collection("Thing").insert_many([{"s": "a" * 40 + "!"} for _ in range(2000)])
    engine.connection.max_time_ms = 100
    try:
        with pytest.raises(Refused) as refused:
            engine.find(cls, Regex("s", "^(([a-z])+.)+[A-Z]([a-z])+$"))
    finally:
        engine.connection.max_time_ms = DEFAULT_MAX_TIME_MS
    assert refused.value.code in (102, 124)


@pytest.mark.parametrize(
    "doc", [{"o": {"a\x00b": 1}}, {"s": "x" * (17 * 1024 * 1024)}, {"o": {"k": "\ud800"}}], ids=["NUL in a key", "17 MB", "half a sign"]
)
def test_a_value_that_cannot_be_stored_is_refused(engine, doc):
    cls = engine.save_class(a_class(s="String", o="Object"))
    with pytest.raises(Refused):
        engine.insert(cls, a_doc("a", **doc))


def test_an_unknown_hint_is_refused(engine):
    cls = fill(engine, a_class(s="String"), [a_doc("a")])
    with pytest.raises(Refused):
        engine.find(cls, Eq("s", "x"), FindOptions(hint="nope"))
    assert engine.find(cls, EVERYTHING, FindOptions(hint={"objectId": 1}, comment="why", read_preference="NEAREST"))


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, "secret"])
def test_files_are_kept_in_gridfs(engine, key):
    files = engine.files(key)
    data = bytes(range(256)) * 2000
    files.put("ab_photo.png", b"old", {})
    files.put("ab_photo.png", data, {"k": 1})
    assert files.size("ab_photo.png") == len(data)
    assert files.read("ab_photo.png", 0, len(data)) == data
    assert files.read("ab_photo.png", CHUNK_BYTES - 2, CHUNK_BYTES + 3) == data[CHUNK_BYTES - 2 : CHUNK_BYTES + 3]
    assert files.metadata("ab_photo.png") == {"k": 1}
    assert files.delete("ab_photo.png") is True
    assert files.delete("ab_photo.png") is False
    assert files.size("ab_photo.png") is None
    assert files.read("ab_photo.png", 0, 9) == b""
    assert engine.connection.database["fs.chunks"].count_documents({}) == 0


def test_an_encrypted_file_is_ciphertext_iv_and_tag(engine):
    engine.files("secret").put("f", b"hello", {})
    [stored] = engine.connection.database["fs.files"].find({"filename": "f"})
    assert (stored["length"], stored["chunkSize"]) == (37, 261120)
    with pytest.raises(Refused):
        engine.files("another").read("f", 0, 5)


# -- transactions and versions -----------------------------------------------------------------------------------------


def test_a_class_made_inside_a_transaction_gets_its_indexes_afterwards(engine):
    with engine.transaction():
        cls = engine.save_class(a_class("Place", at="GeoPoint", area="Polygon"))
        engine.insert(cls, a_doc("a", at=GeoPoint(1, 1)))
        assert found(engine, cls, Near("at", GeoPoint(1, 1), 0.1)) == ["a"]
    assert indexes(engine, "Place") == {"area_2dsphere"}


def test_a_transaction_within_another_is_part_of_it(engine):
    cls = engine.save_class(a_class())
    with pytest.raises(KeyError), engine.transaction():
        with engine.transaction():
            engine.insert(cls, a_doc("a"))
        raise KeyError
    assert found(engine, cls) == []


def test_another_engine_of_the_machine_sees_a_change_at_once(engine, module_mongo_uri):
    other = MongoEngine(module_mongo_uri)
    try:
        before = other.schema_version()
        engine.save_class(a_class("Post", s="String"))
        assert other.schema_version() != before
        before = other.schema_version()
        engine.save_class(a_class("Post", s="String"))
        assert other.schema_version() == before
    finally:
        other.close()


def test_a_change_by_another_program_is_noticed(engine):
    before = engine.schema_version()
    engine.connection.collection("_SCHEMA").insert_one({"_id": "Theirs", "n": "number"})
    engine._version.look()
    assert engine.schema_version() != before
    assert engine.load_classes()["Theirs"].fields["n"] == FieldType("Number")


def test_an_old_type_name_is_the_same_type(engine):
    engine.connection.collection("_SCHEMA").insert_one({"_id": "Old", "o": "map", "odd": 5})
    saved = engine.save_class(a_class("Old", o="Object", n="Number"))
    assert (saved.kind("o"), saved.kind("n"), saved.kind("odd")) == ("Object", "Number", None)


def test_rows_that_others_upserted_are_found_and_removed_by_their_id(engine):
    hooks = SYSTEM["_Hooks"]
    engine.connection.collection("_Hooks").insert_one({"functionName": "f", "url": "http://x"})
    [doc] = engine.find(hooks, EVERYTHING)
    assert found(engine, hooks, In("objectId", (doc["objectId"],))) == [doc["objectId"]]
    assert engine.delete(hooks, Or((Eq("objectId", doc["objectId"]), Compare("url", "lt", "a")))) == 1


def test_a_collection_prefix_goes_before_every_name(engine, module_mongo_uri):
    prefixed = MongoEngine(module_mongo_uri, prefix="pre_")
    try:
        fill(prefixed, a_class("Post"), [a_doc("a")])
        assert found(engine, a_class("Post")) == []
        assert found(engine, a_class("pre_Post")) == ["a"]
        prefixed.clear(indexes=True)
        assert found(engine, a_class("pre_Post")) == []
    finally:
        prefixed.close()
