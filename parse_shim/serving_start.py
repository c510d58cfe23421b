"""What every kind of server does before it starts; without gunicorn, which the emulator has no use for."""

from __future__ import annotations

import errno
import socket

from parse_shim import log as logs
from parse_shim import log_files
from parse_shim.settings import Settings


class CannotServe(Exception):
    """The server cannot start; the text is one line for the user."""


def check_port(host: str, port: int, flag: str = "--port N") -> None:
    """Raises CannotServe. `flag`: what to give instead."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CannotServe(f"port {port} on {host} is in use: stop that program or give {flag}") from error
            raise CannotServe(f"cannot listen on {host} port {port}: {error.strerror}") from error


def configure_logs(settings: Settings) -> None:
    level = "silent" if settings.silent else "verbose" if settings.verbose else settings.log_level
    logs.configure(level, as_json=True if settings.json_logs else None)
    log_files.attach(settings.logs_folder, settings.max_log_files)
