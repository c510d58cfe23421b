"""The emulator's control calls under `/_control`: look inside, act as a client, switch faults, aim the callbacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any, Protocol

from flask import Blueprint, Response, jsonify, request

from parse_shim.testing.opentok_callbacks import CallbackPlan, Callbacks
from parse_shim.testing.opentok_faults import CONTROL, Fault, Faults
from parse_shim.testing.opentok_state import BAD_SESSION, NOT_CONNECTED, Client, Published, Refused, Session, State


class Controlled(Protocol):
    """The emulator as these calls see it."""

    state: State
    faults: Faults
    callbacks: Callbacks
    requests: list[Any]
    clock_offset_seconds: float

    @property
    def sessions(self) -> dict[str, Session]: ...
    def refuse_for(self, seconds: float) -> None: ...
    def reset(self) -> None: ...


def control_routes(emulator: Controlled) -> Blueprint:
    """All bodies and answers are JSON objects. Errors: 400 for a bad call, 403 or 404 with the client's error code."""
    routes = Blueprint("control", __name__, url_prefix=CONTROL)
    _errors(routes)
    _inspection(routes, emulator)
    _faults(routes, emulator)
    _clients(routes, emulator)
    _callbacks(routes, emulator)
    return routes


def _errors(routes: Blueprint) -> None:
    @routes.errorhandler(Refused)
    def refused(error: Refused) -> tuple[Response, int]:
        return jsonify(code=error.code, error=str(error)), 404 if error.code in (BAD_SESSION, NOT_CONNECTED) else 403

    @routes.errorhandler(ValueError)
    @routes.errorhandler(TypeError)
    def bad_call(error: Exception) -> tuple[Response, int]:
        return jsonify(error=str(error)), 400


def _inspection(routes: Blueprint, emulator: Controlled) -> None:
    @routes.get("/")
    def info() -> Response:
        keys = emulator.state.keys
        return jsonify(apiKey=keys.api_key, applicationId=keys.application_id, sessions=len(emulator.sessions))

    @routes.get("/sessions")
    def sessions() -> Response:
        return jsonify(sessions=[_session(each) for each in list(emulator.sessions.values())])

    @routes.get("/requests")
    def requests() -> Response:
        return jsonify(requests=[asdict(each) for each in list(emulator.requests)])

    @routes.delete("/requests")
    def forget_requests() -> Response:
        emulator.requests.clear()
        return _done()

    @routes.get("/signals")
    def signals() -> Response:
        wanted = request.args.get("sessionId")
        found = [each for each in list(emulator.state.signals) if wanted in (None, each.session_id)]
        return jsonify(signals=[asdict(each) for each in found])

    @routes.post("/reset")
    def reset() -> Response:
        emulator.reset()
        return _done()


def _faults(routes: Blueprint, emulator: Controlled) -> None:
    @routes.get("/faults")
    def faults() -> Response:
        return jsonify(faults=[asdict(each) for each in emulator.faults.active()])

    @routes.post("/faults")
    def set_fault() -> Response:
        options = _body(Fault)
        if options.get("kind") == "refuse":
            emulator.refuse_for(float(options.get("seconds", 1.0)))
        else:
            emulator.faults.set(**options)
        return _done()

    @routes.delete("/faults")
    def clear_faults() -> Response:
        emulator.faults.clear()
        return _done()

    @routes.post("/clock")
    def clock() -> Response:
        emulator.clock_offset_seconds = float(_json_object().get("offsetSeconds", 0))
        return _done()


def _clients(routes: Blueprint, emulator: Controlled) -> None:
    state = emulator.state

    @routes.post("/connect")
    def connect() -> Response:
        body = _json_object()
        return jsonify(_client(state.connect(_text(body, "token"), body.get("sessionId"))))

    @routes.post("/publish")
    def publish() -> Response:
        body = _json_object()
        kind = body.get("videoType", "camera") or ""
        return jsonify(_stream(state.publish(_text(body, "connectionId"), str(body.get("name", "")), str(kind))))

    @routes.post("/unpublish")
    def unpublish() -> Response:
        body = _json_object()
        return _done(state.unpublish(_text(body, "streamId"), str(body.get("reason", "clientDisconnected"))))

    @routes.post("/signal")
    def signal() -> Response:
        body = _json_object()
        to = str(body.get("to", ""))
        return jsonify(asdict(state.signal(_text(body, "connectionId"), _text(body, "type"), _text(body, "data"), to)))

    @routes.post("/disconnect")
    def disconnect() -> Response:
        body = _json_object()
        return _done(state.disconnect(_text(body, "connectionId"), str(body.get("reason", "clientDisconnected"))))

    @routes.post("/close")
    def close() -> Response:
        body = _json_object()
        return _done(state.close(_text(body, "sessionId"), str(body.get("reason", "forceDisconnected"))))


def _callbacks(routes: Blueprint, emulator: Controlled) -> None:
    callbacks = emulator.callbacks

    @routes.get("/callbacks")
    def show() -> Response:
        """What was posted; with `?wait=SECONDS` after everything told so far has been."""
        idle = callbacks.idle(request.args.get("wait", 0.0, type=float))
        return jsonify(idle=idle, sent=[asdict(each) for each in list(callbacks.sent)])

    @routes.post("/callbacks")
    def aim() -> Response:
        options = _body(CallbackPlan)
        if "drop" in options:
            options["drop"] = tuple(options["drop"])
        callbacks.plan = CallbackPlan(**options)
        return _done()


def _session(session: Session) -> dict[str, Any]:
    return {
        "sessionId": session.id,
        "routed": session.routed,
        "connections": [_client(each) for each in list(session.clients.values())],
        "streams": [_stream(each) for each in list(session.streams.values())],
    }


def _client(client: Client) -> dict[str, Any]:
    return {
        "connectionId": client.id,
        "sessionId": client.session_id,
        "role": client.role,
        "data": client.data,
        "createdAt": client.created_ms,
    }


def _stream(stream: Published) -> dict[str, Any]:
    return {
        "streamId": stream.id,
        "connectionId": stream.client.id,
        "name": stream.name,
        "videoType": stream.video_type or None,
    }


def _json_object() -> dict[str, Any]:
    body = request.get_json(silent=True, force=True) if request.get_data() else {}
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body


def _body(shape: Callable[..., Any]) -> dict[str, Any]:
    """The body with its camelCase names turned into the member names of the dataclass `shape`."""
    known = {_camel(each.name): each.name for each in fields(shape)}  # type: ignore[arg-type]
    body = _json_object()
    if strange := sorted(set(body) - set(known)):
        raise ValueError(f"unknown members {', '.join(strange)}; known are {', '.join(known)}")
    return {known[name]: value for name, value in body.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text")
    return value


def _done(found: bool = True) -> Response:
    response = jsonify(done=found)
    response.status_code = 200 if found else 404
    return response
