"""What becomes of a user's calls when the user is deleted, or begins anew."""

from __future__ import annotations

from typing import Any

from cloud import call_store, presence
from cloud.call_events import HungUp, Withdrew
from cloud.calls import Call
from parse_shim import cloud


@cloud.after_delete("_User")
def user_gone(request: Any) -> None:
    person = request.object.id
    for call in call_store.live_calls_of(person):
        hang_up(call, person)
    presence.remove_all(person)


@cloud.before_login
def begins_anew(request: Any) -> None:
    """The tutorial's app logs in at its first start only, later it uses the stored session. So the app that was in a
    call is not there any more, unless the video service told us that it is still connected."""
    person = request.object.id
    for call in call_store.live_calls_of(person):
        side = call.side_of(person) or ""
        if call.present(side):
            continue
        if call.answered_at is not None:
            hang_up(call, person)
        elif call.caller == person:
            call_store.happen(call.id, Withdrew())


def hang_up(call: Call, person: str) -> None:
    call_store.happen(call.id, HungUp(call.side_of(person) or ""))
