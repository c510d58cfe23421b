"""Which video service to use and how, read from the environment. Nothing here touches the network."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

OPENTOK_URL = "https://api.opentok.com"
VONAGE_URL = "https://video.api.vonage.com"
MAX_TTL_SECONDS = 30 * 24 * 60 * 60
TOKEN_FORMATS = ("jwt", "t1")

_KEY = re.compile(r"[A-Za-z0-9-]{1,64}\Z")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
# the SDK takes such a text for the name of a private key file (opentok.Client.__init__)
_LIKE_A_FILE_NAME = re.compile(r"[.][a-zA-Z0-9_]+$")


class VideoSettingError(ValueError):
    """A setting that cannot be used. `setting` is its environment name; the text begins with it and holds no secret."""

    def __init__(self, setting: str, why: str) -> None:
        super().__init__(f"{setting}: {why}")
        self.setting = setting


@dataclass(frozen=True, slots=True)
class VideoSettings:
    """The video service: either `api_key` and `api_secret` (OpenTok) or `application_id` and `private_key` (unified).

    `private_key` is PEM text. Times are seconds; `deadline` is for a whole call, `timeout_*` for one network step.
    `callbacks_open`: monitoring callbacks are believed although neither a signature nor a secret path protects them.
    """

    api_key: str = ""
    api_secret: str = field(default="", repr=False)
    application_id: str = ""
    private_key: str = field(default="", repr=False)
    api_url: str = ""
    timeout_connect: float = 3.0
    timeout_read: float = 3.0
    deadline: float = 6.0
    token_format: str = "jwt"
    token_ttl_seconds: int = 7200
    signature_secret: str = field(default="", repr=False)
    callback_path_secret: str = field(default="", repr=False)
    callbacks_open: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "api_url", self.api_url.rstrip("/"))
        _check_identity(self)
        _check_url(self.api_url)
        _check_numbers(self)
        if self.token_format not in TOKEN_FORMATS:
            raise VideoSettingError("OPENTOK_TOKEN_FORMAT", "must be jwt or t1")
        if self.unified and self.token_format != "jwt":
            raise VideoSettingError("OPENTOK_TOKEN_FORMAT", "a Vonage application has jwt tokens only")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read the names of the README's table; empty means absent. Raises VideoSettingError."""
        got = {name: value.strip() for name, value in env.items() if name.startswith(("OPENTOK_", "VONAGE_"))}
        connect, read = _timeouts(got.get("OPENTOK_TIMEOUT", ""))
        return cls(
            # The shorter names are BuddyTok's.
            api_key=got.get("OPENTOK_API_KEY") or got.get("OPENTOK_KEY", ""),
            api_secret=got.get("OPENTOK_API_SECRET") or got.get("OPENTOK_SECRET", ""),
            application_id=got.get("VONAGE_APPLICATION_ID", ""),
            private_key=_private_key(got.get("VONAGE_PRIVATE_KEY", "")),
            api_url=got.get("OPENTOK_API_URL", ""),
            timeout_connect=connect,
            timeout_read=read,
            deadline=_number("OPENTOK_DEADLINE", got.get("OPENTOK_DEADLINE", ""), 6.0),
            token_format=got.get("OPENTOK_TOKEN_FORMAT", "").lower() or "jwt",
            token_ttl_seconds=_whole("OPENTOK_TOKEN_TTL", got.get("OPENTOK_TOKEN_TTL", ""), 7200),
            signature_secret=got.get("OPENTOK_SIGNATURE_SECRET", ""),
            callback_path_secret=got.get("OPENTOK_CALLBACK_PATH_SECRET", ""),
            callbacks_open=_flag("OPENTOK_CALLBACKS_OPEN", got.get("OPENTOK_CALLBACKS_OPEN", "")),
        )

    @property
    def configured(self) -> bool:
        """Are there credentials of any kind?"""
        return bool(self.api_key or self.application_id)

    @property
    def unified(self) -> bool:
        """Is this the unified (Vonage) environment?"""
        return bool(self.application_id)

    @property
    def identity(self) -> str:
        """What stands in paths and session ids and what clients pass to `initSession`."""
        return self.application_id or self.api_key

    @property
    def url(self) -> str:
        """The REST host, without a slash at the end."""
        return self.api_url or (VONAGE_URL if self.unified else OPENTOK_URL)

    @property
    def callbacks_protected(self) -> bool:
        """Can a forged monitoring callback be told from a real one?"""
        return bool(self.signature_secret or self.callback_path_secret)


