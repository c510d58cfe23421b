"""What a hook gets: one class for each family of hooks. Objects are made when the hook first looks at them.

rest/ builds these from a Caller and Docs, hands them to hooks/run.py, and reads afterwards what the hook did.
Attributes: contract/10, section 2.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import Any

from parse_shim.errors import Code, ParseError
from parse_shim.sdk.convert import handed
from parse_shim.sdk.object import Object
from parse_shim.sdk.pending import perform
from parse_shim.sdk.query import Query
from parse_shim.sdk.session import QueryPlan
from parse_shim.sdk.user import User
from parse_shim.update.ops import Update
from parse_shim.values.types import Doc

log = logging.getLogger("parse_shim.cloud")


@dataclass(slots=True, eq=False)
class Caller:
    """Who asks, as hooks see it. Never changed; frozen it would take 3 µs to make, a sixth of a hook's cost.

    `user`: Doc of the session's user, None with a master key. `config`: the server's
    Settings.
    `headers`: lower-case names; None, as `ip`, for a call made by cloud code. `roles`: ("role:A", ...) of the user,
    looked up when asked."""

    master: bool = False
    is_read_only: bool = False
    user: Doc | None = None
    session_token: str | None = None
    installation_id: str | None = None
    ip: str | None = None
    headers: Mapping[str, str] | None = None
    config: Any = None
    video: Any = None
    log: logging.Logger = log
    roles: Callable[[], tuple[str, ...]] = field(default=tuple)


SERVER = Caller()


class Request:
    """What all requests have. `context` is a copy of the request's cloud context; a before hook's changes reach the
    after hook."""

    trigger_name: str | None = None

    def __init__(self, caller: Caller, context: dict[str, Any] | None = None) -> None:
        self._caller = caller
        self._shared = context
        self._context: dict[str, Any] | None = None
        self._user: Object | None = None

    @property
    def master(self) -> bool:
        """The master key, or the read-only one."""
        return self._caller.master

    @property
    def is_read_only(self) -> bool:
        return self._caller.is_read_only

    @property
    def user(self) -> User | None:
        """The user of the session, with its session token; None for the master key and for nobody."""
        if self._caller.user is None:
            return None
        if self._user is None:
            self._user = Object.from_doc("_User", {**self._caller.user, "sessionToken": self._caller.session_token})
        return self._user  # type: ignore[return-value]

    def roles(self) -> tuple[str, ...]:
        """("role:A", ...): what the user holds, directly or through other roles."""
        return self._caller.roles()

    @property
    def session_token(self) -> str | None:
        return self._caller.session_token

    @property
    def installation_id(self) -> str | None:
        """`cloud` for calls from cloud code and for a master key without an installation."""
        return self._caller.installation_id

    @property
    def ip(self) -> str | None:
        return self._caller.ip

    @property
    def headers(self) -> Mapping[str, str] | None:
        """Names in lower case."""
        return self._caller.headers

    @property
    def log(self) -> logging.Logger:
        return self._caller.log

    @property
    def config(self) -> Any:
        """The server's settings."""
        return self._caller.config

    @property
    def video(self) -> Any:
        """The video service: `create_session()`, `token(session, role)`."""
        return self._caller.video

    @property
    def context(self) -> dict[str, Any]:
        if self._context is None:
            self._context = dict(self._shared or {})
        return self._context

    @context.setter
    def context(self, value: Mapping[str, Any]) -> None:
        self._context = {**self.context, **value}

    def share_context(self) -> None:
        """Give what the hook wrote into its context to the hooks that follow."""
        if self._context is not None and self._shared is not None:
            self._shared.update(self._context)


