"""before_find and after_find (contract/10, section 7), and the hooks around a delete (section 6)."""

import pytest


@pytest.fixture
def server(app):
    def make(source):
        server = app(source)
        hooks = server.core.hooks
        kept = dict(hooks._hooks)
        hooks._hooks.clear()
        for n in range(4):
            server.create("C", n=n, name=f"c{n}")
        hooks._hooks.update(kept)
        return server

    return make


def names(rows):
    return [row.get("name") for row in rows]


@pytest.mark.parametrize(
    ("body", "where", "found"),
    [
        ("request.query.greater_than('n', 1)", {}, ["c2", "c3"]),
        ("request.query.equal_to('n', 1)", {"n": 3}, ["c1"]),
        ("request.query.limit(1)", {}, ["c0"]),
        ("request.query.limit(0)", {}, ["c0", "c1", "c2", "c3"]),
        ("request.query.descending('n').skip(1)", {}, ["c2", "c1", "c0"]),
        ("return Query('Other').less_than('n', 2)", {"n": 3}, ["c0", "c1"]),
        ("return None if request.master else Query('C').equal_to('n', 2).find(use_master_key=True)", {}, ["c2"]),
        ("return Object('C', name='made')", {}, ["made"]),
        ("return []", {}, []),
        ("return 'text'", {"n": 3}, ["c3"]),
        ("request.query.select('n')", {"n": 3}, [None]),
    ],
)
def test_before_find(server, body, where, found):
    asked = server(f"@cloud.before_find('C')\ndef before(request):\n    {body}\n")
    assert names(asked.find("C", where)) == found


def test_objects_given_by_before_find_are_read_in_the_callers_name(server):
    asked = server(
        """
        @cloud.before_find("C")
        def before(request):
            if not request.master:
                return Query("C").find(use_master_key=True)
        """
    )
    asked.master.create("C", name="hidden", ACL={})
    assert names(asked.find("C")) == ["c0", "c1", "c2", "c3"]


def test_a_get_that_the_hook_narrows_finds_nothing(server):
    asked = server("@cloud.before_find('C')\ndef before(request):\n    seen.append(request.is_get)\n    request.query.equal_to('n', 9)\n")
    object_id = asked.create("C")["objectId"]
    assert asked.refused("get", "C", object_id) == (101, "Object not found.")
    assert asked.seen == [True]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("pass", [{"name": "c1", "n": 1}]),
        ("request.objects[0]['n'] = 5", [{"name": "c1", "n": 5}]),
        ("request.objects[0].unset('n')", [{"name": "c1"}]),
        ("return [Object('D', x=1)]", [{"x": 1, "className": "D"}]),
        ("return [{'plain': 1}]", [{"plain": 1}]),
        ("return []", []),
        (
            "request.objects[0]['d'] = datetime(2020, 1, 1)",
            [{"name": "c1", "n": 1, "d": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}}],
        ),
    ],
)
def test_after_find(server, body, found):
    asked = server(f"@cloud.after_find('C')\ndef after(request):\n    {body}\n")
    rows = asked.find("C", {"n": 1})
    assert all("className" in row for row in rows)
    wanted = [{"className": "C", **row} for row in found]
    assert [{k: v for k, v in row.items() if k not in ("objectId", "createdAt", "updatedAt")} for row in rows] == wanted


def test_an_after_find_of_the_wrong_type_is_refused(server):
    asked = server("@cloud.after_find('C')\ndef after(request):\n    return 5\n")
    assert asked.refused("find", "C") == (141, "An after_find hook returns a list of objects, or nothing")


def test_context_flows_from_before_find_to_after_find(server):
    asked = server(
        """
        @cloud.before_find("C")
        def before(request):
            request.context["b"] = 1
        @cloud.after_find("C")
        def after(request):
            seen.append(request.context)
        """
    )
    asked.cloud(a=0).find("C")
    assert asked.seen == [{"a": 0, "b": 1}]


def test_included_objects_are_objects_in_after_find(server):
    asked = server("@cloud.after_find('P')\ndef after(request):\n    seen.append(request.objects[0]['child']['name'])\n")
    child = asked.find("C", {"n": 2})[0]
    asked.create("P", child={"__type": "Pointer", "className": "C", "objectId": child["objectId"]})
    rows = asked.find("P", include=("child",))
    assert asked.seen == ["c2"]
    assert rows[0]["child"]["__type"] == "Object"


DELETE = "@cloud.{kind}_delete('C')\ndef gone(request):\n    seen.append(request.object['name'])\n    {body}\n"


@pytest.mark.parametrize(("kind", "left"), [("before", 4), ("after", 3)])
def test_a_delete_hook_that_fails(server, kind, left):
    asked = server(DELETE.format(kind=kind, body="raise Exception('no')"))
    object_id = asked.find("C")[0]["objectId"]
    assert asked.refused("delete", "C", object_id) == (141, "no")
    assert len(asked.find("C")) == left
    assert asked.seen == ["c0"]


def test_a_delete_of_nothing_runs_no_hook(server):
    asked = server(DELETE.format(kind="before", body="pass"))
    assert asked.refused("delete", "C", "nope")[0] == 101
    assert asked.seen == []


@pytest.mark.parametrize(
    ("kind", "code", "text", "sessions"),
    [("before_login", 209, "banned", 1), ("after_login", 209, "banned", 2)],
)
def test_a_login_hook_that_fails(app, kind, code, text, sessions):
    server = app(f"@cloud.{kind}\ndef login(request):\n    seen.append(request.object.username)\n    raise ParseError(209, 'banned')\n")
    server.user("ann")
    assert server.refused("login", "ann") == (code, text)
    assert server.seen == ["ann"]
    assert len(server.master.find("_Session")) == sessions
