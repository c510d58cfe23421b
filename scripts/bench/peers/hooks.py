"""The same hooks as cloud.js, for our server."""

import time
from typing import Any

from parse_shim import cloud


@cloud.before_save("Hooked")
def nothing(request: Any) -> None:
    """Costs what a hook costs."""


@cloud.function
def hang(request: Any) -> str:
    time.sleep(2)
    return "done"
