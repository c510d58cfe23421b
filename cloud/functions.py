"""Functions of LiveSessions for clients that may change. Each answers for one's own calls only.

Errors: 101 no such call (any more), 119 somebody else's, 142 a parameter is missing.
"""

from __future__ import annotations

from typing import Any

from cloud import call_store, presence
from cloud.call_events import Accepted, HungUp
from cloud.calls import ANSWERED, CALLER, LIVE, RECEIVER, Call
from cloud.live_sessions import caller_token, receiver_token
from cloud.options import options
from cloud.people import asker
from parse_shim import Code, Field, GeoPoint, ObjectNotFound, ParseError, Query, Validator, cloud
from parse_shim.ids import timestamp
from parse_shim.values.geo import radians_between

NEEDS_CALL = Validator(fields={"activeSession": Field(type=str, required=True)})
EARTH_MILES = 3958.8
MOST_PEOPLE = 1000


@cloud.function("getActiveSessionsToken", validator=NEEDS_CALL)
def get_active_sessions_token(request: Any) -> str:
    """A fresh token for one's own call, also when its row is gone. Tokens grow old, so none is read from a row."""
    call = own_call(request)
    if not call.live:
        raise ObjectNotFound("Object not found.")
    if asker(request) == call.caller:
        return caller_token(request, call.session_id, call.caller)
    return receiver_token(request.video, call.session_id, call.receiver)


@cloud.function("acceptCall", validator=NEEDS_CALL)
def accept_call(request: Any) -> dict[str, Any]:
    """The receiver said yes: known at once, without the video service's callbacks."""
    return status(change(request, RECEIVER, Accepted()))


@cloud.function("rejectCall", validator=NEEDS_CALL)
def reject_call(request: Any) -> dict[str, Any]:
    return status(change(request, RECEIVER, HungUp(RECEIVER)))


@cloud.function("cancelCall", validator=NEEDS_CALL)
def cancel_call(request: Any) -> dict[str, Any]:
    return status(change(request, CALLER, HungUp(CALLER)))


@cloud.function("hangUp", validator=NEEDS_CALL)
def hang_up(request: Any) -> dict[str, Any]:
    """Either of the two, whatever the call's state: before an answer the caller cancels and the receiver rejects."""
    call = own_call(request)
    side = call.side_of(asker(request) or "") or CALLER
    return status(call_store.happen(call.id, HungUp(side)) or call)


@cloud.function("callStatus")
def call_status(request: Any) -> dict[str, Any]:
    """How a call stands: `state`, `endReason`, who is `connected` (as far as callbacks tell), `secondsLeft` to ring or
    talk. By `activeSession` (objectId of the row) or `sessionID`."""
    return status(own_call(request))


@cloud.function("whoIsOnline", validator=Validator(require_user=True))
def who_is_online(request: Any) -> list[dict[str, Any]]:
    """People who are here, nearest first, without oneself; `near` (a GeoPoint) and `miles` (200) narrow it."""
    near, miles = place_of(request.params.get("near")), request.params.get("miles", 200)
    if isinstance(miles, bool) or not isinstance(miles, int | float) or not miles > 0:
        raise ParseError(Code.VALIDATION_ERROR, "Validation failed. Invalid value for miles.")
    query = Query("ActiveUsers").greater_than_or_equal_to("lastSeen", presence.oldest())
    query.not_equal_to("userID", asker(request)).limit(MOST_PEOPLE)
    if near is not None:
        query.within_radians("userLocation", near, miles / EARTH_MILES)
    return [person(row, near) for row in query.find(use_master_key=True)]


@cloud.function("openTokConfig", validator=Validator(require_user=True))
def open_tok_config(request: Any) -> dict[str, Any]:
    """What a client needs besides its token: the project's key, and how long it rings."""
    return {"apiKey": request.video.api_key, "ringSeconds": options().ring_seconds}


# -- calls --------------------------------------------------------------------------------------------------------------------


def own_call(request: Any) -> Call:
    """The call that the parameters name. Raises ParseError 142, 101, 119."""
    row, session = request.params.get("activeSession"), request.params.get("sessionID")
    if isinstance(row, str) and row:
        call = call_store.of_row(row)
    elif isinstance(session, str) and session:
        call = call_store.of_session(session)
    else:
        raise ParseError(Code.VALIDATION_ERROR, "Validation failed. Please specify data for activeSession.")
    if call is None:
        raise ObjectNotFound("Object not found.")
    if not request.master and call.side_of(asker(request) or "") is None:
        raise ParseError(Code.OPERATION_FORBIDDEN, "This is not your call.")
    return call


def change(request: Any, side: str, event: Accepted | HungUp) -> Call:
    """What only one of the two may do. Raises ParseError 119 for the other."""
    call = own_call(request)
    if not request.master and call.side_of(asker(request) or "") != side:
        raise ParseError(Code.OPERATION_FORBIDDEN, f"Only the {side} can do this.")
    return call_store.happen(call.id, event) or call


def status(call: Call) -> dict[str, Any]:
    return {
        "activeSession": call.id,
        "state": call.state,
        "endReason": call.end_reason or None,
        "connected": {CALLER: call.present(CALLER), RECEIVER: call.present(RECEIVER)},
        "secondsLeft": seconds_left(call),
    }


def seconds_left(call: Call) -> float:
    """Until it stops ringing, or until the longest time for a call is over."""
    if call.state not in LIVE:
        return 0
    end = call.timers.get("max" if call.state == ANSWERED else "ring", timestamp())
    return max(0.0, round(end - timestamp(), 1))


# -- people -------------------------------------------------------------------------------------------------------------------


def place_of(value: Any) -> GeoPoint | None:
    """A GeoPoint in REST form, or one already. Raises ParseError 142."""
    if value is None or isinstance(value, GeoPoint):
        return value
    try:
        return GeoPoint(float(value["latitude"]), float(value["longitude"]))
    except (TypeError, ValueError, KeyError) as error:
        raise ParseError(
            Code.VALIDATION_ERROR, "Validation failed. Invalid type for near. Expected: GeoPoint"
        ) from error


def person(row: Any, near: GeoPoint | None) -> dict[str, Any]:
    shown = {name: row.get(name) for name in ("userID", "userTitle", "userLocation")}
    if near is not None:
        shown["miles"] = round(radians_between(near, row["userLocation"]) * EARTH_MILES, 1)
    return shown
