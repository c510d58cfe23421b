"""The connections of one process to one file: one that writes, some that read; and the transaction of a thread or greenlet.

A write never waits for anything but the disk once it has begun, and never yields: apsw blocks the thread, and the wait for
another process's write lock comes before the transaction.
In memory there is one connection for everything, behind one lock.
"""

from __future__ import annotations

import itertools
import math
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import apsw

from parse_shim.errors import EngineError, Unavailable
from parse_shim.storage.sqlite.aside import aside, in_gevent
from parse_shim.storage.sqlite.connection import connect, make_folder, prepare, translated
from parse_shim.storage.sqlite.functions import Connection
from parse_shim.storage.sqlite.group import Group, Ticket
from parse_shim.storage.sqlite.turn import RETRY_SECONDS, Turn

T = TypeVar("T")
Job = Callable[[Connection], T]

MOST_IDLE_READERS = 8
INLINE_SECONDS = 0.02
STEPS = 20_000
"""Of SQLite's machine, less than a millisecond, between two looks at the clock."""


class Database:
    """`file` None: in memory. `on_rollback` runs whenever something was undone, to forget what was cached meanwhile."""

    def __init__(self, file: str | None, *, fast: bool, busy_seconds: float) -> None:
        self.file = file
        self._fast = fast
        self._busy_seconds = busy_seconds
        self.on_rollback: Callable[[], None] = lambda: None
        self._lock = threading.RLock()
        self._turn = Turn(file) if file else None
        self._inside: int | None = None
        self._group = Group(self.carry_out)
        self._readers: list[Connection] = []
        self._writer: Connection | None = None
        self._closed = False
        if file:
            make_folder(file)
        with self._lock:
            self._begin(self._write_connection(), time.monotonic() + busy_seconds)
            self._finish(prepare)
        _OPEN.add(self)

    # -- work -------------------------------------------------------------------------------------------------------------

    def read(self, job: Job[T]) -> T:
        """Run `job` on a connection that reads. Inside a transaction of this thread or greenlet: on the one that writes."""
        if self.file is None or self.in_transaction:
            with self._lock:
                connection = self._write_connection()
                connection.slow_seconds = 0.0
                try:
                    return job(connection)
                except apsw.Error as error:
                    raise translated(error, self.file)
        try:
            reader = self._readers.pop()
        except IndexError:
            reader = self._connect(reader=True)
            if in_gevent():
                reader.set_progress_handler(reader.overdue, STEPS)
        try:
            reader.slow_seconds = 0.0
            return _patiently(reader, job)
        except apsw.Error as error:
            raise translated(error, self.file)
        finally:
            if not reader.lent and len(self._readers) < MOST_IDLE_READERS:
                self._readers.append(reader)

    def write(self, job: Job[T], *, within_seconds: float | None = None) -> T:
        """Run `job` in a transaction of its own, or as a savepoint of the one this thread or greenlet is in.

        Either all of the job happens and is on disk when this returns, or it raises and nothing of it has happened.
        `within_seconds` bounds the wait for other writers.
        """
        if self.in_transaction:
            return self._savepoint(job)
        if self.file is None or within_seconds is not None:
            return self._alone_in_transaction(job, self._busy_seconds if within_seconds is None else within_seconds)
        return self._group.write(job)

    def write_all(self, jobs: Sequence[Job[None]], are_whole: Job[bool]) -> list[EngineError | None]:
        """Each job as by `write`, in one transaction; the error of each. Raises Unavailable when nothing of them is stored.

        `are_whole`, asked within: is each job a single statement, of which SQLite itself leaves nothing when it fails? Without
        savepoints 50 inserts take 0.83 ms against 0.88."""
        tickets = [Ticket(job) for job in jobs]
        if self.in_transaction or self.file is None:
            for ticket in tickets:
                ticket.keep(partial(self.write, ticket.job))
        else:
            self.carry_out(tickets[0].began, lambda: tickets, are_whole)
        return [ticket.known_error() for ticket in tickets]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Calls of `read` and `write` inside belong together. Inside another one: part of that."""
        if self.in_transaction:
            yield
            return
        deadline = self._acquire(self._busy_seconds)
        try:
            connection = self._write_connection()
            self._begin(connection, deadline)
            self._inside = threading.get_ident()
            try:
                yield
            except BaseException:
                self._rollback(connection)
                raise
            else:
                self._commit(connection)
            finally:
                self._inside = None
        finally:
            self._lock.release()

    @property
    def in_transaction(self) -> bool:
        # one at a time has the lock; a threading.local costs 2 µs under gevent, three times in a get
        return self._inside is not None and self._inside == threading.get_ident()

    def alone(self, job: Job[T]) -> T:
        """Run `job` on the connection that writes, in no transaction: for what replaces the whole database."""
        with self._lock:
            try:
                return job(self._write_connection())
            except apsw.Error as error:
                raise translated(error, self.file)

    def replace_memory(self, make: Callable[[], Connection]) -> None:
        """Put another database in memory in the place of this one."""
        with self._lock:
            if self._writer is not None:
                self._writer.close()
            self._writer = make()

    def close(self) -> None:
        with self._lock:
            for connection in self._readers:
                connection.close()
            if self._writer is not None:
                self._writer.close()
            if self._turn is not None:
                self._turn.close()
            self._readers, self._writer, self._closed = [], None, True

    # -- for group.py -------------------------------------------------------------------------------------------------------

    def carry_out(self, began: float, collect: Callable[[], Sequence[Ticket]], are_whole: Job[bool] | None = None) -> None:
        """One transaction for all that `collect` gives once it has begun, each in a savepoint of its own unless they `are_whole`;
        what became of each goes into its ticket. `began`: since when the first of them has waited."""
        # It may have spent its time behind a group that gave the lock up: it then tries once.
        deadline = self._acquire(max(0.0, began + self._busy_seconds - time.monotonic()))
        try:
            connection = self._write_connection()
            self._begin(connection, deadline)
            tickets = collect()
            if len(tickets) == 1:
                [only] = tickets
                only.keep(lambda: self._finish(only.job))
                return
            try:
                attempt = self._whole if are_whole is not None and are_whole(connection) else self._savepoint
                for ticket in tickets:
                    connection.slow_seconds = 0.0
                    ticket.keep(partial(attempt, ticket.job))
                    if not connection.in_transaction:
                        # A full disk or an I/O error took back what the others had done, too.
                        raise ticket.error or Unavailable("the database failed")
            except BaseException:
                self._rollback(connection)
                raise
            self._commit(connection)
        finally:
            self._lock.release()

    # -- private ----------------------------------------------------------------------------------------------------------

    def _alone_in_transaction(self, job: Job[T], seconds: float) -> T:
        deadline = self._acquire(seconds)
        try:
            self._begin(self._write_connection(), deadline)
            return self._finish(job)
        finally:
            self._lock.release()

    def _acquire(self, seconds: float) -> float:
        """This process's own lock. Returns the time until which to wait for other processes; raises Unavailable."""
        deadline = time.monotonic() + seconds
        if not self._lock.acquire(timeout=seconds):
            raise Unavailable("the database is locked")
        return deadline

    def _begin(self, connection: Connection, deadline: float) -> None:
        """Start a transaction that writes, after the processes that have waited longer. Raises Unavailable."""
        connection.transaction = next(_NUMBERS)
        if self._turn is None:
            connection.execute("BEGIN")
            return
        with self._turn.taken(deadline):
            self._begin_in_file(connection, deadline)

    def _begin_in_file(self, connection: Connection, deadline: float) -> None:
        """Waits with sleeps that let other greenlets run; SQLite's own back-off grows to 100 ms."""
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except apsw.BusyError:
                if time.monotonic() > deadline:
                    raise Unavailable("the database is locked")
                time.sleep(RETRY_SECONDS)
            except apsw.Error as error:
                raise translated(error, self.file)

    def _finish(self, job: Job[T]) -> T:
        connection = self._write_connection()
        connection.slow_seconds = 0.0
        try:
            result = job(connection)
        except apsw.Error as error:
            self._rollback(connection)
            raise translated(error, self.file)
        except BaseException:
            self._rollback(connection)
            raise
        self._commit(connection)
        return result

    def _whole(self, job: Job[T]) -> T:
        try:
            return job(self._write_connection())
        except apsw.Error as error:
            raise translated(error, self.file)

    def _savepoint(self, job: Job[T]) -> T:
        connection = self._write_connection()
        connection.execute("SAVEPOINT job")
        try:
            result = job(connection)
        except BaseException as error:
            # A full disk or an I/O error has already ended the whole transaction.
            if connection.in_transaction:
                connection.execute("ROLLBACK TO job")
                connection.execute("RELEASE job")
            self.on_rollback()
            if isinstance(error, apsw.Error):
                raise translated(error, self.file)
            raise
        connection.execute("RELEASE job")
        return result

    def _commit(self, connection: Connection) -> None:
        try:
            connection.execute("COMMIT")
        except apsw.Error as error:
            self._rollback(connection)
            raise translated(error, self.file)

    def _rollback(self, connection: Connection) -> None:
        self.on_rollback()
        if connection.in_transaction:
            try:
                connection.execute("ROLLBACK")
            except apsw.Error:
                # A connection that cannot even roll back is of no further use; SQLite undoes its work when it is opened anew.
                connection.close(True)
                self._writer = None

    def _write_connection(self) -> Connection:
        if self._writer is None:
            if self._closed:
                raise Unavailable("the database is closed")
            self._writer = self._connect(reader=False)
            # The wait for the write lock is ours (`_begin`).
            self._writer.set_busy_timeout(0)
        return self._writer

    def _connect(self, *, reader: bool) -> Connection:
        return connect(self.file, fast=self._fast, busy_seconds=self._busy_seconds, reader=reader)

    def _after_fork(self) -> None:
        """A connection must not be used, nor closed, in a child: the parent's locks hang on it."""
        if self.file is not None:
            _LEFT_ALONE.extend(self._readers)
            if self._writer is not None:
                _LEFT_ALONE.append(self._writer)
            # threading's names are looked up here and not at import: gevent's greenlet-aware ones, where it is used
            self._lock, self._inside = threading.RLock(), None
            self._group = Group(self.carry_out)
            self._readers, self._writer = [], None
            if self._turn is not None:
                self._turn.close()


