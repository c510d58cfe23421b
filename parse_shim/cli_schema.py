"""`parse-shim schema plan | apply | export`: declared classes against those of the store, and the store's as declarations."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from parse_shim.classes.model import ClassDef
from parse_shim.classes.plan import DROP, Plan, Policy
from parse_shim.classes.system import VOLATILE, default_columns, is_join
from parse_shim.cli_load import fail, in_a_line, reason, settings_of
from parse_shim.errors import EngineError, ParseError
from parse_shim.rest.core import open_store
from parse_shim.rest.definitions import definition_json, migration_policy
from parse_shim.rest.registry import carry_out, plan_of
from parse_shim.settings import Settings
from parse_shim.storage.base import Engine

# Nothing is served, so the keys do not matter.
_KEYS = {"appId": "schema", "masterKey": "schema"}

LEGEND = "+ is done   ! is done and loses data   ? conflict, left as it is   = stored but not declared, left as it is"


@dataclass(frozen=True, slots=True)
class Task:
    """What a command works with."""

    engine: Engine
    declared: list[ClassDef]
    policy: Policy

    def plan(self) -> Plan:
        return plan_of(self.engine, self.declared, self.policy)


def plan(config: str | None, options: Mapping[str, Any], *, allow_drop: bool, check: bool) -> None:
    """Print what `apply`, or the next start, would do. `check`: end with status 1 when there is something to do or a conflict."""
    with _task(config, options, allow_drop) as task:
        found = task.plan()
    show(found)
    if check and (found.changes or found.conflicts):
        raise SystemExit(1)


def apply(config: str | None, options: Mapping[str, Any], *, allow_drop: bool) -> None:
    """Print the plan, then carry it out; status 1 when conflicts are left."""
    with _task(config, options, allow_drop) as task:
        found = task.plan()
        show(found)
        if found.changes:
            carry_out(task.engine, found)
            click.echo("applied")
    if found.conflicts:
        fail("the conflicts above are left: change the declaration, or give --allow-drop to make the columns anew")


def export(config: str | None, options: Mapping[str, Any], *, form: str, output: str) -> None:
    """The stored classes as definitions (JSON), or as a module for schemas/ (python)."""
    with _task(config, options, False) as task:
        stored = [cls for name, cls in sorted(task.engine.load_classes().items()) if _is_worth(cls)]
    if form == "python":
        from parse_shim.classes.source import module_text

        text = module_text(stored)
    else:
        text = json.dumps([definition_json(cls) for cls in stored], indent=2, ensure_ascii=False) + "\n"
    if output == "-":
        click.echo(text, nl=False)
    else:
        with in_a_line():
            Path(output).write_text(text, encoding="utf-8")
        click.echo(f"wrote {output}: {len(stored)} classes")


def show(found: Plan) -> None:
    """The plan, a line a step."""
    steps = found.steps
    if not found.changes:
        click.echo("nothing to do: the store has the declared classes")
    for step in steps:
        click.echo(f"  {step}")
    if steps:
        click.echo(LEGEND)


def _is_worth(cls: ClassDef) -> bool:
    """Classes of the application, and those of the server that it has changed."""
    if cls.name in VOLATILE or is_join(cls.name):
        return False
    own = set(cls.fields) - set(default_columns(cls.name))
    return not cls.name.startswith("_") or bool(own) or cls.permissions is not None


@contextmanager
def _task(config: str | None, options: Mapping[str, Any], allow_drop: bool) -> Iterator[Task]:
    """The opened store; problems of the application's own modules and of the store become one line."""
    settings = settings_of(config, options, _KEYS)
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    declared = _declared(settings)
    try:
        engine = open_store(settings)
        try:
            yield Task(engine, declared, DROP if allow_drop else migration_policy(settings))
        finally:
            engine.close()
    except EngineError as error:
        fail(f"the store cannot be used: {error}")
    except (ParseError, ValueError) as error:
        fail(str(error))


def _declared(settings: Settings) -> list[ClassDef]:
    from parse_shim.web.assemble import declared_classes

    try:
        return declared_classes(settings)
    except Exception as error:  # whatever the application's own modules raise
        fail(f"{settings.schemas} does not load: {reason(error)}")
