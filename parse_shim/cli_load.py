"""Settings for a command: all sources, the application found in the working directory, problems in plain lines."""

import os
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from parse_shim.errors import EngineError
from parse_shim.settings import Settings, SettingsError, load

_OURS = Path(__file__).parent

DEVELOPMENT: Mapping[str, Any] = {
    "appId": "livesessions",
    "masterKeyFile": "data/master.key",
    "allowClientClassCreation": True,
    "host": "127.0.0.1",
    "logLevels": {"request": "info"},
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


@contextmanager
def in_a_line() -> Iterator[None]:
    """End with status 1 and one line for whatever goes wrong inside: the application's own modules, the store, a file."""
    try:
        yield
    except EngineError as error:
        fail(f"the store cannot be used: {error}")
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error))
    except Exception as error:  # whatever the application's own modules raise
        fail(reason(error))


def here(place: str) -> str:
    """A path as seen from the working directory, where it lies below."""
    path, colon, line = place.rpartition(":") if place.rpartition(":")[2].isdigit() else (place, "", "")
    try:
        return str(Path(path).relative_to(Path.cwd())) + colon + line
    except ValueError:
        return place


def reason(error: Exception) -> str:
    """One line, and where in the application it happened."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(Path.cwd()) and not Path(frame.filename).is_relative_to(_OURS)]
    if isinstance(error, SyntaxError):
        return f"{error.msg} ({here(f'{error.filename}:{error.lineno}')})"
    if own:
        return f"{type(error).__name__}: {error} ({here(f'{own[-1].filename}:{own[-1].lineno}')})"
    told = isinstance(error, ValueError) or type(error).__module__.startswith("parse_shim.")
    return str(error) if told else f"{type(error).__name__}: {error}"
