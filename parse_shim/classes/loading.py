"""Import the application's own modules (`schemas`, `cloud`) by a dotted name or a path. The application names them,
never we."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType


def import_spec(spec: str) -> ModuleType:
    """The module or package `spec` names: `schemas`, `cloud.main`, `./schemas`, `cloud/main.py`.

    A file `a/b.py` is imported as `a.b` where `a` is its folder, so that its neighbours can be imported as `a.c`.
    Puts the working directory (for a path outside of it, the folder above) first on sys.path.
    Raises ModuleNotFoundError naming what was looked for, or whatever the module itself raises.
    """
    folder, name = split_spec(spec)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    importlib.invalidate_caches()
    _prefer(name.partition(".")[0], folder)
    return importlib.import_module(name)


def _prefer(top: str, folder: str) -> None:
    """Let `top` mean the folder of that name here: without an __init__.py it loses against any package later on the path."""
    found = PathFinder.find_spec(top, [folder]) if top not in sys.modules else None
    if found is not None and found.origin is None:
        sys.modules[top] = module_from_spec(found)


def split_spec(spec: str) -> tuple[str, str]:
    """(folder for sys.path, dotted module name). Raises ModuleNotFoundError when a path does not exist."""
    here = Path.cwd()
    looks_like_path = "/" in spec or "\\" in spec or spec.endswith(".py") or spec.startswith(".")
    if not looks_like_path:
        return str(here), spec
    path = (here / spec).resolve()
    if not path.exists():
        raise ModuleNotFoundError(f"no such file or folder: {spec}")
    inner = path.with_suffix("") if path.suffix == ".py" else path
    if path.is_relative_to(here) and path != here:
        return str(here), ".".join(inner.relative_to(here).parts)
    if path.is_dir():
        return str(path.parent), inner.name
    return str(path.parent.parent), f"{path.parent.name}.{inner.name}"


def with_submodules(module: ModuleType) -> list[ModuleType]:
    """`module` and, when it is a package, everything below it, imported."""
    out = [module]
    for info in pkgutil.walk_packages(getattr(module, "__path__", ()), module.__name__ + "."):
        out.append(importlib.import_module(info.name))
    return out
