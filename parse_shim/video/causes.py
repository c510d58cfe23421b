"""From what the SDK, requests or the network threw to one sentence for people, without secrets.

The SDK wraps and rewraps: `create_session` turns everything into its own exceptions, the other calls let those of
requests through, and a status survives at best as a second argument. So the whole chain of causes is looked at.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator

from parse_shim.video.base import VideoError

_SERVICE = "the video service"


def explain(error: BaseException) -> VideoError:
    """What to tell about `error`, a failure of one call of the SDK."""
    chain = list(_chain(error))
    return _transport(chain) or _answered(error, chain)


def nothing_was_sent(error: BaseException) -> bool:
    """Was the connection refused or reset while it was being made, so that trying again is safe?"""
    chain = list(_chain(error))
    return "NewConnectionError" in _names(chain) and bool(_errnos(chain) & {errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED})


def _status_of(error: BaseException) -> int | None:
    """The HTTP status of the answer, when the SDK kept it in any form."""
    for each in _chain(error):
        # RequestError("An unexpected error occurred.", 404)
        if len(each.args) == 2 and isinstance(each.args[1], int) and 100 <= each.args[1] < 600:
            return each.args[1]
        if type(each).__name__ == "AuthError":
            return 403
    return None


def _transport(chain: list[BaseException]) -> VideoError | None:
    """Sentences for calls that brought no whole answer; None when an answer came."""
    names = _names(chain)
    if "ProxyError" in names:
        return VideoError(f"{_SERVICE} cannot be reached through the proxy of the environment")
    if "SSLError" in names or "SSLCertVerificationError" in names:
        return VideoError(f"no safe connection to {_SERVICE} (TLS failed)")
    if "NameResolutionError" in names or "gaierror" in names:
        return VideoError(f"the name of {_SERVICE}'s host is unknown (DNS)")
    # before the time-outs: NewConnectionError is one of them in urllib3 1
    if errno.ECONNREFUSED in _errnos(chain):
        return VideoError(f"{_SERVICE} refused the connection")
    if names & {"Timeout", "TimeoutError"}:
        return VideoError(f"{_SERVICE} did not answer in time")
    if names & {"ConnectionError", "ProtocolError", "ChunkedEncodingError", "NewConnectionError"}:
        return VideoError(f"the connection to {_SERVICE} was lost")
    return None


def _answered(error: BaseException, chain: list[BaseException]) -> VideoError:
    status = _status_of(error)
    text = str(error)
    if status == 403:
        return VideoError(f"{_SERVICE} refused our credentials (403)", status=403)
    if status == 404 or "not connected to the session" in text:
        return VideoError("nobody by that id is connected", status=404)
    if status is not None:
        return VideoError(f"{_SERVICE} answered with status {status}", status=status)
    if text == "Failed to create session: ":
        return VideoError(f"{_SERVICE} gave an empty answer")
    if text == "Failed to generate session: 0":
        # an object where a list of sessions belongs: the JSON of an error, whose status the SDK does not look at
        return VideoError(f"{_SERVICE} answered with an error")
    if text.startswith("Failed to generate session: "):
        return VideoError(f"{_SERVICE} gave an answer that cannot be read")
    if names := _names(chain) & {"JSONDecodeError", "AttributeError", "KeyError", "TypeError", "ValueError"}:
        return VideoError(f"{_SERVICE} gave an answer that cannot be read ({', '.join(sorted(names))})")
    return VideoError(f"{_SERVICE} failed ({type(error).__name__})")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """`error`, its causes and contexts, and the exceptions that urllib3 keeps as `reason` or among the arguments."""
    seen: set[int] = set()
    todo: list[object] = [error]
    while todo:
        each = todo.pop(0)
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            todo += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]


def _names(chain: list[BaseException]) -> set[str]:
    return {base.__name__ for each in chain for base in type(each).__mro__}


def _errnos(chain: list[BaseException]) -> set[int | None]:
    return {each.errno for each in chain if isinstance(each, OSError)}
