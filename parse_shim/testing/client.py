"""`parse` in tests: REST words without a socket. Each call is a whole request: keys, checks, hooks, encoding.

parse.save("GameScore", score=10)              # {"objectId": ..., "score": 10, ...}
parse.as_user("ann").find("GameScore", {"score": {"$gt": 5}}, order="-score")
parse.as_master.delete("GameScore", object_id)
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from werkzeug.test import Client

from parse_shim.errors import Code, ParseError
from parse_shim.rest.core import MASTER, Context
from parse_shim.rest.jobs import run_job
from parse_shim.sdk.convert import stored
from parse_shim.values.codec import encode
from parse_shim.web.app import ParseApp

SPECIAL = {"_User": "users", "_Role": "roles", "_Session": "sessions", "_Installation": "installations"}
"""Classes with a path of their own."""

JOB_SECONDS = 10.0
ENDED = ("succeeded", "failed")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered. `body`: JSON, or bytes where it was none."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Parse:
    """A client of one application. Values may be Python's (datetime, GeoPoint, Pointer, Object); answers are JSON as clients see it.

    Whatever the server refuses is raised as ParseError with its `code`, `message` and HTTP `status`.
    """

    def __init__(self, app: ParseApp, headers: Mapping[str, str] | None = None, user: Mapping[str, Any] | None = None) -> None:
        self.app = app
        self.user: dict[str, Any] = dict(user or {})
        """For a client made by `as_user`: the user, with objectId, username and sessionToken."""
        self._http = Client(app)
        self._own = dict(headers or {})

    # -- who asks ---------------------------------------------------------------------------------------------------------

    def as_user(self, name: str, password: str = "secret", **fields: Any) -> Parse:
        """A client that is logged in as the user `name`, who is signed up (with `fields`) unless there is one already."""
        known = self.as_master.first("_User", {"username": name})
        if known is None:
            signed_up = self._nobody().save("_User", username=name, password=password, **fields)
            return self._logged_in({"username": name, **signed_up})
        return self._logged_in(self.as_master.request_json("POST", "/loginAs", {"userId": known["objectId"]}))

    def log_in(self, name: str, password: str) -> Parse:
        """A client logged in by name and password. Raises ParseError 101."""
        return self._logged_in(self._nobody().request_json("POST", "/login", {"username": name, "password": password}))

    @property
    def as_master(self) -> Parse:
        """The same server with the master key."""
        return Parse(self.app, {"X-Parse-Master-Key": self.app.core.settings.master_key})

    @property
    def session_token(self) -> str | None:
        return self._own.get("X-Parse-Session-Token")

    def _logged_in(self, user: Mapping[str, Any]) -> Parse:
        shown = {name: value for name, value in user.items() if name != "password"}
        return Parse(self.app, {"X-Parse-Session-Token": shown["sessionToken"]}, shown)

    def _nobody(self) -> Parse:
        return Parse(self.app)

    # -- objects ----------------------------------------------------------------------------------------------------------

    def save(self, class_name: str, **fields: Any) -> dict[str, Any]:
        """Create an object, or update that of the field `objectId`. What was sent, with what the server answered over it."""
        object_id = fields.pop("objectId", None)
        if object_id is not None:
            return self.update(class_name, object_id, **fields)
        return {**_sent(fields), **self.request_json("POST", _path(class_name), fields)}

    def update(self, class_name: str, object_id: str, **fields: Any) -> dict[str, Any]:
        """As `save`, for a stored object."""
        return {"objectId": object_id, **_sent(fields), **self.request_json("PUT", _path(class_name, object_id), fields)}

    def get(self, class_name: str, object_id: str, **params: Any) -> dict[str, Any]:
        """One object. `params`: include, keys, excludeKeys. Raises ParseError 101."""
        return dict(self.request_json("GET", _path(class_name, object_id), query=params))

    def find(self, class_name: str, where: Mapping[str, Any] | None = None, **params: Any) -> list[dict[str, Any]]:
        """What matches. `params` have REST's names: order="-score", limit=10, skip, include, keys, ..."""
        return list(self._query(class_name, where, params)["results"])

    def first(self, class_name: str, where: Mapping[str, Any] | None = None, **params: Any) -> dict[str, Any] | None:
        """The first match, or None."""
        found = self.find(class_name, where, **{**params, "limit": 1})
        return found[0] if found else None

    def count(self, class_name: str, where: Mapping[str, Any] | None = None) -> int:
        """How many match."""
        return int(self._query(class_name, where, {"count": 1, "limit": 0})["count"])

    def delete(self, class_name: str, object_id: str) -> None:
        """Raises ParseError 101."""
        self.request_json("DELETE", _path(class_name, object_id))

    def _query(self, class_name: str, where: Mapping[str, Any] | None, params: Mapping[str, Any]) -> dict[str, Any]:
        return dict(self.request_json("GET", _path(class_name), query={**params, **({"where": where} if where else {})}))

    # -- functions and jobs -------------------------------------------------------------------------------------------------

    def call(self, function: str, /, **params: Any) -> Any:
        """The result of a cloud function; None when it returned nothing. Raises ParseError."""
        return self.request_json("POST", f"/functions/{quote(function)}", params).get("result")

    def run_job(self, name: str, /, **params: Any) -> dict[str, Any]:
        """Run a background job to its end; its _JobStatus (`status`: succeeded, failed). Raises ParseError 141 for an unknown one."""
        core = self.app.core
        status = run_job(Context(core, MASTER, base_url=core.settings.server_url), name, _plain(params))
        return self.as_master.get("_JobStatus", status["objectId"])

    # -- any request ----------------------------------------------------------------------------------------------------------

    def request(
        self, method: str, path: str, body: Any = None, *, query: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request below the mount path (`/classes/GameScore`), refusals and all. Bytes are sent as they are, all else as JSON."""
        settings = self.app.core.settings
        sent = {"X-Parse-Application-Id": settings.app_id, **self._own, **(headers or {})}
        data: bytes | None = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(_plain(body)).encode()
            sent.setdefault("Content-Type", "application/octet-stream" if isinstance(body, bytes) else "application/json")
        address = settings.mount_path + path
        if query:
            address += "?" + urlencode({name: _text(value) for name, value in query.items()})
        answer = self._http.open(address, method=method, data=data, headers=sent, environ_overrides={"REMOTE_ADDR": "127.0.0.1"})
        shown = answer.get_json() if answer.is_json else answer.get_data()
        found = Answer(answer.status_code, shown, dict(answer.headers))
        answer.close()
        return found

    def request_json(self, method: str, path: str, body: Any = None, *, query: Mapping[str, Any] | None = None) -> Any:
        """The body of the answer. Raises ParseError for a refusal."""
        answer = self.request(method, path, body, query=query)
        if answer.status < 400:
            return answer.body
        raise refusal(answer)

    def app_request(self, method: str, path: str, **more: Any) -> Any:
        """A request to a route of the application's own blueprints, beside the API. werkzeug's TestResponse."""
        return self._http.open(path, method=method, **more)


class Jobs:
    """`jobs` in tests: run jobs and timers now, and wait for those that a hook or client started."""

    def __init__(self, parse: Parse) -> None:
        self._parse = parse

    def names(self) -> list[str]:
        """Jobs that cloud code defines."""
        return self._parse.app.core.hooks.names("job")

    def run(self, name: str, /, **params: Any) -> dict[str, Any]:
        """To its end; its _JobStatus."""
        return self._parse.run_job(name, **params)

    def status(self, job_id: str) -> dict[str, Any]:
        """The _JobStatus of a run. Raises ParseError 101."""
        return self._parse.as_master.get("_JobStatus", job_id)

    def wait(self, job_id: str, seconds: float = JOB_SECONDS) -> dict[str, Any]:
        """The _JobStatus of a run that was started in the background, once it has ended. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while (status := self.status(job_id))["status"] not in ENDED:
            if time.monotonic() > deadline:
                raise TimeoutError(f"job {status.get('jobName')} has not ended after {seconds} s: {status.get('message', '')}")
            time.sleep(0.005)
        return status

    def run_timer(self, name: str) -> None:
        """One turn of a `@cloud.every` function, by its name. In tests no timer runs by itself. Raises KeyError."""
        from parse_shim.rest.schedule import run_timer

        core = self._parse.app.core
        hooks = {hook.target: hook for hook in core.hooks.every("every")}
        if name not in hooks:
            raise KeyError(f"no timer {name!r}; there are {', '.join(sorted(hooks)) or 'none'}")
        run_timer(core, hooks[name])


def refusal(answer: Answer) -> ParseError:
    """The error that an answer tells."""
    body = answer.body if isinstance(answer.body, dict) else {}
    text = body.get("error", body.get("message", answer.body))
    return ParseError(body.get("code", Code.OTHER_CAUSE), text, status=answer.status)


def _path(class_name: str, object_id: str | None = None) -> str:
    base = "/" + SPECIAL.get(class_name, f"classes/{quote(class_name)}")
    return base if object_id is None else f"{base}/{quote(object_id, safe='')}"


def _plain(value: Any) -> Any:
    """As JSON: plain containers and REST forms pass, Python values are encoded."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return encode(stored(value))


def _sent(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of an object after `fields` were accepted: no passwords, no operations."""
    known = {name: _plain(value) for name, value in fields.items() if name != "password"}
    return {name: value for name, value in known.items() if not (isinstance(value, dict) and "__op" in value)}


def _text(value: Any) -> str:
    """A value of a query string: texts as they are, the rest as JSON."""
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    return value if isinstance(value, str) else json.dumps(_plain(value))


__all__ = ["Answer", "Jobs", "Parse", "refusal"]
