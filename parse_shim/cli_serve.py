"""`parse-shim serve`: settings, the local OpenTok where there is no other, what to tell the user, then gunicorn."""

import gc
import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Any
from urllib.parse import urlsplit

import click

from parse_shim.cli_callbacks import aim_emulator, callback_secret, callback_url, origin_of
from parse_shim.cli_load import DEVELOPMENT, fail, settings_of
from parse_shim.serving_patch import patch_all
from parse_shim.settings import Settings
from parse_shim.testing.opentok_process import emulator_url, spawn_emulator
from parse_shim.video.base import FAKE_KEY, FAKE_SECRET
from parse_shim.video.settings import VideoSettingError, VideoSettings


def run(config: str | None, options: Mapping[str, Any], *, development: bool) -> None:
    gc.disable()  # what is imported stays: to look through it again and again takes a tenth of the start
    settings = settings_of(config, options, DEVELOPMENT if development else None)
    try:
        video = VideoSettings.from_env(os.environ)
        make_folders(settings)
        secret = callback_secret(video, Path(settings.data_folder))
    except (VideoSettingError, OSError) as error:
        fail(str(error))
    os.environ["OPENTOK_CALLBACK_PATH_SECRET"] = secret
    if development:
        # What anybody may do then: for development, unless somebody says otherwise.
        os.environ.setdefault("LIVESESSIONS_PAGE", "1")
        os.environ.setdefault("BUDDYTOK_ENABLED", "1")
        os.environ.setdefault("LIVESESSIONS_NEW_COLUMNS", "1")
    # The emulator's process comes before the patch (gevent's subprocess would take SIGCHLD, which is gunicorn's), and
    # everything that talks to the network is imported after it.
    emulator = None if video.configured else spawn_emulator(state_file=Path(settings.data_folder) / "opentok-emulator.json")
    patch_all()
    from parse_shim.serving import check_can_serve, serve
    from parse_shim.serving_start import CannotServe

    try:
        check_can_serve(settings)
        lines = banner(settings, video_line(video, emulator), callback_url(origin_of(settings), secret))
    except (CannotServe, RuntimeError) as error:
        if emulator:
            emulator.kill()
        fail(str(error))

    def ready() -> None:
        if emulator:
            aim_emulator(os.environ["OPENTOK_API_URL"], callback_url(local_url(settings).removesuffix(settings.mount_path), secret))
        click.echo("\n".join(lines))

    serve(settings, ready=ready, children=[emulator] if emulator else [])


def make_folders(settings: Settings) -> None:
    """The data folder, and that of an SQLite file, which SQLite would not make."""
    file = sqlite_file(settings.database_uri)
    for folder in (Path(settings.data_folder), file.parent if file else Path()):
        folder.mkdir(parents=True, exist_ok=True)


def sqlite_file(uri: str) -> Path | None:
    """sqlite:///data/parse.db -> data/parse.db; None for other stores and for memory."""
    path = uri.removeprefix("sqlite:///").partition("?")[0]
    return Path(path) if uri.startswith("sqlite:///") and path not in ("", ":memory:") else None


def video_line(given: VideoSettings, emulator: "subprocess.Popen[str] | None") -> str:
    """What to say about the video service. The emulator's address goes into the environment, where workers find it."""
    if emulator is None:
        return f"{given.url}, project {given.identity}"
    url = emulator_url(emulator)
    os.environ.update(OPENTOK_API_KEY=FAKE_KEY, OPENTOK_API_SECRET=FAKE_SECRET, OPENTOK_API_URL=url)
    return f"local OpenTok emulator at {url}, for development (no OPENTOK_API_KEY is set)"


def banner(settings: Settings, video: str, callbacks: str) -> list[str]:
    """What the user sees once the server answers. `callbacks`: the URL where the video service may post."""
    rows = {
        "application id": settings.app_id,
        "master key": f"in {settings.master_key_file}" if settings.master_key_file else "as given",
        "data": place(settings.database_uri),
        "video": video,
        "callbacks": f"{callbacks} (enter it in the video service's console)" if "emulator" not in video else "from the emulator",
        "cloud code": _name(settings.cloud) or "none (--cloud MODULE, or cloud/main.py here)",
        "schemas": _name(settings.schemas) or "none",
    }
    if settings.allow_client_class_creation:
        rows["clients"] = "may create classes (allowClientClassCreation): for development"
    if settings.dev:
        rows["dev"] = "reloads when cloud code or schemas change"
    phones = phone_url(settings)
    if phones:
        rows["phones"] = f"{phones} (on the same network)"
    if shows_page(settings):
        rows["look"] = f"{local_url(settings).removesuffix(settings.mount_path)}/livesessions/ (two phones in one window)"
    rows["try"] = first_request(settings)
    return [f"parse-shim serves {settings.server_url}", *(f"  {name:<15} {text}" for name, text in rows.items())]


def shows_page(settings: Settings) -> bool:
    """The application is the one that brings this page, and it is switched on."""
    own = settings.cloud == "cloud.main" and Path("cloud/pages.py").is_file()
    return own and os.environ.get("LIVESESSIONS_PAGE", "").lower() in ("1", "true", "yes", "on")


def place(uri: str) -> str:
    """Where the data is, without a password."""
    file = sqlite_file(uri)
    if file:
        return f"{file} (SQLite)"
    parts = urlsplit(uri)
    if parts.scheme.startswith("mongodb"):
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path} (MongoDB)"
    return "in memory, gone when the server stops" if parts.scheme in ("sqlite", "memory") else parts.scheme


def first_request(settings: Settings) -> str:
    """A curl line that works when pasted."""
    headers = [f"X-Parse-Application-Id: {settings.app_id}"]
    keys = {
        "X-Parse-REST-API-Key": settings.rest_api_key,
        "X-Parse-Client-Key": settings.client_key,
        "X-Parse-Javascript-Key": settings.javascript_key,
        "X-Parse-Windows-Key": settings.dot_net_key,
    }
    headers += [f"{name}: {key}" for name, key in keys.items() if key][:1]
    path, body = "/health", ""
    if settings.allow_client_class_creation:
        path, body = "/classes/GameScore", '{"score": 1337}'
    elif settings.enable_anonymous_users:
        path, body = "/users", '{"authData": {"anonymous": {"id": "first-request"}}}'
    if body:
        headers.append("Content-Type: application/json")
    parts = ["curl", *(["-k"] if settings.certfile else []), *(f"-H {quote(header)}" for header in headers)]
    return " ".join([*parts, *([f"-d {quote(body)}"] if body else []), local_url(settings) + path])


def local_url(settings: Settings) -> str:
    return _url(settings, {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host))


def phone_url(settings: Settings) -> str | None:
    """Where phones on the same network find the server; None when it listens elsewhere, or there is no network."""
    if settings.host not in ("0.0.0.0", "::"):
        return None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: it only asks for the way out
        except OSError:
            return None
        return _url(settings, str(probe.getsockname()[0]))


def _url(settings: Settings, host: str) -> str:
    scheme = "https" if settings.certfile else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}{settings.mount_path}"


def _name(reference: object) -> str:
    return "" if reference is None else reference if isinstance(reference, str) else repr(reference)
