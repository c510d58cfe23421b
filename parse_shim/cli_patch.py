"""gevent's patch of the standard library: what waits, from here on, lets others run."""

from __future__ import annotations

from importlib import metadata
from typing import Any


def patch_all() -> None:
    """`gevent.monkey.patch_all()`, which asks for plug-ins at 25 points; the installed packages are read once for them all.

    85 packages: 25 ms against 75."""
    from gevent import monkey

    ask, found = metadata.entry_points, metadata.entry_points()

    def select(**wanted: Any) -> Any:
        return found.select(**wanted)

    metadata.entry_points = select
    try:
        monkey.patch_all()
    finally:
        metadata.entry_points = ask
