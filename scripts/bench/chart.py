"""Results as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot

PEER = "parse-server"
COLOURS = {PEER: "#8a8f98", "ours, MongoDB": "#2f7d4f", "ours, SQLite": "#2b5fa8"}


def draw(found: dict[str, Any], file: Path) -> None:
    """Rates relative to the peer, a group of bars per load; without the peer: requests a second."""
    loads = found["loads"]
    names = list(next(iter(loads.values()))["servers"])
    figure, axes = pyplot.subplots(figsize=(11, 5.2))
    width = 0.8 / len(names)
    for position, name in enumerate(names):
        heights = [_height(load["servers"], name) for load in loads.values()]
        places = [index + (position - (len(names) - 1) / 2) * width for index in range(len(loads))]
        bars = axes.bar(places, heights, width, label=name, color=COLOURS.get(name))
        axes.bar_label(bars, [f"{height:.1f}" if name != PEER else "" for height in heights], fontsize=7, padding=1)
    axes.set_xticks(range(len(loads)), [load["title"] for load in loads.values()], rotation=30, ha="right", fontsize=8)
    axes.set_yscale("log")
    axes.set_ylabel(f"requests a second, {PEER} = 1" if PEER in names else "requests a second")
    axes.legend(fontsize=8)
    axes.grid(axis="y", alpha=0.3)
    figure.tight_layout()
    figure.savefig(file, dpi=110)
    pyplot.close(figure)


def draw_growth(found: dict[str, Any], file: Path) -> None:
    """Latency against rows, a picture per query."""
    curves: dict[str, dict[str, list[list[float]]]] = found["growth"]
    figure, many = pyplot.subplots(1, len(curves), figsize=(4 * len(curves), 3.6), squeeze=False)
    for axes, (title, lines) in zip(many[0], curves.items(), strict=True):
        for name, points in lines.items():
            axes.plot([rows for rows, _ in points], [ms for _, ms in points], marker="o", label=name, color=COLOURS.get(name))
        axes.set(xscale="log", yscale="log", xlabel="rows", title=title)
        axes.grid(alpha=0.3)
    many[0][0].set_ylabel("median of one request, ms")
    many[0][0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(file, dpi=110)
    pyplot.close(figure)


def _height(servers: dict[str, Any], name: str) -> float:
    row = servers[name]
    if PEER not in servers:
        return float(row["rate"])
    return 1.0 if name == PEER else float(row.get("rate_ratio", 0))
