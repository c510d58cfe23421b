"""before_save and after_save: what they see, what is stored, what the client hears (contract/10, sections 4 and 5)."""

import pytest

BEFORE = """
@cloud.before_save("C")
def before(request):
    o = request.object
    {body}
"""


def saved(app, body, first=None, **sent):
    """(answer, stored) of a create, or of an update of `first`."""
    server = app(BEFORE.format(body=body.replace("\n", "\n    ")))
    if first is None:
        answer = server.create("C", **sent)
        object_id = answer.pop("objectId")
    else:
        hook = server.core.hooks.find("before_save", "C")
        server.core.hooks.clear()
        object_id = server.create("C", **first)["objectId"]
        server.core.hooks.add(hook)
        answer = server.update("C", object_id, **sent)
    for row in (answer, stored := server.get("C", object_id)):
        for name in ("objectId", "createdAt", "updatedAt"):
            row.pop(name, None)
    return answer, stored


INCREMENT = {"__op": "Increment", "amount": 10}


@pytest.mark.parametrize(
    ("body", "sent", "answer", "stored"),
    [
        ("pass", {"a": 1}, {}, {"a": 1}),
        ("return False", {"a": 1}, {}, {"a": 1}),
        ("return 'text'", {"a": 1}, {}, {"a": 1}),
        ("return Object('C', b=2)", {"a": 1}, {}, {"a": 1}),
        ("o['b'] = 2", {"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ("o['a'] = 2", {"a": 1}, {"a": 2}, {"a": 2}),
        ("o['a'] = 1", {"a": 1}, {}, {"a": 1}),
        ("del o['a']", {"a": 1}, {"a": {"__op": "Delete"}}, {}),
        ("o.revert('a')", {"a": 1}, {"a": {"__op": "Delete"}}, {}),
        ("o.increment('n', 2)", {"n": INCREMENT}, {"n": 12}, {"n": 12}),
        ("o['tags'].append('new')", {"tags": ["a"]}, {"tags": ["a", "new"]}, {"tags": ["a", "new"]}),
        ("o['o']['k'] = 1", {"o": {"x": 2}}, {"o": {"x": 2, "k": 1}}, {"o": {"x": 2, "k": 1}}),
        (
            "o['d'] = datetime(2020, 1, 2, tzinfo=UTC)",
            {},
            {"d": {"__type": "Date", "iso": "2020-01-02T00:00:00.000Z"}},
            {"d": {"__type": "Date", "iso": "2020-01-02T00:00:00.000Z"}},
        ),
        (
            "o.acl = ACL({'*': {'read': True}})",
            {},
            {"ACL": {"*": {"read": True}}},
            {"ACL": {"*": {"read": True}}},
        ),
        ("return {'object': {'z': 1}}", {"a": 1}, None, {"z": 1}),
        ("o['createdAt'] = datetime(2000, 1, 1)", {"a": 1}, {}, {"a": 1}),
    ],
)
def test_create(app, body, sent, answer, stored):
    got, kept = saved(app, body, **sent)
    assert kept == stored
    assert answer is None or got == answer


@pytest.mark.parametrize(
    ("body", "first", "sent", "answer", "stored"),
    [
        ("pass", {"a": 1}, {"a": 2}, {}, {"a": 2}),
        ("pass", {"o": {"x": 1}}, {"o.y": 2}, {"o": {"x": 1, "y": 2}}, {"o": {"x": 1, "y": 2}}),
        ("o['a'] = 1", {"a": 1}, {"b": 2}, {"a": 1}, {"a": 1, "b": 2}),
        ("o.revert('a')", {"a": 1}, {"a": 2}, {"a": 1}, {"a": 1}),
        ("o.increment('n', 2)", {"n": 2}, {"n": INCREMENT}, {"n": 14}, {"n": 14}),
        ("o.unset('n')", {"n": 2}, {"n": INCREMENT}, {"n": {"__op": "Delete"}}, {}),
        ("o['o'] = {'z': 1}", {"o": {"x": 1}}, {"o.y": 2}, {"o": {"z": 1}}, {"o": {"z": 1}}),
        ("request.original['a'] = 9", {"a": 1}, {"b": 2}, {}, {"a": 1, "b": 2}),
    ],
)
def test_update(app, body, first, sent, answer, stored):
    assert saved(app, body, first, **sent) == (answer, stored)


@pytest.mark.parametrize(
    ("sent", "dirty", "expression", "value"),
    [
        ({"a": 1}, ["a"], "o.op('a').value", 1),
        ({"a": INCREMENT}, ["a"], "(o['a'], o.op('a').amount)", (11, 10)),
        ({"a": {"__op": "Delete"}}, ["a"], "(o.get('a'), type(o.op('a')).__name__)", (None, "Unset")),
        ({"o.y": 2}, ["o"], "(o['o'], o.op('o').value)", ({"x": 1, "y": 2}, {"x": 1, "y": 2})),
        ({}, [], "o.dirty()", False),
    ],
)
def test_the_object_shows_what_is_pending_on_an_update(app, sent, dirty, expression, value):
    server = app(BEFORE.format(body=f"if request.original: seen.append((o.dirty_keys(), {expression}))"))
    object_id = server.create("C", a=1, o={"x": 1})["objectId"]
    server.update("C", object_id, **sent)
    assert server.seen == [(dirty, value)]


def test_a_new_object_is_new_and_has_no_dates(app):
    server = app(BEFORE.format(body="seen.append((o.is_new(), o.existed(), o.id, o.created_at, sorted(o.dirty_keys()), request.original))"))
    server.create("C", a=1, b={})
    assert server.seen == [(True, False, None, None, ["a", "b"], None)]


def test_an_id_may_be_chosen_by_the_hook(app):
    server = app(BEFORE.format(body="o.id = 'custom123'"))
    assert server.create("C")["objectId"] == "custom123"
    assert server.get("C", "custom123")["objectId"] == "custom123"


def test_relations_are_stored_and_not_told(app):
    server = app(
        """
        @cloud.before_save("C")
        def before(request):
            request.object.relation("likes").add(Object("Other", n=1).save(use_master_key=True))
        @cloud.function
        def linked(request):
            return [o["n"] for o in Query("C").first(use_master_key=True).relation("likes").query().find(use_master_key=True)]
        """
    )
    assert "likes" not in server.create("C")
    assert server.call("linked") == {"result": [1]}


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ("raise ParseError(Code.INVALID_QUERY, 'mine')", 102, "mine"),
        ("raise Exception('text')", 141, "text"),
        ("raise ValueError()", 141, "Script failed. Unknown error."),
        ("raise Exception(7)", 141, 7),
        ("raise Exception({'message': 'm', 'x': 1})", 141, "m"),
        ("raise Exception({'x': 1})", 141, {"x": 1}),
        ("Query('Nope').get('x')", 101, "Object not found."),
        ("o['p'] = Object('Other')", 141, "Cannot point to an unsaved Other object: save it first"),
        ("o['p'] = object()", 141, "A object cannot be stored"),
        ("o['a'] = 'text'", 111, "schema mismatch for C.a; expected Number but got String"),
        ("o['o'] = {'$x': 1}", 121, "Nested keys should not contain the '$' or '.' characters"),
        (
            "o['o'] = {'_bsontype': 'Code'}",
            105,
            'Prohibited keyword in request data: {"key":"_bsontype","value":"Code"}.',
        ),
    ],
)
def test_a_hook_that_fails_refuses_the_save(app, body, code, text):
    server = app("")
    server.create("C", a=1, o={})
    hooked = app(BEFORE.format(body=body))
    server.core.hooks = hooked.core.hooks
    assert server.refused("create", "C", a=2) == (code, text)
    assert len(server.find("C")) == 1


