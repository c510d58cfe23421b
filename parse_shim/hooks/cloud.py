"""The decorators of cloud code: `from parse_shim import cloud`. They only mark the function; the server collects the
marks at start.

    @cloud.before_save("Post")
    def check_title(request):
        if not request.object.get("title"):
            raise ParseError(Code.VALIDATION_ERROR, "a post needs a title")

    @cloud.function
    def hello(request):
        return "Hello " + request.params["name"]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, Final, TypeVar, overload

from parse_shim.hooks import kinds
from parse_shim.sdk.config import Config
from parse_shim.sdk.file import File
from parse_shim.sdk.object import Object
from parse_shim.sdk.pending import perform
from parse_shim.sdk.session import As, current

F = TypeVar("F", bound=Callable[..., Any])
Target = str | type[Object] | type[File] | type[Config]

MARKS: Final = "__parse_hooks__"
MARKED: Final = "__parse_marked__"
MOUNTS: Final = "__parse_mounts__"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a decorator noted. `target` None: the function's own name."""

    kind: str
    target: str | None
    validator: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)


# -- triggers ------------------------------------------------------------------------------------------------------------------


def before_save(target: Target, *, validator: Any = None) -> Callable[[F], F]:
    """Before an object is stored. Change `request.object`, or raise to refuse. Also for File and Config."""
    return _class_mark(kinds.BEFORE_SAVE, target, validator)


def after_save(target: Target, *, validator: Any = None) -> Callable[[F], F]:
    """After an object is stored. A dict or list returned is the answer's whole body; an exception is only logged."""
    return _class_mark(kinds.AFTER_SAVE, target, validator)


def before_delete(target: Target, *, validator: Any = None) -> Callable[[F], F]:
    """Before an object is deleted. Raise to refuse."""
    return _class_mark(kinds.BEFORE_DELETE, target, validator)


def after_delete(target: Target, *, validator: Any = None) -> Callable[[F], F]:
    """After an object is gone. An exception reaches the client, but the object stays gone."""
    return _class_mark(kinds.AFTER_DELETE, target, validator)


def before_find(target: Target, *, validator: Any = None) -> Callable[[F], F]:
    """Before a query or a get. Change `request.query`, return another Query, return objects to answer without one, or
    raise."""
    return _class_mark(kinds.BEFORE_FIND, target, validator)


def after_find(target: Target, *, validator: Any = None) -> Callable[[F], F]:
    """With what a query found in `request.objects`. Change them, return others, or raise."""
    return _class_mark(kinds.AFTER_FIND, target, validator)


@overload
def before_login(handler: F, /) -> F: ...
@overload
def before_login(target: Target = "_User", /, *, validator: Any = None) -> Callable[[F], F]: ...
def before_login(target: Any = "_User", /, *, validator: Any = None) -> Any:
    """The password was right; no session exists yet. Raise to refuse."""
    return _bare_or_class(kinds.BEFORE_LOGIN, target, "_User", validator)


@overload
def after_login(handler: F, /) -> F: ...
@overload
def after_login(target: Target = "_User", /, *, validator: Any = None) -> Callable[[F], F]: ...
def after_login(target: Any = "_User", /, *, validator: Any = None) -> Any:
    """The session exists. Raise to answer with an error; the session stays."""
    return _bare_or_class(kinds.AFTER_LOGIN, target, "_User", validator)


@overload
def after_logout(handler: F, /) -> F: ...
@overload
def after_logout(target: Target = "_Session", /, *, validator: Any = None) -> Callable[[F], F]: ...
def after_logout(target: Any = "_Session", /, *, validator: Any = None) -> Any:
    """The session in `request.object` is gone."""
    return _bare_or_class(kinds.AFTER_LOGOUT, target, "_Session", validator)


@overload
def before_password_reset_request(handler: F, /) -> F: ...
@overload
def before_password_reset_request(target: Target = "_User", /, *, validator: Any = None) -> Callable[[F], F]: ...
def before_password_reset_request(target: Any = "_User", /, *, validator: Any = None) -> Any:
    """A user was found, no mail is sent yet. Raise to refuse (which tells that the account exists)."""
    return _bare_or_class(kinds.BEFORE_PASSWORD_RESET_REQUEST, target, "_User", validator)


# -- LiveQuery -----------------------------------------------------------------------------------------------------------------


@overload
def before_connect(handler: F, /) -> F: ...
@overload
def before_connect(*, validator: Any = None) -> Callable[[F], F]: ...
def before_connect(handler: Any = None, /, *, validator: Any = None) -> Any:
    """A LiveQuery client connects. Raise to refuse."""
    return _bare(kinds.BEFORE_CONNECT, handler, kinds.ANY, validator)


def before_subscribe(target: Target, *, validator: Any = None) -> Callable[[F], F]:
    """A LiveQuery client subscribes. Change `request.query`, or raise to refuse."""
    return _class_mark(kinds.BEFORE_SUBSCRIBE, target, validator)


def after_live_query_event(target: Target, *, validator: Any = None) -> Callable[[F], F]:
    """Before an event goes to one subscriber. Change `request.object` or `request.event`, or set `request.send_event`
    to False."""
    return _class_mark(kinds.AFTER_LIVE_QUERY_EVENT, target, validator)


