"""A database that is away, stands still, or cuts the line: errors in time, nothing half done, recovery without help."""

import contextlib
import os
import signal
import socket
import threading
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from pymongo.errors import OperationFailure

from parse_shim.errors import TransactionConflict, Unavailable
from parse_shim.query.ast import EVERYTHING, Eq
from parse_shim.storage.mongo.connection import client_options
from parse_shim.storage.mongo.engine import MongoEngine
from parse_shim.storage.mongo.errors import duplicate_field, translate
from parse_shim.testing.contract.common import a_class, a_doc, found
from parse_shim.update.ops import Increment

POST = a_class("Post", n="Number")


class Line:
    """A port that leads to the database until it is cut, and again when it is mended."""

    def __init__(self, target):
        self.target = target
        self.port = 0
        self.open = []
        self.server = None

    def mend(self):
        self.server = socket.create_server(("127.0.0.1", self.port))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.server,), daemon=True).start()

    def cut(self):
        # shutdown first: closing alone leaves a thread that waits in accept listening.
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        for one in [self.server, *self.open]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.open = []

    def _accept(self, server):
        with contextlib.suppress(OSError):
            while True:
                near, _ = server.accept()
                far = socket.create_connection(self.target)
                self.open += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    @staticmethod
    def _pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)


@pytest.fixture
def line(mongo_uri):
    parts = urlsplit(mongo_uri)
    made = Line((parts.hostname, parts.port))
    made.mend()
    made.uri = f"mongodb://127.0.0.1:{made.port}{parts.path}?directConnection=true"
    yield made
    made.cut()


@pytest.fixture
def engine(line):
    made = MongoEngine(line.uri, timeout_ms=800)
    yield made
    made.close()


def test_a_database_that_is_away_is_an_error_in_time_and_comes_back_by_itself(engine, line):
    cls = engine.save_class(POST)
    engine.insert(cls, a_doc("a", n=1))
    line.cut()
    for work in (
        lambda: engine.find(cls, EVERYTHING),
        lambda: engine.insert(cls, a_doc("b", n=1)),
        lambda: engine.update(cls, Eq("objectId", "a"), {"n": Increment(1)}),
        lambda: engine.save_class(a_class("Post", s="String")),
        lambda: engine.load_classes(),
        lambda: engine.files().put("f", b"x", {}),
        lambda: engine.link("Post", "r", "a", ["b"]),
    ):
        with pytest.raises(Unavailable), within(5):
            work()
    with pytest.raises(Unavailable), within(5):
        engine.ping()
    line.mend()
    assert until_there(lambda: [doc["n"] for doc in engine.find(cls, EVERYTHING)]) == [1]
    engine.ping()


@contextmanager
def within(seconds):
    """Far above what the engine's limits add up to, far below the driver's 30 s: a busy machine must not fail the test."""
    began = time.monotonic()
    yield_error = None
    try:
        yield
    except Exception as error:
        yield_error = error
    assert time.monotonic() - began < seconds
    if yield_error:
        raise yield_error


def until_there(work, seconds=10):
    """What `work` gives once the store is back."""
    end = time.monotonic() + seconds
    while True:
        try:
            return work()
        except Unavailable:
            if time.monotonic() > end:
                raise


def test_a_transaction_that_loses_its_line_leaves_nothing(line):
    # patient enough to tell the database afterwards that the transaction is over: else its locks live for a minute
    engine = MongoEngine(line.uri, timeout_ms=3000)
    cls = engine.save_class(POST)
    with pytest.raises(Unavailable), engine.transaction():
        engine.insert(cls, a_doc("a", n=1))
        line.cut()
        try:
            engine.insert(cls, a_doc("b", n=1))
        finally:
            line.mend()
    assert found(engine, cls) == []
    engine.close()


def test_an_engine_can_be_made_while_the_database_is_away():
    engine = MongoEngine("mongodb://127.0.0.1:1/parse", timeout_ms=400)
    with pytest.raises(Unavailable):
        engine.load_classes()
    assert engine.schema_version() == engine.schema_version()
    engine.close()


def test_two_transactions_on_one_object_are_a_conflict(engine):
    cls = engine.save_class(POST)
    engine.insert(cls, a_doc("a", n=0))
    outcome = []

    def other():
        try:
            with engine.transaction():
                engine.update(cls, Eq("objectId", "a"), {"n": Increment(1)})
        except TransactionConflict as conflict:
            outcome.append(conflict)

    with engine.transaction():
        engine.update(cls, Eq("objectId", "a"), {"n": Increment(10)})
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(outcome) == 1
    assert engine.find(cls, EVERYTHING)[0]["n"] == 10


def test_a_child_process_uses_a_connection_of_its_own(engine):
    cls = engine.save_class(POST)
    engine.insert(cls, a_doc("a", n=0))
    child = os.fork()
    if child == 0:
        ok = False
        with contextlib.suppress(BaseException):
            ok = engine.update(cls, Eq("objectId", "a"), {"n": Increment(1)}) is not None
        os.kill(os.getpid(), signal.SIGKILL if not ok else signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM
    assert engine.find(cls, EVERYTHING)[0]["n"] == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [(10107, Unavailable), (91, Unavailable), (11602, Unavailable), (13, Unavailable), (14031, Unavailable), (112, TransactionConflict)],
)
def test_codes_of_the_database(code, kind):
    assert type(translate(OperationFailure("x", code))) is kind


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"keyPattern": {"_id": 1}}, "objectId"),
        ({"keyPattern": {"_auth_data_x.id": 1}}, "authData.x.id"),
        ({"errmsg": "E11000 duplicate key error collection: db._User index: username_1 dup key: {}"}, "username"),
        ({"errmsg": "E11000 duplicate key error collection: db.A index: _id_ dup key: {}"}, "objectId"),
        ({}, ""),
    ],
)
def test_a_duplicate_names_the_wire_field(details, field):
    assert duplicate_field(details) == field


def test_majority_and_journal_unless_the_uri_says_otherwise():
    ours = client_options("mongodb://h/db", 3000, 20000, {})
    assert (ours["w"], ours["journal"], ours["serverSelectionTimeoutMS"]) == ("majority", True, 2500)
    assert "w" not in client_options("mongodb://h/db?w=1", 3000, 20000, {})
    assert client_options("mongodb://h/db", 3000, 20000, {"maxPoolSize": 7, "w": 2})["w"] == 2
    assert "serverSelectionTimeoutMS" not in client_options("mongodb://h/db?serverSelectionTimeoutMS=9", 3000, 20000, {})


@pytest.mark.parametrize(
    ("uri", "driver"),
    [("mongodb://h:x/db", {}), ("mongodb://", {}), ("mongodb://h/db", {"maxPoolSize": "many"}), ("mongodb://h/db?w=-1", {})],
)
def test_a_wrong_setting_is_told_at_once(uri, driver):
    with pytest.raises(ValueError, match="databaseURI"):
        MongoEngine(uri, driver=driver)


def test_an_option_of_another_driver_is_left_out(caplog):
    MongoEngine("mongodb://h/db", driver={"autoSelectFamily": True, "maxPoolSize": 3}).close()
    assert "autoSelectFamily" in caplog.text
    assert "maxPoolSize" not in caplog.text
