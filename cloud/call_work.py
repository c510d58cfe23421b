"""The slow half of the calls: what asks the video service or takes time. Done by one process at a time, every two seconds.

Nothing here is needed for an answer to a client; after a kill the next process finds the same work in the store.
"""

from __future__ import annotations

import logging
from typing import Any

from cloud import buddy_chats, call_store, presence, pushes
from cloud.call_events import Destroyed, Done, Due, Event, Failed, Joined, Left, Seen, Unseen
from cloud.call_sides import side_by_data
from cloud.calls import ASK, ENDED, LEAVE, RINGING, SESSION, SIGNAL, TELL_MISSED, Call
from cloud.options import options
from parse_shim import Config, Query, cloud
from parse_shim.ids import timestamp
from parse_shim.video.base import VideoError
from parse_shim.video.callbacks import VideoEvent

log = logging.getLogger(__name__)

SWEEP_SECONDS = 2.0
SLOW_SWEEP_SECONDS = 60.0
KEEP_ENDED_SECONDS = 86400.0
SIGNAL_TYPE = "call"


@cloud.every(SWEEP_SECONDS)
def sweep_calls(request: Any) -> None:
    """Everything whose time has come, and people who are gone."""
    work_due_calls(request.video)
    presence.sweep()


@cloud.every(SLOW_SWEEP_SECONDS)
def tidy(request: Any) -> None:
    """What nobody waits for: old calls, rows without a call, the key that clients may read."""
    call_store.forget_old_calls(timestamp() - KEEP_ENDED_SECONDS)
    remove_lost_rows()
    publish_key(request.video)


@cloud.video_event
def client_came_or_went(request: Any) -> None:
    """A genuine callback. It may come twice, late, or after what followed it."""
    call_store.learn_callbacks()
    event: VideoEvent = request.event
    call = call_store.of_session(event.session_id)
    if call is None:
        buddy_chats.follow(event)
        return
    happening = read_event(call, event)
    if happening is not None:
        call_store.happen(call.id, happening)


def read_event(call: Call, event: VideoEvent) -> Event | None:
    """What a callback means for the call; streams mean nothing to it."""
    at = event.at_ms / 1000 if event.at_ms else timestamp()
    match event.kind:
        case "connectionCreated":
            return Joined(event.connection_id, side_by_data(call, event.data), at)
        case "connectionDestroyed":
            return Left(event.connection_id, side_by_data(call, event.data), at, clean=not event.may_come_back)
        case "sessionDestroyed":
            return Destroyed(at)
    return None


# -- work ---------------------------------------------------------------------------------------------------------------------


def work_due_calls(video: Any) -> None:
    """One call's trouble is not the others'."""
    for call in call_store.due_calls(timestamp()):
        try:
            work(call, video)
        except Exception:
            log.exception("the work on call %s failed", call.id)


def work(call: Call, video: Any) -> None:
    """Let its time pass, then do what is to be done, and what follows from that."""
    now = call_store.happen(call.id, Due())
    if now is None:
        return
    call = call_store.do_fast_work(now)
    tried: set[str] = set()
    while left := [word for word in call.todo if word not in tried]:
        tried.add(left[0])
        call = do(call, left[0], video) or call


def settle(call: Call, video: Any) -> None:
    """For those who cannot wait for the timer: is this call, whose time has come, still one?"""
    now = call_store.happen(call.id, Due())
    if now is not None and ASK in now.todo:
        call_store.happen(call.id, ask(now, video))


def do(call: Call, word: str, video: Any) -> Call | None:
    """Do one thing; the call afterwards."""
    kind, _, connection = word.partition(":")
    if kind == ASK:
        return call_store.happen(call.id, ask(call, video))
    try:
        if kind == LEAVE:
            disconnect(call, connection, video)
        elif kind == SIGNAL:
            tell_clients(call, video)
        elif kind == TELL_MISSED and call.kind == SESSION:
            pushes.tell_of_missed(call)
    except VideoError as error:
        log.warning("call %s, %s: %s", call.id, word, error)
        return call_store.happen(call.id, Failed(word))
    return call_store.happen(call.id, Done((word,)))


def ask(call: Call, video: Any) -> Event:
    """Who is in the session? Two connections are a call; without a list of them, or with a shorter one, the streams count.

    A service that does not answer at all is not asked twice: it may hold us for the whole deadline each time."""
    connections: int | None = None
    try:
        connections = len(video.connections(call.session_id))
        if connections >= 2:
            return Seen(connections, None)
    except VideoError as error:
        if error.status is None:
            return unheard(call, error)
    try:
        return Seen(connections, len(video.streams(call.session_id)))
    except VideoError as error:
        return unheard(call, error)


def unheard(call: Call, error: VideoError) -> Event:
    log.warning("call %s: the video service does not say who is there: %s", call.id, error)
    return Unseen()


def disconnect(call: Call, connection: str, video: Any) -> None:
    """One client, or all: those we were told of, and those the service knows. Raises VideoError when one may be left."""
    if connection:
        video.disconnect(call.session_id, connection)
        return
    told = [name for name, seat in call.connections.items() if seat.until is None]
    for name in told:
        video.disconnect(call.session_id, name)
    for found in video.connections(call.session_id):
        if found.id not in told:
            video.disconnect(call.session_id, found.id)


def tell_clients(call: Call, video: Any) -> None:
    """For clients that listen; the tutorial's does not, and nobody there to hear it is no failure."""
    try:
        video.signal(call.session_id, SIGNAL_TYPE, f'{{"state":"{call.state}"}}')
    except VideoError as error:
        log.info("call %s: no signal (%s)", call.id, error)


# -- tidying ------------------------------------------------------------------------------------------------------------------


def remove_lost_rows() -> None:
    """Rows whose call has ended or was never known ring at their receiver for ever."""
    old = call_store.date(timestamp() - 2 * options().ring_seconds)
    for row in Query("ActiveSessions").less_than("createdAt", old).limit(100).find(use_master_key=True):
        call = call_store.of_row(row.id or "")
        if call is None or call.state == ENDED:
            presence.remove(row)
        elif call.state != RINGING:
            log.info("call %s is %s and still has its row", call.id, call.state)


def publish_key(video: Any) -> None:
    """Clients need the project's key besides a token: they find it in the config."""
    if video is not None and video.api_key and Config.get_config().get("opentokApiKey") != video.api_key:
        Config.save({"opentokApiKey": video.api_key})
