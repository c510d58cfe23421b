"""Log lines: text or JSON, with the request's fields, without secrets."""

import io
import json
import logging
import time

import pytest

from parse_shim import log as logs


@pytest.fixture
def logged(monkeypatch):
    """`logged(level, as_json)` configures logging and returns the stream it goes to."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level

    def configure(level="info", as_json=True):
        stream = io.StringIO()
        logs.configure(level, as_json=as_json, stream=stream)
        return stream

    yield configure
    root.handlers[:] = before
    root.setLevel(level)


log = logging.getLogger("tests.log")


def test_a_json_line_has_time_level_message_and_fields(logged):
    stream = logged()
    log.info("saved %s", "it", extra={"class_name": "A"})
    line = json.loads(stream.getvalue())
    assert line["time"].endswith("Z")
    assert {name: line[name] for name in ("level", "logger", "message", "class_name")} == {
        "level": "info",
        "logger": "tests.log",
        "message": "saved it",
        "class_name": "A",
    }


def test_text_has_one_line_and_the_traceback_below(logged):
    stream = logged(as_json=False)
    try:
        raise ValueError("no")
    except ValueError:
        log.exception("failed", extra={"request_id": "r1"})
    first, *rest = stream.getvalue().splitlines()
    assert first.endswith("ERROR   tests.log  failed  request_id=r1")
    assert rest[-1] == "ValueError: no"


def test_fields_are_in_every_line_inside(logged):
    stream = logged()
    with logs.fields(request_id="r1"), logs.fields(class_name="A"):
        log.info("inside")
    log.info("outside")
    inside, outside = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (inside["request_id"], inside["class_name"]) == ("r1", "A")
    assert "request_id" not in outside


def test_secrets_never_print(logged):
    stream = logged()
    body = {"password": "hush", "nested": [{"sessionToken": "hush", "X-Parse-Master-Key": "hush", "name": "ann"}]}
    log.info("body", extra={"body": body, "master_key": "hush"})
    assert "hush" not in stream.getvalue()
    assert "ann" in stream.getvalue()


@pytest.mark.parametrize(
    ("level", "printed"),
    [
        ("silent", []),
        ("error", ["error"]),
        ("warn", ["error", "warning"]),
        ("info", ["error", "warning", "info"]),
        ("verbose", ["error", "warning", "info", "verbose"]),
        ("debug", ["error", "warning", "info", "verbose", "debug"]),
        ("silly", ["error", "warning", "info", "verbose", "debug", "silly"]),
    ],
)
def test_levels_have_the_names_and_order_of_the_reference(logged, level, printed):
    stream = logged(level)
    for number in (logging.ERROR, logging.WARNING, logging.INFO, logs.VERBOSE, logging.DEBUG, logs.SILLY):
        log.log(number, "x")
    assert [json.loads(line)["level"] for line in stream.getvalue().splitlines()] == printed


def test_a_line_told_is_a_line_logged(caplog):
    logger = logging.getLogger("parse_shim.told")
    caplog.set_level(logging.INFO, logger="parse_shim.told")
    logs.tell(logger, logging.INFO, "100 % of it")
    [record] = caplog.records
    assert (record.name, record.levelname, record.getMessage(), record.exc_info) == ("parse_shim.told", "INFO", "100 % of it", None)
    assert abs(record.created - time.time()) < 60
    assert 0 <= record.msecs < 1000


def test_a_hosts_own_records_are_respected(caplog):
    class Marked(logging.LogRecord):
        pass

    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(Marked)
    try:
        logger = logging.getLogger("parse_shim.told")
        caplog.set_level(logging.INFO, logger="parse_shim.told")
        logs.tell(logger, logging.INFO, "100 % of it")
    finally:
        logging.setLogRecordFactory(before)
    [record] = caplog.records
    assert type(record) is Marked
    assert record.getMessage() == "100 % of it"


def both_ways(stream, logger=log):
    """The lines of `tell` and of `info`, without their time."""
    start = len(stream.getvalue())
    with logs.fields(request_id="r1", token="t"):
        logs.tell(logger, logging.INFO, "100 % \u20ac of \ud800")
        logger.info("%s", "100 % \u20ac of \ud800")
    lines = [json.loads(line) for line in stream.getvalue()[start:].splitlines()]
    return [{name: value for name, value in line.items() if name != "time"} for line in lines]


def test_a_line_told_to_our_handlers_alone_is_the_same(logged):
    told, said = both_ways(logged())
    assert told == said
    assert (told["request_id"], told["token"], told["level"]) == ("r1", "***", "info")


@pytest.mark.parametrize("where", ["tests.log", "tests", None])
def test_who_listens_on_the_way_hears_what_is_told(logged, where):
    stream, heard, place = logged(), [], logging.getLogger(where)
    listener = logging.Handler()
    listener.emit = lambda record: heard.append(record.getMessage())
    place.addHandler(listener)
    try:
        assert len(both_ways(stream)) == 2
    finally:
        place.removeHandler(listener)
    assert len(heard) == 2


def test_a_filter_holds_for_what_is_told(logged):
    stream = logged()

    def nothing(record):
        return False

    for place in (log, logging.getLogger().handlers[0]):
        place.addFilter(nothing)
        try:
            assert both_ways(stream) == []
        finally:
            place.removeFilter(nothing)


def test_a_handler_that_fails_is_told_of_by_logging(logged, capsys):
    stream = logged()
    stream.close()
    logs.tell(log, logging.INFO, "lost")
    assert "--- Logging error ---" in capsys.readouterr().err
