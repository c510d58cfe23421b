"""ActiveSessions: every call gets an OpenTok session and two tokens for it, before it is stored.

The order of work is that of a good refusal: types, presence, identity, then the busy locks, then OpenTok. Whatever
fails gives back what was taken before it.
"""

from __future__ import annotations

from typing import Any

from cloud import busy, call_store, call_work, presence, pushes
from cloud.call_events import Deleted, Displaced
from cloud.call_sides import data_of
from cloud.calls import ANSWERED, CALLER, RECEIVER, SESSION, begin
from cloud.masking import SECRETS, hide_secrets, restrict_search
from cloud.options import options
from cloud.pages import roles_of
from cloud.people import TITLE_LENGTH, asker, check_identity, title_of
from parse_shim import ACL, Code, Object, ParseError, Query, cloud
from parse_shim.ids import new_object_id, timestamp
from parse_shim.video.base import VideoError

FIXED = ("sessionID", "publisherToken", "subscriberToken", "callerID", "receiverID")
"""What an update cannot change."""
FAILED = "could not create opentok session for activeSession"


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
    end_earlier_calls(request, caller, receiver)
    # The row's id names the call in both locks, so it is chosen here.
    row.id = new_object_id()
    take_people(request, row.id, caller, receiver)
    make_video(request, row)
    set_rights(row, caller, receiver)
    start_ringing(request, row)


@cloud.after_save("ActiveSessions")
def ring(request: Any) -> None:
    """Tell the receiver's devices; those that are asleep do not poll."""
    if request.original is None:
        pushes.tell_of_call(request.object)


@cloud.after_delete("ActiveSessions")
def row_gone(request: Any) -> None:
    """Who took the row away decides what it means: the receiver takes it when the phone rings, so the call goes on."""
    call_store.happen(request.object.id, Deleted(side_of_asker(request)))


@cloud.before_find("ActiveSessions")
def search_calls(request: Any) -> None:
    """A poll is a sign of life; one of a receiver whose call was delivered says how that call went."""
    presence.notice_query(request)
    restrict_search(request)
    if not request.is_get and not request.query.order:
        # The receiver takes the first row it finds, and that must be the call that has waited longest.
        request.query.ascending("createdAt")


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
        if row.dirty(name):
            row.revert(name)
    caller, receiver = row.get("callerID"), row.get("receiverID")
    if not caller:
        raise ParseError(Code.VALIDATION_ERROR, "callerID is missing")
    if not receiver:
        misspelt = " (recieverID is not a column of this server)" if "recieverID" in row else ""
        raise ParseError(Code.VALIDATION_ERROR, f"receiverID is missing{misspelt}")
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


def check_receiver(receiver: str) -> None:
    """Raises ParseError 142 when nobody is there to be called."""
    rule = options().receiver
    if rule == "user" and not Query("_User").equal_to("objectId", receiver).count(use_master_key=True):
        raise ParseError(Code.VALIDATION_ERROR, "The person you are calling does not exist.")
    if rule == "online" and not presence.is_online(receiver):
        raise ParseError(Code.VALIDATION_ERROR, "User is no longer online.")


def end_earlier_calls(request: Any, caller: str, receiver: str) -> None:
    """Calls of the two that are over go first. Who dials again, whomever, has left a call that nobody has answered, and
    by dialling the same person any call; that also absorbs an SDK's repeated save, whose answer was lost."""
    for call in call_store.live_calls_of(caller, receiver):
        left = call.kind == SESSION and call.caller == caller
        if left and (call.receiver == receiver or call.state != ANSWERED):
            call_store.happen(call.id, Displaced())
        elif call.deadline is not None and call.deadline <= timestamp():
            call_work.settle(call, request.video)


def take_people(request: Any, row: str, caller: str, receiver: str) -> None:
    """Raises ParseError 142: one of the two is busy."""
    call = begin(row, caller, receiver, "", timestamp(), call_store.rules())
    busy.take(call, call.locked_until - timestamp())
    request.on_failure(lambda: busy.free(call))
    # Ours are the locks now. A call that still looks alive lost them: nobody looked after it while its time ran out.
    for other in call_store.live_calls_of(caller, receiver):
        if not {caller, receiver}.isdisjoint(other.people):
            call_store.happen(other.id, Displaced())


def make_video(request: Any, row: Object) -> None:
    """Raises ParseError 141, with a reason and no secret."""
    caller, receiver = row["callerID"], row["receiverID"]
    try:
        session = request.video.create_session()
        row["sessionID"] = session
        row["publisherToken"] = receiver_token(request.video, session, receiver)
        row["subscriberToken"] = caller_token(request, session, caller)
    except VideoError as error:
        raise ParseError(Code.SCRIPT_FAILED, f"{FAILED}: {error}") from error


def receiver_token(video: Any, session: str, receiver: str) -> str:
    """publisherToken: the tutorial's receiver connects with it."""
    return str(video.token(session, "publisher", data_of(receiver, RECEIVER)))


def caller_token(request: Any, session: str, caller: str) -> str:
    """subscriberToken: the tutorial's caller connects with it, and publishes, which only `two-way` allows."""
    role = "publisher" if roles_of(request) == "two-way" else "subscriber"
    return str(request.video.token(session, role, data_of(caller, CALLER)))


def set_rights(row: Object, caller: str, receiver: str) -> None:
    """The row's ACL by access mode; what the client sent counts in open mode only."""
    access = options().access
    if access == "open":
        return
    acl = ACL()
    acl.public_read = access == "masked"
    for person in (caller, receiver):
        acl.set_read_access(person, True)
        acl.set_write_access(person, True)
    row.acl = acl


def start_ringing(request: Any, row: Object) -> None:
    """The call is in the store before its row is: should we be killed between the two, its ring deadline clears up."""
    now = timestamp()
    call = begin(row.id, row["callerID"], row["receiverID"], row["sessionID"], now, call_store.rules())
    call_store.store_new(call)
    request.on_failure(lambda: call_store.drop(call))


def side_of_asker(request: Any) -> str:
    """caller, receiver, `master`; empty for others, who can delete rows in open mode only."""
    if request.master:
        return "master"
    row, me = request.object, asker(request)
    if me is None:
        return ""
    return CALLER if me == row.get("callerID") else RECEIVER if me == row.get("receiverID") else ""