def _check_identity(settings: VideoSettings) -> None:
    if settings.api_key and settings.application_id:
        raise VideoSettingError("VONAGE_APPLICATION_ID", "set either this or OPENTOK_API_KEY, not both")
    _check_pair("OPENTOK_API_KEY", settings.api_key, "OPENTOK_API_SECRET", settings.api_secret)
    _check_pair("VONAGE_APPLICATION_ID", settings.application_id, "VONAGE_PRIVATE_KEY", settings.private_key)
    if settings.api_key and not _KEY.match(settings.api_key):
        raise VideoSettingError("OPENTOK_API_KEY", "must be letters and digits (the vendor's keys are digits)")
    if _LIKE_A_FILE_NAME.search(settings.api_secret):
        raise VideoSettingError("OPENTOK_API_SECRET", "looks like a file name; a private key goes into VONAGE_PRIVATE_KEY")
    if settings.application_id and not _UUID.match(settings.application_id):
        raise VideoSettingError("VONAGE_APPLICATION_ID", "must be a UUID")
    if settings.private_key and "-----BEGIN" not in settings.private_key:
        raise VideoSettingError("VONAGE_PRIVATE_KEY", "is not a private key in PEM form")


def _check_pair(first: str, first_value: str, second: str, second_value: str) -> None:
    if first_value and not second_value:
        raise VideoSettingError(second, f"is missing although {first} is set")
    if second_value and not first_value:
        raise VideoSettingError(first, f"is missing although {second} is set")


def _check_url(url: str) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
        bad = parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0
    except ValueError:
        bad = True
    if bad or parts.query or parts.fragment:
        raise VideoSettingError("OPENTOK_API_URL", "must be like https://api.opentok.com")


def _check_numbers(settings: VideoSettings) -> None:
    for name, value in (
        ("OPENTOK_TIMEOUT", settings.timeout_connect),
        ("OPENTOK_TIMEOUT", settings.timeout_read),
        ("OPENTOK_DEADLINE", settings.deadline),
    ):
        if not (math.isfinite(value) and 0 < value <= 60):
            raise VideoSettingError(name, "must be more than 0 and at most 60 seconds")
    if not 0 < settings.token_ttl_seconds <= MAX_TTL_SECONDS:
        raise VideoSettingError("OPENTOK_TOKEN_TTL", f"must be from 1 to {MAX_TTL_SECONDS} seconds (30 days)")


def _private_key(value: str) -> str:
    """PEM text from PEM text (also with `\\n` for line ends, as env files write it) or from the name of a file."""
    if not value:
        return ""
    if "-----BEGIN" in value:
        return value.replace("\\n", "\n")
    try:
        return Path(value).expanduser().read_text("utf-8")
    except (OSError, ValueError, RuntimeError) as error:
        # the value itself stays out of the text: it may be a key pasted wrongly
        why = error.strerror if isinstance(error, OSError) and error.strerror else "unreadable"
        raise VideoSettingError("VONAGE_PRIVATE_KEY", f"neither PEM text nor a readable file ({why})") from None


def _timeouts(text: str) -> tuple[float, float]:
    """`3` for both steps or `connect,read`."""
    parts = [_number("OPENTOK_TIMEOUT", part.strip(), 3.0) for part in text.split(",")]
    if len(parts) > 2:
        raise VideoSettingError("OPENTOK_TIMEOUT", "must be one number of seconds, or two: connect,read")
    return parts[0], parts[-1]


def _number(name: str, text: str, default: float) -> float:
    if not text:
        return default
    try:
        return float(text)
    except ValueError:
        raise VideoSettingError(name, "must be a number of seconds") from None


def _whole(name: str, text: str, default: int) -> int:
    if not text:
        return default
    try:
        return int(text)
    except ValueError:
        raise VideoSettingError(name, "must be a whole number of seconds") from None


def _flag(name: str, text: str) -> bool:
    if text.lower() not in ("", "0", "1", "true", "false"):
        raise VideoSettingError(name, "must be true or false")
    return text.lower() in ("1", "true")
