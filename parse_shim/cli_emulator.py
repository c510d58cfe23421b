"""`parse-shim emulator`: the server in one process under gevent's own WSGI server, and its control port."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from parse_shim.cli_load import fail, in_a_line
from parse_shim.serving_patch import patch_all
from parse_shim.settings import SettingsError, load

EMULATOR: Mapping[str, Any] = {
    "appId": "emulator",
    "masterKey": "emulator",
    "databaseURI": "sqlite://",
    "allowClientClassCreation": True,
    "host": "127.0.0.1",
    "logsFolder": None,
    "logLevel": "warn",
    "liveQuery": {"classNames": [".*"]},
    "startLiveQueryServer": True,
}
"""Under all other sources; what is not here keeps the server's defaults."""


def run(config: str | None, options: Mapping[str, Any], control_port: int | None, seed: str | None) -> None:
    gc.disable()  # what is imported stays: to look through it again and again is 30 ms of 400
    patch_all()
    from gevent import get_hub, signal_handler
    from gevent.pywsgi import WSGIServer

    from parse_shim.serving_start import CannotServe, check_port, configure_logs
    from parse_shim.testing.emulator import Emulator, control_app

    try:
        settings = load(config, os.environ, options, lowest=EMULATOR).settings
        configure_logs(settings)
        check_port(settings.host, settings.port)
        if control_port:
            check_control_port(control_port, settings.port)
            check_port("127.0.0.1", control_port, "--control-port N")
    except (SettingsError, CannotServe) as error:
        fail(str(error))
    with in_a_line():
        emulator = Emulator(settings, Path(seed) if seed else None)
        control = WSGIServer(("127.0.0.1", control_port), control_app(emulator), log=None) if control_port is not None else None
        if control:
            control.start()
    # A greenlet that fails has told the log; gevent's own print would repeat it.
    get_hub().exception_stream = None
    server = WSGIServer((settings.host, settings.port), emulator.wsgi, log=None)
    server.start()
    gc.freeze()
    gc.enable()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal_handler(number, server.stop, 1)
    click.echo(f"parse-shim emulator serves http://{settings.host}:{server.server_port}{settings.mount_path}")
    if control:
        click.echo(f"  control         http://127.0.0.1:{control.server_port}  (POST /reset /reconfigure /clock /snapshot /restore)")
    click.echo(f"  application id  {settings.app_id}\n  master key      {settings.master_key}")
    server.serve_forever()
    emulator.close()


def check_control_port(control: int, api: int) -> None:
    """Raises CannotServe."""
    from parse_shim.serving_start import CannotServe

    if not 0 < control < 65536:
        raise CannotServe(f"--control-port {control}: a port is a number up to 65535")
    if control == api:
        raise CannotServe(f"--control-port {control} is the port of the API: give another one")
