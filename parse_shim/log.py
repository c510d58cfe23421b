"""Logging: one handler on the error output, a request id in every line, and no secrets.

Modules use `logging.getLogger(__name__)`. Text for a terminal, one JSON object a line otherwise (or with jsonLogs).
Levels: debug each step; verbose one line a request; info one line a hook; warning a client's limits; error our fault, with traceback.
"""

import json
import logging
import sys
import time
import traceback
from collections.abc import Mapping
from contextvars import ContextVar, Token
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TextIO

import orjson

from parse_shim.log_lines import Lines

VERBOSE = 15
SILLY = 5
SILENT = logging.CRITICAL + 10

# parse-server's names, which are winston's: verbose says less than debug
LEVELS = {
    "error": logging.ERROR,
    "warn": logging.WARNING,
    "info": logging.INFO,
    "verbose": VERBOSE,
    "debug": logging.DEBUG,
    "silly": SILLY,
    "silent": SILENT,
}

# Names of fields and headers whose values never print, in lower case without - and _.
REDACTED = frozenset(
    """
    password newpassword hashedpassword authdata sessiontoken xparsesessiontoken masterkey xparsemasterkey
    maintenancekey xparsemaintenancekey readonlymasterkey clientkey xparseclientkey javascriptkey
    xparsejavascriptkey restapikey xparserestapikey windowskey xparsewindowskey dotnetkey webhookkey
    xparsewebhookkey filekey encryptionkey authorization cookie setcookie perishabletoken emailverifytoken
    publishertoken subscribertoken devicetoken token accesstoken idtoken refreshtoken secret apisecret privatekey
    xopentokauth
    """.split()
)

_fields: ContextVar[Mapping[str, Any]] = ContextVar("log_fields", default=MappingProxyType({}))
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "fields", "json_line"}
_USUAL = len(vars(logging.makeLogRecord({})))
"""Attributes of a record to which nobody added any."""


class fields:
    """Add fields (request_id, class_name, user_id) to every line logged inside; each greenlet has its own. Half of a generator's cost."""

    __slots__ = ("_token", "_values")

    def __init__(self, **values: Any) -> None:
        self._values = values
        self._token: Token[Mapping[str, Any]]

    def __enter__(self) -> None:
        self._token = _fields.set({**_fields.get(), **self._values})

    def __exit__(self, *problem: object) -> None:
        _fields.reset(self._token)


