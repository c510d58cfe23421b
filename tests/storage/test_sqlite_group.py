"""Writes that share a commit: each has its own outcome, none is acknowledged before the disk has it."""

import threading
from functools import partial
from types import NoneType

import apsw
import pytest

from parse_shim.errors import DuplicateKey, Unavailable
from parse_shim.query.ast import EVERYTHING
from parse_shim.storage.sqlite import group
from parse_shim.storage.sqlite.database import Database
from parse_shim.storage.sqlite.engine import SqliteEngine
from parse_shim.testing.contract.common import a_class, a_doc
from parse_shim.values.types import GeoPoint


@pytest.fixture
def database(tmp_path):
    made = Database(str(tmp_path / "a.db"), fast=True, busy_seconds=3)
    made.write(lambda connection: connection.execute("CREATE TABLE t (n INTEGER UNIQUE)"))
    yield made
    made.close()


def insert(number):
    return lambda connection: connection.execute("INSERT INTO t VALUES (?)", (number,)) and number


def numbers(database):
    return [n for (n,) in database.read(lambda connection: connection.execute("SELECT n FROM t ORDER BY n").fetchall())]


def together(database, jobs):
    """The outcomes of the jobs as one group, in their order."""
    tickets = [group.Ticket(job) for job in jobs]
    database.carry_out(tickets[0].began, lambda: tickets)
    return [ticket.error or ticket.result for ticket in tickets]


def test_one_that_fails_takes_no_other_with_it(database):
    first, second, third = together(database, [insert(1), insert(1), insert(2)])
    assert (first, third) == (1, 2)
    assert isinstance(second, DuplicateKey)
    assert numbers(database) == [1, 2]


def test_a_commit_that_fails_fails_all_of_them(database, monkeypatch):
    def refuse(connection):
        database._rollback(connection)
        raise Unavailable("storage full")

    monkeypatch.setattr(database, "_commit", refuse)
    tickets = [group.Ticket(insert(n)) for n in (1, 2)]
    with pytest.raises(Unavailable):
        database.carry_out(tickets[0].began, lambda: tickets)
    monkeypatch.undo()
    assert numbers(database) == []


def test_many_threads_write_everything_once(database):
    failed = []

    def work(start):
        for number in range(start, start + 50):
            try:
                assert database.write(insert(number)) == number
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 400, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert numbers(database) == list(range(400))


def test_an_exception_of_a_job_reaches_its_writer_alone(database):
    def refuse(connection):
        connection.execute("INSERT INTO t VALUES (7)")
        raise ValueError("no")

    kept, error = together(database, [insert(1), refuse])
    assert kept == 1
    assert isinstance(error, ValueError)
    assert numbers(database) == [1]


def test_a_leader_that_is_stopped_leaves_the_lead_to_the_next():
    seen = []

    class Stopped(BaseException):
        pass

    made = group.Group(lambda began, collect: [ticket.keep(partial(ticket.job, None)) for ticket in collect()])
    first = group.Ticket(lambda connection: seen.append(1))
    first.leads, made._led, made._waiting = True, True, [first]
    thread = threading.Thread(target=lambda: made.write(lambda connection: seen.append(2)))
    thread.start()
    while len(made._waiting) < 2:
        pass
    made._give_up(first)
    thread.join(5)
    assert seen == [2]
    assert made.write(lambda connection: "free") == "free"


def test_an_error_that_ends_the_transaction_fails_the_whole_group(database):
    def ended(connection):
        connection.execute("ROLLBACK")
        raise apsw.IOError("disk")

    tickets = [group.Ticket(insert(1)), group.Ticket(ended), group.Ticket(insert(2))]
    with pytest.raises(Unavailable):
        database.carry_out(tickets[0].began, lambda: tickets)
    assert numbers(database) == []


def test_writes_that_come_while_another_process_writes_join_the_group(database):
    commits = []
    database.alone(lambda connection: connection.set_commit_hook(lambda: bool(commits.append(1))))
    other = apsw.Connection(database.file)
    other.execute("BEGIN IMMEDIATE")
    threads = [threading.Thread(target=database.write, args=(insert(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    while len(database._group._waiting) < 4:
        pass
    other.execute("COMMIT")
    other.close()
    for thread in threads:
        thread.join()
    assert numbers(database) == [0, 1, 2, 3]
    assert len(commits) == 1


def test_only_the_longest_waiting_write_gives_up_at_a_lock(tmp_path):
    database = Database(str(tmp_path / "a.db"), fast=True, busy_seconds=0.2)
    database.write(lambda connection: connection.execute("CREATE TABLE t (n INTEGER UNIQUE)"))
    other = apsw.Connection(database.file)
    other.execute("BEGIN IMMEDIATE")
    late = group.Ticket(insert(2))
    late.began += 60

    def write():
        with pytest.raises(Unavailable):
            database.write(insert(1))
        other.execute("COMMIT")

    thread = threading.Thread(target=write)
    thread.start()
    while not database._group._waiting:
        pass
    database._group._waiting.append(late)
    thread.join()
    other.close()
    assert late.leads and late.error is None
    database._group._lead(late)
    assert numbers(database) == [2]
    database.close()


@pytest.mark.parametrize("column", ["String", "GeoPoint"])
def test_of_many_inserts_the_one_that_fails_leaves_nothing(tmp_path, column):
    engine = SqliteEngine(str(tmp_path / "a.db"), fast=True)
    cls = engine.save_class(a_class(at=column))
    place = GeoPoint(1, 2) if column == "GeoPoint" else "here"
    for start in (0, 3):
        docs = [a_doc(f"o{number}", at=place) for number in (start, start + 1, start, start + 2)]
        errors = engine.insert_all(cls, docs)
        assert [type(error) for error in errors] == [NoneType, NoneType, DuplicateKey, NoneType]
    assert [doc["objectId"] for doc in engine.find(cls, EVERYTHING)] == [f"o{number}" for number in range(6)]
    engine.close()
