"""The commands: `parse-shim serve | emulator | check | schema | run-job | types | routes`. Flags and their help come from the settings."""

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


def show_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"parse-shim, version {version()}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=show_version, help="Show the version and exit.")
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


@main.group()
def schema() -> None:
    """Declared classes (schemas/, schema.definitions) and those of the store."""


ALLOW_DROP = click.option(
    "--allow-drop",
    is_flag=True,
    help="Drop columns and indexes that are not declared, and make columns of another type anew: data is lost.",
)


@schema.command("plan")
@ALLOW_DROP
@click.option("--check", is_flag=True, help="Exit 1 when there is something to do or a conflict.")
@common_options
def schema_plan(config: str | None, allow_drop: bool, check: bool, **flags: Any) -> None:
    """Print what the next start, or `schema apply`, would change."""
    from parse_shim.cli_schema import plan

    plan(config, command_line(flags), allow_drop=allow_drop, check=check)


@schema.command("apply")
@ALLOW_DROP
@common_options
def schema_apply(config: str | None, allow_drop: bool, **flags: Any) -> None:
    """Print the plan and carry it out. Nothing is lost without --allow-drop."""
    from parse_shim.cli_schema import apply

    apply(config, command_line(flags), allow_drop=allow_drop)


@schema.command("export")
@click.option("--format", "form", type=click.Choice(["json", "python"]), default="json", help="Definitions, or a module for schemas/.")
@click.option("--output", "-o", metavar="FILE", default="-", help="A file; without it, print.")
@common_options
def schema_export(config: str | None, form: str, output: str, **flags: Any) -> None:
    """Write the classes of the store as declarations."""
    from parse_shim.cli_schema import export

    export(config, command_line(flags), form=form, output=output)


@main.command()
@click.option("--drop", metavar="CLASS.COLUMN", help="Drop this one; the server does not make it again by itself.")
@click.option("--make", metavar="CLASS.COLUMN", help="Make this one now, however large the class; also one that was dropped.")
@common_options
def indexes(config: str | None, drop: str | None, make: str | None, **flags: Any) -> None:
    """List the indexes that the server made by itself, with their reasons."""
    from parse_shim.cli_indexes import run

    run(config, command_line(flags), drop, make)


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
