"""Cloud functions: parameters in, results out (contract/10, section 12)."""

import pytest

from parse_shim.rest.functions import call_function, params_of
from parse_shim.settings_groups import FileUpload


def test_an_unknown_function(app):
    assert app().refused("call", "no'pe") == (141, 'Invalid function: "no\'pe"')


@pytest.mark.parametrize(
    ("expression", "body"),
    [
        ("None", {}),
        ("CloudResponse(None)", {"result": None}),
        ("5", {"result": 5}),
        ("float('nan')", {"result": None}),
        ("'x'", {"result": "x"}),
        ("[1, (2, {'a': None})]", {"result": [1, [2, {"a": None}]]}),
        ("datetime(2020, 1, 1)", {"result": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}}),
        ("GeoPoint(1, 2)", {"result": {"__type": "GeoPoint", "latitude": 1, "longitude": 2}}),
        ("ACL({'*': {'read': True}})", {"result": {"*": {"read": True}}}),
        ("Object('C', objectId='x')", {"result": {"__type": "Pointer", "className": "C", "objectId": "x"}}),
        ("Pointer('C', 'x')", {"result": {"__type": "Pointer", "className": "C", "objectId": "x"}}),
        ("File.stored('a b.txt')", {"result": {"__type": "File", "name": "a b.txt", "url": "http://here/parse/files/a/a%20b.txt"}}),
        ("re.compile('a+')", {"result": "a+"}),
        ("b'hi'", {"result": {"__type": "Bytes", "base64": "aGk="}}),
        ("{1, }", {"result": [1]}),
    ],
)
def test_results(app, expression, body):
    assert app(f"@cloud.function\ndef f(request):\n    return {expression}\n").call("f") == body


def test_a_saved_object_is_whole_and_a_changed_one_a_pointer(app):
    server = app(
        """
        @cloud.function
        def whole(request): return [Object("C", n=1).save(use_master_key=True)]
        @cloud.function
        def changed(request): return Object("C", n=1).save(use_master_key=True).set("n", 2)
        @cloud.function
        def included(request):
            Object("P", child=Object("C", n=5)).save(use_master_key=True)
            return Query("P").include("child").first(use_master_key=True)
        """
    )
    whole = server.call("whole")["result"][0]
    assert whole.keys() == {"__type", "className", "objectId", "n", "createdAt", "updatedAt"}
    assert (whole["__type"], whole["className"], whole["createdAt"][-1]) == ("Object", "C", "Z")
    assert server.call("changed")["result"].keys() == {"__type", "className", "objectId"}
    child = server.call("included")["result"]["child"]
    assert (child["__type"], child["n"]) == ("Object", 5)


@pytest.mark.parametrize(
    "expression", ["Object('C')", "[File('n', b'')]", "object()", "(lambda a: a.append(a) or a)([])", "Exception('x')"]
)
def test_what_cannot_be_sent_is_refused_with_a_clear_text(app, expression):
    code, text = app(f"@cloud.function\ndef f(request):\n    return {expression}\n").refused("call", "f")
    assert (code, "annot" in text) == (141, True)


def test_parameters_are_decoded(app):
    server = app(
        """
        @cloud.function
        def f(request):
            p = request.params
            seen.append((p["d"], p["deep"][0]["p"].id, p["f"].name, p["g"], p["b"], p["op"], p["o"]))
        """
    )
    left = {
        "g": {"__type": "GeoPoint", "latitude": 1, "longitude": 2},
        "b": {"__type": "Bytes", "base64": "aGk="},
        "op": {"__op": "Increment"},
        "o": {"__type": "Object", "className": "C", "objectId": "x"},
    }
    server.call(
        "f",
        d={"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"},
        deep=[{"p": {"__type": "Pointer", "className": "C", "objectId": "x"}}],
        f={"__type": "File", "name": "n.txt"},
        **left,
    )
    date, *rest = server.seen[0]
    assert date.isoformat() == "2020-01-01T00:00:00+00:00"
    assert rest == ["x", "n.txt", *left.values()]


