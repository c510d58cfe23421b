"""The call that a webhook makes: a hook's request as JSON, and what its answer means. Source: contract/10, section 14."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from parse_shim.errors import Code, ParseError, ScriptFailed
from parse_shim.hooks.kinds import AFTER_FIND, AFTER_SAVE, BEFORE_SAVE, FUNCTION
from parse_shim.hooks.requests import ConfigRequest, FileRequest, FindRequest, FunctionRequest, Request, TriggerRequest
from parse_shim.hooks.response import CloudResponse
from parse_shim.rest.functions import encode_result
from parse_shim.update.encode import encode_update
from parse_shim.values.codec import dumps, encode_doc, loads
from parse_shim.values.types import MISSING, Doc, Json

LARGEST_ANSWER = 20 * 1024 * 1024
"""Bytes of an answer that are read."""

FileUrl = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """The handler of a hook that lives elsewhere. `key` is sent as X-Parse-Webhook-Key. `seconds`: how long to wait for its server."""

    kind: str
    target: str
    url: str
    key: str | None = field(repr=False)
    seconds: float
    file_url: FileUrl = field(repr=False)  # bound to the server's parts, keys among them

    __name__ = "webhook"

    @property
    def label(self) -> str:
        """Who it is in the log: its address, without what a query string or a user's part may keep secret."""
        parts = urlsplit(self.url)
        return f"webhook {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def __call__(self, request: Request) -> Any:
        """What a handler in Python would return. Raises ParseError: the webhook's own, or 141."""
        answer = self._send(dumps(payload(request, self.file_url)))
        if not isinstance(answer, dict):
            return None
        if answer.get("error"):
            raise _error(answer["error"])
        return self._result(answer.get("success", MISSING))

    def _send(self, body: bytes) -> Json:
        import requests  # 40 ms, for servers that have such hooks

        headers = {"Content-Type": "application/json", **({"X-Parse-Webhook-Key": self.key} if self.key else {})}
        try:
            with requests.post(self.url, data=body, headers=headers, timeout=self.seconds, allow_redirects=False, stream=True) as response:
                text = response.raw.read(LARGEST_ANSWER + 1, decode_content=True)
                status = response.status_code
        except requests.RequestException as problem:
            raise ScriptFailed(f"the webhook could not be reached ({type(problem).__name__})")
        if not 200 <= status < 300:
            raise ScriptFailed(f"the webhook answered with status {status}")
        if len(text) > LARGEST_ANSWER:
            raise ScriptFailed("the webhook's answer is too large")
        return _read(text)

    def _result(self, success: Any) -> Any:
        if self.kind == FUNCTION:
            return None if success is MISSING else CloudResponse(success)
        if self.kind == BEFORE_SAVE:
            return {"object": success} if isinstance(success, dict) else None
        if self.kind == AFTER_SAVE:
            return success if isinstance(success, dict) else None
        if self.kind == AFTER_FIND:
            return success if isinstance(success, list) else None
        return None


def payload(request: Request, file_url: FileUrl) -> dict[str, Json]:
    """A request as JSON; values in REST form."""
    out: dict[str, Json] = {
        "master": request.master,
        "isReadOnly": request.is_read_only,
        "installationId": request.installation_id,
        "ip": request.ip,
        "headers": dict(request.headers or {}),
        "log": {},
        "context": encode_result(request.context, file_url),
    }
    if request.user is not None:
        out["user"] = _doc(request.user.to_doc(), file_url)
    if request.trigger_name is not None:
        out["triggerName"] = request.trigger_name
    return {**out, **_own(request, file_url)}


def _own(request: Request, file_url: FileUrl) -> dict[str, Json]:
    if isinstance(request, FunctionRequest):
        return {"functionName": request.function_name, "params": encode_result(request.params, file_url)}
    if isinstance(request, TriggerRequest):
        return _trigger(request, file_url)
    if isinstance(request, FindRequest):
        found = {"objects": [_named(item.to_answer(), item.class_name, file_url) for item in request.objects]}
        query = {"query": {"className": request.class_name, **request.query.to_json()}, "count": request.count, "isGet": request.is_get}
        return {**query, **(found if request.trigger_name == "afterFind" else {})}
    if isinstance(request, FileRequest):
        return {"file": request.file.to_json(), "fileSize": request.file_size}
    if isinstance(request, ConfigRequest):
        return {"object": encode_result(request.object.to_json(), file_url)}
    return {}


def _trigger(request: TriggerRequest, file_url: FileUrl) -> dict[str, Json]:
    """The object as stored, with pending operations over it."""
    stored = request.object.stored_doc()
    sent = {**_doc(stored, file_url), **encode_update(request.changes(), file_url=file_url), "className": request.class_name}
    original = request.original
    return {"object": sent, **({"original": _named(original.to_doc(), request.class_name, file_url)} if original is not None else {})}


def _named(doc: Doc, class_name: str, file_url: FileUrl) -> dict[str, Json]:
    return {**_doc(doc, file_url), "className": class_name}


def _doc(doc: Doc, file_url: FileUrl) -> dict[str, Json]:
    return encode_doc(doc, file_url=file_url)


def _read(text: bytes) -> Json:
    if not text.strip():
        return {}
    try:
        return loads(text)
    except Exception:
        raise ScriptFailed("the webhook's answer is not JSON") from None


def _error(error: Json) -> ParseError:
    """Text, or {"code", "message" or "error"}, whose code is kept."""
    if isinstance(error, dict):
        code = error.get("code")
        message = error.get("message", error.get("error", error))
        return ParseError(code if type(code) is int and code > 0 else Code.SCRIPT_FAILED, message)
    return ScriptFailed(error)
