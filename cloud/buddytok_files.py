"""BuddyTok's page: the original files from a folder, scripts renamed by a map, or our own small page when there is none."""

from __future__ import annotations

import html
import re
from pathlib import Path

from flask import Response, current_app, send_from_directory
from flask.blueprints import BlueprintSetupState

from cloud.buddytok_options import buddy_options

OWN_PAGE = Path(__file__).parent / "pages" / "buddytok"
NOT_SERVED = (".php", ".phtml", ".phar", ".inc", ".sample")
_ADDRESS = re.compile(r"""(\b(?:src|href)\s*=\s*)(["'])([^"']*)\2""")


def add_paths(state: BlueprintSetupState) -> None:
    state.add_url_rule("/", "page", page)
    state.add_url_rule("/<path:name>", "file", file)


def page() -> Response:
    text = (root() / "index.html").read_text("utf-8")
    return Response(with_scripts(text), mimetype="text/html", headers={"Cache-Control": "no-cache"})


def file(name: str) -> Response:
    """A file of the folder, and nothing beside or above it. Programs and hidden files are not there."""
    parts = name.split("/")
    if name == "index.html":
        return page()
    if any(part.startswith(".") for part in parts) or parts[-1].lower().endswith(NOT_SERVED):
        return current_app.response_class(status=404)
    return send_from_directory(root().resolve(), name, max_age=0)


def root() -> Path:
    return buddy_options().web_root or OWN_PAGE


def with_scripts(text: str) -> str:
    """Addresses of the page as the map has them; `//host/x` is found under its https name too."""
    scripts = buddy_options().scripts

    def rename(found: re.Match[str]) -> str:
        before, quote, address = found.groups()
        plain = html.unescape(address)
        new = scripts.get(plain) or (scripts.get("https:" + plain) if plain.startswith("//") else None)
        return found.group() if new is None else f"{before}{quote}{html.escape(new)}{quote}"

    return _ADDRESS.sub(rename, text)
