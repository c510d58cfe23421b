"""The commands of the benchmark; each prints as it goes and writes one JSON at the end."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable
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
    if arguments.result:
        _keep(found, arguments.result)
    return int(failed)


def others(arguments: argparse.Namespace) -> int:
    """What a get hears while other connections hash passwords, scan 100,000 rows or hang in a hook."""
    found = {"about": about(arguments), "others": growth.neighbours(arguments)}
    if arguments.result:
        _keep(found, arguments.result)
    return 0


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


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {"compare": compare, "hooks": hooks, "growth": growing, "others": others}
__all__ = ["COMMANDS", "LOADS"]
