"""The order of the rooms, who may import which package, and the size of files, as data and checked with `ast`."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "parse_shim"
MOST_LINES = 400

# A module may import rooms of lower levels and its own room. Rooms of one level are strangers to each other.
LEVELS = (
    ("errors", "ids"),
    ("values",),
    ("query", "update"),
    ("classes",),
    ("storage",),
    ("settings", "log", "events", "video"),
    ("sdk",),
    ("hooks",),
    ("rest",),
    ("livequery",),
    ("web",),
    ("__init__", "__main__", "cli", "serving", "testing"),
)
ASSEMBLERS = LEVELS[-1]
ENGINES = ("sqlite", "mongo", "memory")

# package -> where it may be imported (prefixes of module names below parse_shim)
PACKAGES = {
    "flask": ("web", "testing"),
    "flask_sock": ("livequery", "web"),
    "simple_websocket": ("livequery", "web", "testing"),
    "werkzeug": ("web", "testing"),
    "marshmallow": ("classes", "settings", "livequery.messages", "web", "hooks"),
    "pymongo": ("storage.mongo",),
    "bson": ("storage.mongo",),
    "gridfs": ("storage.mongo",),
    "apsw": ("storage.sqlite",),
    "opentok": ("video.client",),
    "gunicorn": ("serving",),
    "click": ("cli",),
    "google": ("rest.push_fcm",),
    "httpx": ("rest.push_apns",),
    "cloud": (),
    "schemas": (),
}


@cache
def modules() -> tuple[str, ...]:
    """Every module below parse_shim, such as "rest.core"; a package is its own name."""
    paths = (path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("*.py"))
    return tuple(sorted(".".join(path.parts).removesuffix(".__init__") for path in paths))


def file_of(module: str) -> Path:
    path = PACKAGE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def room_of(module: str) -> str:
    """settings_read belongs to the room settings, cli_serve to cli."""
    first = module.split(".")[0]
    return next((room for level in LEVELS for room in level if first.startswith(room + "_")), first)


def level_of(module: str) -> int:
    return next(number for number, rooms in enumerate(LEVELS) if room_of(module) in rooms)


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(file_of(module).read_text(encoding="utf-8"))


def imported_by(module: str, *, at_start: bool = False) -> Iterator[str]:
    """Full names of what a module imports; `at_start` leaves out what waits for a function or for a type checker."""
    for node in walk_at_start(tree_of(module)) if at_start else ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner.removeprefix("parse_shim.") in modules() else node.module or ""


def walk_at_start(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from walk_at_start(child)


def ours(names: Iterator[str]) -> set[str]:
    """The part of the names that lies below parse_shim."""
    found = {name.removeprefix("parse_shim").lstrip(".") or "__init__" for name in names if name.split(".")[0] == "parse_shim"}
    return {name for name in found if name in modules() or name == "__init__"}


def test_every_room_has_a_level():
    assert {room_of(module) for module in modules()} <= {room for level in LEVELS for room in level}


@pytest.mark.parametrize("module", modules())
def test_imports_go_down(module):
    if room_of(module) in ASSEMBLERS:
        return
    for other in ours(imported_by(module)):
        same_room = room_of(other) == room_of(module)
        assert same_room or level_of(other) < level_of(module), f"{module} imports {other}, which is not below it"


def test_engines_are_strangers():
    for module in modules():
        engine = next((name for name in ENGINES if module.startswith(f"storage.{name}")), None)
        for other in ours(imported_by(module)) if engine else ():
            strange = [name for name in ENGINES if name != engine and other.startswith(f"storage.{name}")]
            assert not strange, f"{module} imports {other}"


def test_packages_stay_in_their_rooms():
    strays = [
        f"{module} imports {name}"
        for module in modules()
        for name in sorted(set(imported_by(module)))
        if name.split(".")[0] in PACKAGES and not module.startswith(PACKAGES[name.split(".")[0]])
    ]
    assert strays == []


def test_no_module_imports_itself_in_a_circle():
    graph = {module: ours(imported_by(module, at_start=True)) & set(modules()) for module in modules()}
    done: set[str] = set()

    def visit(module: str, path: list[str]) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module not in done:
            for other in graph[module]:
                visit(other, [*path, module])
            done.add(module)

    for module in graph:
        visit(module, [])


@pytest.mark.parametrize("room", [module for module in modules() if file_of(module).name == "__init__.py"])
def test_a_room_says_in_eight_lines_what_it_is(room):
    text = ast.get_docstring(tree_of(room))
    assert text, f"{room} has no docstring"
    assert len(text.splitlines()) <= 8


def test_no_file_is_too_long():
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    long = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in listed if (ROOT / name).exists()}
    assert {name: lines for name, lines in long.items() if lines > MOST_LINES} == {}
