"""Create and update of plain objects (contract/01)."""

import pytest

from parse_shim import ids
from parse_shim.events import LocalBus
from parse_shim.rest import read, write
from tests.rest.world import World, answer, pointer


@pytest.fixture
def world():
    return World()


def stored(world, written):
    return read.get(world.master, written.class_name, written.object_id).results[0]


def make(world, **fields):
    return write.create(world.nobody, "Post", fields)


def body(written):
    return {name: value for name, value in written.body.items() if name not in ("objectId", "createdAt", "updatedAt")}


def test_a_create_answers_id_and_date_only(world):
    made = make(world, n=1, tags=["a"])
    assert (made.status, sorted(made.body)) == (201, ["createdAt", "objectId"])
    assert len(made.object_id) == 10
    found = stored(world, made)
    assert (found["n"], found["tags"], found["createdAt"]) == (1, ["a"], found["updatedAt"])


def test_an_empty_body_makes_an_empty_object(world):
    assert set(stored(world, make(world))) == {"objectId", "createdAt", "updatedAt"}


def test_a_create_makes_the_class_and_its_columns(world):
    make(world, n=1, s="x", p=pointer("Other", "o1"), nothing=None)
    cls = world.core.classes.get("Post")
    assert {name: kind.text for name, kind in cls.fields.items() if name in ("n", "s", "p", "nothing")} == {
        "n": "Number", "s": "String", "p": "Pointer<Other>",
    }  # fmt: skip


def test_operations_on_create_give_their_results(world):
    made = make(
        world,
        i={"__op": "Increment", "amount": 3},
        a={"__op": "Add", "objects": [1, 1]},
        u={"__op": "AddUnique", "objects": [1, 1]},
        r={"__op": "Remove", "objects": [1]},
        d={"__op": "Delete"},
    )
    assert body(made) == {"i": 3, "a": [1, 1], "u": [1, 1], "r": []}


def test_an_update_answers_its_date_and_operation_results(world):
    made = make(world, n=1, s="a", o={"k": 1}, arr=[{"k": 1}, 2])
    changed = write.update(
        world.nobody,
        "Post",
        made.object_id,
        {"n": {"__op": "Increment", "amount": 2}, "s": "b", "o.k": {"__op": "Increment", "amount": 6}, "gone": {"__op": "Delete"}},
    )
    assert changed.status == 200
    assert "updatedAt" in changed.body and "objectId" not in changed.body
    assert body(changed) == {"n": 3, "o": {"k": 7}}
    assert stored(world, changed)["s"] == "b"


@pytest.mark.parametrize(
    ("class_name", "fields", "expected"),
    [
        ("Post", {"objectId": "x"}, (400, 105, "objectId is an invalid field name.")),
        ("Post", {"id": "x"}, (400, 105, "id is an invalid field name.")),
        ("Post", {"a-b": 1}, (400, 105, "Invalid field name: a-b.")),
        ("Post", {"": 1}, (400, 105, "Invalid field name: .")),
        ("Post", {"_rperm": []}, (400, 105, "Invalid field name: _rperm.")),
        ("Post", {"className": "x"}, (400, 105, "Invalid field name: className.")),
        ("Post", {"o": {"a.b": 1}}, (400, 121, "Nested keys should not contain the '$' or '.' characters")),
        ("Post", {"o": {"x": {"$a": 1}}}, (400, 121, "Nested keys should not contain the '$' or '.' characters")),
        ("Post", {"o": {"constructor": 1}}, (400, 105, 'Prohibited keyword in request data: {"key":"constructor"}.')),
        ("Post", {"createdAt": "text"}, (400, 111, "schema mismatch for Post.createdAt; expected Date but got String")),
        ("Post", {"ACL": {"*unresolved": {"read": True}}}, (400, 123, "Invalid ACL.")),
        ("Post", {"f": {"__type": "Foo"}}, (400, 111, "This is not a valid Foo")),
        ("1a", {}, (400, 107, "schema class name does not revalidate")),
        ("a-b", {}, (400, 107, "schema class name does not revalidate")),
        ("_Foo", {}, (400, 107, "schema class name does not revalidate")),
        ("_Audience", {}, (400, 119, "Permission denied")),
        ("_Join:users:_Role", {}, (400, 119, "Permission denied")),
    ],
)
def test_a_bad_create_is_refused(world, class_name, fields, expected):
    assert answer(write.create, world.nobody, class_name, fields) == expected


