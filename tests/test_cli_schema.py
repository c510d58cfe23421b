"""`parse-shim schema plan | apply | export`."""

import json
import sys

import pytest
from click.testing import CliRunner

from parse_shim.classes.model import STRING, ClassDef, FieldType
from parse_shim.classes.system import complete
from parse_shim.cli import main
from parse_shim.storage.open import open_engine

SCHEMAS = """
from parse_shim import ParseClass
from parse_shim.classes import fields

class Score(ParseClass):
    player = fields.String(required=True)
    points = fields.{points}
    by = fields.Pointer("_User")
    permissions = {{"find": {{"*": True}}}}
"""


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Run `parse-shim schema ...` in a folder with an application: (exit code, lines)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def run(*words, points="Number(default=0)", options=()):
        (tmp_path / "schemas_under_test.py").write_text(SCHEMAS.format(points=points))
        for name in ("schemas_under_test", "exported"):
            sys.modules.pop(name, None)
        source = [] if options else ["--schemas", "schemas_under_test"]
        done = CliRunner().invoke(main, ["schema", *words, *source, "--database-uri", f"sqlite:///{tmp_path}/p.db", *options])
        return done.exit_code, done.output.splitlines()

    yield run
    sys.modules.pop("schemas_under_test", None)


def stored(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/p.db")
    found = engine.load_classes()
    engine.close()
    return found


def test_plan_changes_nothing_and_apply_does_what_it_said(command, tmp_path):
    planned = command("plan")
    assert planned == (0, ["  + create class Score (player String, points Number, by Pointer<_User>)", planned[1][-1]])
    assert stored(tmp_path) == {}
    assert command("plan", "--check")[0] == 1
    assert command("apply") == (0, [*planned[1], "applied"])
    assert stored(tmp_path)["Score"].fields["player"].required
    assert command("plan", "--check") == (0, ["nothing to do: the store has the declared classes"])


def test_columns_are_lost_only_with_allow_drop(command, tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/p.db")
    engine.save_class(complete(ClassDef("Score", {"points": STRING, "old": FieldType("Boolean")})))
    engine.close()
    status, lines = command("apply")
    assert status == 1
    assert "  ? field Score.points is declared as Number but stored as String" in lines
    assert "  = field Score.old Boolean is stored but not declared" in lines
    assert stored(tmp_path)["Score"].kind("points") == "String"
    status, lines = command("apply", "--allow-drop")
    assert status == 0
    assert "  ! drop field Score.old Boolean with its data" in lines
    assert (stored(tmp_path)["Score"].kind("points"), stored(tmp_path)["Score"].kind("old")) == ("Number", None)


def test_the_options_of_parse_server_allow_it_too(command, tmp_path):
    schema = {"definitions": [{"className": "Score", "fields": {"a": {"type": "String"}}}], "deleteExtraFields": True}
    command("apply")
    assert command("apply", options=["--set", f"schema={json.dumps(schema)}"])[0] == 0
    assert stored(tmp_path)["Score"].kind("points") is None
    assert stored(tmp_path)["Score"].kind("a") == "String"


def test_an_export_is_a_declaration_of_the_same(command, tmp_path):
    command("apply")
    status, lines = command("export")
    [definition] = json.loads("\n".join(lines))
    assert (status, definition["fields"]["points"]) == (0, {"type": "Number", "defaultValue": 0})
    assert command("plan", "--check", options=["--set", f"schema.definitions={json.dumps([definition])}"])[0] == 0
    assert command("export", "--format", "python", "--output", "exported.py")[1] == ["wrote exported.py: 1 classes"]
    assert command("plan", "--check", options=["--schemas", "exported"])[0] == 0


def test_schemas_that_do_not_load_are_one_line(command):
    status, lines = command("plan", points="Nubmer()")
    assert (status, len(lines)) == (1, 1)
    assert "schemas_under_test does not load: AttributeError" in lines[0]
