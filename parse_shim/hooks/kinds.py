"""Every kind of hook: its name here, its name on the wire, what it hangs on and whether it may refuse. Source:
contract/10, section 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

BEFORE_SAVE = "before_save"
AFTER_SAVE = "after_save"
BEFORE_DELETE = "before_delete"
AFTER_DELETE = "after_delete"
BEFORE_FIND = "before_find"
AFTER_FIND = "after_find"
BEFORE_LOGIN = "before_login"
AFTER_LOGIN = "after_login"
AFTER_LOGOUT = "after_logout"
BEFORE_PASSWORD_RESET_REQUEST = "before_password_reset_request"
BEFORE_CONNECT = "before_connect"
BEFORE_SUBSCRIBE = "before_subscribe"
AFTER_LIVE_QUERY_EVENT = "after_live_query_event"
ON_LIVE_QUERY_EVENT = "on_live_query_event"
FUNCTION = "function"
JOB = "job"
EVERY = "every"
VIDEO_EVENT = "video_event"

FILE = "@File"
"""Target of hooks on files."""
CONFIG = "@Config"
"""Target of hooks on the config."""

ANY = ""
"""Target of hooks that hang on nothing in particular."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`wire`: triggerName. `target`: what the decorator's argument names. `vetoes`: raising refuses what was asked for.
    `many`: several of one kind and target may exist. `shares`: what the hook writes into its context reaches the
    after hook."""

    name: str
    wire: str
    target: Literal["class", "name", "none"] = "class"
    vetoes: bool = True
    many: bool = False
    shares: bool = False


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(BEFORE_SAVE, "beforeSave", shares=True),
        Kind(AFTER_SAVE, "afterSave", vetoes=False),
        Kind(BEFORE_DELETE, "beforeDelete", shares=True),
        Kind(AFTER_DELETE, "afterDelete"),
        Kind(BEFORE_FIND, "beforeFind", shares=True),
        Kind(AFTER_FIND, "afterFind"),
        Kind(BEFORE_LOGIN, "beforeLogin"),
        Kind(AFTER_LOGIN, "afterLogin"),
        Kind(AFTER_LOGOUT, "afterLogout"),
        Kind(BEFORE_PASSWORD_RESET_REQUEST, "beforePasswordResetRequest"),
        Kind(BEFORE_CONNECT, "beforeConnect", "none"),
        Kind(BEFORE_SUBSCRIBE, "beforeSubscribe"),
        Kind(AFTER_LIVE_QUERY_EVENT, "afterEvent"),
        Kind(ON_LIVE_QUERY_EVENT, "onLiveQueryEvent", "none", vetoes=False, many=True),
        Kind(FUNCTION, "function", "name"),
        Kind(JOB, "job", "name"),
        Kind(EVERY, "every", "name", vetoes=False),
        Kind(VIDEO_EVENT, "videoEvent", "none", vetoes=False, many=True),
    )
}

BY_WIRE: Mapping[str, Kind] = {kind.wire: kind for kind in KINDS.values() if kind.target != "name"}
"""Kinds by triggerName, as webhooks name them."""

UNASKED = frozenset({BEFORE_LOGIN, AFTER_LOGIN, AFTER_LOGOUT, BEFORE_PASSWORD_RESET_REQUEST})
"""Kinds whose validator is not run, as on the peer: only its rate limit counts (contract/10, section 11)."""

ONLY_USER = frozenset({BEFORE_LOGIN, AFTER_LOGIN, BEFORE_PASSWORD_RESET_REQUEST})


def refusal(kind: str, target: str) -> str | None:
    """Why a hook of this kind cannot hang on this class, in the peer's words; None when it can."""
    if kind in ONLY_USER and target != "_User":
        return "Only the _User class is allowed for the beforeLogin, afterLogin, and beforePasswordResetRequest triggers"
    if kind == AFTER_LOGOUT and target != "_Session":
        return "Only the _Session class is allowed for the afterLogout trigger."
    if target == "_Session" and kind != AFTER_LOGOUT and KINDS[kind].target == "class":
        return "Only the afterLogout trigger is allowed for the _Session class."
    if kind == BEFORE_SAVE and target == "_PushStatus":
        return "Only afterSave is allowed on _PushStatus"
    return None
