"""The page /livesessions/: two phones in one browser window, so that a newcomer sees the whole system work.

On in development, or with LIVESESSIONS_PAGE=1. Its calls ask for tokens with which the caller may publish too (`two-way`),
by the cloud context of the save; while the page is off, nobody can ask for that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, jsonify, redirect, send_from_directory
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as BaseResponse

from cloud.buddytok_options import LOCAL, buddy_options
from cloud.options import options
from parse_shim import cloud

FILES = Path(__file__).parent / "pages" / "livesessions"
PREFIX = "/livesessions"

routes = Blueprint("livesessions", __name__)
cloud.mount(routes)


def enabled() -> bool:
    return options().page


def roles_of(request: Any) -> str:
    """What the caller's token may do: by the setting, or as the page asks for its own calls."""
    return "two-way" if enabled() and request.context.get("roles") == "two-way" else options().roles


@routes.record
def add_paths(state: BlueprintSetupState) -> None:
    if not enabled():
        return
    state.add_url_rule(PREFIX, "bare", lambda: redirect(PREFIX + "/"))
    state.add_url_rule(PREFIX + "/", "page", lambda: file("index.html"))
    state.add_url_rule(PREFIX + "/config.json", "config", config)
    state.add_url_rule(PREFIX + "/<name>", "file", file)


def file(name: str) -> BaseResponse:
    response = send_from_directory(FILES, name, max_age=0)
    response.headers["Content-Security-Policy"] = policy()
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def config() -> Response:
    """What the page must know of its server. Nothing secret: a client has it all."""
    settings = current_app.core.settings  # type: ignore[attr-defined]
    return jsonify(
        appId=settings.app_id,
        javascriptKey=settings.javascript_key or "",
        mount=settings.mount_path,
        openTokJs=buddy_options().opentok_js,
        emulator=local(buddy_options().opentok_js),
    )


def policy() -> str:
    """No external requests, except for the vendor's library and its servers where there are credentials."""
    library = buddy_options().opentok_js
    parts = urlsplit(library)
    origin = f"{parts.scheme}://{parts.netloc}"
    if local(library):
        socket = origin.replace("http", "ws", 1)
        return f"default-src 'self'; script-src 'self' {origin}; connect-src 'self' {origin} {socket}; img-src 'self' data:"
    return f"default-src 'self' https: wss: data: blob:; script-src 'self' {origin}; style-src 'self' 'unsafe-inline' https:"


def local(url: str) -> bool:
    return urlsplit(url).hostname in LOCAL