class TriggerRequest(Request):
    """before/after save, delete, login, logout, password reset.

    A save: `original` is the stored Doc (None: a create), `update` the client's operations, `doc` the id that a new
    object is to have, if the client chose one. The others: `doc` is the object. after_save: `doc` is what is stored now.
    """

    def __init__(
        self,
        trigger_name: str,
        class_name: str,
        caller: Caller,
        *,
        doc: Doc | None = None,
        original: Doc | None = None,
        update: Update | None = None,
        context: dict[str, Any] | None = None,
        check_types: Callable[[Update], None] | None = None,
    ) -> None:
        super().__init__(caller, context)
        self.trigger_name = trigger_name
        self.class_name = class_name
        self._doc = doc
        self._original_doc = original
        self._update = update
        self._check_types = check_types
        self._object: Object | None = None
        self._original: Object | None = None
        self.undo: list[Callable[[], Any]] = []

    @property
    def object(self) -> Object:
        """Changed in before_save, it is stored as it is then; in after_save changes only show in the answer."""
        if self._object is None:
            base = self._doc if self._doc is not None else self._original_doc
            existed = self._original_doc is not None or (self._doc is not None and self.trigger_name not in ("beforeSave", "afterSave"))
            self._object = Object.from_doc(self.class_name, base or {}, existed=existed, update=self._update)
        return self._object

    @object.setter
    def object(self, value: Object) -> None:
        self._object = value

    @property
    def original(self) -> Object | None:
        """The stored object before an update; None for a create. A copy: changing it changes nothing."""
        if self._original is None and self._original_doc is not None:
            self._original = Object.from_doc(self.class_name, self._original_doc)
        return self._original

    def check_types(self) -> None:
        """Check the values of now against the columns' types at once, instead of after the hook. Raises ParseError
        111."""
        if self._check_types is not None:
            self._check_types(self.changes())

    def on_failure(self, undo: Callable[[], Any]) -> None:
        """Call `undo`, a plain function, if the save fails after this hook; the last one registered first."""
        if iscoroutinefunction(undo):
            raise TypeError("on_failure takes a plain function: what it calls just returns, in an async hook too")
        self.undo.append(undo)

    def changes(self) -> Update:
        """All pending operations, the client's and the hook's. For rest/."""
        if self._object is None:
            return dict(self._update or {})
        return self._object.changes()

    @property
    def touched(self) -> bool:
        """The hook looked at the object, so it may have changed. For rest/."""
        return self._object is not None


class FindRequest(Request):
    """before_find and, with `objects`, after_find. `count`: how many match was asked too. `is_get`: one object by its
    id."""

    def __init__(
        self,
        trigger_name: str,
        caller: Caller,
        plan: QueryPlan,
        *,
        is_get: bool = False,
        count: bool = False,
        docs: list[Doc] | None = None,
        context: dict[str, Any] | None = None,
        pipeline: list[Mapping[str, Any]] | None = None,
        distinct: str | None = None,
    ) -> None:
        super().__init__(caller, context)
        self.trigger_name = trigger_name
        self.class_name = plan.class_name
        self.is_get = is_get
        self.count = count
        self.pipeline = pipeline
        self.distinct = distinct
        self.read_preference: str | None = None
        self.include_read_preference: str | None = None
        self.subquery_read_preference: str | None = None
        self._plan = plan
        self._docs = docs
        self._query: Query[Any] | None = None
        self._objects: list[Object] | None = None

    @property
    def query(self) -> Query[Any]:
        """Change it, or return another one."""
        if self._query is None:
            self._query = Query.from_plan(self._plan)
        return self._query

    @query.setter
    def query(self, value: Query[Any]) -> None:
        self._query = value

    @property
    def objects(self) -> list[Object]:
        """after_find: what was found. Change them, or return others."""
        if self._objects is None:
            self._objects = [Object.from_doc(doc.get("className", self.class_name), doc) for doc in self._docs or ()]
        return self._objects

    @objects.setter
    def objects(self, value: list[Object]) -> None:
        self._objects = value

    def outcome(self, result: Any) -> QueryPlan | list[Object]:
        """What before_find asks for, given what its handler returned: a plan to run, or objects that answer without a
        query.

        limit and skip of 0 do not override the client's; the class stays. For rest/.
        """
        if isinstance(result, Object):
            return [result]
        if isinstance(result, list | tuple) and all(isinstance(item, Object) for item in result):
            return list(result)
        if isinstance(result, Query):
            return _over(self._plan, result.plan(), whole=False)
        return self._plan if self._query is None else _over(self._plan, self._query.plan(), whole=True)

    def results(self, result: Any) -> list[Any] | None:
        """What after_find leaves, given what its handler returned: Objects, or plain dicts in REST form; None: as
        found. For rest/.

        Raises ParseError 141 for a result that is no list.
        """
        if result is None:
            return self._objects
        if isinstance(result, list | tuple) and all(isinstance(item, Object | Mapping) for item in result):
            return list(result)
        raise ParseError(Code.SCRIPT_FAILED, "An after_find hook returns a list of objects, or nothing")