@overload
def on_live_query_event(handler: F, /) -> F: ...
@overload
def on_live_query_event() -> Callable[[F], F]: ...
def on_live_query_event(handler: Any = None, /) -> Any:
    """Something happened on the LiveQuery server; for counting and logging."""
    return _bare(kinds.ON_LIVE_QUERY_EVENT, handler, kinds.ANY, None)


# -- functions, jobs, timers -----------------------------------------------------------------------------------------------------


@overload
def function(handler: F, /) -> F: ...
@overload
def function(name: str, /, *, validator: Any = None) -> Callable[[F], F]: ...
@overload
def function(*, validator: Any = None) -> Callable[[F], F]: ...
def function(name: Any = None, /, *, validator: Any = None) -> Any:
    """`POST /functions/<name>`. Returns its result, or a CloudResponse; nothing returned is an empty answer.

    Without a name, the function's own. A marshmallow schema may be the validator of its parameters.
    """
    if isinstance(name, str):
        return _marker(Mark(kinds.FUNCTION, name, validator))
    return _bare(kinds.FUNCTION, name, None, validator)


define = function


@overload
def job(handler: F, /) -> F: ...
@overload
def job(name: str, /) -> Callable[[F], F]: ...
@overload
def job() -> Callable[[F], F]: ...
def job(name: Any = None, /) -> Any:
    """`POST /jobs/<name>` with the master key: runs on behind the answer. A text returned becomes its message."""
    if isinstance(name, str):
        return _marker(Mark(kinds.JOB, name))
    return _bare(kinds.JOB, name, None, None)


def every(period: float | str, *, name: str | None = None) -> Callable[[F], F]:
    """Run again and again, in one process at a time: every so many seconds, or at the times of a cron line (`*/5 * *
    * *`, in UTC)."""
    return _marker(Mark(kinds.EVERY, name, None, {"period": period}))


@overload
def video_event(handler: F, /) -> F: ...
@overload
def video_event() -> Callable[[F], F]: ...
def video_event(handler: Any = None, /) -> Any:
    """A verified callback of the video service."""
    return _bare(kinds.VIDEO_EVENT, handler, kinds.ANY, None)


def mount(blueprint: Any, url_prefix: str | None = None) -> None:
    """Serve a Flask blueprint besides the API. Called at the top level of a module of cloud code, whose mark it
    becomes."""
    home = sys._getframe(1).f_globals
    home.setdefault(MOUNTS, []).append((blueprint, url_prefix))


# -- calls from inside hooks -------------------------------------------------------------------------------------------------------


def run(
    name: str,
    params: Mapping[str, Any] | None = None,
    *,
    use_master_key: bool = False,
    session_token: str | None = None,
    context: Mapping[str, Any] | None = None,
) -> Any:
    """Call a cloud function. Raises what it raises, as ParseError."""
    return perform(lambda: current().call(name, params or {}, As(use_master_key, session_token, context)))


def start_job(name: str, params: Mapping[str, Any] | None = None) -> str:
    """Start a job in the background; the id of its _JobStatus."""
    return perform(lambda: current().start_job(name, params or {}))


def get_jobs_data() -> dict[str, list[str]]:
    """{"in_use": names that are scheduled, "jobs": names of all jobs}."""
    return perform(lambda: current().jobs_data())


def get_job_status(job_id: str) -> Object:
    """The _JobStatus of a run."""
    return Object.reference("_JobStatus", job_id).fetch(use_master_key=True)


def send_email(*, to: str, subject: str, text: str = "", html: str | None = None, **more: Any) -> None:
    """Send a mail through the server's mail adapter."""
    message = {"to": to, "subject": subject, "text": text, **({"html": html} if html is not None else {}), **more}
    return perform(lambda: current().send_email(message))


def clear(registry: Any) -> None:
    """Take all hooks out of a Registry; for tests."""
    registry.clear()


# -- marking -----------------------------------------------------------------------------------------------------------------------


def _marker(mark: Mark) -> Callable[[F], F]:
    def put(handler: F) -> F:
        handler.__dict__.setdefault(MARKS, []).append(mark)
        # Its name may be given to the next hook of the module, and some never have one there.
        home = sys.modules.get(handler.__module__) if isinstance(handler, FunctionType) else None
        if home is not None:
            vars(home).setdefault(MARKED, []).append(handler)
        return handler

    return put


def _class_mark(kind: str, target: Target, validator: Any) -> Callable[[F], F]:
    return _marker(Mark(kind, target_name(target), validator))


def _bare(kind: str, handler: Any, target: str | None, validator: Any) -> Any:
    marker: Callable[[Any], Any] = _marker(Mark(kind, target, validator))
    return marker if handler is None else marker(handler)


def _bare_or_class(kind: str, given: Any, target: str, validator: Any) -> Any:
    if callable(given) and not isinstance(given, type):
        return _bare(kind, given, target, validator)
    return _class_mark(kind, given, validator)


def target_name(target: Target) -> str:
    """The class a hook hangs on: a name, a subclass of Object, File or Config."""
    if isinstance(target, str):
        return target
    if issubclass(target, File):
        return kinds.FILE
    if issubclass(target, Config):
        return kinds.CONFIG
    if not target.registered_name:
        raise TypeError(f"{target.__name__} stands for no class: give it one, as in class Post(Object, class_name='Post')")
    return target.registered_name
