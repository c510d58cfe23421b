"""Results as text: a line per load while measuring, and the table of the README."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

PEER = "parse-server"


def line(load: Any, servers: dict[str, Any]) -> str:
    """One load: rate [lowest-highest], CPU per request, p99 and ratios."""
    parts = []
    for name, row in servers.items():
        text = f"{name} {row['rate']:,.0f}/s [{row['rate_low']:,.0f}-{row['rate_high']:,.0f}]"
        text += f" {row['cpu_us']:.0f} us p99 {row['p99_ms']:.1f} ms"
        if "rate_ratio" in row:
            text += f" (x{row['rate_ratio']:.2f}, cpu x{row['cpu_ratio']:.2f}, p99 x{row['p99_ratio']:.2f})"
        parts.append(text)
    return f"{load.name:<10}" + "\n          ".join(parts)


def table(found: dict[str, Any]) -> str:
    """Markdown: requests a second with ratios of rate and of CPU time per request to the peer."""
    names = list(next(iter(found["loads"].values()))["servers"])
    ours = [name for name in names if name != PEER]
    head = ["work load", *(f"{PEER}, /s" for _ in names if PEER in names)][: 1 + (PEER in names)]
    for name in ours:
        head += [f"{name}, /s", "rate", "CPU", "p99, ms", "wanted"]
    lines = [head, ["---"] * len(head)]
    for load in found["loads"].values():
        cells = [load["title"]]
        if PEER in names:
            peer = load["servers"][PEER]
            cells.append(f"{peer['rate']:,.0f} (p99 {peer['p99_ms']:.0f} ms)")
        for name in ours:
            row = load["servers"][name]
            wanted = load["targets"][1 if "SQLite" in name else 0]
            cells += [f"{row['rate']:,.0f}", _times(row, "rate_ratio"), _times(row, "cpu_ratio"), f"{row['p99_ms']:.0f}"]
            cells.append(_wanted(wanted, row.get("rate_ratio")))
        lines.append(cells)
    text = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    process = "\n".join(
        f"| {name} | {row['start_s']:.2f} s | {row['rss_mb']} ({row['pss_mb']}) MB |" for name, row in found["servers"].items()
    )
    about = found["about"]
    note = (
        f"{about['workers']} process each, {about['rounds']} rounds of {about['seconds']:g} s in turn, medians; "
        f"{about['processor']}, {about['cores']} cores shared by load generator, database and servers, {about['date']}."
    )
    return f"{text}\n\n| | first answer after | memory after load, RSS (PSS) |\n| --- | --- | --- |\n{process}\n\n{note}\n"


def _times(row: dict[str, Any], key: str) -> str:
    return f"x{row[key]:.2f}" if key in row else ""


def _wanted(wanted: float | None, got: float | None) -> str:
    if wanted is None or got is None:
        return ""
    return f"{wanted:g}" if got >= wanted else f"{wanted:g}, missed"


def write_readme(result: Path, readme: Path) -> None:
    """The table between `<!-- bench -->` and `<!-- end bench -->`."""
    text = readme.read_text()
    before, _, rest = text.partition("<!-- bench -->")
    after = rest.partition("<!-- end bench -->")[2]
    readme.write_text(f"{before}<!-- bench -->\n{table(json.loads(result.read_text()))}<!-- end bench -->{after}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the table of a result into the README")
    parser.add_argument("result", type=Path)
    parser.add_argument("readme", type=Path)
    given = parser.parse_args()
    write_readme(given.result, given.readme)
    sys.exit(0)
