"""Run one hook: bind the session, ask its validator, keep its time limit, log one line, turn exceptions into what a
client sees.

Source: contract/10, sections 9 and 11.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar
from time import perf_counter
from typing import Any

from parse_shim.errors import Code, ParseError, TransportError, ValidationFailed
from parse_shim.hooks.kinds import EVERY, FUNCTION, KINDS, UNASKED
from parse_shim.hooks.limits import HookTimeout, run_limited
from parse_shim.hooks.registry import Hook
from parse_shim.hooks.requests import Request
from parse_shim.log import event_level, tell
from parse_shim.sdk.session import Session, bind, unbind

log = logging.getLogger(__name__)

DEEPEST = 20
"""How many hooks may run inside one another: a hook that saves its own object would go on for ever."""

FREQUENT = 60.0
"""Timers that run more often than every so many seconds tell of a success at debug only, as do the hooks that run inside them."""

SKIPPED = object()
"""What `call` returns when the validator let a master key pass the handler by."""

_around: ContextVar[tuple[int, bool]] = ContextVar("parse_shim_hooks_around", default=(0, False))
"""How many hooks run around this one, and whether one of them is a frequent timer."""


def call(
    hook: Hook,
    request: Request,
    *,
    session: Session,
    time_limit: float | None = None,
    code: int = Code.SCRIPT_FAILED,
    empty: str | None = None,
) -> Any:
    """What the handler returned, or SKIPPED. `time_limit` in seconds, None: any. Raises ParseError only.

    `code` and `empty` are for exceptions that are no ParseError: 141 unless a file hook says otherwise, and the text
    when there is none.
    """
    started = perf_counter()
    depth, quiet = _around.get()
    quiet = quiet or _is_frequent(hook)
    token = _around.set((depth + 1, quiet))
    try:
        if depth >= DEEPEST:
            raise ParseError(Code.SCRIPT_FAILED, f"More than {DEEPEST} hooks inside one another, the last is {hook.name}")
        previous = bind(session)
        try:
            result = _checked_and_run(hook, request, time_limit)
        finally:
            unbind(previous)
        if KINDS[hook.kind].shares:
            request.share_context()
    except BaseException as problem:
        refused = as_parse_error(problem, hook, code, empty)
        _log_failure(hook, problem, refused, perf_counter() - started, _level(hook, request, failed=True))
        if refused is None:
            raise
        raise refused
    finally:
        _around.reset(token)
    level = logging.DEBUG if quiet else _level(hook, request, failed=False)
    if log.isEnabledFor(level):
        tell(log, level, f"{hook.kind} {hook.target}: {hook.name}, {(perf_counter() - started) * 1000:.1f} ms")
    return result


def _checked_and_run(hook: Hook, request: Request, time_limit: float | None) -> Any:
    check = hook.validator
    if check is None or hook.kind in UNASKED:
        return run_limited(hook.handler, request, time_limit, hook.is_async)
    try:
        run_limited(check.run, request, time_limit, False)
    except (ParseError, HookTimeout):
        raise
    except Exception as problem:
        raise ValidationFailed(_text(problem) or "Validation failed.") from problem
    if check.skips(request):
        return SKIPPED
    return run_limited(hook.handler, request, time_limit, hook.is_async)


def as_parse_error(problem: BaseException, hook: Hook, code: int, empty: str | None) -> ParseError | None:
    """What the client sees of an exception; None: not ours to hold (a worker being stopped)."""
    if isinstance(problem, ParseError):
        return problem
    if isinstance(problem, HookTimeout):
        return ParseError(code, f"{hook.kind} hook {hook.name} took longer than {problem.seconds:g} seconds")
    if isinstance(problem, TransportError):
        return ParseError(code, problem.message)
    if isinstance(problem, SystemExit):
        # Under gevent it would end the whole worker, and every request in it.
        return ParseError(code, f"{hook.kind} hook {hook.name} called sys.exit")
    if not isinstance(problem, Exception):
        return None
    return ParseError(code, _text(problem) or empty or ("Script failed." if hook.kind == FUNCTION else "Script failed. Unknown error."))


def _text(problem: Exception) -> Any:
    """What an exception says: its text, or the number or object it was raised with."""
    if isinstance(problem, KeyError) and problem.args:
        return f"{problem} is missing"  # its own text is the bare key
    if len(problem.args) == 1:
        said = problem.args[0]
        if isinstance(said, dict):
            return said.get("message", said)
        if isinstance(said, str | int | float) and not isinstance(said, bool):
            return said
    return str(problem)


def _is_frequent(hook: Hook) -> bool:
    if hook.kind != EVERY:
        return False
    period = hook.options.get("period")
    return isinstance(period, int | float) and period < FREQUENT


def _level(hook: Hook, request: Request, *, failed: bool) -> int:
    """As the logLevels option says: by default info, and error for a refusal."""
    levels = getattr(request.config, "log_levels", None)
    if levels is None:
        return logging.ERROR if failed else logging.INFO
    if hook.kind == FUNCTION:
        name = levels.cloud_function_error if failed else levels.cloud_function_success
    elif hook.kind.startswith("before"):
        name = levels.trigger_before_error if failed else levels.trigger_before_success
    else:
        name = "error" if failed else levels.trigger_after
    return event_level(name)


def _log_failure(hook: Hook, problem: BaseException, refused: ParseError | None, seconds: float, level: int) -> None:
    line = "%s %s: %s at %s, %.1f ms, "
    args = (hook.kind, hook.target, hook.name, hook.place, seconds * 1000)
    if isinstance(problem, HookTimeout):
        log.log(level, line + "cut after %g s", *args, problem.seconds)
    elif isinstance(problem, ParseError) and problem is refused:
        log.log(level, line + "refused with %s %s", *args, problem.code, problem.message)
    else:
        log.log(level, line + "failed", *args, exc_info=problem)
