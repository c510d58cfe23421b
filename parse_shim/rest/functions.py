"""POST /functions/NAME: decode the parameters, run the hook, encode what it returns. Source: contract/10, section 12."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from parse_shim.errors import Code, ParseError, ScriptFailed
from parse_shim.hooks.kinds import FUNCTION
from parse_shim.hooks.requests import FunctionRequest
from parse_shim.hooks.response import CloudResponse
from parse_shim.rest.calling import call_hook, caller_of
from parse_shim.rest.core import Context
from parse_shim.rest.files import check_file_url
from parse_shim.sdk.convert import answered
from parse_shim.sdk.decode import decoded
from parse_shim.values.codec import encode, number
from parse_shim.values.dates import parse_iso
from parse_shim.values.types import File, Json, Pointer

DEEPEST = 200
"""Levels of a result; more is taken for data that holds itself."""


@dataclass(frozen=True, slots=True)
class FunctionReply:
    """The answer: `{"result": ...}`, or `{}` for nothing. `headers` are the function's own."""

    body: dict[str, Json]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def params_of(body: Json, query: Mapping[str, Json] | None = None) -> dict[str, Json]:
    """Parameters of a function or job: the body's (an array by position), then the query string's, which win."""
    if isinstance(body, list):
        body = {str(position): item for position, item in enumerate(body)}
    return {**(body if isinstance(body, dict) else {}), **(query or {})}


def call_function(ctx: Context, name: str, params: Mapping[str, Json]) -> FunctionReply:
    """Run a function in the caller's name. Raises ParseError 141 for an unknown one, 130 for a file elsewhere, or what it raises."""
    hook = ctx.core.hooks.find(FUNCTION, name)
    if hook is None:
        raise ScriptFailed(f'Invalid function: "{name}"')
    request = FunctionRequest(name, {key: decode_param(ctx, value) for key, value in params.items()}, caller_of(ctx), context=ctx.cloud)
    result = call_hook(ctx, hook, request)
    if isinstance(result, CloudResponse):
        return FunctionReply({"result": encode_result(result.result, ctx.file_url)}, result.status, result.headers)
    return FunctionReply({} if result is None else {"result": encode_result(result, ctx.file_url)})


def run_for_cloud(ctx: Context, name: str, params: Mapping[str, Any]) -> Any:
    """As a client gets it, for cloud code: parameters and result are copies, Objects stay Objects."""
    sent = {key: encode_result(value, ctx.file_url) for key, value in params.items()}
    return decoded(call_function(ctx, name, sent).body.get("result"))


def decode_param(ctx: Context, value: Json) -> Any:
    """Dates, pointers and files at any depth; all else, other `__type`s too, stays as sent. Raises ParseError 130."""
    if isinstance(value, list):
        return [decode_param(ctx, item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("__type")
    if kind == "Date" and value.get("iso"):
        return parse_iso(value["iso"])
    if kind == "Pointer" and isinstance(value.get("className"), str) and isinstance(value.get("objectId"), str):
        return Pointer(value["className"], value["objectId"])
    if kind == "File" and isinstance(value.get("name"), str):
        check_file_url(ctx, value.get("url"))
        url = value.get("url")
        return File(value["name"], url if isinstance(url, str) else None)
    return {name: decode_param(ctx, item) for name, item in value.items()}


def encode_result(value: Any, file_url: Callable[[str], str] | None, depth: int = 0) -> Json:
    """What a function returned, as JSON. Saved Objects are whole, changed ones pointers.

    Raises ParseError 141 for what has no JSON form: unsaved objects, data that holds itself, foreign types.
    """
    if depth > DEEPEST:
        raise ScriptFailed("The result cannot be sent: it is nested too deeply, or holds itself")
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, Mapping):
        return {str(key): encode_result(item, file_url, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [encode_result(item, file_url, depth + 1) for item in value]
    if isinstance(value, re.Pattern):
        return value.pattern
    try:
        return encode(answered(value), file_url=file_url)
    except RecursionError:
        raise ScriptFailed("The result cannot be sent: it holds itself")
    except ParseError as problem:
        raise ParseError(Code.SCRIPT_FAILED, f"The result cannot be sent: {problem.message}")


