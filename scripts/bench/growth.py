"""How answers slow down as a class grows, and what requests hear of heavy neighbours."""

from __future__ import annotations

import argparse
import contextlib
import random
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

import wrk
from compare import loads_named
from loads import MILES, Load, Request, find
from objects import PEOPLE, ask, save_all, seed, sessions, users
from servers import APP, Server
from world import world

SETTLE_SECONDS = 3.0
"""Time for an index on demand to be made after the first slow answers."""
ASKED = 40


def curves(arguments: argparse.Namespace) -> dict[str, dict[str, list[list[float]]]]:
    """{query: {server: [[rows, median ms of one request alone], ...]}}"""
    found: dict[str, dict[str, list[list[float]]]] = {"equality": {}, "poll": {}, "near": {}}
    with world(arguments.servers.split(","), arguments.workers, tuple(arguments.set), seeded=False) as (servers, _):
        for server in servers:
            for number in range(PEOPLE):
                made = ask(server, "POST", "/users", {"username": f"person{number}", "password": "secret word"})
                server.tokens.append(made.body["sessionToken"])
        there = 0
        for rows in sorted(int(text) for text in arguments.rows.split(",")):
            for server in servers:
                save_all(server, "People", users(rows - there, there))
                save_all(server, "Calls", sessions(rows - there, there))
            there = rows
            for title in found:
                for server in servers:
                    ms = _alone(server, title, rows)
                    found[title].setdefault(server.name, []).append([rows, round(ms, 3)])
                    print(f"{rows:>8} rows  {title:<9} {server.name:<14} {ms:8.2f} ms", flush=True)
    return found


def _alone(server: Server, title: str, rows: int) -> float:
    chance = random.Random(rows)

    def request() -> Request:
        number = chance.randrange(rows)
        if title == "equality":
            return find("People", where={"userTitle": f"User {number}"})
        if title == "poll":
            return find("Calls", server.tokens[0], where={"receiverID": f"user{number}"})
        point = {"__type": "GeoPoint", "latitude": chance.uniform(29, 45), "longitude": chance.uniform(-119, -72)}
        return find("People", where={"userLocation": {"$nearSphere": point, "$maxDistanceInMiles": MILES}}, limit=100)

    with contextlib.closing(HTTPConnection("127.0.0.1", server.port, timeout=120)) as connection:
        for _ in range(8):
            _timed(server, connection, request())
        time.sleep(SETTLE_SECONDS)
        return median(_timed(server, connection, request()) for _ in range(ASKED))


def _scan(server: Server, chance: random.Random) -> Request:
    """Looks at every row: no index serves it."""
    return find("People", where={"userTitle": {"$regex": f"x{chance.randrange(10**6)}$"}})


def _timed(server: Server, connection: HTTPConnection, request: Request) -> float:
    """Milliseconds from the request to the whole answer."""
    headers = {"X-Parse-Application-Id": APP, **({"X-Parse-Session-Token": request.token} if request.token else {})}
    began = time.perf_counter()
    connection.request(request.method, f"/parse{request.path}", headers=headers)
    answer = connection.getresponse()
    answer.read()
    seconds = time.perf_counter() - began
    if answer.status != 200:
        raise RuntimeError(f"{server.name} answered {answer.status} to {request.path}")
    return seconds * 1000


def neighbours(arguments: argparse.Namespace) -> dict[str, Any]:
    """p50 and p99 of gets: alone, and while 4 connections keep the server busy with something heavy."""
    wrk.check_installed()
    [get, login] = loads_named(["get", "login"])
    scan = Load("scan", "scan", _scan, connections=2)
    hang = Load("hang", "hanging function", lambda server, chance: Request("POST", "/functions/hang", {}), connections=8)
    found: dict[str, Any] = {}
    names = arguments.servers.split(",")
    with world(names, options=tuple(arguments.set), seeded=False) as (servers, folder), tempfile.TemporaryDirectory() as scripts:
        for server in servers:
            seed(server)
            save_all(server, "People", users(100_000))
            found[server.name] = {}
            for label, heavy in (("alone", None), ("hashing", login), ("scan", scan), ("hanging", hang)):
                running = wrk.start(server, heavy, arguments.seconds + 1, Path(scripts)) if heavy else None
                time.sleep(0.5)
                run = wrk.run(server, get, arguments.seconds, folder, connections=4)
                beside = wrk.finish(running, server, heavy)["requests"] if running and heavy else 0
                found[server.name][label] = {**run.json(), "beside": beside}
                times = f"p50 {run.p50_ms:7.1f}  p99 {run.p99_ms:7.1f} ms"
                print(f"{server.name:<14} {label:<9} {run.rate:7.0f}/s  {times}  ({beside} beside)", flush=True)
    return found
