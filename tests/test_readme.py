"""What README.md shows is what the code has: tables, commands, options, names, and every block of Python runs."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import click
import pytest

import parse_shim
from parse_shim import ACL, Config, File, Lock, Object, Push, Query, Role, User, cloud
from parse_shim.cli import main
from parse_shim.cli_load import DEVELOPMENT
from parse_shim.cli_serve import banner
from parse_shim.hooks import requests
from parse_shim.hooks.registry import collect
from parse_shim.sdk.relation import Relation
from parse_shim.settings import Settings
from parse_shim.settings_read import options_of
from parse_shim.testing import client, clock, plugin
from parse_shim.video.fake import FakeVideo
from parse_shim.web.table import ROUTES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?:<!-- file: (\S+) -->\n)?```python\n(.*?)```", re.DOTALL)
BLOCKS = BLOCK.findall(README)
CLOUD = README[README.index("## Cloud code") : README.index("## Settings")]
SPANS = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL))
PYTHON = [row.split(" | ")[1] for row in CLOUD.splitlines() if row.startswith("| `") and " | " in row]


def test_tables_are_as_the_code_has_them():
    done = subprocess.run([sys.executable, "scripts/readme_tables.py", "--check"], cwd=ROOT, timeout=60)
    assert done.returncode == 0, "run scripts/readme_tables.py"


@pytest.mark.parametrize(("file", "text"), [block for block in BLOCKS if block[0]])
def test_excerpts_are_in_the_files_they_name(file, text):
    source = (ROOT / file).read_text(encoding="utf-8")
    for part in text.strip().split("\n\n\n"):
        assert part in source


@pytest.mark.parametrize("text", [text for file, text in BLOCKS if not file])
def test_blocks_of_python_run_and_their_hooks_can_be_registered(text, monkeypatch):
    module = ModuleType("readme_block")
    monkeypatch.setitem(sys.modules, "readme_block", module)
    exec(compile(text, "README.md", "exec"), module.__dict__)
    hooks = collect(module)
    assert len(hooks) == text.count("@cloud.")


def test_the_shown_start_is_what_serve_says(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("LIVESESSIONS_PAGE", "1")
    (shown,) = re.findall(r"```\nMaking a virtual environment.*?\n(parse-shim serves .*?)\n```", README, re.DOTALL)
    video = re.search(r"^  video +(.*)$", shown, re.MULTILINE)[1]
    settings = Settings.from_options({**DEVELOPMENT, "masterKey": "random", "cloud": "cloud.main", "schemas": "schemas"})
    settings = replace(settings, master_key_file=DEVELOPMENT["masterKeyFile"])
    assert shown.splitlines() == banner(settings, video, "")


def commands(group=main, path=()):
    """{"schema plan": command}."""
    found = {}
    for name, command in group.commands.items():
        words = (*path, name)
        found[" ".join(words)] = command
        if isinstance(command, click.Group):
            found |= commands(command, words)
    return found


def test_commands_and_their_flags_exist():
    known = commands()
    for span in SPANS:
        if span.startswith(("parse-shim ", "scripts/serve ")):
            words = span.replace("scripts/serve", "parse-shim serve").split()[1:]
            name = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in known), None)
            assert name, span
            options = {option for each in known[name].params for option in each.opts} | {"--help"}
            assert [word for word in words if word.startswith("-") and word not in options] == [], span
    flags = {option for command in known.values() for each in command.params for option in each.opts} | {"--help"}
    assert [span for span in SPANS if re.fullmatch(r"--[a-z-]+", span) and span not in flags] == []


def test_options_and_routes_named_in_the_text_exist():
    options = set(options_of(Settings))
    groups = {name.partition(".")[0] for name in options}
    named = {"hookTimeoutSeconds", "logLevels", "schema.definitions", "allowClientClassCreation"}
    assert {name for name in named if f"`{name}`" in README} <= options | groups
    rules = [re.sub(r"[:*]\w+", "[^/]+", route.rule) + "$" for route in ROUTES] + ["/health$"]
    rules += [f"/{word}$" for word in ("reset", "reconfigure", "clock", "snapshot", "restore")]  # the emulator's control port
    for span in SPANS:
        if match := re.fullmatch(r"(?:GET |POST |PUT |DELETE )(/\S+)", span):
            path = match[1].removeprefix("/parse").partition("?")[0].rstrip("/")
            assert any(re.match(rule, path) for rule in rules), span
        if re.fullmatch(r"/hooks/\w+", span):
            assert any(route.rule.startswith(span) for route in ROUTES), span


HOLDERS = [
    *(Object, Query, User, Role, ACL, File, Config, Push, Lock, Relation, parse_shim.Session),
    *(requests.TriggerRequest, requests.FindRequest, requests.FunctionRequest, requests.JobRequest, requests.FileRequest),
    *(client.Parse, client.Jobs, clock.Clock, FakeVideo, requests.ConfigRequest),
]


def test_python_names_of_the_tables_exist():
    """`cloud.x` in the module, `.method(` on some class that cloud code or a test holds, `Name(` among the public names."""
    text = " ".join(PYTHON)
    assert {name for name in re.findall(r"\bcloud\.(\w+)", text) if not hasattr(cloud, name)} <= {"main"}
    methods = {name for name in re.findall(r"\.(\w+)\(", text) if not any(hasattr(holder, name) for holder in HOLDERS)}
    assert methods - set(dir(cloud)) == set()
    public = set(re.findall(r"(?<![.\w])([A-Z]\w+)[(.]", text)) - {"C", "JSON"}
    assert public <= set(parse_shim.__all__)


def test_attributes_of_requests_exist():
    section = CLOUD[CLOUD.index("### What a hook gets") : CLOUD.index("What it may do")]
    names = {name for name in re.findall(r"`(\w+)", section) if name != "request"}
    made = [requests.TriggerRequest("beforeSave", "C", requests.SERVER), requests.FunctionRequest("f", {}, requests.SERVER)]
    made += [requests.JobRequest("j", "1", {}, requests.SERVER, print), requests.FileRequest("beforeSave", None, 0, requests.SERVER)]
    known = {name for each in made for name in dir(each)} | {name for holder in HOLDERS for name in dir(holder)}
    known |= set(requests.FindRequest.__init__.__annotations__)
    assert names <= known


def test_fixtures_of_the_table_exist():
    named = re.findall(r"^\| `(\w+)[^|]*\|", CLOUD[CLOUD.index("### While you write") :], re.MULTILINE)
    assert set(named) == {"parse", "video", "clock", "jobs", "live_server", "parse_settings", "core"}
    assert all(hasattr(plugin, name) for name in named)
