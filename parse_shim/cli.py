"""The commands: `parse-shim serve | emulator | check | run-job | types | routes`. Flags and their help come from the settings."""

from importlib import metadata
from typing import Any

import click

from parse_shim.cli_options import command_line, common_options, emulator_options, serve_options

EPILOG = """Every option of parse-server can be given: as a flag above, as --set KEY=JSON, by its environment variable
(PARSE_SERVER_...), or in a JSON file. The command line wins over the environment, the environment over the file."""


def version() -> str:
    try:
        return metadata.version("parse_shim")
    except metadata.PackageNotFoundError:
        return "(not installed)"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(version(), prog_name="parse-shim")
def main() -> None:
    """A Parse-compatible backend in Python."""


@main.command(epilog=EPILOG)
@serve_options
def serve(config: str | None, development: bool, **flags: Any) -> None:
    """Run the server until Ctrl-C or SIGTERM."""
    from parse_shim.cli_serve import run

    run(config, command_line(flags), development=development)


@main.command(epilog=EPILOG)
@emulator_options
def emulator(config: str | None, control_port: int | None, seed: str | None, **flags: Any) -> None:
    """Run the whole server in one process, in memory, for tests; a control port resets and reconfigures it."""
    from parse_shim.cli_emulator import run

    run(config, command_line(flags), control_port, seed)


@main.command()
@common_options
def check(config: str | None, **flags: Any) -> None:
    """Load schemas and cloud code, list classes and hooks with file and line; exit 1 on an error."""
    from parse_shim.cli_check import run

    run(config, command_line(flags))


@main.command("run-job")
@click.argument("name")
@click.option("--params", metavar="JSON", help="parameters of the job, an object")
@common_options
def run_job(config: str | None, name: str, params: str | None, **flags: Any) -> None:
    """Run a background job of cloud code here and now; exit 1 when it fails."""
    from parse_shim.cli_job import run

    run(config, command_line(flags), name, params)


@main.command()
@click.option("--output", "-o", metavar="FILE", default="-", help="the stub file, such as cloud/classes.pyi; without it, print")
@common_options
def types(config: str | None, output: str, **flags: Any) -> None:
    """Write a stub file of the classes, so that editors complete their fields."""
    from parse_shim.cli_types import run

    run(config, command_line(flags), output)


@main.command()
def routes() -> None:
    """List the routes of the server."""
    from parse_shim.web.table import ROUTES

    for route in ROUTES:
        click.echo(f"{route.method:<8}{route.rule}")


@main.group()
def video() -> None:
    """The video service."""


@video.command("check")
def video_check() -> None:
    """Sign, make one session, and explain what is wrong when that fails (clock, key, network)."""
    from parse_shim.cli_video import check

    raise SystemExit(check())
