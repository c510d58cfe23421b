"""Settings for a command: all sources, the application found in the working directory, problems in plain lines."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from parse_shim.settings import Settings, SettingsError, load

DEVELOPMENT: Mapping[str, Any] = {
    "appId": "livesessions",
    "masterKeyFile": "data/master.key",
    "allowClientClassCreation": True,
    "host": "127.0.0.1",
}


def settings_of(config: str | None, options: Mapping[str, Any], lowest: Mapping[str, Any] | None = None) -> Settings:
    """The settings, with warnings printed; `lowest` lies under every other source. Ends the program on a problem."""
    try:
        loaded = load(config, os.environ, options, lowest=lowest)
    except SettingsError as error:
        fail(str(error))
    for warning in loaded.warnings:
        click.echo(f"parse-shim: warning: {warning}", err=True)
    return Settings.from_options(_found_here(loaded.settings), base=loaded.settings)


def _found_here(settings: Settings) -> dict[str, str]:
    """Cloud code and schemas of the working directory, where nothing else was said."""
    found = {}
    if settings.cloud is None and Path("cloud/main.py").is_file():
        found["cloud"] = "cloud.main"
    if settings.schemas is None and Path("schemas").is_dir():
        found["schemas"] = "schemas"
    return found


def fail(text: str) -> NoReturn:
    """Print each line of `text` after the program's name on the error output and end with status 1."""
    for line in text.splitlines():
        click.echo(f"parse-shim: {line}", err=True)
    raise SystemExit(1)
