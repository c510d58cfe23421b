"""The emulated vendor's REST interface, as far as the `opentok` SDK of a call server uses it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

import jwt
from flask import Blueprint, Response, jsonify, request

from parse_shim.testing.opentok_state import Session, State
from parse_shim.video.base import MAX_SIGNAL_DATA_BYTES, MAX_SIGNAL_TYPE_BYTES
from parse_shim.video.tokens import ProjectKeys, session_owner

MAX_JWT_LIFE_SECONDS = 300

_NO_TIMES: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
_PROJECT = "/v2/project/<project>/session/<session_id>"


class Denied(Exception):
    """403: the request's JWT is not ours."""


def identity(keys: ProjectKeys, now: float) -> str:
    """The project whose JWT the current request carries. Raises Denied with the vendor's words."""
    bearer = request.headers.get("Authorization", "")
    if keys.public_key and bearer.startswith("Bearer "):
        claims = _claims(bearer[len("Bearer ") :], keys.public_key, "RS256")
        project, owner = claims.get("application_id"), keys.application_id
    else:
        claims = _claims(request.headers.get("X-OPENTOK-AUTH", ""), keys.api_secret, "HS256")
        project, owner = claims.get("iss"), keys.api_key
    if not owner or project != owner:
        raise Denied("Issuer not found")
    if claims.get("ist") != "project":
        raise Denied("Invalid token type")
    _check_times(claims, now)
    return owner


def _claims(token: str, key: str, algorithm: str) -> dict[str, Any]:
    try:
        return jwt.decode(token, key, algorithms=[algorithm], options=_NO_TIMES)
    except (jwt.PyJWTError, ValueError):
        raise Denied("Invalid signature") from None


def _check_times(claims: dict[str, Any], now: float) -> None:
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int) or not isinstance(expires, int):
        raise Denied("Invalid times")
    if issued > now:
        raise Denied("The token's issued time cannot be greater than the current time")
    if expires <= now:
        raise Denied("Token expired")
    if expires - issued > MAX_JWT_LIFE_SECONDS:
        raise Denied("Token valid for more than 5 minutes")


def vendor_routes(state: State, clock: Callable[[], float]) -> Blueprint:
    routes = Blueprint("vendor", __name__)

    @routes.errorhandler(Denied)
    def denied(error: Denied) -> Response:
        return _error(403, str(error))

    @routes.get("/")
    def root() -> Response:
        return jsonify(service="OpenTok emulator")

    @routes.post("/session/create")
    def create() -> Response:
        project = identity(state.keys, clock())
        if request.form.get("archiveMode") == "always" and request.form.get("p2p.preference") != "disabled":
            return _error(400, "archiveMode always needs a routed session")
        session = state.create(project, routed=request.form.get("p2p.preference") == "disabled")
        return _created(project, session)

    def known(project: str, session_id: str) -> Session | None:
        if identity(state.keys, clock()) != project or session_owner(session_id) not in (project, None):
            raise Denied("The session belongs to another project")
        return state.sessions.get(session_id)

    @routes.post(f"{_PROJECT}/signal")
    @routes.post(f"{_PROJECT}/connection/<connection_id>/signal")
    def signal(project: str, session_id: str, connection_id: str = "") -> Response:
        session = known(project, session_id)
        body = request.get_json(silent=True)
        kind, data = (body.get("type", ""), body.get("data", "")) if isinstance(body, dict) else (None, None)
        if not isinstance(kind, str) or not isinstance(data, str):
            return _error(400, "One of the signal properties is invalid")
        if len(kind.encode()) > MAX_SIGNAL_TYPE_BYTES or len(data.encode()) > MAX_SIGNAL_DATA_BYTES:
            return _error(413, "The type or the data is too long")
        if session is None or not state.signal_from_server(session_id, kind, data, connection_id):
            return _error(404, "The client is not connected to the session")
        return Response(status=204)

    @routes.delete(f"{_PROJECT}/connection/<connection_id>")
    def force_disconnect(project: str, session_id: str, connection_id: str) -> Response:
        session = known(project, session_id)
        if session is None or connection_id not in session.clients:
            return _error(404, "The client is not connected to the session")
        state.disconnect(connection_id, "forceDisconnected")
        return Response(status=204)

    @routes.get(f"{_PROJECT}/connection")
    def connections(project: str, session_id: str) -> Response:
        session = known(project, session_id)
        if session is None:
            return _error(404, "Session not found")
        items = [
            {"connectionId": each.id, "createdAt": each.created_ms, "connectionState": "Connected"}
            for each in list(session.clients.values())
        ]
        start = request.args.get("offset", 0, type=int)
        shown = items[start : start + request.args.get("count", 50, type=int)]
        return jsonify(count=len(items), projectId=project, sessionId=session_id, items=shown)

    @routes.get(f"{_PROJECT}/stream")
    def streams(project: str, session_id: str) -> Response:
        session = known(project, session_id)
        if session is None:
            return _error(404, "Session not found")
        items = [_stream(each.id, each.name, each.video_type) for each in list(session.streams.values())]
        return jsonify(count=len(items), items=items)

    @routes.get(f"{_PROJECT}/stream/<stream_id>")
    def one_stream(project: str, session_id: str, stream_id: str) -> Response:
        session = known(project, session_id)
        found = session.streams.get(stream_id) if session else None
        if found is None:
            return _error(408, "Invalid stream id")
        return jsonify(_stream(found.id, found.name, found.video_type))

    @routes.post(f"{_PROJECT}/mute")
    def mute(project: str, session_id: str) -> Response:
        session = known(project, session_id)
        body = request.get_json(silent=True)
        if session is None:
            return _error(404, "Session not found")
        if not isinstance(body, dict) or not isinstance(body.get("active"), bool):
            return _error(400, "active must be true or false")
        session.muted = body["active"]
        return _project(project)

    @routes.post(f"{_PROJECT}/stream/<stream_id>/mute")
    def mute_one(project: str, session_id: str, stream_id: str) -> Response:
        session = known(project, session_id)
        if session is None or stream_id not in session.streams:
            return _error(404, "Stream not found")
        return _project(project)

    return routes


def _created(project: str, session: Session) -> Response:
    """A list of one, under exactly `application/json`; XML for SDKs of BuddyTok's age, which do not ask for JSON."""
    created = time.strftime("%a %b %d %H:%M:%S UTC %Y", time.gmtime())
    if _wants_xml():
        item = f"<session_id>{session.id}</session_id><partner_id>{project}</partner_id><create_dt>{created}</create_dt>"
        return _xml(f"<sessions><Session>{item}</Session></sessions>", 200)
    nothing = dict.fromkeys(("session_status", "status_invalid", "media_server_hostname", "messaging_server_url", "messaging_url"))
    return jsonify([{"session_id": session.id, "project_id": project, "partner_id": project, "create_dt": created} | nothing])


def _stream(id: str, name: str, video_type: str) -> dict[str, object]:
    return {"id": id, "videoType": video_type or None, "name": name, "layoutClassList": []}


def _project(project: str) -> Response:
    return jsonify(id=project, status="ACTIVE", name="emulated", environment="standard", createdAt=0)


def _error(status: int, message: str) -> Response:
    if _wants_xml():
        text = escape(message)
        body = f"<code>-1</code><message>{text}</message><description>{text}</description>"
        return _xml(f"<errorPayload>{body}</errorPayload>", status)
    response = jsonify(code=-1, message=message, description=message)
    response.status_code = status
    return response


def _wants_xml() -> bool:
    return "json" not in request.headers.get("Accept", "")


def _xml(body: str, status: int) -> Response:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return Response(head + body, status, content_type="text/xml")