def redacted(value: Any) -> Any:
    """A copy of JSON-like data with the values of secret fields replaced; for whatever is logged of a request."""
    if isinstance(value, Mapping):
        return {name: "***" if is_secret(name) else redacted(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [redacted(inner) for inner in value]
    return value


@lru_cache(maxsize=1024)
def is_secret(name: object) -> bool:
    return str(name).lower().replace("-", "").replace("_", "") in REDACTED


def configure(level: str = "info", *, as_json: bool | None = None, stream: TextIO | None = None) -> None:
    """Set up the root logger; call again to change it. `as_json` None means: unless the stream is a terminal."""
    stream = stream or sys.stderr
    handler = StreamLines(stream)
    handler.addFilter(add_fields)
    as_json = not stream.isatty() if as_json is None else as_json
    handler.setFormatter(JsonFormatter() if as_json else TextFormatter())
    logging.addLevelName(VERBOSE, "VERBOSE")
    logging.addLevelName(SILLY, "SILLY")
    root = logging.getLogger()
    # what keeps lines to be read again (log_files.py) stays
    root.handlers[:] = [handler, *(kept for kept in root.handlers if getattr(kept, "backwards", None))]
    root.setLevel(LEVELS[level])
    # Drivers tell each of their own steps at debug; those lines are theirs, not ours.
    for noisy in ("pymongo", "urllib3", "requests", "werkzeug"):
        logging.getLogger(noisy).setLevel(max(LEVELS[level], logging.WARNING))


class Told:
    """A line that is made when somebody wants its text, once for all handlers: many in a row take half of the time."""

    __slots__ = ("_text", "created", "fields", "level", "message", "name")

    def __init__(self, created: float, level: int, name: str, message: str, fields: Mapping[str, Any]) -> None:
        self.created, self.level, self.name, self.message, self.fields = created, level, name, message, fields
        self._text = ""

    def __str__(self) -> str:
        if not self._text:
            shown = self.fields if _is_harmless(self.fields) else redacted(self.fields)
            self._text = _json(self.created, self.level, self.name, self.message, shown) + "\n"
        return self._text


Line = str | Told


class LineHandler(logging.Handler):
    """A handler of ours. `take` gets lines with their end, from records and from `tell`; `created`: seconds since 1970."""

    def take(self, line: Line, created: float, level: int) -> None:
        raise NotImplementedError

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.take(self.format(record) + "\n", record.created, record.levelno)
        except RecursionError:
            raise
        except Exception:
            self.handleError(record)


class StreamLines(LineHandler, logging.StreamHandler[TextIO]):
    """Lines on a stream. One that writes out each line by itself, as the error output does, is not flushed again."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lines = Lines(self._write)

    def take(self, line: Line, created: float, level: int) -> None:
        self._lines.add(line, level)

    def flush(self) -> None:
        self._lines.flush()
        super().flush()

    def _write(self, text: str) -> None:
        self.stream.write(text)
        if not getattr(self.stream, "line_buffering", False):
            super().flush()


def event_level(name: str) -> int:
    """The number of a level of the logLevels option; 0, which no logger takes, for `silent`."""
    return 0 if name == "silent" else LEVELS.get(name, logging.INFO)


def tell(logger: logging.Logger, level: int, message: str) -> None:
    """As `logger.log(level, "%s", message)`, for lines that many requests write, of a level that is enabled. Where only our own handlers
    listen, they get it without a record, to be made when it is written: a tenth of a save with a hook on SQLite."""
    handlers = logging.root.handlers
    if not handlers or not all(map(_takes_json, handlers)) or _is_overheard(logger):
        logger.log(level, "%s", message)
        return
    line = Told(time.time(), level, logger.name, message, _fields.get())
    for handler in handlers:
        try:
            handler.take(line, line.created, level)  # type: ignore[attr-defined]
        except Exception:  # as `emit` does with a full disk
            handler.handleError(logging.makeLogRecord({"name": logger.name, "levelno": level, "msg": message}))


def _takes_json(handler: logging.Handler) -> bool:
    is_ours = isinstance(handler, LineHandler) and type(handler.formatter) is JsonFormatter
    return is_ours and handler.level == logging.NOTSET and handler.filters == [add_fields]


def _is_overheard(logger: logging.Logger) -> bool:
    """Somebody else may want to see its records, or to make them."""
    place: logging.Logger | None = logger
    while place is not None and place is not logging.root:
        if place.handlers or place.filters or not place.propagate:
            return True
        place = place.parent
    return bool(logging.root.filters) or logging.getLogRecordFactory() is not logging.LogRecord


def add_fields(record: logging.LogRecord) -> bool:
    """A filter for handlers: puts the fields in force into the record, secrets left out."""
    attributes = vars(record)
    if "fields" not in attributes:  # a second handler finds them there
        found = _fields.get()
        if len(attributes) > _USUAL:
            found = {**found, **{name: value for name, value in attributes.items() if name not in _PLAIN}}
        record.fields = found if _is_harmless(found) else redacted(found)
    return True


def _is_harmless(found: Mapping[str, Any]) -> bool:
    """Nothing to leave out, as in nearly every line."""
    return not any(type(value) is not str or is_secret(name) for name, value in found.items())


class TextFormatter(logging.Formatter):
    """12:30:01.123 INFO  parse_shim.web  GET /parse/health 200 1.2 ms  request_id=ab12"""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created).strftime("%H:%M:%S.%f")[:-3]
        extra = "".join(f" {name}={value}" for name, value in getattr(record, "fields", {}).items())
        line = f"{moment} {record.levelname:<7} {record.name}  {record.getMessage()}" + (f" {extra}" if extra else "")
        if record.exc_info and record.exc_info[0]:
            line += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
        return line


class JsonFormatter(logging.Formatter):
    """{"time": "2026-01-01T12:30:01.123Z", "level": "info", "logger": ..., "message": ..., fields...}

    Made once for all handlers, by orjson; 9 µs against 35 µs."""

    def format(self, record: logging.LogRecord) -> str:
        made: str | None = getattr(record, "json_line", None)
        if made is None:
            made = record.json_line = _json_line(record)
        return made


def _json_line(record: logging.LogRecord) -> str:
    more: Mapping[str, Any] = getattr(record, "fields", {})
    if record.exc_info and record.exc_info[0]:
        more = {**more, "traceback": "".join(traceback.format_exception(*record.exc_info))}
    return _json(record.created, record.levelno, record.name, record.getMessage(), more)


def _json(created: float, level: int, name: str, message: str, more: Mapping[str, Any]) -> str:
    line = {
        "time": f"{_second(int(created))}.{int(created % 1 * 1000):03d}Z",
        "level": logging.getLevelName(level).lower(),
        "logger": name,
        "message": message,
        **more,
    }
    try:
        return orjson.dumps(line, default=repr, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME).decode()
    except TypeError:  # lone surrogates, integers beyond 64 bits
        return json.dumps(line, default=repr, ensure_ascii=True)


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
