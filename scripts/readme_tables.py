#!/usr/bin/env python3
"""Rewrite the tables of README.md that tell what the code has; tests/test_readme.py fails while they differ.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`. With `--check` nothing is written and the exit code tells.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from parse_shim.errors import STATUS, Code  # noqa: E402
from parse_shim.hooks.kinds import KINDS  # noqa: E402
from parse_shim.query.operators import OPERATORS  # noqa: E402
from parse_shim.query.parse import _LOGIC  # noqa: E402
from parse_shim.settings import Settings  # noqa: E402
from parse_shim.settings_check import NO_EFFECT, NOT_BUILT  # noqa: E402
from parse_shim.settings_read import options_of  # noqa: E402
from parse_shim.storage.pipeline.stages import _STAGES  # noqa: E402
from parse_shim.update.parse import READERS  # noqa: E402
from parse_shim.web.table import ROUTES  # noqa: E402

BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def routes() -> str:
    rows: dict[str, list[str]] = {}
    master: dict[str, bool] = {}
    for route in ROUTES:
        rows.setdefault(route.rule, []).append(route.method)
        master[route.rule] = master.get(route.rule, False) or route.master
    found = [(f"`{rule}`", ", ".join(methods), "master key" if master[rule] else "") for rule, methods in rows.items()]
    more = [("`/health`", "any", ""), ("`/apps/...` (pages behind mail links)", "GET, POST", "")]
    return table(("path", "methods", "needs"), [*found, *more])


def operators() -> str:
    words = [
        ("in `where`, on a field", " ".join(f"`{name}`" for name in OPERATORS)),
        ("in `where`, on the whole", " ".join(f"`{name}`" for name in (*sorted(_LOGIC), "$relatedTo"))),
        ("`__op` of a field", " ".join(f"`{name}`" for name in READERS)),
        ("stages of `aggregate` without MongoDB", " ".join(f"`{name}`" for name in _STAGES)),
    ]
    return table(("where", "known words"), words)


def settings() -> str:
    rows = []
    for key, option in options_of(Settings).items():
        state = "no effect: " + NO_EFFECT[key] if key in NO_EFFECT else "not built yet" if key in NOT_BUILT else ""
        text = option.help + (f" ({state})" if state else "")
        rows.append((f"`{key}`", f"`{option.env}`", text, shown(option.default)))
    return table(("option", "environment", "meaning", "default"), rows)


def shown(value: object) -> str:
    if value in (None, "", (), {}):
        return ""
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"`{text[:60]}`"


def errors() -> str:
    return table(("code", "name", "HTTP"), [(str(code.value), code.name, str(STATUS.get(code, 400))) for code in Code])


def hooks() -> str:
    rows = [(f"`@cloud.{k.name}`", k.wire, {"class": "a class", "name": "a name", "none": ""}[k.target]) for k in KINDS.values()]
    return table(("decorator", "parse-server's name", "hangs on"), rows)


def differences() -> str:
    rows = []
    for path in sorted((ROOT / "tests" / "differences").glob("test_*.py")):
        text = ast.get_docstring(ast.parse(path.read_text())) or ""
        rows.append((text.split("\n\n")[0].replace("\n", " "), f"`{path.relative_to(ROOT)}`"))
    return table(("difference", "test"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "routes": routes,
    "operators": operators,
    "settings": settings,
    "errors": errors,
    "hooks": hooks,
    "differences": differences,
}


def rewritten(text: str) -> str:
    """README's text with every table as the code has it now."""
    return BLOCK.sub(lambda found: found[1] + TABLES[found[2]]() + found[3], text)


def main() -> int:
    readme = ROOT / "README.md"
    old = readme.read_text()
    new = rewritten(old)
    if "--check" in sys.argv:
        return int(old != new)
    readme.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
