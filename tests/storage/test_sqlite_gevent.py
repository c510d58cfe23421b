"""Under gevent one thread carries many greenlets: they never meet inside a transaction, and waiting for a lock stops nobody."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

CODE = """
from gevent import monkey
monkey.patch_all()
import sys, time, gevent, apsw
from parse_shim.query.ast import EVERYTHING, Eq
from parse_shim.storage.sqlite.engine import SqliteEngine
from parse_shim.testing.contract.common import a_class, a_doc, fill
from parse_shim.update.ops import Increment

engine = SqliteEngine(sys.argv[1])
cls = fill(engine, a_class(n="Number"), [a_doc("a", n=0)])

def count():
    for _ in range(20):
        with engine.transaction():
            engine.update(cls, Eq("objectId", "a"), {"n": Increment(1)})
            gevent.sleep(0)
            engine.update(cls, Eq("objectId", "a"), {"n": Increment(1)})
            assert engine.find(cls, EVERYTHING)[0]["n"] % 2 == 0
        gevent.sleep(0)

def watch():
    for _ in range(40):
        assert engine.find(cls, EVERYTHING)[0]["n"] % 2 == 0
        gevent.sleep(0)

gevent.joinall([gevent.spawn(count) for _ in range(5)] + [gevent.spawn(watch) for _ in range(3)], raise_error=True)
assert engine.find(cls, EVERYTHING)[0]["n"] == 200, engine.find(cls, EVERYTHING)

other = apsw.Connection(sys.argv[1])
other.execute("BEGIN IMMEDIATE")
ticks = []
def tick():
    for _ in range(10):
        ticks.append(engine.count(cls, EVERYTHING))
        gevent.sleep(0.005)
    other.execute("COMMIT")
writer = gevent.spawn(engine.insert, cls, a_doc("b"))
ticker = gevent.spawn(tick)
gevent.joinall([writer, ticker], raise_error=True)
assert len(ticks) == 10 and ticks[-1] == 1, ticks
assert engine.count(cls, EVERYTHING) == 2
print("fine")
"""


def test_greenlets_share_an_engine(tmp_path):
    run = subprocess.run([sys.executable, "-c", CODE, str(tmp_path / "p.db")], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.stdout == "fine\n", run.stderr[-2000:]


SCAN = """
from gevent import monkey
monkey.patch_all()
import sys, time, gevent
from parse_shim.query.ast import Eq, Regex
from parse_shim.storage.sqlite import database
from parse_shim.storage.sqlite.engine import SqliteEngine
from parse_shim.testing.contract.common import a_class, a_doc, fill

engine = SqliteEngine(sys.argv[1], fast=True)
cls = a_class(s="String")
with engine.transaction():
    fill(engine, cls, [a_doc(f"o{number}", s=f"text {number}") for number in range(30000)])
assert engine.find(cls, Regex("s", "^.*7777$", ""))[0]["s"] == "text 7777"
gaps = []
done = gevent.spawn(lambda: [engine.find(cls, Regex("s", "^.*7777$", "")) for _ in range(5)])
last = time.perf_counter()
while not done.ready():
    assert engine.find(cls, Eq("objectId", "o5"))[0]["objectId"] == "o5"
    gevent.sleep(0)
    gaps.append(time.perf_counter() - last)
    last = time.perf_counter()
assert [len(found) for found in done.get()] == [3] * 5, done.get()
assert len(gaps) > 30, len(gaps)
with gevent.Timeout(0.05, False):
    engine.find(cls, Regex("s", "^.*(x|y)7777$", ""))
assert engine.find(cls, Eq("objectId", "o5"))
print("fine")
"""


def test_a_long_scan_leaves_other_greenlets_running(tmp_path):
    run = subprocess.run([sys.executable, "-c", SCAN, str(tmp_path / "p.db")], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.stdout == "fine\n", run.stderr[-2000:]
