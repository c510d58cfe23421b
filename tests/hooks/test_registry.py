"""Collecting hooks from modules; what cannot be registered (contract/10, section 1)."""

import sys

import pytest

from parse_shim.hooks.registry import Hook, RegistrationError, Registry, collect, load_cloud
from parse_shim.rest.webhook_call import WebhookCall

HEAD = "from parse_shim import Object, User, File, Config, cloud\n"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """`package(main=..., posts=...)` writes a package and returns its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(**modules):
        folder = tmp_path / "cloud_package_under_test"
        folder.mkdir()
        for name, text in modules.items():
            (folder / f"{name}.py").write_text(HEAD + text)
        return folder.name

    yield write
    for name in [name for name in sys.modules if name.startswith("cloud_package_under_test")]:
        del sys.modules[name]


HOOK = "@cloud.before_save('{target}')\ndef {name}(request):\n    pass\n"


@pytest.mark.parametrize("spec", ["{}.main", "{}/main.py", "./{}/main.py", "{}", "./{}"])
def test_hooks_of_the_module_and_of_what_it_imported(package, spec):
    name = package(
        main="from cloud_package_under_test import posts\nfrom .users import greet\n" + HOOK.format(target="A", name="a"),
        posts=HOOK.format(target="B", name="b"),
        users="@cloud.function\ndef greet(request):\n    pass\n" + HOOK.format(target="_User", name="u"),
        unused=HOOK.format(target="A", name="other"),
    )
    found = [(hook.kind, hook.target, hook.file.rpartition("/")[2], hook.line) for hook in load_cloud(spec.format(name)).all()]
    assert found == [
        ("before_save", "A", "main.py", 4),
        ("before_save", "B", "posts.py", 2),
        ("before_save", "_User", "users.py", 5),
        ("function", "greet", "users.py", 2),
    ]


def test_two_hooks_of_a_kind_for_a_class_name_both_files(package):
    name = package(
        main="from . import posts\n" + HOOK.format(target="A", name="one"),
        posts=HOOK.format(target="A", name="two"),
    )
    with pytest.raises(RegistrationError, match=r"two before_save hooks for A: .*one at .*main.py:3 and .*two at .*posts.py:2"):
        load_cloud(f"{name}.main")


def test_one_function_may_hang_on_several_classes(package):
    name = package(main="@cloud.before_save('A')\n@cloud.before_delete('A')\n@cloud.before_save('B')\ndef f(request):\n    return 5\n")
    registry = load_cloud(f"{name}.main")
    assert [(hook.kind, hook.target) for hook in registry.all()] == [("before_save", "A"), ("before_save", "B"), ("before_delete", "A")]
    assert sys.modules[f"{name}.main"].f(None) == 5


def test_targets_may_be_classes(package):
    name = package(
        main="""
class Post(Object, class_name="Post"):
    pass
@cloud.before_save(Post)
@cloud.before_save(User)
@cloud.before_save(File)
@cloud.before_save(Config)
def f(request):
    pass
@cloud.after_login
@cloud.before_connect
@cloud.after_logout()
def g(request):
    pass