def test_a_hook_sees_the_early_type_check_and_its_undo_runs(app):
    server = app(
        """
        @cloud.before_save("C")
        def before(request):
            request.on_failure(lambda: seen.append("undo 1"))
            request.on_failure(lambda: seen.append("undo 2"))
            request.check_types()
            seen.append("not reached")
        """
    )
    server.core.classes.ensure("C", {"n": __import__("parse_shim.classes.model", fromlist=["NUMBER"]).NUMBER})
    assert server.refused("create", "C", n="x") == (111, "schema mismatch for C.n; expected Number but got String")
    assert server.seen == ["undo 2", "undo 1"]


AFTER = """
@cloud.after_save("C")
def after(request):
    o = request.object
    {body}
"""


@pytest.mark.parametrize(
    ("body", "extra"),
    [
        ("return 'text'", {}),
        ("o['late'] = 1", {"late": 1}),
        ("o['late'] = None", {}),
        ("o['p'] = Pointer('B', 'x')", {}),
        ("o['late'] = 1; return o", {"late": 1}),
        ("raise Exception('swallowed')", {}),
        ("raise ParseError(102, 'swallowed')", {}),
    ],
)
def test_after_save_may_add_to_the_answer_only(app, body, extra):
    server = app(AFTER.format(body=body))
    answer = server.create("C", a=1)
    assert {name: answer[name] for name in answer if name not in ("objectId", "createdAt")} == extra
    assert server.get("C", answer["objectId"]).keys() == {"objectId", "a", "createdAt", "updatedAt"}


