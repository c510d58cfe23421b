"""Every test of this folder runs on SQLite and on MongoDB."""

from collections.abc import Callable, Iterator
from typing import Any

import bcrypt
import pytest

from parse_shim import ids
from parse_shim.rest import passwords
from parse_shim.storage.base import Engine
from parse_shim.storage.open import open_engine
from tests.contract.world import Server, date, geo, op, pointer


@pytest.fixture(scope="module", params=["sqlite", "mongodb"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    opened = open_engine("sqlite://" if request.param == "sqlite" else request.getfixturevalue("module_mongo_uri"))
    yield opened
    opened.close()


@pytest.fixture
def serve(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """`serve(option=...)`: a server on an empty store. Passwords are hashed quickly."""
    monkeypatch.setattr(passwords, "COST", 4)
    monkeypatch.setattr(passwords, "NOBODY", bcrypt.hashpw(b"nobody", bcrypt.gensalt(4)).decode("ascii"))
    engine.clear(indexes=True)
    made: list[Server] = []

    def start(**options: Any) -> Server:
        made.append(Server(engine, **options))
        return made[-1]

    yield start
    for server in made:
        server.core.close()
    ids.set_clock(None)


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve()


@pytest.fixture
def filled(server: Server) -> Server:
    """Class W with a column of each type, and one object of it."""
    server.names["one"] = server.create(
        "W",
        n=1,
        s="x",
        b=True,
        o={"a": 1},
        arr=[1, {"k": 5}],
        p=pointer("B", "x"),
        d=date("2020-01-02T03:04:05.678Z"),
        r=op("AddRelation", objects=[pointer("B", "b1")]),
        g=geo(1, 2),
    )
    return server


@pytest.fixture
def rows(serve: Callable[..., Server]) -> Server:
    """Five objects of class W, told apart by `i`, and two of T that some point to."""
    server = serve()
    server.names["t1"] = server.create("T", city="X", n=1, sub={"c": "X"})
    server.names["t2"] = server.create("T", city="Y", n=2, next=pointer("T", server.names["t1"]))
    t1, t2 = (pointer("T", server.names[name]) for name in ("t1", "t2"))
    for i, fields in enumerate(
        [
            {
                "n": 3,
                "s": "apple",
                "arr": [1, 2],
                "o": {"k": 2, "b": 1},
                "p": t1,
                "d": date("2020-01-02T00:00:00.000Z"),
                "g": geo(0, 0),
                "home": "X",
                "pa": [t1, "x"],
            },
            {"n": 1, "s": "Banana", "arr": [2, 3], "o": {"k": 1}, "p": t2, "g": geo(10, 10), "home": "Y", "pa": [t2, t1], "b": True},
            {"n": 2, "s": "cherry", "arr": [], "o": {}, "d": date("2021-01-01T00:00:00.000Z"), "home": "Z", "p": pointer("T", "gone")},
            {"n": None, "s": "", "arr": [None], "b": False},
            {"r": op("AddRelation", objects=[t1])},
        ]
    ):
        server.names[f"w{i}"] = server.create("W", i=i, **fields)
    return server


@pytest.fixture
def users(server: Server) -> Server:
    server.sign_up("ann", email="Ann@x.org", phone="1")
    server.sign_up("bob")
    return server
