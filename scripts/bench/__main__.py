"""Compare this server with parse-server: `python3 scripts/bench [compare|hooks|growth|others|workers] [options]`.

Needs what setup.cfg names in its `test` and `bench` extras, Node 20 with npm, and wrk (Debian: apt install wrk).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))


def main() -> int:
    arguments = _parser().parse_args()
    try:
        import commands
    except ImportError as missing:
        print(f"{missing}. Install what the benchmark needs: pip install -e '.[test,bench]'", file=sys.stderr)
        return 1
    try:
        return int(commands.COMMANDS[arguments.command](arguments))
    except RuntimeError as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument(
        "command", nargs="?", default="compare", choices=("compare", "hooks", "growth", "others", "workers"), help="; ".join(_HELP)
    )
    parser.add_argument("--seconds", type=float, default=4, help="of one run; default 4")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each server and load; default 5")
    parser.add_argument("--only", default="", help="work loads, with commas; default all")
    parser.add_argument("--servers", default="peer,mongo,sqlite", help="with commas; default peer,mongo,sqlite")
    parser.add_argument("--workers", type=int, default=1, help="processes of each server; default 1")
    parser.add_argument("--rows", default="1000,10000,100000", help="growth: numbers of rows; up to 1000000")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=JSON", help="an option of our servers")
    parser.add_argument("--result", type=Path, default=None, help="where the JSON goes; the chart beside it")
    return parser


_HELP = (
    "compare: every work load on every server",
    "hooks: what a no-op hook costs",
    "growth: equality, poll and near as the class grows",
    "others: what a get hears of hashing, scans and hanging hooks",
    "workers: two processes of each server against one",
)

if __name__ == "__main__":
    sys.exit(main())
