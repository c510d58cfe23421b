"""Hooks around writes, deletes and logins: what they see, and what the answer then holds (contract/10, sections 3 to 8)."""

from datetime import UTC, datetime

import pytest

from parse_shim.errors import Code, ParseError
from parse_shim.rest import delete, read, write
from parse_shim.rest.batch import Item, transaction
from tests.rest.hooked import Hooked
from tests.rest.world import answer, ids, pointer, rows


@pytest.fixture
def world():
    return Hooked()


def make(world, **fields):
    return write.create(world.nobody, "Post", fields)


def put(world, made, fields):
    return write.update(world.nobody, "Post", made.object_id, fields)


def told(written):
    return {name: value for name, value in written.body.items() if name not in ("objectId", "createdAt", "updatedAt")}


def stored(world, written):
    return read.get(world.master, written.class_name, written.object_id).results[0]


DELETED = {"__op": "Delete"}
DAY = datetime(2020, 1, 1)


@pytest.mark.parametrize(
    ("hook", "sent", "expected", "left"),
    [
        (lambda o: None, {"a": 2}, {}, {"a": 2, "b": 5}),
        (lambda o: o.set("n", 1), {"a": 2}, {"n": 1}, {"a": 2, "b": 5, "n": 1}),
        (lambda o: o.set("b", 5), {"a": 2}, {"b": 5}, {"a": 2, "b": 5}),
        (lambda o: o.set("a", 2), {"a": 2}, {}, {"a": 2, "b": 5}),
        (lambda o: o.set("a", 3), {"a": 2}, {"a": 3}, {"a": 3, "b": 5}),
        (lambda o: o.unset("a"), {"a": 2}, {"a": DELETED}, {"b": 5}),
        (lambda o: o.revert("a"), {"a": 2}, {"a": 1}, {"a": 1, "b": 5}),
        (lambda o: o.increment("a", 2), {"a": {"__op": "Increment", "amount": 10}}, {"a": 13}, {"a": 13, "b": 5}),
        (lambda o: o.unset("a"), {"a": {"__op": "Increment", "amount": 1}}, {"a": DELETED}, {"b": 5}),
        (lambda o: o.set("d", datetime(2020, 1, 1, tzinfo=UTC)), {}, {"d": DAY}, {"a": 1, "b": 5, "d": DAY}),
        (lambda o: o.set("createdAt", datetime(2020, 1, 1, tzinfo=UTC)), {}, {}, {"a": 1, "b": 5}),
    ],
)  # fmt: skip
def test_an_answer_tells_what_the_hook_changed(world, hook, sent, expected, left):
    made = make(world, a=1, b=5)

    @world.on("before_save")
    def change(request):
        hook(request.object)

    changed = put(world, made, sent)
    assert told(changed) == expected
    found = stored(world, made)
    assert {n: v for n, v in found.items() if n not in ("objectId", "createdAt", "updatedAt")} == left


def test_a_create_tells_too(world):
    @world.on("before_save")
    def change(request):
        request.object.set("n", 1)
        request.object.revert("gone")
        assert request.original is None and request.object.is_new() and request.object.id is None

    made = make(world, a=1, gone=2)
    assert told(made) == {"n": 1, "gone": DELETED}
    assert (stored(world, made)["n"], "gone" in stored(world, made)) == (1, False)


def test_a_hook_may_choose_the_id(world):
    @world.on("before_save")
    def name(request):
        request.object.set("objectId", "custom123")

    assert make(world).object_id == "custom123"


def test_a_dotted_key_brings_its_parent_where_a_class_has_hooks(world):
    made = make(world, o={"z": 3})
    world.on("after_save")(lambda request: None)
    assert told(put(world, made, {"o.k": 1})) == {"o": {"k": 1, "z": 3}}


def test_what_a_hook_sees_of_an_update(world):
    made, seen = make(world, a=1, o={"x": 1}), []

    @world.on("before_save")
    def look(request):
        obj = request.object
        seen.append((obj.dirty_keys(), obj["a"], obj["o"], request.original["a"], obj.existed(), request.trigger_name))

    put(world, made, {"a": {"__op": "Increment", "amount": 3}, "o.y": 2})
    assert seen == [(["a", "o"], 4, {"x": 1, "y": 2}, 1, True, "beforeSave")]


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (ParseError(Code.VALIDATION_ERROR, "no"), (400, 142, "no")),
        (ParseError(Code.OBJECT_NOT_FOUND, "gone"), (404, 101, "gone")),
        (ValueError("text"), (400, 141, "text")),
    ],
)
def test_a_hook_refuses(world, raised, expected):
    @world.on("before_save")
    def refuse(request):
        raise raised

    assert answer(make, world, a=1) == expected
    assert ids(world.master, "Post") == []


