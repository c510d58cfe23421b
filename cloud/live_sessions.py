"""ActiveSessions: every call gets an OpenTok session and two tokens for it, before it is stored.

The order of work is that of a good refusal: types, presence, identity, then the busy locks, then OpenTok. Whatever
fails gives back what was taken before it.
"""

from __future__ import annotations

import json
from typing import Any

from cloud import busy
from cloud.masking import SECRETS, hide_secrets, restrict_search
from cloud.options import options
from parse_shim import ACL, Code, Object, ParseError, Query, cloud
from parse_shim.ids import new_object_id
from parse_shim.video import VideoError

FIXED = ("sessionID", "publisherToken", "subscriberToken", "callerID", "receiverID")
"""What an update cannot change."""
FAILED = "could not create opentok session for activeSession"
TITLE_LENGTH = 100


@cloud.before_save("ActiveSessions")
def prepare_call(request: Any) -> None:
    """A new row becomes a call; an update keeps what is the server's."""
    if request.original is not None:
        keep_fixed_values(request)
        return
    row = request.object
    request.check_types()
    check_call(request, row)
    caller, receiver = row["callerID"], row["receiverID"]
    end_earlier_call(caller)
    # The row's id names the call in both locks, so it is chosen here.
    row.id = new_object_id()
    call = busy.Call(row.id, caller, receiver)
    busy.take(call, options().ring_seconds)
    request.on_failure(lambda: busy.free(call))
    make_video(request, row)
    set_rights(row, caller, receiver)


@cloud.after_delete("ActiveSessions")
def end_call(request: Any) -> None:
    """The caller (or an administrator) took the row away: both people are free. The receiver takes it when the phone
    rings, so then they stay busy until the call's time is over."""
    row = request.object
    if request.master or (request.user is not None and request.user.id == row.get("callerID")):
        busy.free(busy.Call(row.id, row.get("callerID", ""), row.get("receiverID", "")))


@cloud.before_find("ActiveSessions")
def search_calls(request: Any) -> None:
    restrict_search(request)


@cloud.after_find("ActiveSessions")
def show_calls(request: Any) -> None:
    hide_secrets(request)


def keep_fixed_values(request: Any) -> None:
    """Put back what the request touched; untouched keys are left alone, since a key that a hook sets is answered."""
    row = request.object
    names = FIXED if request.master or options().access == "open" else (*FIXED, "ACL")
    for name in names:
        if row.dirty(name):
            row.revert(name)


def check_call(request: Any, row: Object) -> None:
    """Raises ParseError 142 (missing, self, too long, nobody there) or 119 (another's name)."""
    for name in SECRETS:
        if name in row:
            row.revert(name)
    caller, receiver = row.get("callerID"), row.get("receiverID")
    if not caller:
        raise ParseError(Code.VALIDATION_ERROR, "callerID is missing")
    if not receiver:
        raise ParseError(Code.VALIDATION_ERROR, "receiverID is missing")
    if caller == receiver:
        raise ParseError(Code.VALIDATION_ERROR, "You cannot call yourself.")
    check_identity(request, caller)
    title = row.get("callerTitle") or title_of(caller)
    if len(title) > TITLE_LENGTH:
        raise ParseError(Code.VALIDATION_ERROR, f"callerTitle is longer than {TITLE_LENGTH} characters")
    if row.get("callerTitle") != title:
        row["callerTitle"] = title
    for flag in ("isVideo", "isAudio"):
        if row.get(flag) is None:
            row[flag] = True
    check_receiver(receiver)


def check_identity(request: Any, person: str) -> None:
    """Nobody acts in another's name. In open mode a client without a session is believed. Raises ParseError 119."""
    if request.master or (request.user is None and options().access == "open"):
        return
    if request.user is None or request.user.id != person:
        raise ParseError(Code.OPERATION_FORBIDDEN, "You can act in your own name only.")


def check_receiver(receiver: str) -> None:
    """Raises ParseError 142 when nobody is there to be called."""
    rule = options().receiver
    if rule == "user" and not Query("_User").equal_to("objectId", receiver).count(use_master_key=True):
        raise ParseError(Code.VALIDATION_ERROR, "The person you are calling does not exist.")
    if rule == "online" and not Query("ActiveUsers").equal_to("userID", receiver).count(use_master_key=True):
        raise ParseError(Code.VALIDATION_ERROR, "User is no longer online.")


def title_of(person: str) -> str:
    """What the person is called in ActiveUsers."""
    row = Query("ActiveUsers").equal_to("userID", person).descending("updatedAt").first(use_master_key=True)
    return (row.get("userTitle") if row else None) or "Unknown"


def end_earlier_call(caller: str) -> None:
    """Who dials again has left the earlier call. This also absorbs an SDK's repeated save, whose answer was lost."""
    earlier = busy.call_of(caller)
    if earlier is None or earlier.caller != caller:
        return
    busy.free(earlier)
    row = Query("ActiveSessions").equal_to("objectId", earlier.row).first(use_master_key=True)
    if row is not None:
        row.destroy(use_master_key=True)


def make_video(request: Any, row: Object) -> None:
    """Raises ParseError 141, with a reason and no secret."""
    caller, receiver = row["callerID"], row["receiverID"]
    try:
        session = request.video.create_session()
        row["sessionID"] = session
        row["publisherToken"] = receiver_token(request.video, session, receiver)
        row["subscriberToken"] = caller_token(request.video, session, caller)
    except VideoError as error:
        raise ParseError(Code.SCRIPT_FAILED, f"{FAILED}: {error}") from error


def receiver_token(video: Any, session: str, receiver: str) -> str:
    """publisherToken: the tutorial's receiver connects with it."""
    return str(video.token(session, "publisher", json.dumps({"userID": receiver, "side": "receiver"})))


def caller_token(video: Any, session: str, caller: str) -> str:
    """subscriberToken: the tutorial's caller connects with it, and publishes, which only `two-way` allows."""
    role = "publisher" if options().roles == "two-way" else "subscriber"
    return str(video.token(session, role, json.dumps({"userID": caller, "side": "caller"})))


def set_rights(row: Object, caller: str, receiver: str) -> None:
    """The row's ACL by access mode; what the client sent counts in open mode only."""
    access = options().access
    if access == "open":
        return
    acl = ACL()
    acl.set_public_read_access(access == "masked")
    for person in (caller, receiver):
        acl.set_read_access(person, True)
        acl.set_write_access(person, True)
    row.acl = acl
