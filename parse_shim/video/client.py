"""The real video service: the `opentok` SDK behind a deadline and one error class. The only file that imports it.

What the SDK leaves open is closed here: a limit for the whole call, a private key given as text, 403s that are really
clocks, proxies that would catch a loopback host, transport errors that are not its own.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
import urllib.request
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from parse_shim.video import causes
from parse_shim.video.base import (
    Connection,
    ConnectionData,
    Stream,
    VideoError,
    VideoService,
    check_id,
    check_role,
    check_signal,
    data_text,
)
from parse_shim.video.deadline import Deadline, DeadlinePassed, TooManyHanging
from parse_shim.video.settings import VideoSettings
from parse_shim.video.tokens import session_owner

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_LISTED = 1000
_RETRY_PAUSE_SECONDS = 0.1
_LOOPBACK = ("localhost", "::1", "0.0.0.0")
_NOT_CONFIGURED = (
    "no video service is configured: set OPENTOK_API_KEY and OPENTOK_API_SECRET, or VONAGE_APPLICATION_ID and VONAGE_PRIVATE_KEY"
)


def open_video(settings: VideoSettings) -> VideoService:
    """The video service of these settings; nothing is contacted yet. Without credentials every call of it fails."""
    return VideoClient(settings)


class VideoClient:
    """OpenTok or Vonage Video through the SDK. One object serves all threads and greenlets of a process."""

    def __init__(self, settings: VideoSettings) -> None:
        self._settings = settings
        self._deadline = Deadline(settings.deadline)
        self._sdk_client: Any = None
        if settings.configured:
            _warn_of_proxy(settings.url)

    @property
    def api_key(self) -> str:
        return self._settings.identity

    def describe(self) -> str:
        settings = self._settings
        if not settings.configured:
            return "none (no credentials)"
        kind = "Vonage Video, application" if settings.unified else "OpenTok, API key"
        return f"{kind} {settings.identity} at {settings.url}, {settings.token_format} tokens"

    def create_session(self, *, routed: bool = False) -> str:
        sdk, client = self._sdk()
        mode = sdk.MediaModes.routed if routed else sdk.MediaModes.relayed
        session_id = self._call(lambda: client.create_session(media_mode=mode).session_id)
        # the SDK looks at no status but 403: the body of an error page may pass for a session
        if not isinstance(session_id, str) or session_owner(session_id) != self.api_key:
            raise VideoError("the video service answered with a session of another project")
        return session_id

    def token(self, session_id: str, role: str, data: ConnectionData = None) -> str:
        check_role(role)
        check_id("session", session_id)
        text = data_text(data)
        sdk, client = self._sdk()
        if session_owner(session_id) != self.api_key:
            raise VideoError("the session does not belong to this video project")
        try:
            token = client.generate_token(
                session_id,
                role=sdk.Roles(role),
                # not ids.timestamp(): the SDK compares with the machine's clock
                expire_time=int(time.time()) + self._settings.token_ttl_seconds,
                data=text,
                use_jwt=self._settings.token_format == "jwt",
            )
        except Exception as error:
            raise VideoError(f"no token could be made ({type(error).__name__}); is the key valid?") from error
        return str(token)

    def disconnect(self, session_id: str, connection_id: str) -> bool:
        check_id("session", session_id)
        check_id("connection", connection_id)
        _, client = self._sdk()
        return self._reached(lambda: client.force_disconnect(session_id, connection_id))

    def signal(self, session_id: str, type: str, data: str, connection_id: str | None = None) -> bool:
        check_id("session", session_id)
        check_signal(type, data)
        if connection_id is not None:
            check_id("connection", connection_id)
        _, client = self._sdk()
        return self._reached(lambda: client.send_signal(session_id, {"type": type, "data": data}, connection_id))

    def streams(self, session_id: str) -> list[Stream]:
        check_id("session", session_id)
        _, client = self._sdk()
        return self._call(lambda: [_stream(item) for item in client.list_streams(session_id).items])

    def connections(self, session_id: str) -> list[Connection]:
        check_id("session", session_id)
        _, client = self._sdk()
        return self._call(lambda: self._list_connections(client, session_id))

    def _list_connections(self, client: Any, session_id: str) -> list[Connection]:
        """This REST method is newer than the SDK; the headers are the SDK's."""
        import requests

        answer = requests.get(
            f"{client.endpoints.api_url}/v2/project/{self.api_key}/session/{session_id}/connection",
            params={"offset": 0, "count": MAX_LISTED},
            headers=client.get_json_headers(),
            proxies=client.proxies,
            timeout=client.timeout,
        )
        if answer.status_code == 404:
            return []
        if answer.status_code != 200:
            raise RuntimeError("unexpected status", answer.status_code)
        return [_connection(item) for item in answer.json()["items"]]

    def _reached(self, work: Callable[[], object]) -> bool:
        """Do `work`; False when the service says that nobody by that id is connected."""
        try:
            self._call(work)
        except VideoError as error:
            if error.status == 404:
                return False
            raise
        return True

    def _call(self, work: Callable[[], T]) -> T:
        """`work` within the deadline, tried once more if the first connection was refused. Raises VideoError only."""
        try:
            return self._deadline.run(lambda: self._explained(work))
        except VideoError:
            raise
        except DeadlinePassed:
            raise VideoError(f"the video service did not answer within {self._settings.deadline:g} seconds") from None
        except TooManyHanging:
            raise VideoError("the video service is too slow: too many calls are still waiting for it") from None
        except Exception as error:
            raise VideoError(f"the video call could not be made ({type(error).__name__})") from error

    def _explained(self, work: Callable[[], T]) -> T:
        try:
            return _twice_if_unsent(work)
        except VideoError:
            raise
        except Exception as error:
            found = causes.explain(error)
            if found.status == 403:
                found = VideoError(f"{found}; {self._why_403()}", status=403)
            raise found from error

    def _why_403(self) -> str:
        """The vendor answers 403 for wrong keys and also for a machine whose clock is ahead of its own."""
        seconds = self._clock_difference()
        if seconds is None or abs(seconds) < 3:
            return "check the key and its secret"
        side = "ahead of" if seconds > 0 else "behind"
        return f"this machine's clock is {abs(seconds):.0f} seconds {side} the service's"

    def _clock_difference(self) -> float | None:
        """Our clock minus the service's in seconds; None when it does not tell. One small request, only after a 403."""
        import requests

        try:
            step = min(self._settings.timeout_read, self._settings.deadline / 3)
            answer = requests.get(f"{self._settings.url}/", timeout=step, proxies=self._proxies(), stream=True)
            answer.close()
            return time.time() - parsedate_to_datetime(answer.headers["Date"]).timestamp()
        except Exception:  # a help for people only: its own failure must not hide the 403
            return None

    def _sdk(self) -> tuple[Any, Any]:
        """The SDK's module and our client of it, made at first use; needs no network."""
        if not self._settings.configured:
            raise VideoError(_NOT_CONFIGURED)
        try:
            import opentok
        except ImportError as error:
            raise VideoError("the package `opentok` is not installed") from error
        if self._sdk_client is None:
            self._sdk_client = self._make_client(opentok)
        return opentok, self._sdk_client

    def _make_client(self, sdk: Any) -> Any:
        settings = self._settings
        # at DEBUG it prints headers with a live token
        sdk_log = logging.getLogger("opentok")
        if sdk_log.level < logging.INFO:
            sdk_log.setLevel(logging.INFO)
        try:
            secret = settings.api_secret or settings.private_key
            client = _with_key_file(sdk, settings) if settings.unified else sdk.Client(settings.api_key, secret)
        except Exception as error:
            raise VideoError(f"the video client could not be made ({type(error).__name__})") from error
        client.timeout = (settings.timeout_connect, settings.timeout_read)
        # the constructor ignores an address in unified mode
        client.endpoints.api_url = settings.url
        client.proxies = self._proxies()
        return client

    def _proxies(self) -> dict[str, str] | None:
        """`no_proxy` for a host on this machine, so that a proxy of the environment never catches the emulator."""
        host = urlsplit(self._settings.url).hostname or ""
        return {"no_proxy": host} if _is_loopback(host) else None


def _twice_if_unsent(work: Callable[[], T]) -> T:
    try:
        return work()
    except Exception as error:
        if not causes.nothing_was_sent(error):
            raise
    time.sleep(_RETRY_PAUSE_SECONDS)
    return work()


def _with_key_file(sdk: Any, settings: VideoSettings) -> Any:
    """The SDK wants the name of a key file, and one with an extension; it reads the file at once."""
    handle, name = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(settings.private_key)
        return sdk.Client(settings.application_id, name)
    finally:
        os.unlink(name)


def _is_loopback(host: str) -> bool:
    return host in _LOOPBACK or host.startswith("127.")


def _warn_of_proxy(url: str) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not _is_loopback(host) and parts.scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(host):
        log.warning("calls to the video service %s go through the proxy of the environment (NO_PROXY avoids it)", host)


def _stream(item: Any) -> Stream:
    return Stream(id=str(item.id), name=str(item.name or ""), video_type=str(item.videoType or ""))


def _connection(item: Any) -> Connection:
    # createdAt is a number in one vendor sample and text in another
    created = str(item.get("createdAt", ""))
    return Connection(
        id=str(item["connectionId"]),
        state=str(item.get("connectionState", "")),
        created_ms=int(created) if created.isdecimal() else None,
    )
