"""BuddyInvitation and BuddyChat: an invitation is a call that rings (cloud/calls.py), its chat what is talked in.

The inviter is busy while it waits, the invitee only once it has accepted, so several invitations may wait for one person;
accepting one declines the others. Each invitation is answered once, whoever is first.
"""

from __future__ import annotations

from typing import Any

from cloud import busy, call_store
from cloud.buddy_people import show_status
from cloud.call_events import Accepted, Displaced, HungUp
from cloud.call_sides import data_of
from cloud.calls import (
    ANSWERED,
    CALLER,
    CANCELLED,
    COMPLETED,
    DELIVERED,
    INVITATION,
    LIVE,
    MISSED,
    RECEIVER,
    REJECTED,
    RINGING,
    Call,
    begin,
)
from cloud.people import asker
from parse_shim import ACL, Code, Field, Object, ObjectNotFound, ParseError, Pointer, Query, Validator, cloud
from parse_shim.ids import new_object_id, timestamp
from parse_shim.video.base import VideoError

PENDING, ACCEPTED, DECLINED, CANCELLED_BY, EXPIRED = "pending", "accepted", "declined", "cancelled", "expired"
STEPS = {ACCEPTED: (RECEIVER, Accepted()), DECLINED: (RECEIVER, HungUp(RECEIVER)), CANCELLED_BY: (CALLER, HungUp(CALLER))}
"""What a state that a client writes means: whose step it is, and what happens to the call."""
ENDS = {REJECTED: DECLINED, CANCELLED: CANCELLED_BY, MISSED: EXPIRED}
FIXED = ("from", "to", "chat", "ACL")
OPEN, ENDED = "open", "ended"


# -- invitations --------------------------------------------------------------------------------------------------------------


@cloud.before_save("BuddyInvitation")
def prepare_invitation(request: Any) -> None:
    if request.original is None:
        invite(request, request.object)
    elif not request.master:
        step(request, request.object)


def invite(request: Any, row: Object) -> None:
    """A new invitation. Raises ParseError 119, 142 (nobody there, busy), 141 (no video)."""
    request.check_types()
    me, to = asker(request), person(row.get("to"))
    if me is None or (row.get("from") is not None and person(row["from"]) != me):
        raise ParseError(Code.OPERATION_FORBIDDEN, "You can act in your own name only.")
    if not to or to == me or not exists(to):
        raise ParseError(Code.VALIDATION_ERROR, "There is nobody to invite.")
    if busy.holder(to):
        raise ParseError(Code.VALIDATION_ERROR, busy.RECEIVER_BUSY)
    row.id = new_object_id()
    row["from"], row["state"] = Pointer("_User", me), PENDING
    call = begin(row.id, me, to, "", timestamp(), call_store.rules(), INVITATION)
    busy.take(call, call.locked_until - timestamp())
    request.on_failure(lambda: release(call))
    session = make_session(request.video)
    row["chat"] = make_chat(call, session).to_pointer()
    row.acl = of_both(me, to)
    call_store.store_new(begin(row.id, me, to, session, timestamp(), call_store.rules(), INVITATION))
    show_status(me)


def step(request: Any, row: Object) -> None:
    """The inviter cancels, or the invitee accepts or declines. Raises ParseError 119, 142."""
    for name in FIXED:
        if row.dirty(name):
            row.revert(name)
    if not row.dirty("state"):
        return
    wanted = row["state"]
    side, event = STEPS.get(wanted, (None, None))
    if event is None or request.original["state"] != PENDING:
        raise ParseError(Code.VALIDATION_ERROR, f"An invitation that is {request.original['state']} cannot become {wanted}.")
    call = call_store.of_row(row.id or "")
    if call is None or call.side_of(asker(request) or "") != side:
        raise ParseError(Code.OPERATION_FORBIDDEN, f"Only the {'invitee' if side == RECEIVER else 'inviter'} can do this.")
    after = call_store.happen(call.id, event, only=(RINGING, DELIVERED))
    if after is None:
        raise ParseError(Code.VALIDATION_ERROR, "The invitation was answered already.")
    if state_of(after) != wanted:
        raise ParseError(Code.VALIDATION_ERROR, busy.CALLER_BUSY)
    if wanted == ACCEPTED:
        decline_others(after)


def decline_others(call: Call) -> None:
    for other in call_store.live_calls_of(call.receiver):
        if other.kind == INVITATION and other.receiver == call.receiver and other.id != call.id:
            call_store.happen(other.id, HungUp(RECEIVER), only=(RINGING, DELIVERED))


