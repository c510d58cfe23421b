"""The work loads: which requests each sends, and what issue and chart call them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from objects import APP, COUNTERS, PEOPLE, POSTS, SESSIONS, USERS
from servers import Server

VARIANTS = 400
MILES = 200


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: Any = None
    token: str | None = None

    def raw(self, port: int) -> bytes:
        """The bytes that go over the wire."""
        lines = [f"{self.method} /parse{self.path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"X-Parse-Application-Id: {APP}"]
        if self.token:
            lines.append(f"X-Parse-Session-Token: {self.token}")
        data = b""
        if self.body is not None:
            data = json.dumps(self.body, separators=(",", ":")).encode()
            lines += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
        return "\r\n".join([*lines, "", ""]).encode() + data


Maker = Callable[[Server, random.Random], Request]


@dataclass(frozen=True)
class Load:
    """`targets`: ratio of rate wanted on (MongoDB, SQLite), from the project's own plan; None where it names none."""

    name: str
    title: str
    make: Maker
    targets: tuple[float | None, float | None] = (None, None)
    connections: int = 16
    variants: int = VARIANTS

    def requests(self, server: Server) -> list[Request]:
        """The same ones for every server, but for session tokens."""
        chance = random.Random(self.name)
        return [self.make(server, chance) for _ in range(self.variants)]


def find(class_name: str, token: str | None = None, **words: Any) -> Request:
    texts = [f"{name}={quote(value if isinstance(value, str) else json.dumps(value))}" for name, value in words.items()]
    return Request("GET", f"/classes/{class_name}?{'&'.join(texts)}", token=token)


def near(latitude: float, longitude: float) -> Request:
    point = {"__type": "GeoPoint", "latitude": latitude, "longitude": longitude}
    return find("ActiveUsers", where={"userLocation": {"$nearSphere": point, "$maxDistanceInMiles": MILES}}, limit=100)


def a_get(server: Server, chance: random.Random) -> Request:
    return Request("GET", f"/classes/ActiveUsers/u{chance.randrange(USERS):09d}")


def equality(server: Server, chance: random.Random) -> Request:
    return find("ActiveUsers", where={"userTitle": f"User {chance.randrange(USERS)}"})


def find_100(server: Server, chance: random.Random) -> Request:
    return find("ActiveUsers", limit=100, skip=chance.randrange(50))


def a_near(server: Server, chance: random.Random) -> Request:
    return near(round(chance.uniform(29, 45), 4), round(chance.uniform(-119, -72), 4))


def poll(server: Server, chance: random.Random) -> Request:
    token = server.tokens[chance.randrange(PEOPLE)]
    return find("ActiveSessions", token, where={"receiverID": f"user{chance.randrange(SESSIONS)}"})


def create(server: Server, chance: random.Random) -> Request:
    return Request("POST", "/classes/Created", {"name": f"n{chance.randrange(10**6)}", "score": chance.randrange(1000), "on": True})


def increment(server: Server, chance: random.Random) -> Request:
    return Request("PUT", f"/classes/Counter/c{chance.randrange(COUNTERS):09d}", {"n": {"__op": "Increment", "amount": 1}})


def hooked(server: Server, chance: random.Random) -> Request:
    return Request("POST", "/classes/Hooked", {"name": f"n{chance.randrange(10**6)}", "score": chance.randrange(1000), "on": True})


def login(server: Server, chance: random.Random) -> Request:
    return Request("POST", "/login", {"username": f"person{chance.randrange(PEOPLE)}", "password": "secret word"})


def batch(server: Server, chance: random.Random) -> Request:
    items = [{"method": "POST", "path": "/parse/classes/Batched", "body": {"n": chance.randrange(1000), "s": "text"}} for _ in range(50)]
    return Request("POST", "/batch", {"requests": items})


def include(server: Server, chance: random.Random) -> Request:
    return find("Post", include="author,topic", limit=20, skip=chance.randrange(POSTS - 20))


def count(server: Server, chance: random.Random) -> Request:
    return find("ActiveUsers", where={"team": chance.randrange(100)}, count=1, limit=0)


def find_1000(server: Server, chance: random.Random) -> Request:
    return find("ActiveUsers", limit=1000)


def phones(server: Server, chance: random.Random) -> Request:
    """What N phones send: mostly the 8-second poll, now and then a look around, a move, a change of a call."""
    kind = chance.random()
    if kind < 0.85:
        return poll(server, chance)
    if kind < 0.90:
        return a_near(server, chance)
    if kind < 0.98:
        place = {"__type": "GeoPoint", "latitude": round(chance.uniform(25, 49), 6), "longitude": round(chance.uniform(-124, -67), 6)}
        return Request("PUT", f"/classes/ActiveUsers/u{chance.randrange(USERS):09d}", {"userLocation": place})
    return Request("PUT", f"/classes/ActiveSessions/s{chance.randrange(SESSIONS):09d}", {"isVideo": chance.random() < 0.5})


# Those that write what others read come last, so that answers stay equal.
LOADS = [
    Load("get", "get by id", a_get, (1.6, 3)),
    Load("equality", "equality, no declared index", equality, (3, None)),
    Load("find100", "find, 100 objects", find_100, (2.0, 6)),
    Load("near", f"near, {MILES} miles", a_near, (2.0, 5)),
    Load("poll", "poll with session token", poll, (1.8, None)),
    Load("include", "include of two pointers", include),
    Load("count", "count", count),
    Load("find1000", "find, 1,000 objects", find_1000, connections=8, variants=1),
    Load("create", "create", create, (1.4, 3)),
    Load("increment", "Increment", increment, (1.3, None)),
    Load("hooked", "create with a beforeSave hook", hooked),
    Load("batch", "batch of 50 creates", batch, connections=4, variants=40),
    Load("login", "login", login, connections=4),
    Load("phones", "mixed load of phones", phones, connections=64),
]
