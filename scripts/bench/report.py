"""Results as text: a line per load while measuring, and the table of the README."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
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


def hooks_line(found: dict[str, Any]) -> str:
    """What a no-op hook costs."""
    texts = [
        f"{name}: {row['plain_us']:.0f} us without, {row['hooked_us']:.0f} us with it ({row['dearer']:+.1%})"
        for name, row in found["hooks"].items()
    ]
    return f"CPU of a create without and with a no-op `before_save`: {'; '.join(texts)}.\n"


def growth_table(found: dict[str, Any]) -> str:
    """Milliseconds of one request alone, by rows, and how many times faster than the peer."""
    rows = sorted({int(row) for lines in found["growth"].values() for points in lines.values() for row, _ in points})
    lines = [["one request alone, ms", *(f"{row:,} objects" for row in rows)], ["---"] * (len(rows) + 1)]
    for title, servers in found["growth"].items():
        peer = dict(map(tuple, servers.get(PEER, [])))
        for name, points in servers.items():
            found_at = {int(row): ms for row, ms in points}
            cells = [_growth_cell(found_at.get(row), None if name == PEER else peer.get(row)) for row in rows]
            lines.append([f"{title}, {name}", *cells])
    return _markdown(lines)


def _growth_cell(ms: float | None, peer: float | None) -> str:
    if ms is None:
        return "not measured"
    return f"{ms:,.2f}" + (f" (x{peer / ms:.1f})" if peer else "")


def others_table(found: dict[str, Any]) -> str:
    """Gets beside heavy neighbours."""
    kinds = list(next(iter(found["others"].values())))
    lines = [["gets, 4 connections", *(f"{kind}: /s, p50, p99 ms (done beside)" for kind in kinds)], ["---"] * (len(kinds) + 1)]
    for name, rows in found["others"].items():
        cells = [f"{row['rate']:,.0f}, {row['p50_ms']:.1f}, {row['p99_ms']:.1f} ({row['beside']})" for row in rows.values()]
        lines.append([name, *cells])
    return _markdown(lines)


def workers_table(found: dict[str, Any]) -> str:
    """Two processes against one."""
    names = list(next(iter(found["workers"].values()))["servers"])
    lines = [["two processes for one", *names], ["---"] * (len(names) + 1)]
    for load in found["workers"].values():
        cells = [f"x{row['times']:.2f} ({row['one']:,} to {row['two']:,}/s)" for row in load["servers"].values()]
        lines.append([load["title"], *cells])
    return _markdown(lines)


def _markdown(lines: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


SECTIONS: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "bench": ("compare.json", table),
    "bench hooks": ("hooks.json", hooks_line),
    "bench growth": ("growth.json", growth_table),
    "bench others": ("others.json", others_table),
    "bench workers": ("workers.json", workers_table),
}
"""Marker in the README -> result file and what is made of it."""


def write_readme(results: Path, readme: Path) -> None:
    """Between `<!-- bench -->` and `<!-- end bench -->`, and likewise for the others, whatever there is a result for."""
    text = readme.read_text()
    for marker, (file, make) in SECTIONS.items():
        if (results / file).is_file() and f"<!-- {marker} -->" in text:
            before, _, rest = text.partition(f"<!-- {marker} -->")
            after = rest.partition(f"<!-- end {marker} -->")[2]
            made = make(json.loads((results / file).read_text()))
            text = f"{before}<!-- {marker} -->\n{made}<!-- end {marker} -->{after}"
    readme.write_text(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the results that are there into the README")
    parser.add_argument("results", type=Path, help="the folder of results")
    parser.add_argument("readme", type=Path)
    given = parser.parse_args()
    write_readme(given.results, given.readme)
    sys.exit(0)