@pytest.mark.parametrize(
    ("body", "query", "params"),
    [
        ({"a": 1, "b": 2}, {"b": "3"}, {"a": 1, "b": "3"}),
        ([5, 6], {}, {"0": 5, "1": 6}),
        (None, None, {}),
        ("text", {}, {}),
    ],
)
def test_the_query_string_wins_over_the_body(body, query, params):
    assert params_of(body, query) == params


def test_a_file_from_elsewhere_is_refused(app):
    server = app("@cloud.function\ndef f(request): pass\n", file_upload=FileUpload(allowed_file_url_domains=("here",)))
    code, text = server.refused("call", "f", x={"__type": "File", "name": "n", "url": "http://evil.com/n"})
    assert (code, text) == (130, "File URL domain 'evil.com' is not allowed.")


def test_a_response_has_a_status_and_headers_of_its_own(app):
    server = app("@cloud.function\ndef f(request): return CloudResponse({'a': 1}, 201, {'X-Mine': 'y'})\n")
    answer = call_function(server.context, "f", {})
    assert (answer.body, answer.status, answer.headers) == ({"result": {"a": 1}}, 201, {"X-Mine": "y"})


def test_cloud_run_hands_over_copies_and_objects(app):
    server = app(
        """
        @cloud.function
        def inner(request):
            seen.append((request.params["o"].id, request.master, request.context, request.params["d"]))
            return {"o": Object("C", objectId="x"), "d": datetime(2020, 1, 1)}
        @cloud.function
        def outer(request):
            got = cloud.run("inner", {"o": Object("C", objectId="y"), "d": datetime(2021, 1, 1)}, use_master_key=True, context={"c": 1})
            return [got["o"].class_name, got["d"].year]
        @cloud.function
        def broken(request): cloud.run("nope")
        """
    )
    assert server.call("outer") == {"result": ["C", 2020]}
    assert server.seen[0][:3] == ("y", True, {"c": 1})
    assert server.refused("call", "broken") == (141, 'Invalid function: "nope"')


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ("raise ParseError(Code.OBJECT_NOT_FOUND, 'gone')", 101, "gone"),
        ("raise Exception('bad stuff happened')", 141, "bad stuff happened"),
        ("raise Exception", 141, "Script failed."),
        ("raise KeyError('name')", 141, "'name' is missing"),
        ("Object('C')['title']", 141, "'title' is missing"),
        ("raise SystemExit(3)", 141, "function hook cloud_under_test_0.f called sys.exit"),
    ],
)
def test_errors(app, body, code, text):
    assert app(f"@cloud.function\ndef f(request):\n    {body}\n").refused("call", "f") == (code, text)


def test_each_find_all_and_aggregate(app):
    server = app(
        """
        @cloud.function
        def f(request):
            Object.save_all([Object("C", n=n, odd=n % 2) for n in range(25)], use_master_key=True)
            q = Query("C").greater_than("n", 4)
            total = []
            q.each(lambda o: total.append(o["n"]), use_master_key=True, batch_size=7)
            return [
                sorted(total) == list(range(5, 25)),
                len(q.find_all(use_master_key=True, batch_size=6)),
                sorted(q.distinct("odd")),
                q.count(use_master_key=True),
                q.aggregate({"$group": {"_id": "$odd", "count": {"$sum": 1}}})[0]["count"],
            ]
        """
    )
    assert server.call("f") == {"result": [True, 20, [0, 1], 20, 10]}


def test_a_limit_that_is_no_number_is_told_to_the_client(app):
    source = "@cloud.function\ndef f(request):\n    return Query('C').limit(request.params['limit']).find()\n"
    assert app(source).refused("call", "f", limit="x") == (141, "limit needs a number of objects, not 'x'")


def test_a_query_with_its_count(app):
    server = app(
        """
        @cloud.function
        def f(request):
            Object.save_all([Object("C", n=n) for n in range(9)], use_master_key=True)
            found = Query("C").ascending("n").limit(2).with_count().find()
            return [[item["n"] for item in found.results], found.count, len(Query("C").with_count().with_count(False).find())]
        """
    )
    assert server.call("f") == {"result": [[0, 1], 9, 9]}