@pytest.mark.parametrize("fields", [[], "x", 5, None])
def test_a_body_that_is_no_object_is_refused(world, fields):
    assert answer(write.create, world.nobody, "Post", fields)[:2] == (400, 107)


@pytest.mark.parametrize("fields", [{"objectId": ""}, {"objectId": None}, {"id": 0}, {"id": ""}])
def test_empty_ids_are_taken_for_none(world, fields):
    assert len(make(world, **fields).object_id) == 10


def test_a_column_keeps_its_type(world):
    make(world, n=1)
    assert answer(make, world, n="x") == (400, 111, "schema mismatch for Post.n; expected Number but got String")


def test_dates_of_clients_are_ignored(world):
    date = {"__type": "Date", "iso": "2001-01-01T00:00:00.000Z"}
    found = stored(world, make(world, createdAt=date, updatedAt=date))
    assert found["createdAt"].year > 2001 and found["updatedAt"].year > 2001


def test_an_update_of_nothing_is_101(world):
    assert answer(write.update, world.nobody, "Post", "none", {"x": 1}) == (404, 101, "Object not found.")


def test_an_update_may_repeat_its_own_id_only(world):
    made = make(world, n=1)
    write.update(world.nobody, "Post", made.object_id, {"objectId": made.object_id, "n": 2})
    assert stored(world, made)["n"] == 2
    assert answer(write.update, world.nobody, "Post", made.object_id, {"objectId": "other"})[:2] == (400, 105)


def test_an_empty_update_changes_the_date(world):
    made = make(world)
    before = stored(world, made)["updatedAt"]
    ids.set_clock(lambda: before.timestamp() + 100000)
    try:
        write.update(world.nobody, "Post", made.object_id, {})
    finally:
        ids.set_clock(None)
    assert stored(world, made)["updatedAt"] > before


def test_custom_ids_when_they_are_allowed():
    world = World({"allow_custom_object_id": True})
    assert make(world, objectId="my-id 1").object_id == "my-id 1"
    taken = (400, 137, "A duplicate value for a field with unique values was provided")
    assert answer(make, world, objectId="my-id 1") == taken
    assert answer(make, world, objectId="") == (400, 104, "objectId must not be empty, null or undefined")
    assert answer(make, world, objectId=5) == (400, 111, "schema mismatch for Post.objectId; expected String but got Number")
    assert len(make(world).object_id) == 10


def test_the_acl_guards_updates(world):
    ann, bob = world.user("ann"), world.user("bob")
    made = write.create(ann, "Post", {"ACL": {"ann": {"write": True}}, "n": 1})
    assert answer(write.update, bob, "Post", made.object_id, {"n": 2}) == (404, 101, "Object not found.")
    changed = write.update(ann, "Post", made.object_id, {"n": {"__op": "Increment", "amount": 1}})
    assert body(changed) == {"n": 2}


def test_deleting_an_acl_locks_the_object(world):
    made = make(world, ACL={"*": {"read": True, "write": True}})
    write.update(world.nobody, "Post", made.object_id, {"ACL": {"__op": "Delete"}})
    assert stored(world, made)["ACL"] == {}
    assert answer(write.update, world.nobody, "Post", made.object_id, {"n": 1})[:2] == (404, 101)


def test_clients_make_no_classes_unless_they_may():
    world = World({"allow_client_class_creation": False})
    assert answer(make, world, n=1) == (400, 119, "Permission denied")
    write.create(world.master, "Post", {"n": 1})
    make(world, n=2)


def test_class_permissions_guard_writes(world):
    ann = world.user("ann")
    made = make(world, n=1)
    world.permit("Post", create={"ann": True}, update={"requiresAuthentication": True}, addField={})
    assert answer(make, world, n=1) == (400, 119, "Permission denied")
    write.create(ann, "Post", {"n": 1})
    assert answer(write.create, ann, "Post", {"new": 1}) == (400, 119, "Permission denied")
    assert answer(write.update, world.nobody, "Post", made.object_id, {"n": 2}) == (404, 101, "Permission denied")
    write.update(ann, "Post", made.object_id, {"n": 2})
    assert "new" not in world.core.classes.get("Post").fields


def test_pointer_permissions_let_the_owner_update(world):
    ann, bob = world.user("ann"), world.user("bob")
    made = make(world, owner=pointer("_User", "ann"), n=1)
    world.permit("Post", update={"pointerFields": ["owner"]}, create={"pointerFields": ["owner"]})
    write.update(ann, "Post", made.object_id, {"n": 2})
    assert answer(write.update, bob, "Post", made.object_id, {"n": 3})[:2] == (404, 101)
    assert answer(write.create, ann, "Post", {"owner": pointer("_User", "ann")})[:2] == (400, 119)


