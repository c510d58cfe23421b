"""Functions of LiveSessions for clients that may change."""

from __future__ import annotations

from typing import Any

from cloud.live_sessions import caller_token, receiver_token
from cloud.options import options
from parse_shim import Code, Field, Object, ParseError, Query, Validator, cloud


@cloud.function("getActiveSessionsToken", validator=Validator(fields={"activeSession": Field(type=str, required=True)}))
def get_active_sessions_token(request: Any) -> str:
    """A fresh token for one's own call. Raises ParseError 101 (no such call), 119 (somebody else's)."""
    row = find_call(request.params["activeSession"])
    me = request.user.id if request.user is not None else None
    if me is not None and me == row.get("callerID"):
        return caller_token(request.video, row["sessionID"], me)
    if me is not None and me == row.get("receiverID"):
        return receiver_token(request.video, row["sessionID"], me)
    raise ParseError(Code.OPERATION_FORBIDDEN, "This is not your call.")


@cloud.function("openTokConfig", validator=Validator(require_user=True))
def open_tok_config(request: Any) -> dict[str, Any]:
    """What a client needs besides its token: the project's key, and how long it rings."""
    return {"apiKey": request.video.api_key, "ringSeconds": options().ring_seconds}


def find_call(row_id: str) -> Object:
    """Raises ParseError 101."""
    row = Query("ActiveSessions").equal_to("objectId", row_id).first(use_master_key=True)
    if row is None:
        raise ParseError(Code.OBJECT_NOT_FOUND, "Object not found.")
    return row
