"""Cloud code that phones call."""

from typing import Any

from parse_shim import Code, ParseError, cloud


@cloud.before_save("Guarded")
def check_title(request: Any) -> None:
    if request.object["title"] == "bad":
        raise ParseError(Code.SCRIPT_FAILED, "no bad titles")
    request.object["stamp"] = "checked"


@cloud.function
def echo(request: Any) -> Any:
    return dict(request.params) or None


@cloud.function
def refuse(request: Any) -> None:
    raise ValueError("not today")
