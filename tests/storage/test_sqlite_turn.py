"""The queue of the processes that write to one file: who waits comes before who has just written, and a dead process waits no more."""

import fcntl
import signal
import subprocess
import sys
import threading
import time

import pytest

from parse_shim.storage.sqlite.database import Database
from parse_shim.storage.sqlite.turn import Turn

HOLDER = """
import fcntl, sys
held = open(sys.argv[1], "a")
fcntl.flock(held, fcntl.LOCK_EX)
print("mine", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def open_database(tmp_path):
    """Each has locks of its own, as a process would."""
    made = []

    def one(busy_seconds=5.0):
        made.append(Database(str(tmp_path / "a.db"), fast=True, busy_seconds=busy_seconds))
        return made[-1]

    yield one
    for database in made:
        database.close()


def insert(text):
    return lambda connection: connection.execute("INSERT INTO t VALUES (?)", (text,))


def hold(file):
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "mine\n"
    return holder


def is_taken(path):
    with open(path, "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def test_who_waits_comes_before_who_has_just_written(open_database):
    first, second = open_database(), open_database()
    first.write(lambda connection: connection.execute("CREATE TABLE t (who TEXT)"))
    for _ in range(5):
        with first.transaction():
            first.write(insert("first"))
            waiting = threading.Thread(target=second.write, args=(insert("second"),))
            waiting.start()
            while not is_taken(first.file + "-turn"):
                pass
        first.write(insert("first again"))
        waiting.join()
    order = [who for (who,) in first.read(lambda connection: connection.execute("SELECT who FROM t ORDER BY rowid").fetchall())]
    assert order == ["first", "second", "first again"] * 5


def test_a_killed_process_leaves_the_queue(open_database):
    database = open_database(busy_seconds=30.0)
    holder = hold(database.file + "-turn")
    writing = threading.Thread(target=database.write, args=(lambda connection: connection.execute("CREATE TABLE t (n)"),))
    writing.start()
    began = time.monotonic()
    holder.send_signal(signal.SIGKILL)
    writing.join()
    assert time.monotonic() - began < 10
    holder.communicate()


def test_a_process_that_hangs_with_the_turn_delays_but_stops_nobody(open_database):
    database = open_database(busy_seconds=0.1)
    holder = hold(database.file + "-turn")
    database.write(lambda connection: connection.execute("CREATE TABLE t (n)"))
    holder.communicate("go\n")


def test_the_turn_is_given_back_when_the_write_fails(tmp_path):
    turn = Turn(str(tmp_path / "a.db"))
    with pytest.raises(ZeroDivisionError), turn.taken(time.monotonic()):
        assert is_taken(tmp_path / "a.db-turn")
        raise ZeroDivisionError
    assert not is_taken(tmp_path / "a.db-turn")
    turn.close()


def test_a_folder_that_takes_no_file_is_no_reason_not_to_write(tmp_path):
    with Turn(str(tmp_path / "nowhere" / "a.db")).taken(time.monotonic()):
        pass
