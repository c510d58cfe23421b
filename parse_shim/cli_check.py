"""`parse-shim check`: does everything load, and what is there?"""

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import click

from parse_shim.classes.declare import ParseClass, load_schemas, where
from parse_shim.classes.model import ClassDef
from parse_shim.cli_load import fail, here, reason, settings_of
from parse_shim.hooks.registry import load_cloud

# Nothing is served, so the keys do not matter.
_KEYS = {"appId": "check", "masterKey": "check"}


def run(config: str | None, options: Mapping[str, Any]) -> None:
    """Print classes and hooks; end with status 1 and the reason when something does not load."""
    settings = settings_of(config, options, _KEYS)
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    for title, spec, rows in (("classes", settings.schemas, _classes), ("hooks", settings.cloud, _hooks)):
        if spec is None:
            click.echo(f"{title}: none")
            continue
        try:
            table = list(rows(spec))
        except Exception as error:  # whatever the application's own modules raise
            fail(f"{spec} does not load: {reason(error)}")
        click.echo(f"{title} ({spec})")
        for row in table:
            click.echo("  " + "  ".join(row))


def _classes(spec: Any) -> Iterable[tuple[str, ...]]:
    classes = load_schemas(spec)
    places = {declared.class_name or declared.__name__: where(declared) for declared in _declared(ParseClass)}
    width = max((len(cls.name) for cls in classes), default=0)
    return [(cls.name.ljust(width), here(places.get(cls.name, "")), _fields(cls)) for cls in classes]


def _declared(base: type[ParseClass]) -> Iterable[type[ParseClass]]:
    for found in base.__subclasses__():
        yield found
        yield from _declared(found)


def _fields(cls: ClassDef) -> str:
    own = [name for name in cls.fields if name not in ("objectId", "createdAt", "updatedAt", "ACL")]
    return ", ".join(own)


def _hooks(spec: Any) -> Iterable[tuple[str, ...]]:
    hooks = load_cloud(spec).all()
    kinds = max((len(hook.kind) for hook in hooks), default=0)
    targets = max((len(hook.target) for hook in hooks), default=0)
    return [
        (hook.kind.ljust(kinds), hook.target.ljust(targets), f"{here(hook.file)}:{hook.line}", hook.handler.__name__) for hook in hooks
    ]
