"""What `parse-shim types` writes is what mypy --strict and editors need: fields by name, with their types."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from parse_shim.cli import main

ROOT = Path(__file__).parents[1]
SCHEMAS = """
from parse_shim import ParseClass
from parse_shim.classes import fields

class GamePost(ParseClass):
    title = fields.String(required=True)
    at = fields.GeoPoint()
    by = fields.Pointer("_User")
    best = fields.Pointer("GameScore")
    likes = fields.Relation("_User")
    data = fields.Bytes()
    area = fields.Polygon()
    file = fields.File()
    when = fields.Date()
    tags = fields.Array()

class GameScore(ParseClass):
    score = fields.Number()
"""
HOOKS = """
from __future__ import annotations

from typing import TYPE_CHECKING

from parse_shim import Object, Query, cloud

if TYPE_CHECKING:
    from game_under_test.classes import GamePost, GamePostRequest


class Note(Object, class_name="Note"):
    pass


@cloud.before_save("GamePost")
def check(request: GamePostRequest) -> None:
    request.object["title"] = request.object["title"].strip()
    before: GamePost | None = request.original
    score: float | None = request.object["best"].get("score")
    notes = Query(Note).equal_to("post", request.object).find()
    reveal_type(request.object["at"])
    reveal_type(request.object["undeclared"])
    reveal_type((before, score, notes, Query("GamePost").first()))
"""
REVEALED = [
    "parse_shim.values.types.GeoPoint",
    "Any",
    "game_under_test.classes.GamePost | None, float | None, list[game_under_test.hooks.Note], parse_shim.sdk.object.Object | None",
]


@pytest.fixture
def application(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "game_schemas.py").write_text(SCHEMAS)
    package = tmp_path / "game_under_test"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "hooks.py").write_text(HOOKS)
    yield tmp_path
    sys.modules.pop("game_schemas", None)


def test_mypy_knows_the_fields_of_declared_classes(application):
    options = ["--schemas", "game_schemas", "--database-uri", "sqlite://"]
    done = CliRunner().invoke(main, ["types", "-o", "game_under_test/classes.pyi", *options])
    assert done.exit_code == 0, done.output
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--follow-imports",
        "silent",
        "--cache-dir",
        str(application / "cache"),
        "-p",
        "game_under_test",
    ]
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    told = subprocess.run(command, cwd=application, env=environment, capture_output=True, text=True, timeout=300).stdout
    assert "error:" not in told
    for kind in REVEALED:
        assert kind in told.replace('"', "").replace("tuple[", "")
