"""The flags of the commands, derived from the settings, and what the user gave as one dict of parse-server's names."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from parse_shim.settings import Settings
from parse_shim.settings_read import Option, camel, options_of

F = TypeVar("F", bound=Callable[..., Any])

APPLICATION = ("--cloud", "--schemas", "--database-uri")
SERVER = (
    *("--host", "--port", "--mount-path", "--server-url", "--app-id", "--master-key", "--master-key-file"),
    *("--client-key", "--javascript-key", "--rest-api-key", "--dotnet-key", "--master-key-ips"),
    *APPLICATION,
    *("--workers", "--trust-proxy", "--certfile", "--keyfile", "--log-level"),
)
_KEYS = {
    "--server-url": "serverURL",
    "--rest-api-key": "restAPIKey",
    "--dotnet-key": "dotNetKey",
    "--database-uri": "databaseURI",
}
_DEVELOPMENT_HELP = (
    "Defaults for development, under all other sources: application id livesessions, a random master key kept in"
    " data/master.key, 127.0.0.1 only, and clients may create classes."
)


def serve_options(command: F) -> F:
    for flag in reversed(SERVER):
        command = _flag(flag)(command)
    extra = [
        click.option("--dev", is_flag=True, default=None, help="Reload when cloud code or schemas change."),
        click.option("--development", is_flag=True, help=_DEVELOPMENT_HELP),
    ]
    for option in reversed(extra):
        command = option(command)
    return _sources(command)


def emulator_options(command: F) -> F:
    for flag in reversed(("--host", "--port", "--mount-path", "--app-id", "--master-key", *APPLICATION, "--log-level")):
        command = _flag(flag)(command)
    extra = [
        click.option("--control-port", type=int, metavar="N", help="Port of the control calls, on loopback; none without it."),
        click.option("--seed", type=click.Path(exists=True, file_okay=False), metavar="DIR", help="Data to start with."),
    ]
    for option in reversed(extra):
        command = option(command)
    return _sources(command)


def common_options(command: F) -> F:
    """Flags of the commands that look at the application without serving it."""
    for flag in reversed(APPLICATION):
        command = _flag(flag)(command)
    return _sources(command)


def command_line(flags: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given, by parse-server's names."""
    given = {key: value for key, value in flags.items() if value is not None and key != "settings"}
    for pair in flags.get("settings", ()):
        key, separator, value = pair.partition("=")
        if not separator or not key:
            raise click.BadParameter(f"expected KEY=JSON, got {pair!r}", param_hint="--set")
        given[key] = _json_or_text(value)
    return given


def _sources(command: F) -> F:
    file = click.Path(dir_okay=False)
    command = click.option("--set", "settings", multiple=True, metavar="KEY=JSON", help="Any option, by its own name.")(command)
    return click.option("--config", type=file, metavar="FILE", help="A JSON file of options, as parse-server reads it.")(command)


def _flag(flag: str) -> Callable[[F], F]:
    key = _KEYS.get(flag) or camel(flag.removeprefix("--").replace("-", "_"))
    about = options_of(Settings)[key]
    return click.option(flag, key, metavar=_metavar(about), help=_help(about))


def _help(about: Option) -> str:
    default = ",".join(about.default) if isinstance(about.default, tuple) else about.default
    shown = f"; default {default}" if default not in (None, "", False) else ""
    return f"{about.help[0].upper()}{about.help[1:]}{shown} [{about.env}]"


def _metavar(about: Option) -> str:
    return "N" if about.type in ("int", "int | None") else "TEXT"


def _json_or_text(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value