def _patiently(reader: Connection, job: Job[T]) -> T:
    """A read that takes longer than INLINE_SECONDS begins again in a native thread, so that the other greenlets go on:
    beside two scans of 100,000 objects another look-up waits 0.3 ms (99th percentile, 140 ms at most) and not a whole scan."""
    if not in_gevent():
        return job(reader)
    reader.stop_at = time.perf_counter() + INLINE_SECONDS
    try:
        return job(reader)
    except apsw.InterruptError:
        reader.stop_at, reader.slow_seconds, reader.lent = math.inf, 0.0, True
    # The wait for Python's lock is no slowness of a pattern.
    reader.clock = time.thread_time
    try:
        result = aside(lambda: job(reader))
    except Exception:
        reader.lent, reader.clock = False, time.perf_counter
        raise
    except BaseException:
        # A time limit struck: the thread may still be reading, so nobody else may have this connection.
        reader.interrupt()
        raise
    reader.lent, reader.clock = False, time.perf_counter
    return result


_NUMBERS = itertools.count(1)
_LEFT_ALONE: list[Connection] = []
_OPEN: weakref.WeakSet[Database] = weakref.WeakSet()


def _after_fork_everywhere() -> None:
    for database in list(_OPEN):
        database._after_fork()


os.register_at_fork(after_in_child=_after_fork_everywhere)