def _over(client: QueryPlan, hook: QueryPlan, *, whole: bool) -> QueryPlan:
    """`hook`'s query; what it does not set stays the client's. `whole`: it began as the client's, so it sets all but
    limit and skip."""
    return QueryPlan(
        client.class_name,
        hook.where,
        hook.limit or client.limit,
        hook.skip or client.skip,
        hook.order if whole else hook.order or client.order,
        hook.keys if whole else hook.keys or client.keys,
        hook.exclude_keys if whole else hook.exclude_keys or client.exclude_keys,
        hook.include if whole else hook.include or client.include,
        hook.hint or client.hint,
        hook.comment or client.comment,
        hook.read_preference or client.read_preference,
        client.redirect_key,
    )


class FunctionRequest(Request):
    """A call of a cloud function. `params`: dates, pointers and files are decoded, the rest is as sent."""

    def __init__(self, function_name: str, params: dict[str, Any], caller: Caller, *, context: dict[str, Any] | None = None) -> None:
        super().__init__(caller, context)
        self.function_name = function_name
        self.params: dict[str, Any] = {name: handed(value) for name, value in params.items()}

    def share_context(self) -> None:
        """A function's context goes nowhere."""


class JobRequest(Request):
    """A run of a background job: no user, no rights of its own."""

    def __init__(self, job_name: str, job_id: str, params: dict[str, Any], caller: Caller, tell: Callable[[str], None]) -> None:
        super().__init__(caller)
        self.job_name = job_name
        self.job_id = job_id
        self.params: dict[str, Any] = {name: handed(value) for name, value in params.items()}
        self._tell = tell

    def message(self, text: str) -> None:
        """Show how far it is in the job's _JobStatus. Anything but a filled text is ignored."""
        return perform(lambda: self._tell(text) if text and type(text) is str else None)


class FileRequest(Request):
    """Hooks on files. before_save may return another File, or set metadata, tags and directory of this one.
    Finds: `force_download` and `response_headers` may be changed."""

    def __init__(self, trigger_name: str, file: Any, file_size: int | None, caller: Caller, *, stream: bool = False) -> None:
        super().__init__(caller)
        self.trigger_name = trigger_name
        self.file = file
        self.file_size = file_size
        self.stream = stream
        self.force_download = False
        self.response_headers: dict[str, str] = {"X-Content-Type-Options": "nosniff"}


class ConfigRequest(Request):
    """Hooks on the config. `object`: the parameters sent (before_save) or the new whole (after_save)."""

    def __init__(self, trigger_name: str, config: Any, original: Any, caller: Caller, *, context: dict[str, Any] | None = None) -> None:
        super().__init__(caller, context)
        self.trigger_name = trigger_name
        self.object = config
        self.original = original


class TimerRequest(Request):
    """A run of an `every` hook, in one process at a time."""

    def __init__(self, name: str, caller: Caller) -> None:
        super().__init__(caller)
        self.name = name
