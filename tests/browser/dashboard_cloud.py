"""Cloud code for the dashboard to list and run."""

from typing import Any

from parse_shim import cloud


@cloud.job("sweep")
def sweep(request: Any) -> str:
    return "swept 3"
