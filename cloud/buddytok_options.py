"""The settings of BuddyTok, read from the environment. Source of the names: README, "LiveSessions and OpenTok settings"."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

LOCAL = ("127.0.0.1", "localhost", "::1")
LIBRARY = "/v2/js/opentok.min.js"
VENDOR = "https://static.opentok.com"
RETIRED = f"{VENDOR}/webrtc/v2.2/js/opentok.min.js"
"""What BuddyTok's page names; out of service for long."""


@dataclass(frozen=True, slots=True)
class BuddyOptions:
    """`web_root`: folder with BuddyTok's original `web/` files; None: our own small page. `scripts`: what the page names
    -> what it gets instead. `opentok_js`: where OpenTok.js is. `per_minute`: how often an address may ask for tokens."""

    enabled: bool = False
    web_root: Path | None = None
    scripts: Mapping[str, str] = field(default_factory=dict)
    presence_session: str = ""
    opentok_js: str = VENDOR + LIBRARY
    per_minute: int = 60


def read(env: Mapping[str, str]) -> BuddyOptions:
    """Raises ValueError with one line that names the setting."""
    library = library_of(env)
    root = env.get("BUDDYTOK_WEB_ROOT")
    if root and not (Path(root) / "index.html").is_file():
        raise ValueError(f"BUDDYTOK_WEB_ROOT: there is no index.html in {root}")
    return BuddyOptions(
        enabled=env.get("BUDDYTOK_ENABLED", "").lower() in ("1", "true", "yes", "on"),
        web_root=Path(root) if root else None,
        scripts={RETIRED: library, **script_map(env.get("BUDDYTOK_SCRIPT_MAP", ""))},
        presence_session=env.get("OPENTOK_PRESENCE_SESSION", ""),
        opentok_js=library,
        per_minute=per_minute(env.get("BUDDYTOK_PER_MINUTE", "")),
    )


def library_of(env: Mapping[str, str]) -> str:
    """OpenTok.js of the vendor, or the stand-in of a local emulator."""
    api = env.get("OPENTOK_API_URL", "").rstrip("/")
    if api and urlsplit(api).hostname in LOCAL:
        return api + LIBRARY
    if env.get("VONAGE_APPLICATION_ID"):
        return "https://unpkg.com/@vonage/client-sdk-video@latest/dist/js/opentok.js"
    return VENDOR + LIBRARY


def script_map(text: str) -> dict[str, str]:
    """A JSON object, or the name of a file with one."""
    if not text.strip():
        return {}
    try:
        found = json.loads(text if text.lstrip().startswith("{") else Path(text).read_text("utf-8"))
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            raise ValueError
    except (OSError, ValueError) as error:
        raise ValueError("BUDDYTOK_SCRIPT_MAP must be a JSON object of URLs, or a file with one") from error
    return found


def per_minute(text: str) -> int:
    try:
        return int(text or 60)
    except ValueError as error:
        raise ValueError(f"BUDDYTOK_PER_MINUTE must be a whole number, not {text!r}") from error


@cache
def _of_process() -> BuddyOptions:
    return read(os.environ)


_chosen: BuddyOptions | None = None


def buddy_options() -> BuddyOptions:
    """Those of this process. Raises ValueError."""
    return _chosen or _of_process()


def use(chosen: BuddyOptions | None) -> None:
    """For tests: these instead of the environment's; None brings those back."""
    global _chosen
    _chosen = chosen
