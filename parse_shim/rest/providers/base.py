"""What every provider has: the interface behind `authData` (contract/03, section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from parse_shim.errors import Code, ParseError
from parse_shim.values.types import Doc

AuthData = dict[str, Any]
Policy = Literal["default", "additional", "solo"]


@dataclass(frozen=True, slots=True)
class AuthRequest:
    """Who asks. `user` is the user as stored, None for a new one; `trigger` is `set_up`, `login`, `update` or `challenge`."""

    trigger: str
    user: Doc | None = None
    master: bool = False
    ip: str | None = None
    installation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """`response` goes to the client under authDataResponse, `save` replaces what is stored, `do_not_save` stores nothing."""

    response: Any = None
    save: AuthData | None = None
    do_not_save: bool = False


class Provider:
    """Base of all providers. A method refuses by raising: ParseError as it is, any other exception as 141 with its text.

    `validate_set_up`, `validate_login` and `validate_update` fall back on `validate_auth_data`. They may return None, an
    `Accepted`, or a dict with the keys `response`, `save`, `do_not_save`.
    """

    policy: Policy = "default"

    def validate_app_id(self, data: AuthData, request: AuthRequest) -> None:
        """Refuse credentials of another application. Called before the others."""

    def validate_auth_data(self, data: AuthData, request: AuthRequest) -> Accepted | Mapping[str, Any] | None:
        """Refuse data that does not prove who the user is. The base refuses everything: silence is no consent."""
        raise refused("This authentication method is not implemented.")

    def validate_set_up(self, data: AuthData, request: AuthRequest) -> Accepted | Mapping[str, Any] | None:
        """A new user, or a provider that the user did not have."""
        return self.validate_auth_data(data, request)

    def validate_login(self, data: AuthData, request: AuthRequest) -> Accepted | Mapping[str, Any] | None:
        """A user known by this id logs in."""
        return self.validate_auth_data(data, request)

    def validate_update(self, data: AuthData, request: AuthRequest) -> Accepted | Mapping[str, Any] | None:
        """A logged-in user sends changed data of a provider it has."""
        return self.validate_auth_data(data, request)

    def challenge(self, challenge: Any, data: AuthData | None, request: AuthRequest) -> Any:
        """Answer to POST /challenge; None: this provider has none."""
        return None

    def after_find(self, data: AuthData) -> AuthData | None:
        """What a reader of the user sees; None: what is stored."""
        return None


def refused(text: str) -> ParseError:
    """101, as parse-server's own providers answer."""
    return ParseError(Code.OBJECT_NOT_FOUND, text)


def text_of(data: AuthData, key: str) -> str:
    """A value that must be filled text; "" otherwise. Types before use: a client may send anything."""
    value = data.get(key)
    return value if isinstance(value, str) else ""


def names(value: object) -> tuple[str, ...]:
    """A setting that is one text or a list of them. Text is one name, never searched for substrings (CVE-2022-39231)."""
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, (list, tuple)):
        return tuple(item for item in value if isinstance(item, str) and item)
    return ()