def test_the_read_only_key_writes_nothing(world):
    from parse_shim.rest.core import Auth, Context

    reader = Context(world.core, Auth("readonly"))
    assert answer(write.create, reader, "Post", {"n": 1}) == (400, 119, "Permission denied")


def test_required_columns_and_defaults(world):
    from dataclasses import replace

    from parse_shim.classes.model import NUMBER, STRING

    cls = world.core.classes.ensure("Post", {"req": STRING, "def": NUMBER})
    fields = {**cls.fields, "req": replace(STRING, required=True), "def": replace(NUMBER, default=7)}
    world.core.classes.save(replace(cls, fields=fields))
    assert answer(make, world) == (400, 142, "req is required")
    assert answer(make, world, req="") == (400, 142, "req is required")
    made = make(world, req="x")
    assert body(made) == {"def": 7}
    assert answer(write.update, world.nobody, "Post", made.object_id, {"req": None}) == (400, 142, "req is required")
    assert body(write.update(world.nobody, "Post", made.object_id, {"def": {"__op": "Delete"}})) == {}


def test_the_class_gives_new_objects_its_default_acl(world):
    ann = world.user("ann")
    world.permit("Post", ACL={"*": {"read": True}, "currentUser": {"read": True, "write": True}})
    made = write.create(ann, "Post", {})
    assert body(made)["ACL"] == {"*": {"read": True}, "ann": {"read": True, "write": True}}
    assert body(make(world)) == {"ACL": {"*": {"read": True}}}
    assert body(make(world, ACL={"bob": {"read": True}})) == {}


def test_the_public_default_acl_is_none(world):
    world.permit("Post", ACL={"*": {"read": True, "write": True}})
    assert "ACL" not in stored(world, make(world))


def test_the_maintenance_key_sets_dates(world):
    from parse_shim.rest.core import Auth, Context

    keeper = Context(world.core, Auth("maintenance"))
    old, older = ({"__type": "Date", "iso": f"{year}-01-01T00:00:00.000Z"} for year in (2001, 2000))
    made = write.create(keeper, "Post", {"createdAt": old})
    found = stored(world, made)
    assert found["createdAt"].year == found["updatedAt"].year == 2001
    alone = stored(world, write.create(keeper, "Post", {"updatedAt": old}))
    assert alone["updatedAt"] == alone["createdAt"] and alone["updatedAt"].year != 2001
    refused = (400, 142, "updatedAt cannot occur before createdAt")
    assert answer(write.create, keeper, "Post", {"createdAt": old, "updatedAt": older}) == refused


def test_listeners_hear_of_writes(world):
    heard = []
    bus = LocalBus()
    bus.subscribe(heard.append, lambda name: name == "Post")
    world.core.bus = bus
    made = make(world, n=1)
    write.update(world.nobody, "Post", made.object_id, {"n": 2})
    write.create(world.nobody, "Other", {})
    assert [(change.before and change.before["n"], change.after["n"]) for change in heard] == [(None, 1), (1, 2)]


class Counting:
    """An engine that counts the calls that reach it."""

    def __init__(self, engine):
        self._engine, self.calls = engine, []

    def __getattr__(self, name):
        inner = getattr(self._engine, name)

        def call(*args, **kwargs):
            self.calls.append(name)
            return inner(*args, **kwargs)

        return call if callable(inner) else inner


def test_a_plain_write_is_one_call_of_the_engine(world):
    made = make(world, n=1)
    engine = world.core.engine = Counting(world.core.engine)
    make(world, n=2)
    write.update(world.nobody, "Post", made.object_id, {"n": 3})
    assert engine.calls == ["insert", "update"]


def test_file_urls_of_other_domains_are_refused():
    from parse_shim.settings_groups import FileUpload

    world = World({"file_upload": FileUpload(allowed_file_url_domains=("ok.example",))})
    good, bad = ({"__type": "File", "name": "a", "url": f"https://{host}/a"} for host in ("ok.example", "evil.com"))
    make(world, f=good)
    assert answer(make, world, f=bad) == (400, 130, "File URL domain 'evil.com' is not allowed.")
    assert answer(make, world, o={"deep": [bad]})[:2] == (400, 130)
