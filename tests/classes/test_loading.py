"""Modules of the application are the ones it named."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_folder_without_init_wins_over_a_package_of_its_name(tmp_path):
    ours, theirs = tmp_path / "ours" / "cloud", tmp_path / "theirs" / "cloud"
    for folder in (ours, theirs):
        folder.mkdir(parents=True)
        (folder / "main.py").write_text("from cloud import near\n")
        (folder / "near.py").write_text("")
    (theirs / "__init__.py").write_text("")
    lines = [
        "from parse_shim.classes.loading import import_spec",
        f"module = import_spec({str(ours / 'main.py')!r})",
        "print(module.__file__, module.near.__file__)",
    ]
    env = {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "; ".join(lines)]
    done = subprocess.run(command, cwd=theirs.parent, env=env, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == [str(ours / "main.py"), str(ours / "near.py")], done.stderr
