"""The commands of the benchmark; each prints as it goes and writes one JSON at the end."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import chart
import growth
import report
import wrk
from compare import check_equal, loads_named, measure, summary
from loads import LOADS
from world import world

RESULTS = Path(__file__).resolve().parent / "results"


def compare(arguments: argparse.Namespace) -> int:
    """Every load on every server, in turn."""
    wrk.check_installed()
    loads = loads_named(name for name in arguments.only.split(",") if name)
    found: dict[str, Any] = {"about": about(arguments), "loads": {}, "servers": {}}
    with world(arguments.servers.split(","), arguments.workers, tuple(arguments.set)) as (servers, folder):
        for load in loads:
            check_equal(servers, load)
        print(f"answers are equal on {len(loads)} loads", flush=True)
        for load in loads:
            runs = measure(servers, load, arguments.rounds, arguments.seconds, folder)
            found["loads"][load.name] = {"title": load.title, "targets": load.targets, "servers": summary(runs)}
            print(report.line(load, found["loads"][load.name]["servers"]), flush=True)
        for server in servers:
            rss, pss = server.memory_mb()
            found["servers"][server.name] = {"start_s": round(server.start_seconds, 2), "rss_mb": round(rss), "pss_mb": round(pss)}
    print(report.table(found))
    return _keep(found, arguments.result or RESULTS / "last.json", chart.draw)


def hooks(arguments: argparse.Namespace) -> int:
    """A create with a no-op before_save against one without. More than 15 % dearer in CPU time is a failure."""
    wrk.check_installed()
    plain, hooked = loads_named(["create", "hooked"])
    failed = False
    found: dict[str, Any] = {"about": about(arguments), "hooks": {}}
    ours = [name for name in arguments.servers.split(",") if name != "peer"]
    with world(ours, options=tuple(arguments.set), seeded=False) as (servers, folder):
        for server in servers:
            without, with_hook = [], []
            for _ in range(arguments.rounds + 1):
                without.append(wrk.run(server, plain, arguments.seconds, folder).cpu_us)
                with_hook.append(wrk.run(server, hooked, arguments.seconds, folder).cpu_us)
            dearer = median(b / a for a, b in list(zip(without, with_hook, strict=True))[1:]) - 1
            failed = failed or dearer > 0.15
            found["hooks"][server.name] = {"plain_us": median(without[1:]), "hooked_us": median(with_hook[1:]), "dearer": round(dearer, 3)}
            print(f"{server.name}: {median(without[1:]):.0f} us without, {median(with_hook[1:]):.0f} us with a hook: {dearer:+.1%}")
    _keep(found, arguments.result or RESULTS / "hooks.json")
    return int(failed)


def others(arguments: argparse.Namespace) -> int:
    """What a get hears while other connections hash passwords, scan 100,000 rows or hang in a hook."""
    found = {"about": about(arguments), "others": growth.neighbours(arguments)}
    return _keep(found, arguments.result or RESULTS / "others.json")


def workers(arguments: argparse.Namespace) -> int:
    """Two processes of each server against one, in turn. What their cores allow: the load generator and the database need some, too."""
    wrk.check_installed()
    loads = loads_named(name for name in (arguments.only or "get,find100,near,poll,create,increment").split(",") if name)
    found: dict[str, Any] = {"about": about(arguments), "workers": {}}
    names = arguments.servers.split(",")
    with world(names, (1, 2), tuple(arguments.set)) as (servers, folder):
        for load in loads:
            busier = replace(load, connections=32)
            runs = measure(servers, busier, arguments.rounds, arguments.seconds, folder)
            rows = {}
            for one, two in zip(servers[::2], servers[1::2], strict=True):
                times = median(b.rate / a.rate for a, b in zip(runs[one.name], runs[two.name], strict=True))
                rows[one.name.partition(", 1 ")[0]] = {
                    "one": round(median(run.rate for run in runs[one.name])),
                    "two": round(median(run.rate for run in runs[two.name])),
                    "times": round(times, 2),
                    "p99_ms": [round(median(run.p99_ms for run in runs[server.name]), 1) for server in (one, two)],
                }
            found["workers"][load.name] = {"title": load.title, "servers": rows}
            print(
                f"{load.name:<10}" + "  ".join(f"{name}: {r['one']:,} -> {r['two']:,}/s (x{r['times']})" for name, r in rows.items()),
                flush=True,
            )
    return _keep(found, arguments.result or RESULTS / "workers.json")


def growing(arguments: argparse.Namespace) -> int:
    """Equality, poll and near on classes of more and more rows."""
    wrk.check_installed()
    found = {"about": about(arguments), "growth": growth.curves(arguments)}
    return _keep(found, arguments.result or RESULTS / "growth.json", chart.draw_growth)


def about(arguments: argparse.Namespace) -> dict[str, Any]:
    """Under which conditions the numbers were taken."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    processor = next((line.partition(":")[2].strip() for line in lines if "model name" in line), "")
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "processor": processor,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average": [round(value, 1) for value in os.getloadavg()],
        "seconds": arguments.seconds,
        "rounds": arguments.rounds,
        "workers": arguments.workers,
    }


def _keep(found: dict[str, Any], file: Path, draw: Callable[[dict[str, Any], Path], None] | None = None) -> int:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found, indent=1) + "\n")
    if draw:
        draw(found, file.with_suffix(".png"))
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "compare": compare,
    "hooks": hooks,
    "growth": growing,
    "others": others,
    "workers": workers,
}
__all__ = ["COMMANDS", "LOADS"]
