"""Which statements a store is sent, and by what plan it carries them out: a real mongod, or SQLite."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import apsw
from pymongo import monitoring

from parse_shim.storage.mongo.engine import MongoEngine
from parse_shim.storage.sqlite.engine import SqliteEngine
from parse_shim.storage.sqlite.names import decoded

_MONGO = {"find", "aggregate", "count", "distinct", "findAndModify", "update", "delete"}
_OF_THE_DRIVER = {"lsid", "txnNumber", "writeConcern", "readConcern", "ordered", "cursor", "maxTimeMS", "batchSize", "singleBatch"}
_SQL = re.compile(r"\s*(SELECT|WITH|UPDATE|DELETE)\b")
_OF_CLASSES = re.compile(r'"c:|unique_keys')
_SCAN = re.compile(r"SCAN (?!CONSTANT ROW|json_each|nearest\b|place\b)")
"""A whole table; values of a parameter, and rows that a step before has found, are none."""


class Recorder(Protocol):
    engine: Any

    def recording(self) -> contextlib.AbstractContextManager[None]:
        """What is sent inside the block is remembered."""
        ...

    def classes(self) -> set[str]:
        """Which were asked."""
        ...

    def scans(self) -> list[str]:
        """The remembered statements that look at every object of a class; forgets all."""
        ...


class SqliteRecorder:
    """An engine on `file`."""

    def __init__(self, file: str) -> None:
        self._seen: list[tuple[str, Any]] | None = None
        self._kept: list[tuple[str, Any]] = []
        apsw.connection_hooks.append(self._watch)
        self.engine = SqliteEngine(file)

    def close(self) -> None:
        apsw.connection_hooks.remove(self._watch)
        self.engine.close()

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        self._seen = self._kept = []
        yield
        self._seen = None

    def classes(self) -> set[str]:
        return {decoded(name) for sql, _ in self._kept for name in re.findall(r'"c:([^"]*)"', sql)}

    def scans(self) -> list[str]:
        asked = [(sql, values) for sql, values in self._kept if _SQL.match(sql) and _OF_CLASSES.search(sql)]
        self._kept = []
        assert asked, "no class was asked"
        return [f"{sql} {values}: {step}" for sql, values in asked for step in self._steps(sql, values) if _SCAN.match(step)]

    def _watch(self, connection: apsw.Connection) -> None:
        connection.exec_trace = self._note

    def _note(self, _cursor: Any, sql: str, values: Any) -> bool:
        if self._seen is not None:
            self._seen.append((sql, values))
        return True

    def _steps(self, sql: str, values: Any) -> list[str]:
        rows = self.engine._database.alone(lambda connection: connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall())
        return [row[3] for row in rows]


class MongoRecorder(monitoring.CommandListener):
    """An engine on the database of `uri`."""

    def __init__(self, uri: str) -> None:
        self._on = False
        self._kept: list[dict[str, Any]] = []
        self.engine = MongoEngine(uri, driver={"event_listeners": [self]})

    def close(self) -> None:
        self.engine.close()

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        self._on, self._kept = True, []
        yield
        self._on = False

    def classes(self) -> set[str]:
        return {str(next(iter(command.values()))) for command in self._kept}

    def scans(self) -> list[str]:
        kept, self._kept = self._kept, []
        assert kept, "no class was asked"
        return [str(command) for command in kept if any(_collection_scan(plan) for plan in self._plans(command))]

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if self._on and event.command_name in _MONGO and event.command[event.command_name] != "_SCHEMA":
            self._kept.append({k: v for k, v in event.command.items() if k not in _OF_THE_DRIVER and not k.startswith("$")})

    def succeeded(self, event: Any) -> None: ...

    def failed(self, event: Any) -> None: ...

    def _plans(self, command: Mapping[str, Any]) -> Iterator[Any]:
        """One for each statement of the command: `update` and `delete` may hold many and explain takes one."""
        [many] = [name for name in ("updates", "deletes", "") if not name or name in command][:1]
        for one in [{**command, many: [single]} for single in command[many]] if many else [command]:
            more = {"cursor": {}} if "aggregate" in one else {}
            yield self.engine.connection.database.command({"explain": {**one, **more}, "verbosity": "queryPlanner"})


def _collection_scan(plan: Any) -> bool:
    if isinstance(plan, Mapping):
        return plan.get("stage") == "COLLSCAN" or any(_collection_scan(part) for name, part in plan.items() if name != "rejectedPlans")
    return isinstance(plan, list) and any(_collection_scan(part) for part in plan)
