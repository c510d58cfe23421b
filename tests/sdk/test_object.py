"""Objects in cloud code: values in and out, pending operations, dirtiness."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from parse_shim.errors import ParseError
from parse_shim.sdk.acl import ACL
from parse_shim.sdk.file import File
from parse_shim.sdk.object import Object
from parse_shim.sdk.user import Role, User
from parse_shim.update.ops import Add, AddUnique, Increment, Relate, Remove, Set, Unset
from parse_shim.values import types

STORED = {
    "objectId": "x",
    "createdAt": datetime(2020, 1, 1),
    "n": 1,
    "o": {"k": [1]},
    "tags": ["a"],
    "p": types.Pointer("B", "y"),
    "d": datetime(2020, 1, 2, 3, 4, 5, 678000),
    "g": types.GeoPoint(1, 2),
    "f": types.File("n.txt"),
    "nil": None,
    "r": types.Relation("B"),
    "inc": types.Included("B", {"objectId": "z", "title": "t", "createdAt": datetime(2020, 1, 1)}),
    "ACL": {"*": {"read": True}},
}


def stored(update=None):
    return Object.from_doc("C", STORED, update=update)


def test_values_come_out_as_cloud_code_wants_them():
    o = stored()
    assert (o["n"], o["o"], o["tags"], o["nil"], o["g"]) == (1, {"k": [1]}, ["a"], None, types.GeoPoint(1, 2))
    assert o["d"] == datetime(2020, 1, 2, 3, 4, 5, 678000, UTC)
    assert isinstance(o["p"], Object) and (o["p"].class_name, o["p"].id, o["p"].is_data_available()) == ("B", "y", False)
    assert isinstance(o["f"], File) and o["f"].is_saved
    assert isinstance(o["inc"], Object) and o["inc"]["title"] == "t"
    assert o.acl.public_read and not o.acl.public_write
    assert o.get("missing") is None and o.get("missing", 5) == 5 and o.get("nil", 5) is None
    assert ("nil" in o, o.has("nil"), "missing" in o) == (True, False, False)
    with pytest.raises(KeyError):
        o["missing"]


LONDON = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (datetime(2020, 1, 1, 12, 0, 0, 123456), datetime(2020, 1, 1, 12, 0, 0, 123000)),
        (datetime(2020, 1, 1, 12, tzinfo=LONDON), datetime(2020, 1, 1, 11)),
        (1.0, 1),
        (float("nan"), None),
        ((1, 2), [1, 2]),
        (Object("B", objectId="y"), types.Pointer("B", "y")),
        ([{"p": Object("B", objectId="y")}], [{"p": types.Pointer("B", "y")}]),
        (File.stored("n"), types.File("n")),
        (b"x", b"x"),
        (types.Pointer("B", "y"), types.Pointer("B", "y")),
    ],
)
def test_values_go_in_as_they_are_stored(value, kept):
    o = stored()
    o["v"] = value
    assert o.changes() == {"v": Set(kept)}


@pytest.mark.parametrize(
    ("act", "changes"),
    [
        (lambda o: o.set("n", 2), {"n": Set(2)}),
        (lambda o: o.increment("n").increment("n", 2), {"n": Increment(3)}),
        (lambda o: o.set("n", 5).increment("n"), {"n": Set(6)}),
        (lambda o: o.decrement("n"), {"n": Increment(-1)}),
        (lambda o: o.add("tags", "b", "c"), {"tags": Add(("b", "c"))}),
        (lambda o: o.add_unique("tags", "a", "b"), {"tags": AddUnique(("a", "b"))}),
        (lambda o: o.remove("tags", "a"), {"tags": Remove(("a",))}),
        (lambda o: o.add("tags", "b").remove("tags", "a"), {"tags": Set(["b"])}),
        (lambda o: o.unset("n"), {"n": Unset()}),
        (lambda o: o.unset("n").increment("n"), {"n": Set(1)}),
        (lambda o: o.set("o.k", 5), {"o.k": Set(5)}),
        (lambda o: o.set("o.k", 5).set("o", {}), {"o": Set({})}),
        (lambda o: o.set("o", {}).set("o.k", 5), {"o": Set({"k": 5})}),
        (lambda o: o["o"]["k"].append(2), {"o": Set({"k": [1, 2]})}),
        (lambda o: o["tags"], {}),
        (lambda o: o.acl.set_read_access("u"), {"ACL": Set({"*": {"read": True}, "u": {"read": True}})}),
        (lambda o: o.set("createdAt", datetime(2000, 1, 1)), {}),
        (lambda o: o.set({"n": 2, "m": 3}), {"n": Set(2), "m": Set(3)}),
        (lambda o: o.set("n", 2).revert("n"), {}),
        (lambda o: o.set("n", 2).set("m", 1).revert(), {}),
        (lambda o: o.relation("r").add(Object("B", objectId="y")), {"r": Relate("B", ("y",))}),
        (lambda o: o["inc"].set("title", "mine"), {}),
    ],
)
def test_what_is_done_becomes_operations(act, changes):
    o = stored()
    act(o)
    assert o.changes() == changes
    assert o.dirty_keys() == list(dict.fromkeys(path.partition(".")[0] for path in changes))


def test_the_object_shows_its_pending_changes():
    o = stored({"n": Increment(2), "o.y": Set(3)})
    o["o"]["z"] = 4
    assert (o["n"], o["o"], o.op("n"), o.dirty("o"), o.dirty("d")) == (3, {"k": [1], "y": 3, "z": 4}, Increment(2), True, False)
    assert o.op("o") == Set({"k": [1], "y": 3, "z": 4})


def test_the_stored_doc_is_never_changed():
    before = repr(STORED)
    o = stored()
    o["o"]["k"].append(5)
    o.set("o.x.y", 1).add("tags", 1)
    o.to_json()
    assert repr(STORED) == before


@pytest.mark.parametrize("value", [object(), {1: 2}, {"a": {"b": object()}}])
def test_what_cannot_be_stored_is_refused_at_once(value):
    with pytest.raises(ParseError) as caught:
        stored().set("v", value)
    assert caught.value.code == 141


@pytest.mark.parametrize("value", [Object("B"), [Object("B")], File("n", b"x")])
def test_unsaved_things_are_refused_when_the_object_is_stored(value):
    o = stored().set("v", value)
    with pytest.raises(ParseError) as caught:
        o.changes()
    assert caught.value.code == 141


def test_a_new_object():
    o = Object("C", title="x")
    o.increment("n", 2).add_unique("tags", 1, 1).set("o.k", 1)
    assert (o.is_new(), o.id, repr(o)) == (True, None, "<C new>")
    assert o.to_json() == {"title": "x", "n": 2, "tags": [1], "o": {"k": 1}}


def test_json_is_the_rest_form():
    shown = stored({"d": Unset(), "f": Unset(), "inc": Unset(), "g": Unset()}).to_json()
    assert shown["p"] == {"__type": "Pointer", "className": "B", "objectId": "y"}
    assert shown["createdAt"] == "2020-01-01T00:00:00.000Z"
    assert shown["ACL"] == {"*": {"read": True}}


def test_an_answer_keeps_included_objects_whole():
    o = stored()
    o["inc"].set("title", "t")
    assert o.to_answer()["p"] == types.Pointer("B", "y")
    assert stored().to_answer()["inc"] is STORED["inc"]


def test_subclasses():
    class Post(Object, class_name="Post"):
        def shout(self):
            return self["title"].upper()

    assert (Post(title="x").shout(), Post().class_name) == ("X", "Post")
    assert isinstance(Object.from_doc("_User", {"objectId": "u"}), User)
    with pytest.raises(TypeError, match="needs a class name"):
        Object()


def test_equals_goes_by_class_and_id():
    assert stored().equals(Object("C", objectId="x")) and stored().equals(types.Pointer("C", "x"))
    assert not stored().equals(Object("D", objectId="x")) and not Object("C").equals(Object("C"))


def test_a_clone_is_new_and_has_the_fields():
    copy = stored().clone()
    assert (copy.is_new(), copy.id, copy["n"], copy["o"]) == (True, None, 1, {"k": [1]})


def test_acl():
    acl = ACL(User(objectId="u"))
    acl.public_read = True
    acl.set_role_write_access(Role(name="host"))
    acl.set_write_access("u", False)
    assert acl.to_json() == {"u": {"read": True}, "*": {"read": True}, "role:host": {"write": True}}
    assert acl == ACL(acl.to_json()) and acl.get_role_write_access("host")
    with pytest.raises(ParseError):
        ACL(User())


def test_relations_hold_objects_of_one_class():
    relation = stored().relation("r")
    with pytest.raises(ParseError, match="cannot hold objects of several classes"):
        relation.add(Object("D", objectId="y"))


def test_the_class_name_that_an_answer_carries_is_no_field():
    assert Object.from_doc("C", {**STORED, "className": "C"}).keys() == stored().keys()


def test_public_rights_by_the_names_of_other_sdks():
    acl = ACL()
    acl.set_public_read_access()
    acl.set_public_write_access()
    acl.set_public_write_access(False)
    assert (acl.to_json(), acl.public_read, acl.public_write) == ({"*": {"read": True}}, True, False)
