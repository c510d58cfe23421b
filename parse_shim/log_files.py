"""Log lines that can be read again: a file a day in a folder (option `logsFolder`), or the last ones in memory.

A line is the JSON object of `log.JsonFormatter`. Several workers append to the same file, whole lines with each write.
"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from parse_shim import log as logs
from parse_shim.log import JsonFormatter, LineHandler, add_fields
from parse_shim.log_lines import Lines as Gathered

NAME = re.compile(r"parse-shim\.(\d{4}-\d{2}-\d{2})\.log")
KEPT_LINES = 1000
BLOCK_BYTES = 65536

Line = dict[str, Any]
"""{"time": ISO text, "level", "logger", "message", fields...}"""


class MemoryLines(LineHandler):
    """The last lines of this process."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(add_fields)
        self.setFormatter(JsonFormatter())
        self._records: deque[logs.Line] = deque(maxlen=KEPT_LINES)

    def take(self, line: logs.Line, created: float, level: int) -> None:
        self._records.append(line)

    def backwards(self, since: str) -> Iterator[Line]:
        for kept in reversed(list(self._records)):
            line = _read(str(kept))
            if line is not None and line["time"] >= since:
                yield line


class FolderLines(LineHandler):
    """A file for each day (UTC). `keep`: how many files, or `7d` for how many days; None keeps all. Raises OSError at start."""

    def __init__(self, folder: Path, keep: object = None) -> None:
        super().__init__()
        self.addFilter(add_fields)
        self.setFormatter(JsonFormatter())
        self._folder = folder
        self._keep = keep
        self._day = ""
        self._number = 0
        self._file = -1
        self._opening = threading.Lock()
        self._lines = Gathered(self._write)
        folder.mkdir(parents=True, exist_ok=True)
        self._open(_today())

    def take(self, line: logs.Line, created: float, level: int) -> None:
        number = int(created) // 86400
        if number != self._number:
            self._lines.flush()
            self._open(_today())
            self._number = number
        self._lines.add(line, level)

    def backwards(self, since: str) -> Iterator[Line]:
        """Lines not older than `since` (ISO text), the newest first."""
        self._lines.flush()
        for path in sorted(_files(self._folder), reverse=True):
            if _day_of(path) < since[:10]:
                return
            for text in _lines_backwards(path):
                line = _read(text)
                if line is not None and line["time"] >= since:
                    yield line

    def flush(self) -> None:
        self._lines.flush()

    def close(self) -> None:
        self._lines.flush()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        super().close()

    def _write(self, text: str) -> None:
        os.write(self._file, text.encode("utf-8", "replace"))

    def _open(self, day: str) -> None:
        with self._opening:
            if day == self._day:
                return
            path = self._folder / f"parse-shim.{day}.log"
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
            old, self._file, self._day = self._file, file, day
            if old >= 0:
                os.close(old)
            self._remove_old(day)

    def _remove_old(self, day: str) -> None:
        files = sorted(_files(self._folder))
        text = str(self._keep or "")
        if text.endswith("d") and text[:-1].isdecimal():
            oldest = (datetime.fromisoformat(day) - timedelta(days=int(text[:-1]))).date().isoformat()
            gone = [path for path in files if _day_of(path) < oldest]
        else:
            gone = files[: -int(text)] if text.isdecimal() and int(text) else []
        for path in gone:
            path.unlink(missing_ok=True)


Lines = MemoryLines | FolderLines


def attach(folder: str | None, keep: object = None) -> None:
    """Keep log lines in `folder`, or in memory without one. A folder that cannot be written costs a warning, no more."""
    handler: Lines | None = None
    if folder is not None:
        try:
            handler = FolderLines(Path(folder), keep)
        except OSError as error:
            logging.getLogger(__name__).warning("no log files: %s cannot be written (%s)", folder, error.strerror)
    detach()
    logging.getLogger().addHandler(handler or MemoryLines())


def detach() -> None:
    """Stop keeping lines."""
    root = logging.getLogger()
    for handler in [found for found in root.handlers if isinstance(found, Lines)]:
        root.removeHandler(handler)
        handler.close()


def attached() -> Lines | None:
    """Where lines are kept, None when `attach` was not called."""
    return next((handler for handler in logging.getLogger().handlers if isinstance(handler, Lines)), None)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.glob("parse-shim.*.log") if NAME.fullmatch(path.name)]


def _day_of(path: Path) -> str:
    found = NAME.fullmatch(path.name)
    return found[1] if found else ""


def _read(text: str) -> Line | None:
    try:
        line = json.loads(text)
    except ValueError:  # a line that was cut by a full disk
        return None
    return line if isinstance(line, dict) and isinstance(line.get("time"), str) else None


def _lines_backwards(path: Path) -> Iterator[str]:
    """The file's lines from its end, block by block: a day's log may be large, and mostly the last lines are wanted."""
    with path.open("rb") as file:
        position = file.seek(0, os.SEEK_END)
        rest = b""
        while position > 0:
            start = max(0, position - BLOCK_BYTES)
            file.seek(start)
            lines = (file.read(position - start) + rest).split(b"\n")
            rest = lines[0]
            yield from (line.decode("utf-8", "replace") for line in islice(reversed(lines), len(lines) - 1) if line)
            position = start
        if rest:
            yield rest.decode("utf-8", "replace")
