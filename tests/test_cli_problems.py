"""Whatever goes wrong in a command is one line on the error output and status 1, never a traceback."""

import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner

from parse_shim.cli import main
from tests.support.live import environment
from tests.support.mongod import free_port

BROKEN = {
    "syntax": ("def f(:", "invalid syntax (application_{}/main.py:1)"),
    "import": ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module' (application_{}/main.py:1)"),
    "exception": ("x = 1\nraise KeyError('k')", "KeyError: 'k' (application_{}/main.py:2)"),
}


@pytest.fixture
def command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        result = CliRunner().invoke(main, list(arguments))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return result.exit_code, result.output.splitlines()[-1] if result.output else ""

    return run


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("name", ["check", "run-job", "types", "schema plan"])
def test_an_application_that_does_not_load(command, tmp_path, kind, name):
    text, reason = BROKEN[kind]
    package = f"{kind}_{name.replace('-', '_').replace(' ', '_')}"
    (tmp_path / f"application_{package}").mkdir()
    (tmp_path / f"application_{package}" / "main.py").write_text(text)
    flag = "--cloud" if name in ("check", "run-job") else "--schemas"
    arguments = [*name.split(), *(["job"] if name == "run-job" else []), flag, f"application_{package}.main", "--database-uri", "memory://"]
    status, line = command(*arguments)
    assert status == 1
    assert line.startswith("parse-shim: ") and line.endswith(reason.format(package))


NO_STORE = ("--database-uri", "memory://")
UNKNOWN_STORE = "unknown kind of database 'foo' (known: sqlite, mongodb, memory)"


def test_an_emulator_that_cannot_start(tmp_path):
    """In a process of its own: it patches the standard library first."""
    (tmp_path / "seed").mkdir()
    (tmp_path / "seed" / "A.json").write_text("5")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port, free = taken.getsockname()[1], free_port()
        for flags, line in {
            ("--seed", "seed"): "A.json must hold a list of objects",
            ("--cloud", "no_such_one"): "ModuleNotFoundError: No module named 'no_such_one'",
            ("--control-port", "99999"): "--control-port 99999: a port is a number up to 65535",
            ("--control-port", str(free)): f"--control-port {free} is the port of the API: give another one",
            ("--control-port", str(port)): f"port {port} on 127.0.0.1 is in use: stop that program or give --control-port N",
        }.items():
            command = [sys.executable, "-m", "parse_shim", "emulator", "--port", str(free), *flags]
            done = subprocess.run(command, cwd=tmp_path, env=environment({}), capture_output=True, text=True, timeout=60)
            assert (done.returncode, done.stderr) == (1, f"parse-shim: {line}\n")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("types", "-o", "no/such/folder.pyi", *NO_STORE), "no/such/folder.pyi: No such file or directory"),
        (("schema", "export", "-o", "no/such.json", *NO_STORE), "no/such.json: No such file or directory"),
        (("run-job", "j", "--database-uri", "foo://x"), UNKNOWN_STORE),
        (("types", "--database-uri", "foo://x"), UNKNOWN_STORE),
        (("run-job", "j", *NO_STORE), "Invalid job."),
        (("run-job", "j", "--params", "[]", *NO_STORE), "--params must be a JSON object"),
        (("check", "--cloud", "no_such_one"), "no_such_one does not load: ModuleNotFoundError: No module named 'no_such_one'"),
    ],
)
def test_what_else_may_go_wrong(command, arguments, line):
    assert command(*arguments) == (1, f"parse-shim: {line}")
