"""The same objects in every server, through the public API, with the same ids."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from itertools import islice
from typing import Any

from servers import APP, MASTER, Server

CLIENT = {"X-Parse-Application-Id": APP, "Content-Type": "application/json"}
USERS, SESSIONS, COUNTERS, POSTS, TOPICS, PEOPLE = 10_000, 300, 200, 1000, 20, 8
BATCH = 50
SIDE_BY_SIDE = 4


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any


def ask(server: Server, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    """One request on a connection of its own."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=120)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, f"/parse{path}", text, {**CLIENT, **(headers or {})})
        reply = connection.getresponse()
        return Answer(reply.status, json.loads(reply.read()))
    finally:
        connection.close()


def seed(server: Server) -> None:
    """Everything that the work loads read. Raises RuntimeError when the server refuses."""
    for class_name, objects in _classes():
        save_in_turn(server, class_name, objects)
    for number in range(PEOPLE):
        answer = ask(server, "POST", "/users", {"username": f"person{number}", "password": "secret word"})
        server.tokens.append(answer.body["sessionToken"])


def save_in_turn(server: Server, class_name: str, objects: Iterable[dict[str, Any]]) -> None:
    """One after the other: the peer carries the requests of a batch out side by side, and then stores them in no certain order."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=120)
    for item in objects:
        connection.request("POST", f"/parse/classes/{class_name}", json.dumps(item), {**CLIENT, "X-Parse-Master-Key": MASTER})
        reply = connection.getresponse()
        text = reply.read()
        if reply.status != 201:
            raise RuntimeError(f"{server.name} refused the data: {text[:300]!r}")
    connection.close()


def save_all(server: Server, class_name: str, objects: Iterable[dict[str, Any]]) -> None:
    """In batches, several at a time, with the master key. Raises RuntimeError when the server refuses."""
    path = f"/parse/classes/{class_name}"
    requests = ({"method": "POST", "path": path, "body": item} for item in objects)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        # a few at a time, so that a million objects are never in memory
        while rounds := [batch for _ in range(SIDE_BY_SIDE * 4) if (batch := list(islice(requests, BATCH)))]:
            list(pool.map(partial(_send, server), rounds))


def users(count: int, start: int = 0) -> Iterator[dict[str, Any]]:
    """People over the United States, as the tutorial's app keeps them."""
    chance = random.Random(start)
    for number in range(start, start + count):
        place = {"__type": "GeoPoint", "latitude": round(chance.uniform(25, 49), 6), "longitude": round(chance.uniform(-124, -67), 6)}
        yield {
            "objectId": f"u{number:09d}",
            "userID": f"user{number}",
            "userTitle": f"User {number}",
            "userLocation": place,
            "team": number % 100,
            "lastSeen": {"__type": "Date", "iso": f"2026-01-{number % 28 + 1:02d}T12:00:00.000Z"},
        }


def sessions(count: int, start: int = 0) -> Iterator[dict[str, Any]]:
    for number in range(start, start + count):
        yield {
            "objectId": f"s{number:09d}",
            "callerID": f"user{number + 1}",
            "callerTitle": f"User {number + 1}",
            "receiverID": f"user{number}",
            "sessionID": f"1_MX4xfn4{number:08d}",
            "publisherToken": "T1==" + "p" * 200,
            "subscriberToken": "T1==" + "s" * 200,
            "isVideo": True,
            "isAudio": True,
        }


def _classes() -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
    yield "ActiveUsers", users(USERS)
    yield "ActiveSessions", sessions(SESSIONS)
    yield "Counter", ({"objectId": f"c{number:09d}", "n": 0} for number in range(COUNTERS))
    yield "Topic", ({"objectId": f"t{number:09d}", "name": f"Topic {number}"} for number in range(TOPICS))
    yield (
        "Post",
        (
            {
                "objectId": f"p{number:09d}",
                "title": f"Post {number}",
                "text": "lorem ipsum " * 10,
                "author": _pointer("ActiveUsers", f"u{number * 7 % USERS:09d}"),
                "topic": _pointer("Topic", f"t{number % TOPICS:09d}"),
            }
            for number in range(POSTS)
        ),
    )


def _pointer(class_name: str, object_id: str) -> dict[str, str]:
    return {"__type": "Pointer", "className": class_name, "objectId": object_id}


def _send(server: Server, requests: list[dict[str, Any]]) -> None:
    answer = ask(server, "POST", "/batch", {"requests": requests}, {"X-Parse-Master-Key": MASTER})
    failed = answer.status != 200 or [item for item in answer.body if "error" in item]
    if failed:
        raise RuntimeError(f"{server.name} refused the data: {str(answer.body)[:300]}")
