"""The record of BuddyTok's sessions: the one for presence, and every chat that was made, with its end.

The record is what makes a session id ours: anybody can write an id with our key in it, and the SDK signs tokens for it.
"""

from __future__ import annotations

from typing import Any

from cloud import busy
from cloud.buddytok_options import buddy_options
from cloud.call_store import A_DECADE_SECONDS, MARKS
from parse_shim import ACL, Object, Query
from parse_shim.video.callbacks import VideoEvent

CLASS = "BuddyChat"
OPEN, ENDED = "open", "ended"
MOST_PEOPLE = 2


def presence_session(video: Any) -> str:
    """The same for all workers, machines and restarts: two would split the people. Raises VideoError."""
    given = buddy_options().presence_session
    if given:
        return given
    mark = busy.mark(f"presence {video.api_key}", MARKS)
    known = mark.owner()
    if known is None:
        made = video.create_session()
        known = made if mark.take(made, A_DECADE_SECONDS) else mark.owner()
    return str(known)


def create(video: Any, inviter: str | None, invitee: str | None) -> str:
    """A new chat's session id. Raises VideoError."""
    session = str(video.create_session())
    row = Object(CLASS, sessionID=session, state=OPEN, ACL=ACL())
    if inviter is not None:
        row["inviterID"] = inviter
        row["inviteeID"] = invitee or ""
    row.save(use_master_key=True)
    return session


def joinable(session: str, user: str | None) -> str | None:
    """The id itself, if it is that of a chat of ours which goes on and has a place for one more."""
    row = find(session) if session else None
    if row is None or row["state"] != OPEN or row.get("rowID"):
        return None
    if row.get("inviterID") and user not in (row["inviterID"], row.get("inviteeID")):
        return None
    present = set(row.get("joined") or ()) - set(row.get("left") or ())
    return session if len(present) < MOST_PEOPLE else None


def follow(event: VideoEvent) -> None:
    """A genuine callback: who is in a chat, and when it ends. Events may come twice and in any order."""
    row = find(event.session_id)
    if row is None:
        return
    if event.kind == "connectionCreated":
        row.add_unique("joined", event.connection_id)
    elif event.kind == "connectionDestroyed":
        row.add_unique("left", event.connection_id)
    elif event.kind == "sessionDestroyed":
        row["state"] = ENDED
    else:
        return
    row.save(use_master_key=True)


def find(session: str) -> Object | None:
    query: Query[Object] = Query(CLASS)
    return query.equal_to("sessionID", session).first(use_master_key=True)


def user_of(token: str | None) -> str | None:
    """The user of a Parse session token, if one was sent."""
    if not token:
        return None
    query: Query[Object] = Query("_Session")
    session = query.equal_to("sessionToken", token).first(use_master_key=True)
    return session["user"].id if session is not None else None