"""
    )
    registry = load_cloud(f"{name}.main")
    assert registry.names("before_save") == ["@Config", "@File", "Post", "_User"]
    assert registry.find("after_login", "_User") and registry.find("before_connect") and registry.find("after_logout", "_Session")
    assert registry.subclasses["Post"].__name__ == "Post"


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        ("before_save('_Session')", "Only the afterLogout trigger is allowed for the _Session class."),
        ("before_subscribe('_Session')", "Only the afterLogout trigger is allowed for the _Session class."),
        ("after_live_query_event('_Session')", "Only the afterLogout trigger is allowed for the _Session class."),
        ("after_logout('C')", "Only the _Session class is allowed for the afterLogout trigger."),
        (
            "before_login('_Session')",
            "Only the _User class is allowed for the beforeLogin, afterLogin, and beforePasswordResetRequest triggers",
        ),
        (
            "before_password_reset_request('C')",
            "Only the _User class is allowed for the beforeLogin, afterLogin, and beforePasswordResetRequest triggers",
        ),
        ("before_save('_PushStatus')", "Only afterSave is allowed on _PushStatus"),
        ("function('a.b')", "'a.b' is no name for a cloud function"),
        ("function('it\"s')", "is no name for a cloud function"),
        ("function('')", "is no name for a cloud function"),
        ("every(0)", "every needs seconds above 0, or a cron line, not 0"),
        ("every('* * *')", "a cron line has five fields"),
        ("before_save('C', validator={'foo': 1})", "foo is not a supported parameter for Cloud Function validations."),
        (
            "before_save('C', validator={'requireUser': 1})",
            "Invalid type for Cloud Function validation key requireUser. Expected boolean, actual number",
        ),
        (
            "before_save('C', validator={'fields': 'x'})",
            "Invalid type for Cloud Function validation key fields. Expected array|object, actual string",
        ),
        ("function('f', validator={'rateLimit': {'bad': 1}})", 'Invalid rate limit option "bad"'),
        ("function('f', validator=5)", "A validator is a Validator"),
    ],
)
def test_what_cannot_be_registered_is_an_error_at_start(package, mark, text):
    name = package(main=f"@cloud.{mark}\ndef f(request):\n    pass\n")
    with pytest.raises(RegistrationError) as caught:
        load_cloud(f"{name}.main")
    assert text in str(caught.value)
    assert "main.py:2" in str(caught.value)


@pytest.mark.parametrize("target", ["Nope", "with space", "_Hooks", "_Join:a:B", "_GlobalConfig"])
def test_unknown_classes_may_have_hooks(target):
    registry = Registry([Hook("before_save", target, print)])
    assert registry.find("before_save", target)


def test_javascript_is_refused_with_a_clear_text():
    with pytest.raises(RegistrationError, match=r"main\.js is JavaScript: cloud code is Python here"):
        load_cloud("cloud/main.js")


def test_two_servers_of_one_process_do_not_mix(package):
    name = package(main=HOOK.format(target="A", name="a"))
    first = load_cloud(f"{name}.main")
    second = collect(sys.modules[f"{name}.main"])
    first.clear()
    assert (len(first), len(second)) == (0, 1)


def test_a_blueprint_is_mounted_by_the_module_that_asks(package):
    name = package(main="cloud.mount('blueprint', url_prefix='/x')\n")
    assert load_cloud(f"{name}.main").blueprints == [("blueprint", "/x")]


def test_a_webhook_covers_a_hook_and_gives_it_back():
    own = Hook("function", "f", print, file="a.py", line=1)
    registry = Registry([own])
    registry.cover(Hook("function", "f", len, webhook=True))
    assert registry.find("function", "f").handler is len
    registry.uncover("function", "f")
    assert registry.find("function", "f") is own


def test_two_timers_of_one_name_are_an_error(package):
    timer = "@cloud.every(5)\ndef tick(request):\n    pass\n"
    name = package(main="from . import posts\n" + timer, posts=timer)
    with pytest.raises(RegistrationError, match="two every hooks for tick"):
        load_cloud(f"{name}.main")


def test_hooks_of_one_name_all_count(package):
    hook = "@cloud.before_save('{}')\ndef before(request):\n    pass\n"
    name = package(main=hook.format("A") + hook.format("B"))
    assert load_cloud(f"{name}.main").names("before_save") == ["A", "B"]


def test_hooks_made_by_a_function_count(package):
    name = package(main="def hang(target):\n    @cloud.before_save(target)\n    def f(request):\n        pass\n\nhang('A')\nhang('B')\n")
    assert load_cloud(f"{name}.main").names("before_save") == ["A", "B"]


def test_a_webhooks_name_holds_no_secret():
    call = WebhookCall("function", "f", "http://user:pw@there/f?key=secret", "webhook key", 1, str)
    assert Hook("function", "f", call, webhook=True).name == "webhook http://there/f"
    assert "webhook key" not in repr(call)


def test_what_is_called_like_a_function_may_be_a_hook(package):
    name = package(
        main="""
from functools import partial

def note(word, request):
    return word

class Note:
    def __call__(self, request):
        return "instance"

def plain(request):
    return "plain"

one = cloud.before_save("A")(partial(note, "partial"))
two = cloud.before_save("B")(Note())
three = cloud.before_save("C")(lambda request: "lambda")
cloud.before_save("D")(plain)
"""
    )
    hooks = load_cloud(f"{name}.main").every("before_save")
    assert {hook.target: hook.handler(None) for hook in hooks} == {"A": "partial", "B": "instance", "C": "lambda", "D": "plain"}