@pytest.mark.parametrize(("result", "body"), [("{'foo': 'bar'}", {"foo": "bar"}), ("[1]", [1])])
def test_after_save_may_replace_the_answer(app, result, body):
    assert app(AFTER.format(body=f"return {result}")).create("C", a=1) == body


def test_after_save_sees_the_stored_object(app):
    seen = "(o['n'], o.existed(), o.dirty_keys(), o.id is not None, request.original and request.original['n'])"
    server = app(AFTER.format(body=f"seen.append({seen})"))
    object_id = server.create("C", n=INCREMENT)["objectId"]
    server.update("C", object_id, n=INCREMENT)
    assert server.seen == [(10, False, [], True, None), (20, True, [], True, 10)]


def test_context_flows_from_before_to_after_and_not_into_other_saves(app):
    server = app(
        """
        @cloud.before_save("C")
        def before(request):
            request.context["b"] = 2
            Object("D").save(use_master_key=True, context={"own": 1})
            request.context = {"replaced": 3}
        @cloud.after_save("C")
        def after(request):
            seen.append(request.context)
        @cloud.before_save("D")
        def other(request):
            seen.append((request.context, request.installation_id, request.ip, request.headers, request.master))
        """
    )
    server.cloud(a=1).create("C")
    assert server.seen == [({"own": 1}, "cloud", None, None, True), {"a": 1, "b": 2, "replaced": 3}]


def test_a_save_inside_its_own_after_save_ends(app):
    server = app(AFTER.format(body="o.increment('n'); o.save(use_master_key=True)"))
    assert server.create("C", n=0)["objectId"]
    assert 1 < server.find("C")[0]["n"] <= 20


def test_who_asks(app):
    server = app(
        """
        @cloud.before_save("C")
        def before(request):
            user = request.user
            seen.append((user and user.username, bool(user and user.session_token), request.master, request.ip, dict(request.headers)))
        """
    )
    server.user("ann").create("C")
    server.master.create("C")
    assert server.seen == [("ann", True, False, "10.0.0.1", {"x-a": "b"}), (None, False, True, "10.0.0.1", {"x-a": "b"})]


def test_nobodys_rights_are_lent_to_the_hooks_own_calls(app):
    server = app(
        """
        @cloud.before_save("C")
        def before(request):
            token = request.user.session_token
            seen.append((Query("Mine").count(), Query("Mine").count(session_token=token), Query("Mine").count(use_master_key=True)))
        """
    )
    ann = server.user("ann")
    ann.create("Mine", ACL={ann.id: {"read": True}})
    server.master.create("Mine", ACL={})
    ann.create("C")
    assert server.seen == [(0, 1, 2)]


def test_an_undo_that_would_not_be_awaited_is_refused(app):
    server = app(
        """
        async def undo(): pass
        @cloud.before_save("C")
        async def before(request): request.on_failure(undo)
        """
    )
    assert "on_failure takes a plain function" in server.refused("create", "C")[1]
