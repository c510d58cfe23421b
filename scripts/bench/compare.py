"""Peer and ours on the same requests, in turn: equal answers first, then runs A B A B, medians and ratios at the end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

import wrk
from loads import LOADS, Load, Request
from objects import ask
from servers import Server

PEER = "parse-server"
_PASSING = frozenset({"createdAt", "updatedAt", "sessionToken", "lastSeen"})
_NEW_ID = re.compile(r"[A-Za-z0-9]{10}\Z")


def loads_named(names: Iterable[str]) -> list[Load]:
    wanted = list(names)
    unknown = set(wanted) - {load.name for load in LOADS}
    if unknown:
        raise SystemExit(f"no such work load: {', '.join(sorted(unknown))}; there are {', '.join(load.name for load in LOADS)}")
    return [load for load in LOADS if not wanted or load.name in wanted]


def check_equal(servers: list[Server], load: Load) -> None:
    """The first requests of the load, one by one. Raises RuntimeError where answers differ beyond times and new ids."""
    for requests in zip(*[load.requests(server)[:5] for server in servers], strict=True):
        answers = [_answer(server, request) for server, request in zip(servers, requests, strict=True)]
        for server, answer in zip(servers[1:], answers[1:], strict=True):
            if answer != answers[0]:
                raise RuntimeError(
                    f"{load.name}: {server.name} answers otherwise than {servers[0].name}:\n{str(answer)[:800]}\n{str(answers[0])[:800]}"
                )


def measure(servers: list[Server], load: Load, rounds: int, seconds: float, folder: Path) -> dict[str, list[wrk.Run]]:
    """Runs by server, in the order of rounds."""
    runs: dict[str, list[wrk.Run]] = {server.name: [] for server in servers}
    for server in servers:
        wrk.run(server, load, 1, folder)
    for number in range(rounds):
        # who comes first changes: a neighbour's load hits everyone alike
        for server in servers if number % 2 == 0 else reversed(servers):
            runs[server.name].append(wrk.run(server, load, seconds, folder))
    return runs


def summary(runs: dict[str, list[wrk.Run]]) -> dict[str, Any]:
    """Medians, lowest and highest, and ratios to the peer, each from the runs of one round."""
    found: dict[str, Any] = {}
    for name, own in runs.items():
        rates = [run.rate for run in own]
        row: dict[str, Any] = {
            "rate": median(rates),
            "rate_low": min(rates),
            "rate_high": max(rates),
            "cpu_us": median(run.cpu_us for run in own),
            "p50_ms": median(run.p50_ms for run in own),
            "p99_ms": median(run.p99_ms for run in own),
            "runs": [run.json() for run in own],
        }
        peer = runs.get(PEER)
        if peer and name != PEER:
            row["rate_ratio"] = median(a.rate / b.rate for a, b in zip(own, peer, strict=True))
            row["cpu_ratio"] = median(b.cpu_us / a.cpu_us for a, b in zip(own, peer, strict=True) if a.cpu_us)
            row["p99_ratio"] = median(a.p99_ms / b.p99_ms for a, b in zip(own, peer, strict=True) if b.p99_ms)
        found[name] = {key: round(value, 3) if isinstance(value, float) else value for key, value in row.items()}
    return found


def _answer(server: Server, request: Request) -> Any:
    headers = {"X-Parse-Session-Token": request.token} if request.token else {}
    answer = ask(server, request.method, request.path, request.body, headers)
    return answer.status, _timeless(answer.body, new=request.method == "POST")


def _timeless(value: Any, new: bool) -> Any:
    """Without what must differ: times, tokens and, of new objects, ids."""
    if isinstance(value, dict):
        return {key: _masked(key, item, new) for key, item in value.items()}
    if isinstance(value, list):
        return [_timeless(item, new) for item in value]
    return value


def _masked(key: str, value: Any, new: bool) -> Any:
    if key in _PASSING:
        return "*"
    if new and key == "objectId" and isinstance(value, str) and _NEW_ID.match(value):
        return "*"
    if new and key == "ACL" and isinstance(value, dict):
        return len(value)
    return _timeless(value, new)