def show(call: Call) -> None:
    """Invitation, chat and both people's rows follow the call, however it came to its state."""
    invitation = first("BuddyInvitation", "objectId", call.id)
    if invitation is not None and invitation["state"] in (PENDING, ACCEPTED) and invitation["state"] != state_of(call):
        invitation.save({"state": state_of(call)}, use_master_key=True)
    chat = first("BuddyChat", "rowID", call.id)
    if chat is not None and not call.live and chat["state"] != ENDED:
        chat.save({"state": ENDED}, use_master_key=True)
    show_status(call.caller, call.receiver)


call_store.SHOW[INVITATION] = show


def state_of(call: Call) -> str:
    """The invitation's state. One that was accepted stays so when the chat is over."""
    if call.state in (RINGING, DELIVERED):
        return PENDING
    if call.state == ANSWERED or (call.answered_at is not None and call.end_reason == COMPLETED):
        return ACCEPTED
    return ENDS.get(call.end_reason, CANCELLED_BY)


# -- chats --------------------------------------------------------------------------------------------------------------------


@cloud.before_save("BuddyChat")
def keep_chat(request: Any) -> None:
    """Its people may end a chat and nothing else. Raises ParseError 119, 142."""
    row = request.object
    if request.master:
        return
    if request.original is None:
        raise ParseError(Code.OPERATION_FORBIDDEN, "Chats are made by invitations.")
    for name in row.dirty_keys():
        if name != "state":
            row.revert(name)
    if not row.dirty("state"):
        return
    if row["state"] != ENDED:
        raise ParseError(Code.VALIDATION_ERROR, "A chat can only be ended.")
    call = call_store.of_row(row.get("rowID") or "")
    if call is not None:
        call_store.happen(call.id, HungUp(call.side_of(asker(request) or "") or CALLER))


@cloud.function("buddyChatToken", validator=Validator(require_user=True, fields={"chat": Field(type=str, required=True)}))
def buddy_chat_token(request: Any) -> dict[str, str]:
    """What a client needs to join a chat it has accepted, or invited to: `apiKey`, `sessionId`, a fresh `token`.

    Raises ParseError 101 (no such chat, or it is over), 119 (not invited, or not accepted yet)."""
    chat = first("BuddyChat", "objectId", request.params["chat"])
    call = call_store.of_row(chat.get("rowID") or "") if chat is not None else None
    if call is None or not call.live:
        raise ObjectNotFound("Object not found.")
    me = asker(request) or ""
    side = call.side_of(me)
    if side is None or (side == RECEIVER and call.state != ANSWERED):
        raise ParseError(Code.OPERATION_FORBIDDEN, "This is not your chat.")
    token = request.video.token(call.session_id, "publisher", data_of(me, side))
    return {"apiKey": request.video.api_key, "sessionId": call.session_id, "token": token}


def make_session(video: Any) -> str:
    try:
        return str(video.create_session())
    except VideoError as error:
        raise ParseError(Code.SCRIPT_FAILED, f"could not create opentok session for the chat: {error}") from error


def make_chat(call: Call, session: str) -> Object:
    chat = Object("BuddyChat", sessionID=session, state=OPEN, rowID=call.id, inviterID=call.caller, inviteeID=call.receiver)
    chat.acl = of_both(call.caller, call.receiver)
    return chat.save(use_master_key=True)


def release(call: Call) -> None:
    """The invitation could not be stored."""
    chat = first("BuddyChat", "rowID", call.id)
    if chat is not None:
        chat.destroy(use_master_key=True)
    stored = call_store.of_row(call.id)
    if stored is not None and stored.state in LIVE:
        call_store.happen(call.id, Displaced())
        call_store.drop(call)
    busy.free(call)
    show_status(call.caller)


# -- small --------------------------------------------------------------------------------------------------------------------


def of_both(*people: str) -> ACL:
    acl = ACL()
    for each in people:
        acl.set_read_access(each, True)
        acl.set_write_access(each, True)
    return acl


def person(pointer: Any) -> str | None:
    return pointer.id if pointer is not None else None


def exists(user: str) -> bool:
    query: Query[Object] = Query("_User")
    return query.equal_to("objectId", user).count(use_master_key=True) > 0


def first(class_name: str, column: str, value: str) -> Object | None:
    query: Query[Object] = Query(class_name)
    return query.equal_to(column, value).first(use_master_key=True)
