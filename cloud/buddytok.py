"""BuddyTok: its four REST paths at the root of the server, for its unmodified web client (cloud/buddytok_files.py has the page).

One presence session for everybody, in which nobody may publish; a session for each chat. What the original leaves open
is closed: tokens are given for chats that we made and that have not ended, never for the presence session.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request
from flask.blueprints import BlueprintSetupState

from cloud import buddy_chats, buddytok_files
from cloud.address_limit import AddressLimit
from cloud.buddytok_options import buddy_options
from parse_shim import cloud
from parse_shim.video.base import VideoError

log = logging.getLogger(__name__)

NAME_LENGTH = 100
MOST_BYTES = 64 * 1024

routes = Blueprint("buddytok", __name__)
cloud.mount(routes)

limit = AddressLimit()


@routes.record
def add_paths(state: BlueprintSetupState) -> None:
    """The paths are absolute from the root, as the client has them; with the API there too they would collide."""
    if not buddy_options().enabled:
        return
    if not state.app.core.settings.mount_path:  # type: ignore[attr-defined]
        log.warning("BuddyTok is off: its paths are at the root, where the API is; give the API a mount path")
        return
    for path, methods in PATHS.items():
        state.add_url_rule(path, path.strip("/"), answer_with(methods), methods=METHODS, provide_automatic_options=False)
    buddytok_files.add_paths(state)


METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def answer_with(methods: dict[str, Any]) -> Any:
    """A view that knows some methods; any other is not found, as in the original."""

    def view() -> Response:
        handler = methods.get("GET" if request.method == "HEAD" else request.method)
        response = refuse(404) if handler is None else handler()
        response.headers["Cache-Control"] = "no-store"
        return response

    return view


def get_presence() -> Response:
    """Where everybody meets. No token: that needs a name."""
    return guarded(lambda: jsonify(apiKey=g.video.api_key, sessionId=buddy_chats.presence_session(g.video)))


def post_users() -> Response:
    """A token for the presence session, with the name that the others will see."""
    body = read_body()
    name = body.get("name") if body else None
    if not is_name(name):
        return refuse(400)
    if limit.exceeded(g.ip, buddy_options().per_minute):
        return refuse(429)
    session = buddy_chats.presence_session
    return guarded(lambda: jsonify(token=g.video.token(session(g.video), "subscriber", {"name": name})))


def post_chats() -> Response:
    """A new chat: its inviter's token."""
    if limit.exceeded(g.ip, buddy_options().per_minute):
        return refuse(429)
    invitee = (read_body() or {}).get("invitee")
    inviter = buddy_chats.user_of(request.headers.get("X-Parse-Session-Token"))
    return guarded(lambda: chat_answer(buddy_chats.create(g.video, inviter, invitee if isinstance(invitee, str) else None)))


def get_chats() -> Response:
    """A token for a chat that one was invited to."""
    user = buddy_chats.user_of(request.headers.get("X-Parse-Session-Token"))
    session = buddy_chats.joinable(request.args.get("sessionId", ""), user)
    if session is None:
        return refuse(404)
    return guarded(lambda: chat_answer(session))


PATHS: dict[str, dict[str, Any]] = {
    "/presence": {"GET": get_presence},
    "/users": {"POST": post_users},
    "/chats": {"POST": post_chats, "GET": get_chats},
}


def chat_answer(session: str) -> Response:
    return jsonify(apiKey=g.video.api_key, sessionId=session, token=g.video.token(session, "publisher"))


def guarded(work: Any) -> Response:
    """A video service that is away is said so; the client shows the status text."""
    try:
        response: Response = work()
    except VideoError as error:
        log.warning("BuddyTok: %s", error)
        response = jsonify(error=f"The video service does not work now: {error}")
        response.status_code = 503
    return response


def read_body() -> dict[str, Any] | None:
    """The JSON object in the body, whatever its content type says."""
    if (request.content_length or 0) > MOST_BYTES:
        return None
    body = request.get_json(force=True, silent=True)
    return body if isinstance(body, dict) else None


def is_name(name: Any) -> bool:
    """Up to 100 characters (the original counts bytes, its own client characters)."""
    if not isinstance(name, str) or not name.strip() or len(name) > NAME_LENGTH:
        return False
    try:
        name.encode()
    except UnicodeEncodeError:  # half a character
        return False
    return True


def refuse(status: int) -> Response:
    return current_app.response_class(status=status)
