"""Import cloud code again while the server runs: `serve --dev`. New code that does not load leaves the old one as it was."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

from parse_shim.classes.loading import split_spec
from parse_shim.hooks.registry import Registry, load_cloud

Snapshot = dict[Path, tuple[int, int]]


def reload_cloud(spec: str) -> Registry:
    """As `load_cloud`, of the files as they are now. Raises what loading raises; then the modules of before are back."""
    old = _modules_of(spec)
    for name in old:
        del sys.modules[name]
    importlib.invalidate_caches()
    try:
        return load_cloud(spec)
    except BaseException:
        for name in _modules_of(spec):
            del sys.modules[name]
        sys.modules.update(old)
        raise


def snapshot(spec: str) -> Snapshot:
    """Time and size of every Python file of the package; of a lone module, those beside it (below may lie a whole environment)."""
    folder, is_package = _home(spec)
    found: Snapshot = {}
    for path in folder.rglob("*.py") if is_package else folder.glob("*.py"):
        try:
            state = path.stat()
        except OSError:
            continue  # deleted while we looked
        found[path] = (state.st_mtime_ns, state.st_size)
    return found


def _home(spec: str) -> tuple[Path, bool]:
    """The folder of the package that the cloud code is in, or (.., False) that of a lone module."""
    folder, name = split_spec(spec)
    top = Path(folder, name.partition(".")[0])
    return (top, True) if top.is_dir() else (Path(folder), False)


def _modules_of(spec: str) -> dict[str, ModuleType]:
    """Imported modules of the application: all of its package; for a lone module, those of its folder."""
    top = split_spec(spec)[1].partition(".")[0]
    found = {name: module for name, module in sys.modules.items() if name == top or name.startswith(top + ".")}
    folder, is_package = _home(spec)
    if not is_package:
        found |= {name: module for name, module in sys.modules.items() if _lies_in(module, folder)}
    return found


def _lies_in(module: ModuleType, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and Path(file).parent == folder
