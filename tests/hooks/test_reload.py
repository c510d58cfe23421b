"""New code in a running server."""

import sys

import pytest

from parse_shim.rest.follow_code import CodeFollower


@pytest.fixture
def code(app, tmp_path):
    """(server, follower, write): cloud code of one module, and a way to change it."""
    server = app("@cloud.function\ndef f(request): return 1\n")
    path = tmp_path / "cloud_under_test_0.py"
    head = path.read_text().partition("@cloud.function")[0]
    follower = CodeFollower(server.core, "cloud_under_test_0")
    yield server, follower, lambda text: path.write_text(head + text)
    sys.dont_write_bytecode = False


def test_changed_code_is_used(code):
    server, follower, write = code
    assert not follower.look()
    write("@cloud.function\ndef f(request): return 'two'\n")
    assert follower.look()
    assert server.call("f") == {"result": "two"}
    assert not follower.look()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("def broken(:\n", "SyntaxError"),
        ("import nothing_of_this_name\n", "ModuleNotFoundError"),
        ("@cloud.before_save('_Session')\ndef f(request): pass\n", "Only the afterLogout trigger is allowed"),
    ],
)
def test_code_that_does_not_load_leaves_the_old_one(code, text, error):
    server, follower, write = code
    write(text)
    assert follower.look()
    assert error in follower.error
    assert server.call("f") == {"result": 1}
    write("@cloud.function\ndef f(request): return 'mended'\n")
    assert follower.look()
    assert (server.call("f"), follower.error) == ({"result": "mended"}, None)


def test_a_follower_in_the_background(code):
    server, follower, write = code
    follower.start()
    try:
        write("@cloud.function\ndef f(request): return 'soon'\n")
        import threading
        import time

        deadline = time.monotonic() + 5
        while server.call("f") != {"result": "soon"} and time.monotonic() < deadline:
            threading.Event().wait(0.02)
        assert server.call("f") == {"result": "soon"}
    finally:
        follower.stop()


def test_all_modules_of_a_package_are_read_again(app, tmp_path, monkeypatch):
    package = tmp_path / "cloud_package_under_reload"
    package.mkdir()
    (package / "main.py").write_text("from . import posts\n")
    (package / "posts.py").write_text("from parse_shim import cloud\n@cloud.function\ndef g(request): return 1\n")
    server = app("")
    monkeypatch.chdir(tmp_path)
    follower = CodeFollower(server.core, "cloud_package_under_reload.main")
    (package / "posts.py").write_text("from parse_shim import cloud\n@cloud.function\ndef g(request): return 22\n")
    assert follower.look()
    assert server.call("g") == {"result": 22}
    for name in [name for name in sys.modules if name.startswith("cloud_package_under_reload")]:
        del sys.modules[name]
