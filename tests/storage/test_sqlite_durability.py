"""What was acknowledged stays, whatever happens to the process; what cannot be written is refused as a whole."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import apsw
import pytest

from parse_shim.errors import Unavailable
from parse_shim.query.ast import EVERYTHING, Eq
from parse_shim.storage.sqlite.engine import SqliteEngine
from parse_shim.testing.contract.common import a_class, a_doc, fill
from parse_shim.testing.contract.updates import run_together
from parse_shim.update.ops import Increment, Set
from parse_shim.values.types import GeoPoint

ROOT = Path(__file__).parents[2]
CLASS = a_class("Thing", n="Number", at="GeoPoint")

WRITER = """
import sys
from parse_shim.storage.sqlite.engine import SqliteEngine
from parse_shim.testing.contract.common import a_class, a_doc
from parse_shim.values.types import GeoPoint

file, name = sys.argv[1:]
engine = SqliteEngine(file)
cls = engine.save_class(a_class("Thing", n="Number", at="GeoPoint"))
number = 0
while True:
    engine.insert(cls, a_doc(f"{name}{number}", n=number, at=GeoPoint(1, 1)))
    print(f"{name}{number}", flush=True)
    number += 1
"""

COUNTER = """
import sys
from parse_shim.query.ast import Eq
from parse_shim.storage.sqlite.engine import SqliteEngine
from parse_shim.testing.contract.common import a_class
from parse_shim.update.ops import Increment

engine = SqliteEngine(sys.argv[1])
cls = a_class("Thing", n="Number")
for _ in range(100):
    engine.update(cls, Eq("objectId", "a"), {"n": Increment(1)})