WALKS = """
        @cloud.function
        {0}def f(request):
            {1}Object.save_all([Object("C", n=n) for n in range(7)], use_master_key=True)
            q, who = Query("C"), {{"use_master_key": True, "batch_size": 3}}
            numbers = []
            {0}def note(item, index, query, also=None):
                numbers.append(index)
                return query is q and also
            answers = [
                sorted({1}q.map(lambda item: item["n"] * 10, **who)),
                {1}q.map(note, **who) == [None] * 7 and numbers,
                sorted(item["n"] for item in {1}q.filter(lambda item: item["n"] % 2, **who)),
                {1}q.reduce(lambda total, item: total + item["n"], 100, **who),
                {1}q.reduce(lambda total, item, index: total + index, 0, **who),
                ({1}q.reduce(max_of, **who))["n"],
                {1}Query("Nothing").reduce(max_of, None, **who),
            ]
            try:
                {1}Query("Nothing").reduce(max_of, **who)
            except TypeError as error:
                return [*answers, str(error)]

        {0}def max_of(one, other):
            return max(one, other, key=lambda item: item["n"])
        """


@pytest.mark.parametrize(("kind", "wait"), [("", ""), ("async ", "await ")], ids=["def", "async def"])
def test_map_filter_and_reduce(app, kind, wait):
    tens, odd = [n * 10 for n in range(7)], [1, 3, 5]
    expected = [tens, list(range(7)), odd, 121, 21, 6, None, "nothing matches, so reduce needs an initial value"]
    assert app(WALKS.format(kind, wait)).call("f") == {"result": expected}


def test_save_all_destroy_all_and_fetch(app):
    server = app(
        """
        @cloud.function
        def f(request):
            a, b = Object("C", n=1), Object("C", child=Object("D", x=1))
            Object.save_all([a, b], use_master_key=True)
            b["child"].fetch(use_master_key=True)
            try:
                Object.save_all([Object("C", n="text"), Object("C", n=7)], use_master_key=True)
            except ParseError as problem:
                kept = Query("C").equal_to("n", 7).count(use_master_key=True)
                Object.destroy_all([a, b], use_master_key=True)
                return [b["child"]["x"], problem.code, kept, a.exists(use_master_key=True)]
        """
    )
    assert server.call("f") == {"result": [1, 111, 1, False]}


def test_users_roles_files_and_config(app):
    server = app(
        """
        @cloud.function
        def f(request):
            user = User(username="bob").set_password("pw").sign_up()
            role = Role(name="host", ACL=ACL())
            role.users.add(user)
            role.save(use_master_key=True)
            file = File("a.txt", b"hi").save(use_master_key=True)
            holder = Object("C", file=file).save(use_master_key=True).fetch(use_master_key=True)
            Config.save({"welcome": "hello", "secret": 1}, {"secret": True})
            logged_in = User.log_in("bob", "pw")
            return [
                logged_in.id == user.id, logged_in.session_token[:2],
                [u.username for u in role.users.query().find(use_master_key=True)],
                holder["file"].get_data() == b"hi",
                Config.get_config()["welcome"], "secret" in Config.get_config(),
            ]
        """
    )
    assert server.call("f") == {"result": [True, "r:", ["bob"], True, "hello", False]}


def test_subclasses_stand_for_their_class(app):
    server = app(
        """
        class Post(Object, class_name="Post"):
            def shout(self): return self["title"].upper()
        @cloud.before_save(Post)
        def before(request):
            request.object["loud"] = request.object.shout()
        @cloud.function
        def f(request):
            Post(title="x").save(use_master_key=True)
            return Query(Post).first(use_master_key=True).shout()
        """
    )
    assert server.call("f") == {"result": "X"}
    assert server.find("Post")[0]["loud"] == "X"


def test_an_async_hook_awaits_what_returns_nothing_too(app):
    server = app(
        """
        @cloud.function
        async def f(request):
            await Object.save_all([Object("C", n=n) for n in range(5)], use_master_key=True)
            found = []
            async def visit(item):
                found.append(item["n"])
            await Query("C").each(visit, use_master_key=True, batch_size=2)
            await Config.save({"a": 1})
            file = await File("a.txt", "hi").save(use_master_key=True)
            await file.destroy()
            return sorted(found)
        """
    )
    assert server.call("f") == {"result": [0, 1, 2, 3, 4]}
