"""What is packaged and what is tracked: dependencies are declared, nothing of one machine is in a file."""

import ast
import configparser
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
CONFIG = configparser.ConfigParser()
CONFIG.read(ROOT / "setup.cfg")

# Put together here, so that this file does not hold what it looks for.
MACHINE = re.compile("|".join(["/" + "work/", "/ho" + "me/[a-z]", "/ro" + "ot/", "/Us" + "ers/[a-z]", "/opt/" + "pypi"]))
REGISTRY = re.compile(r"registry\.(npm" + r"js|yarn" + r"pkg)\.|files\.python" + "hosted|//py" + "pi.org/simple")
LOCKS = ("tests/node/package-lock.json", "tests/peer/package-lock.json")


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def requirements(text: str) -> dict[str, Requirement]:
    found = [Requirement(line) for line in text.strip().splitlines()]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def test_no_tracked_file_names_a_machine_or_a_registry():
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", "ignore")
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in (MACHINE.search(text), REGISTRY.search(text)) if match]
    assert found == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_files_pin_contents_and_not_hosts(name):
    packages = json.loads((ROOT / name).read_text())["packages"]
    for path, package in packages.items():
        assert "resolved" not in package, path
        assert not path or "integrity" in package or package.get("inBundle"), path


@pytest.mark.parametrize("name", LOCKS)
def test_npm_packages_are_pinned_exactly(name):
    wanted = json.loads((ROOT / name).with_name("package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())


def test_every_imported_package_is_declared():
    extras = CONFIG["options.extras_require"]
    declared = requirements(CONFIG["options"]["install_requires"]) | requirements(extras["push"])
    owners = metadata.packages_distributions()
    missing = set()
    for path in (ROOT / "parse_shim").rglob("*.py"):
        for name in imported(path):
            if name not in sys.stdlib_module_names and name not in ("parse_shim", "fiftyone"):
                distributions = {canonicalize_name(owner) for owner in owners.get(name, [name])}
                if not distributions & declared.keys():
                    missing.add(f"{path.relative_to(ROOT)}: {name}")
    assert missing == set()


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 0}
    # bench and test helpers of people's own are imported by the functions that need them and named in an extra
    return {name.split(".")[0] for name in found} - {"pytest", "mongomock", "hypothesis", "matplotlib"}


def test_the_tests_have_what_the_other_extras_name():
    extras = CONFIG["options.extras_require"]
    assert requirements(extras["test"]).keys() >= requirements(extras["push"]).keys()


def test_dependencies_have_bounds():
    for name, requirement in requirements(CONFIG["options"]["install_requires"]).items():
        assert any(part.operator in (">=", "==", "~=") for part in requirement.specifier), name


def test_the_installed_parser_is_the_one_that_gunicorn_is_paired_with():
    pinned = requirements(CONFIG["options"]["install_requires"])
    assert metadata.version("gunicorn_h1c") in pinned["gunicorn-h1c"].specifier
    assert metadata.version("gunicorn") in pinned["gunicorn"].specifier


def test_pyproject_holds_nothing_but_the_build_and_ruff():
    content = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert content.keys() == {"build-system", "tool"}
    assert content["tool"].keys() == {"ruff"}


def test_the_license_is_apache():
    assert CONFIG["metadata"]["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text()[:200]


@pytest.mark.parametrize("name", ["scripts/serve", "scripts/test", ".ci/run"])
def test_scripts_can_be_run_and_stop_at_the_first_error(name):
    text = (ROOT / name).read_text()
    assert os.access(ROOT / name, os.X_OK)
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    assert subprocess.run(["bash", "-n", ROOT / name]).returncode == 0
