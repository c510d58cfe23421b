"""Validators (contract/10, section 11): every rule with its text."""

from datetime import datetime

import pytest

from parse_shim import create_app
from parse_shim.errors import ParseError
from parse_shim.hooks.rate import rate_rules
from parse_shim.hooks.registry import Hook, Registry
from parse_shim.hooks.requests import Caller, FunctionRequest, TriggerRequest
from parse_shim.hooks.rules import Field, RateLimit, Validator
from parse_shim.hooks.validators import read_validator
from parse_shim.update.ops import Increment, Set

ANN = Caller(user={"objectId": "ann", "zip": 5}, session_token="r:1", roles=lambda: ("role:a", "role:b"))
MASTER = Caller(master=True)
LOGIN = "Validation failed. Please login to continue."


def verdict(validator, caller=Caller(), params=None):  # noqa: B008
    """The refusal's text, or None; 142 is the only code."""
    request = FunctionRequest("f", dict(params or {}), caller)
    try:
        read_validator(validator).run(request)
    except ParseError as problem:
        assert problem.code == 142
        return problem.message
    return None


@pytest.mark.parametrize(
    ("validator", "caller", "text"),
    [
        (Validator(require_user=True), Caller(), LOGIN),
        (Validator(require_user=True), ANN, None),
        (Validator(require_user=True), MASTER, None),
        (Validator(require_user=True, validate_master_key=True), MASTER, LOGIN),
        (Validator(require_master=True), ANN, "Validation failed. Master key is required to complete this request."),
        (Validator(require_master=True, validate_master_key=True), MASTER, None),
        (Validator(require_any_user_roles=["x", "a"]), ANN, None),
        (Validator(require_any_user_roles=["x"]), ANN, "Validation failed. User does not match the required roles."),
        (Validator(require_any_user_roles=["x"]), Caller(), LOGIN),
        (Validator(require_all_user_roles=lambda: ["a", "b"]), ANN, None),
        (
            Validator(require_all_user_roles=["a", "x"]),
            ANN,
            "Validation failed. User does not match all the required roles.",
        ),
        (Validator(require_user_keys=["zip"]), ANN, None),
        (Validator(require_user_keys=["zip"]), Caller(), "Please login to make this request."),
        (
            Validator(require_user_keys=["city"]),
            ANN,
            "Validation failed. Please set data for city on your account.",
        ),
        (
            Validator(require_user_keys={"zip": Field(options=[1, 2], error="bad zip")}),
            ANN,
            "bad zip",
        ),
        ({"requireUser": True}, Caller(), LOGIN),
    ],
)
def test_rules_about_the_caller(validator, caller, text):
    assert verdict(validator, caller) == text


@pytest.mark.parametrize(
    ("fields", "params", "text"),
    [
        (["b"], {}, "Validation failed. Please specify data for b."),
        (["b"], {"b": None}, "Validation failed. Please specify data for b."),
        (["b"], {"b": 0}, None),
        (["b"], {"b": ""}, None),
        ({"a": Field(required=True)}, {}, "Validation failed. Please specify data for a."),
        ({"a": Field(type=str)}, {}, None),
        ({"a": Field(type=str)}, {"a": None}, "Validation failed. Invalid type for a. Expected: string"),
        ({"a": Field(type=str)}, {"a": 1}, "Validation failed. Invalid type for a. Expected: string"),
        ({"a": Field(type=int)}, {"a": 1.5}, None),
        ({"a": Field(type=int)}, {"a": True}, "Validation failed. Invalid type for a. Expected: number"),
        ({"a": Field(type=bool)}, {"a": True}, None),
        ({"a": Field(type=dict)}, {"a": []}, "Validation failed. Invalid type for a. Expected: object"),
        ({"a": Field(type=list)}, {"a": []}, None),
        ({"a": Field(type=datetime)}, {"a": datetime(2020, 1, 1)}, None),
        ({"a": Field(type="String")}, {"a": "x"}, None),
        ({"a": Field(options=["x", "y"])}, {"a": "z"}, "Validation failed. Invalid option for a. Expected: x, y"),
        ({"a": Field(options="x")}, {"a": "x"}, None),
        ({"a": Field(options=[1])}, {"a": True}, "Validation failed. Invalid option for a. Expected: 1"),
        ({"a": Field(options=["x"], error="mine")}, {"a": "z"}, "mine"),
        ({"a": Field(options=lambda v: v > 5)}, {"a": 1}, "Validation failed. Invalid value for a."),
        ({"a": Field(options=lambda v: None)}, {"a": 1}, None),
        ({"a": {"required": True, "type": int}}, {}, "Validation failed. Please specify data for a."),
        ({"a": int}, {"a": "x"}, "Validation failed. Invalid type for a. Expected: number"),
    ],
)
def test_rules_about_parameters(fields, params, text):
    assert verdict(Validator(fields=fields), params=params) == text


def test_a_default_is_put_into_the_parameters():
    request = FunctionRequest("f", {"a": None}, Caller())
    read_validator(Validator(fields={"a": Field(default=5, type=int)})).run(request)
    assert request.params == {"a": 5}


def test_options_may_raise_their_own_text():
    def options(value):
        raise ValueError("not today")

    assert verdict(Validator(fields={"a": Field(options=options)}), params={"a": 1}) == "not today"


def trigger(**named):
    return TriggerRequest("beforeSave", "C", Caller(), **named)


