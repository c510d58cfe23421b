"""`parse-shim types`: a stub file of the classes, for editors and type checkers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from parse_shim.classes.model import ClassDef
from parse_shim.cli_load import in_a_line, settings_of
from parse_shim.rest.core import open_store
from parse_shim.sdk.stubs import stub_text
from parse_shim.settings import Settings
from parse_shim.web.assemble import declared_classes

# Nothing is served, so the keys do not matter.
_KEYS = {"appId": "types", "masterKey": "types"}


def run(config: str | None, options: Mapping[str, Any], output: str) -> None:
    """Write the stub of the stored classes and of those in schemas/ to the file `output`; `-` prints it."""
    settings = settings_of(config, options, _KEYS)
    with in_a_line():
        text = stub_text(_classes(settings).values(), _module(output))
        if output == "-":
            click.echo(text, nl=False)
            return
        Path(output).write_text(text, encoding="utf-8")
    click.echo(f"wrote {output}")


def _classes(settings: Settings) -> dict[str, ClassDef]:
    engine = open_store(settings)
    try:
        found = dict(engine.load_classes())
    finally:
        engine.close()
    for cls in declared_classes(settings):
        stored = found.get(cls.name)
        found[cls.name] = cls if stored is None else stored.with_fields(cls.fields)
    return found


def _module(output: str) -> str:
    path = Path(output)
    return ".".join(path.with_suffix("").parts) if output != "-" and not path.is_absolute() else "classes"
