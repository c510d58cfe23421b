"""`parse-shim indexes`: the indexes that the server made by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn, cast

import click

from parse_shim.cli_load import fail, settings_of
from parse_shim.cli_serve import sqlite_file
from parse_shim.errors import EngineError
from parse_shim.rest.core import open_store
from parse_shim.settings import Settings
from parse_shim.storage.base import Engine
from parse_shim.storage.demand import REASONS, Demanded, Indexing, Keys, keys_text, read_keys

# Nothing is served, so the keys do not matter.
_KEYS = {"appId": "indexes", "masterKey": "indexes"}
_NAME = re.compile(r"(\w+)\.(-?\w+(?:,-?\w+)*)")


class _Store(Engine, Indexing):
    """An engine that can make indexes."""


def run(config: str | None, options: Mapping[str, object], drop: str | None, make: str | None) -> None:
    """List them with their reasons; before that, drop `CLASS.COLUMN`, which is not made again unasked, or make it."""
    settings = settings_of(config, options, _KEYS)
    wanted = [_read(name) if name else None for name in (drop, make)]
    _check_place(settings)
    try:
        engine = open_store(settings)
        try:
            if not hasattr(engine, "demanded"):
                fail("this store makes no indexes")
            store = cast(_Store, engine)
            if wanted[0]:
                _drop(store, *wanted[0])
            if wanted[1]:
                _make(store, *wanted[1])
            _list(store.demanded())
        finally:
            engine.close()
    except EngineError as error:
        fail(f"the store cannot be used: {error}")
    except ValueError as error:
        fail(str(error))


def _read(name: str) -> tuple[str, Keys]:
    found = _NAME.fullmatch(name)
    if found is None:
        fail(f"{name}: expected CLASS.COLUMN or CLASS.COLUMN,-COLUMN, such as ActiveSessions.receiverID,-createdAt")
    return found[1], read_keys(found[2])


def _check_place(settings: Settings) -> None:
    """A look at what is there makes no database."""
    file = sqlite_file(settings.database_uri)
    if file is not None and not file.is_file():
        fail(f"there is no database {file}")


def _drop(store: _Store, class_name: str, keys: Keys) -> None:
    if not store.undemand(class_name, keys):
        _explain(store, class_name, keys, f"the server made no index {class_name}.{keys_text(keys)}")


def _make(store: _Store, class_name: str, keys: Keys) -> None:
    cls = store.load_classes().get(class_name)
    against = None if cls is None else store.demand(cls, keys, "asked for by the operator", by_operator=True)
    if cls is None or against is not None:
        _explain(store, class_name, keys, f"{class_name}.{keys_text(keys)} is not made: {against}")


def _explain(store: _Store, class_name: str, keys: Keys, otherwise: str) -> NoReturn:
    cls = store.load_classes().get(class_name)
    if cls is None:
        fail(f"there is no class {class_name}")
    for column, _ in keys:
        if column not in cls.fields:
            fail(f"class {class_name} has no column {column}")
    fail(otherwise)


def _list(known: list[Demanded]) -> None:
    if not known:
        click.echo("no indexes were made")
    for one in known:
        state = f"since {one.since:%Y-%m-%d %H:%M}" if one.state == "made" else f"not made again: {REASONS[one.state]}"
        click.echo(f"{one.class_name}.{keys_text(one.keys)}  {state}  {one.reason}")
