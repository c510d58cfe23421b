"""Where the video service posts its session monitoring callbacks: `/opentok/callback/SECRET`, at the root and below the mount.

The secret part of the path, or a signature, or both tell a genuine callback from a forged one (video/callbacks.py). The
body is needed as it came, for its signature, so this is a Flask route and not a row of the table.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from parse_shim import ids
from parse_shim.rest.core import Core
from parse_shim.rest.video_events import deliver
from parse_shim.video.callbacks import MAX_BODY_BYTES, CallbackKeys, CallbackRefused, read_callback

PATH = "/opentok/callback"

KEYS = "video callbacks"
"""Under this name `core.extras` holds the CallbackKeys of this server."""


def callback_routes(core: Core) -> Blueprint:
    """200 for what was taken or means nothing; 400, 401, 404, 413 for what is refused; 503 to have it sent again."""
    routes = Blueprint("video callbacks", __name__)

    def take(secret: str = "") -> tuple[Response, int]:
        keys: CallbackKeys | None = core.extras.get(KEYS)
        try:
            event = read_callback(
                # One byte more than may be there, so that a longer body is seen to be one.
                request.stream.read(MAX_BODY_BYTES + 1) if request.method == "POST" else b"",
                authorization=request.headers.get("Authorization"),
                path_secret=secret,
                keys=keys or CallbackKeys(""),
                now=ids.timestamp(),
            )
        except CallbackRefused as refused:
            return jsonify(error=str(refused)), refused.status
        if event is not None and not deliver(core, event):
            return jsonify(error="try again later"), 503
        return jsonify({}), 200

    for base in dict.fromkeys(("", core.settings.mount_path)):
        for rule in (base + PATH, f"{base}{PATH}/<secret>"):
            routes.add_url_rule(rule, view_func=take, methods=["GET", "POST"])
    return routes
