"""What `serve` says and does about the callbacks of the video service. Imports nothing that talks to the network."""

import json
import os
import secrets
from pathlib import Path

import click

from parse_shim.settings import Settings
from parse_shim.video.settings import VideoSettings

SECRET_FILE = "opentok-callback.secret"
PATH = "/opentok/callback"
_LOOPBACK_SECONDS = 5.0


def callback_secret(video: VideoSettings, data_folder: Path) -> str:
    """The secret part of the callback URL: as given, or made once and kept with mode 0600. Empty: the URL needs none."""
    if video.callback_path_secret or video.signature_secret or video.callbacks_open:
        return video.callback_path_secret
    file = data_folder / SECRET_FILE
    if not file.exists():
        text = secrets.token_urlsafe(24)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(text)
    return file.read_text("utf-8").strip()


def callback_url(origin: str, secret: str) -> str:
    """`origin` is scheme://host:port."""
    return f"{origin.rstrip('/')}{PATH}{f'/{secret}' if secret else ''}"


def origin_of(settings: Settings) -> str:
    """Where the video service finds this server."""
    public = settings.public_server_url
    url = public if isinstance(public, str) and public else settings.server_url
    return url.rstrip("/").removesuffix(settings.mount_path.rstrip("/"))


def aim_emulator(emulator: str, url: str) -> None:
    """Have the local emulator post its callbacks to us. A failure costs the callbacks and nothing else."""
    import urllib.request  # brings ssl, which must come after gevent's patch

    request = urllib.request.Request(f"{emulator}/_control/callbacks", json.dumps({"url": url, "retries": 3}).encode(), method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(request, timeout=_LOOPBACK_SECONDS).close()
    except OSError as error:
        click.echo(f"parse-shim: warning: the local OpenTok posts no callbacks ({error})", err=True)
