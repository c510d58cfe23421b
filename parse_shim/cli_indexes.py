"""`parse-shim indexes`: the indexes that the server made by itself."""

from collections.abc import Mapping
from typing import Any

import click

from parse_shim.cli_load import fail, settings_of
from parse_shim.errors import EngineError
from parse_shim.rest.core import open_store

# Nothing is served, so the keys do not matter.
_KEYS = {"appId": "indexes", "masterKey": "indexes"}


def run(config: str | None, options: Mapping[str, Any], drop: str | None) -> None:
    """List them with their reasons, or drop `CLASS.COLUMN`; one that was dropped is not made again."""
    settings = settings_of(config, options, _KEYS)
    engine: Any = open_store(settings)
    try:
        if not hasattr(engine, "demanded"):
            fail("this store makes no indexes")
        if drop is not None:
            _drop(engine, drop)
        for one in engine.demanded():
            state = "dropped, not made again" if one.dropped else f"since {one.since:%Y-%m-%d %H:%M}"
            click.echo(f"{one.class_name}.{one.column}  {state}  {one.reason}")
    except EngineError as error:
        fail(str(error))
    finally:
        engine.close()


def _drop(engine: Any, name: str) -> None:
    class_name, _, column = name.rpartition(".")
    if not engine.undemand(class_name, column):
        fail(f"the server made no index {name}")