def test_a_hook_fills_a_required_column_and_its_types_are_checked(world):
    from dataclasses import replace

    from parse_shim.classes.model import STRING

    world.core.classes.save(replace(world.core.classes.ensure("Post", {"req": STRING}), fields={"req": replace(STRING, required=True)}))
    values = iter(["filled", 5])
    world.on("before_save")(lambda request: request.object.set("req", next(values)))
    assert told(make(world)) == {"req": "filled"}
    assert answer(make, world) == (400, 111, "schema mismatch for Post.req; expected String but got Number")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [("x", {"constructor": 1}, 105), ("_rperm", [], 105), ("a b", 1, 105), ("o", {"a.b": 1}, 121)],
)
def test_what_a_hook_sets_obeys_the_same_rules(world, name, value, code):
    world.on("before_save")(lambda request: request.object.set(name, value))
    assert answer(make, world)[1] == code


def test_no_hook_runs_for_those_who_may_not_write(world):
    ran = []
    world.on("before_save")(lambda request: ran.append(1))
    made = write.create(world.master, "Post", {"ACL": {}})
    ran.clear()
    assert answer(put, world, made, {"a": 1})[:2] == (404, 101)
    assert answer(put, world, write.Written("Post", "none", {}), {"a": 1})[:2] == (404, 101)
    world.permit("Post", create={}, update={})
    assert answer(make, world)[:2] == (400, 119)
    assert ran == []


def test_types_can_be_checked_early(world):
    make(world, n=1)
    reached = []

    @world.on("before_save")
    def look(request):
        request.check_types()
        reached.append(1)

    assert answer(make, world, n="x")[:2] == (400, 111)
    assert reached == []
    make(world, n=2)
    assert reached == [1]


def test_an_undo_runs_when_the_save_fails_afterwards(world):
    made, undone = make(world, n=1), []

    @world.on("before_save")
    def reserve(request):
        request.on_failure(lambda: undone.append("first"))
        request.on_failure(lambda: 1 / 0)
        request.on_failure(lambda: undone.append("last"))
        if request.object.get("stop"):
            raise ValueError("stop")

    put(world, made, {"n": 2})
    assert undone == []
    assert answer(put, world, made, {"n": "x"})[:2] == (400, 111)
    assert undone == ["last", "first"]
    assert answer(put, world, made, {"stop": True})[:2] == (400, 141)
    assert undone == ["last", "first"] * 2


def test_a_failed_transaction_is_undone_for_all_items(world):
    undone = []

    @world.on("before_save")
    def reserve(request):
        name = request.object.get("name")
        request.on_failure(lambda: undone.append(name))

    items = [Item("create", "Post", body={"name": name}) for name in "ab"] + [Item("update", "Other", "none", body={})]
    assert answer(transaction, world.nobody, items)[:2] == (404, 101)
    assert sorted(undone) == ["a", "b"] and ids(world.master, "Post") == []


def test_hooks_of_a_transaction_run_outside_of_it(world):
    inside, seen = [], []
    inner = world.core.engine.transaction

    def watched():
        inside.append(True)
        return inner()

    world.core.engine.transaction = watched
    world.on("before_save")(lambda request: seen.append(("before", len(inside))))
    world.on("after_save")(lambda request: seen.append(("after", len(rows(world.master, "Post")))))
    transaction(world.nobody, [Item("create", "Post", body={}), Item("create", "Post", body={})])
    assert seen == [("before", 0), ("before", 0), ("after", 2), ("after", 2)]


@pytest.mark.parametrize(
    ("hook", "expected"),
    [
        (lambda request: None, {}),
        (lambda request: "ignored", {}),
        (lambda request: request.object.set("late", 1), {"late": 1}),
        (lambda request: request.object.set({"p": None, "q": request.object}), {}),
        (lambda request: 1 / 0, {}),
    ],
)
def test_after_save_changes_the_answer_only(world, hook, expected):
    world.on("after_save")(hook)
    made = make(world, a=1)
    assert told(made) == expected and not made.replaced
    assert "late" not in stored(world, made)


@pytest.mark.parametrize("result", [{"foo": "bar"}, [1], {}])
def test_after_save_may_replace_the_answer(world, result):
    world.on("after_save")(lambda request: result)
    made = make(world, a=1)
    assert (made.replaced, made.replacement) == (True, result)