"""

HOLDER = """
import sys, apsw
connection = apsw.Connection(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
"""


def child(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def file(tmp_path):
    return str(tmp_path / "data" / "parse.db")


@pytest.fixture
def engine(file):
    engine = SqliteEngine(file, busy_seconds=0.5)
    yield engine
    engine.close()


def test_every_acknowledged_insert_survives_kill_9(file):
    writers = [child(WRITER, file, name) for name in ("a", "b")]
    acknowledged = [[writer.stdout.readline().strip() for _ in range(150)] for writer in writers]
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
    # what was still in the pipe had been acknowledged too
    for writer, lines in zip(writers, acknowledged, strict=True):
        lines += [line.strip() for line in writer.stdout if line.endswith("\n")]
        writer.wait()
        writer.stdin.close()
        writer.stdout.close()
    engine = SqliteEngine(file)
    stored = {doc["objectId"] for doc in engine.find(CLASS, EVERYTHING)}
    assert not {name for lines in acknowledged for name in lines} - stored
    engine.close()
    with_checks = apsw.Connection(file)
    assert with_checks.pragma("integrity_check") == "ok"
    trees = with_checks.execute('SELECT (SELECT count(*) FROM "g:^thing/at."), (SELECT count(*) FROM "c:^thing")').fetchall()
    assert trees == [(len(stored), len(stored))]
    with_checks.close()


def test_a_commit_is_synced_unless_told_otherwise(engine, tmp_path):
    assert engine._database.read(lambda connection: connection.pragma("synchronous")) == 2
    assert engine._database.write(lambda connection: connection.pragma("synchronous")) == 2
    assert engine._database.write(lambda connection: connection.pragma("journal_mode")) == "wal"
    fast = SqliteEngine(str(tmp_path / "fast.db"), fast=True)
    assert fast._database.write(lambda connection: connection.pragma("synchronous")) == 1
    fast.close()


def test_processes_take_turns(engine, file):
    cls = fill(engine, CLASS, [a_doc("a", n=0)])
    children = [child(COUNTER, file) for _ in range(3)]
    for _ in range(100):
        engine.update(cls, Eq("objectId", "a"), {"n": Increment(1)})
    for process in children:
        process.communicate()
        assert process.returncode == 0
    assert engine.find(cls, EVERYTHING)[0]["n"] == 400


def test_a_locked_file_is_unavailable_for_writes_only(engine, file):
    cls = fill(engine, CLASS, [a_doc("a", n=0)])
    holder = child(HOLDER, file)
    assert holder.stdout.readline() == "locked\n"
    with pytest.raises(Unavailable):
        engine.insert(cls, a_doc("b"))
    with pytest.raises(Unavailable):
        engine.ping()
    assert engine.count(cls, EVERYTHING) == 1
    holder.communicate("go\n")
    engine.ping()
    engine.insert(cls, a_doc("b"))
    assert engine.count(cls, EVERYTHING) == 2


def test_another_process_s_classes_are_seen_at_once(engine, file):
    engine.save_class(a_class("Known", s="String"))
    other = SqliteEngine(file)
    version = other.schema_version()
    cls = fill(engine, CLASS, [a_doc("a", n=1, at=GeoPoint(1, 1))])
    assert other.schema_version() != version
    assert [doc["objectId"] for doc in other.find(cls, Eq("n", 1))] == ["a"]
    engine.drop_class("Thing")
    assert other.find(cls, EVERYTHING) == []
    other.insert(other.save_class(cls), a_doc("b", n=2, at=GeoPoint(1, 1)))
    assert [doc["objectId"] for doc in engine.find(cls, EVERYTHING)] == ["b"]
    other.close()


def test_a_point_stored_by_a_process_that_does_not_know_the_column_is_indexed(engine, file):
    from parse_shim.query.ast import Near

    fill(engine, a_class("Thing"), [a_doc("first")])
    other = SqliteEngine(file)
    cls = other.save_class(CLASS)
    engine.insert(cls, a_doc("second", at=GeoPoint(1, 1)))
    for one in (engine, other):
        assert [doc["objectId"] for doc in one.find(cls, Near("at", GeoPoint(1, 1)))] == ["second"]
    other.close()


def test_a_full_disk_refuses_the_write_and_nothing_else(engine):
    cls = fill(engine, CLASS, [a_doc("a", n=0)])
    pages = engine._database.write(lambda connection: connection.pragma("page_count"))
    engine._database.write(lambda connection: None)
    engine._database._writer.pragma("max_page_count", pages + 5)
    with pytest.raises(Unavailable, match="storage full"):
        for number in range(100):
            engine.insert(cls, a_doc(f"big{number}", s="x" * 10_000))
    kept = engine.count(cls, EVERYTHING)
    assert engine.update(cls, Eq("objectId", "a"), {"n": Set(1)}) is not None
    with pytest.raises(Unavailable), engine.transaction():
        engine.update(cls, Eq("objectId", "a"), {"n": Set(2)})
        engine.insert(cls, a_doc("bigger", s="x" * 100_000))
    assert engine.find(cls, Eq("objectId", "a"))[0]["n"] == 1
    engine._database._writer.pragma("max_page_count", pages + 500)
    engine.insert(cls, a_doc("later", s="x" * 10_000))
    assert engine.count(cls, EVERYTHING) == kept + 1


def test_nobody_else_may_read_the_file(engine, file):
    fill(engine, CLASS, [a_doc("a", n=0)])
    for name in (file, file + "-wal", file + "-shm"):
        assert os.stat(name).st_mode & 0o077 == 0


def test_a_file_that_is_no_database_says_so(tmp_path):
    wrong = tmp_path / "wrong.db"
    wrong.write_text("this is a text, not a database " * 100)
    with pytest.raises(Unavailable):
        SqliteEngine(str(wrong), busy_seconds=0.1)
    with pytest.raises(Unavailable):
        SqliteEngine(str(wrong / "below"), busy_seconds=0.1)


def test_a_child_process_opens_connections_of_its_own(engine):
    cls = fill(engine, CLASS, [a_doc("a", n=0)])
    engine.find(cls, EVERYTHING)
    inherited = engine._database._writer
    process = os.fork()
    if process == 0:
        ok = engine._database._writer is None and engine._database._readers == []
        engine.insert(cls, a_doc("b"))
        os._exit(0 if ok and engine.count(cls, EVERYTHING) == 2 else 1)
    assert os.waitpid(process, 0)[1] == 0
    assert engine._database._writer is inherited
    assert engine.count(cls, EVERYTHING) == 2


def test_threads_share_an_engine(engine):
    cls = engine.save_class(CLASS)
    before = threading.active_count()

    def work(number):
        for step in range(10):
            engine.insert(cls, a_doc(f"{number}-{step}", n=step))
            engine.find(cls, Eq("n", step))

    run_together(work, range(8))
    assert engine.count(cls, EVERYTHING) == 80
    assert threading.active_count() < before + 8  # the readers stay with the engine, not with the threads that are gone