def test_a_constant_is_taken_back_on_update_and_forced_on_create():
    check = read_validator(Validator(fields={"k": Field(constant=True, default="first")}))
    update = trigger(original={"objectId": "x", "k": "orig"}, update={"k": Set("new")})
    create = trigger(update={"k": Set("mine")})
    check.run(update)
    check.run(create)
    assert (update.changes(), create.changes()) == ({}, {"k": Set("first")})


def test_fields_of_an_object_are_its_values_of_now():
    check = read_validator(Validator(fields={"n": Field(type=int, options=lambda n: n < 5)}))
    request = trigger(original={"objectId": "x", "n": 4}, update={"n": Increment(1)})
    with pytest.raises(ParseError):
        check.run(request)


def test_a_new_user_counts_as_the_user():
    request = TriggerRequest("beforeSave", "_User", Caller(), update={"username": Set("x")})
    read_validator(Validator(require_user=True)).run(request)


def test_a_callable_is_asked_of_everybody():
    def ask(request):
        raise ValueError("never")

    with pytest.raises(ValueError, match="never"):
        read_validator(ask).run(FunctionRequest("f", {}, MASTER))


def test_a_callable_that_raises_answers_142(app):
    server = app(
        """
        def ask(request):
            if request.params.get("n"): raise Exception(request.params["n"])
            raise Exception
        @cloud.function("f", validator=ask)
        def f(request): return 1
        """
    )
    assert server.refused("call", "f") == (142, "Validation failed.")
    assert server.refused("call", "f", n="text") == (142, "text")


def test_an_async_callable_is_awaited(app):
    server = app(
        """
        async def ask(request):
            await asyncio.sleep(0)
            if await Query("C").count(use_master_key=True) == 0: raise Exception("none there")
        @cloud.function("f", validator=ask)
        def f(request): return 1
        """
    )
    assert server.refused("call", "f") == (142, "none there")
    server.create("C")
    assert server.call("f") == {"result": 1}


async def later(value=None):
    return value


@pytest.mark.parametrize(
    ("validator", "text"),
    [
        (Validator(fields={"a": Field(options=later)}), "options of a takes a plain function, and later is async"),
        ({"fields": {"a": {"options": later}}}, "options of a takes a plain function, and later is async"),
        (Validator(require_any_user_roles=later), "require_any_user_roles takes a plain function, and later is async"),
        ({"requireAllUserRoles": later}, "require_all_user_roles takes a plain function, and later is async"),
    ],
)
def test_what_would_not_be_awaited_is_refused(validator, text):
    with pytest.raises(ValueError, match=text):
        read_validator(validator)


def test_a_marshmallow_schema_describes_parameters(app):
    server = app(
        """
        import marshmallow
        class Params(marshmallow.Schema):
            n = marshmallow.fields.Integer(required=True, validate=marshmallow.validate.Range(max=5))
        @cloud.function(validator=Params)
        def f(request): return request.params["n"] + 1
        """
    )
    assert server.call("f", n="4") == {"result": 5}
    assert server.refused("call", "f", n=7) == (142, "Validation failed. n: Must be less than or equal to 5.")
    assert server.refused("call", "f") == (142, "Validation failed. n: Missing data for required field.")


def test_skip_with_master_key_skips_triggers_and_not_functions(app):
    server = app(
        """
        @cloud.before_save("C", validator=Validator(skip_with_master_key=True))
        def before(request): seen.append("hook")
        @cloud.function(validator={"skipWithMasterKey": True})
        def f(request): return 1
        """
    )
    server.master.create("C")
    assert server.seen == []
    assert server.master.call("f") == {"result": 1}
    server.create("C")
    assert server.seen == ["hook"]


@pytest.mark.parametrize(
    ("mark", "rules"),
    [
        ("function('a:b')", [("/functions/a\\:b", ("POST",))]),
        ("before_save('C')", [("/classes/C{/*id}", ("POST", "PUT"))]),
        ("before_find('_User')", [("/users{/*id}", ("GET",)), ("/classes/_User{/*id}", ("GET",))]),
        ("before_delete(File)", [("/files{/*id}", ("DELETE",))]),
        ("before_login('_User')", [("/login", ("POST", "GET"))]),
        ("after_save('C')", []),
    ],
)
def test_a_rate_limit_becomes_a_rule_of_the_server(app, mark, rules):
    validator = "validator={'rateLimit': {'requestTimeWindow': 2000, 'requestCount': 2}}"
    registry = app(f"@cloud.{mark[:-1]}, {validator})\ndef f(request): pass\n").core.hooks
    found = rate_rules(registry)
    assert [(rule.request_path, rule.request_methods) for rule in found] == rules
    assert all((rule.request_time_window, rule.request_count, rule.zone) == (2000, 2, "ip") for rule in found)


def test_a_function_beyond_its_rate_limit_answers_429():
    limited = Validator(rate_limit=RateLimit(60_000, 2, include_internal_requests=True))
    hook = Hook("function", "f", lambda request: 1, read_validator(limited))
    client = create_app(appId="a", masterKey="m", databaseURI="memory://", cloud=Registry([hook])).test_client()
    answers = [client.post("/parse/functions/f", headers={"X-Parse-Application-Id": "a"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].json == {"code": 100, "error": "Too many requests."}
    assert int(answers[-1].headers["retry-after"]) <= 60