def test_after_save_sees_what_is_stored(world):
    seen = []

    @world.on("after_save")
    def look(request):
        obj = request.object
        seen.append((obj["n"], obj.dirty_keys(), obj.existed(), request.original and request.original["n"], obj.id is not None))

    made = make(world, n=1)
    put(world, made, {"n": {"__op": "Increment", "amount": 1}})
    assert seen == [(1, [], False, None, True), (2, [], True, 1, True)]


def test_context_reaches_the_after_hook(world):
    seen = []

    @world.on("before_save")
    def before(request):
        request.context["b"] = 2

    world.on("after_save")(lambda request: seen.append(dict(request.context)))
    world.nobody.cloud["a"] = 1
    make(world)
    assert seen == [{"a": 1, "b": 2}]


def test_delete_hooks(world):
    made, seen = make(world, n=1), []
    world.on("before_find")(lambda request: seen.append(("before_find", request.is_get)))
    world.on("before_delete")(lambda request: seen.append(("before_delete", request.object["n"])))
    world.on("after_delete")(lambda request: seen.append(("after_delete", request.object.id)))
    delete.delete(world.nobody, "Post", made.object_id)
    assert seen == [("before_find", True), ("before_delete", 1), ("after_delete", made.object_id)]
    assert answer(delete.delete, world.nobody, "Post", made.object_id) == (404, 101, "Object not found for delete.")


def test_before_delete_refuses_and_after_delete_only_complains(world):
    made = make(world)

    @world.on("before_delete")
    def refuse(request):
        raise ValueError("stay")

    assert answer(delete.delete, world.nobody, "Post", made.object_id) == (400, 141, "stay")
    world.registry.remove("before_delete", "Post")
    world.on("after_delete")(refuse)
    assert answer(delete.delete, world.nobody, "Post", made.object_id)[:2] == (400, 141)
    assert ids(world.master, "Post") == []


def test_hooks_do_not_see_what_is_protected_from_the_caller(world):
    made, seen = make(world, secret=1, n=1), []
    world.permit("Post", protectedFields={"*": ["secret"]})
    world.on("before_save")(lambda request: seen.append(request.original.get("secret")))
    put(world, made, {"n": 2})
    write.update(world.master, "Post", made.object_id, {"n": 3})
    assert seen == [None, 1]
    assert stored(world, made)["secret"] == 1


def test_a_hook_links_objects(world):
    world.on("before_save")(lambda request: request.object.relation("likes").add(request.object.reference("B", "b1")))
    made = make(world)
    assert told(made) == {}
    assert world.core.engine.related_ids("Post", "likes", [made.object_id]) == ["b1"]


def test_a_pointer_set_by_a_hook_is_stored(world):
    world.on("before_save")(lambda request: request.object.set("p", request.object.reference("B", "b1")))
    made = make(world, p=pointer("B", "b0"))
    assert told(made)["p"].object_id == stored(world, made)["p"].object_id == "b1"


def test_a_returned_body_replaces_the_write(world):
    world.on("before_save")(lambda request: {"object": {"b": 2, "createdAt": "ignored"}})
    made = make(world, a=1)
    found = stored(world, made)
    assert (found["b"], "a" in found) == (2, False)


def test_after_a_sign_up_the_hook_sees_what_was_sent(world):
    seen = []
    world.on("after_save", "_User")(lambda request: seen.append(request.object.to_doc()))
    write.create(world.nobody, "_User", {"username": "ann", "password": "p", "email": "a@x.org"})
    write.create(world.nobody, "_User", {"authData": {"anonymous": {"id": "u"}}})
    assert seen[0]["email"] == "a@x.org" and seen[1]["authData"] == {"anonymous": {"id": "u"}}
    assert not any(name in doc for doc in seen for name in ("password", "_hashed_password", "sessionToken"))


def test_after_an_update_the_hook_sees_no_more_than_its_caller_but_what_was_sent(world):
    seen = []
    public = {"*": {"read": True, "write": True}}
    made = write.create(world.master, "_User", {"username": "ann", "password": "p", "email": "a@x.org", "ACL": public})
    world.on("after_save", "_User")(lambda request: seen.append(request.object.to_doc()))
    bob = world.user("bob")
    write.update(bob, "_User", made.object_id, {"title": "x"})
    assert seen[0]["title"] == "x" and "email" not in seen[0]


def test_a_hook_sees_the_id_that_the_client_chose():
    world = Hooked(allow_custom_object_id=True)
    seen = []
    world.on("before_save")(lambda request: seen.append((request.object.id, request.object.is_new(), request.object.existed())))
    made = make(world, objectId="mine", a=1)
    assert seen == [("mine", True, False)] and told(made) == {}
    assert stored(world, made)["a"] == 1
