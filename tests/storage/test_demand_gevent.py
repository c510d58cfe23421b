"""While an index is made and queries are looked at, the greenlets of a worker go on. On SQLite and MongoDB."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

CODE = """
from gevent import monkey
monkey.patch_all()
import sys, gevent
from parse_shim.query.ast import Eq
from parse_shim.query.options import FindOptions
from parse_shim.storage.demand import read_keys
from parse_shim.storage.open import open_engine
from parse_shim.testing.contract.common import a_class, a_doc, fill

engine = open_engine(sys.argv[1])
cls = fill(engine, a_class(s="String", n="Number"), [a_doc("a", n=0)])
engine.insert_all(cls, [a_doc(f"d{i}", s=f"s{i}", n=i) for i in range(40_000)])
page = FindOptions(limit=10)

def beside(work):
    done = gevent.spawn(work)
    ticks = 0
    while not done.ready():
        gevent.sleep(0)
        ticks += 1
    assert ticks > 10, ticks
    return done.get()

assert beside(lambda: engine.examine(cls, Eq("s", "s7"), page)).rows_read >= 40_000
assert beside(lambda: engine.matching(cls, Eq("s", "s7"))) == 1
written = gevent.spawn_later(0.01, engine.insert, cls, a_doc("b", s="later"))
assert beside(lambda: engine.demand(cls, read_keys("s"), "often asked")) is None
written.get(timeout=10)
assert engine.examine(cls, Eq("s", "later"), page).index == "s"
assert [doc["objectId"] for doc in engine.find(cls, Eq("s", "later"), page)] == ["b"]
print("fine")
"""


@pytest.mark.parametrize("kind", ["sqlite", "mongodb"])
def test_greenlets_go_on(kind: str, request: pytest.FixtureRequest, tmp_path: Any) -> None:
    uri = f"sqlite:///{tmp_path}/p.db" if kind == "sqlite" else request.getfixturevalue("mongo_uri")
    run = subprocess.run([sys.executable, "-c", CODE, uri], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.stdout == "fine\n", run.stderr[-2000:]
