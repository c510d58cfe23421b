"""The classes of the server as Objects: User, Role, Session, Installation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from parse_shim.sdk.acl import ACL
from parse_shim.sdk.object import Object
from parse_shim.sdk.pending import perform
from parse_shim.sdk.relation import Relation
from parse_shim.sdk.session import BUILT_IN, As, current


class User(Object, class_name="_User"):
    """`request.user` also knows its session token; use it to act in the user's name."""

    @property
    def username(self) -> str | None:
        found: str | None = self.get("username")
        return found

    @username.setter
    def username(self, value: str) -> None:
        self.set("username", value)

    @property
    def email(self) -> str | None:
        found: str | None = self.get("email")
        return found

    @email.setter
    def email(self, value: str) -> None:
        self.set("email", value)

    @property
    def session_token(self) -> str | None:
        found: str | None = self.get("sessionToken")
        return found

    def set_password(self, value: str) -> Self:
        return self.set("password", value)

    @property
    def is_anonymous(self) -> bool:
        """The anonymous provider is among its logins."""
        return "anonymous" in (self.get("authData") or {})

    def sign_up(self, fields: Mapping[str, Any] | None = None, *, context: Mapping[str, Any] | None = None) -> Self:
        """Store a new user; it has a session token afterwards. Raises ParseError 200, 201, 202, 203."""
        if fields:
            self.set(fields)
        return perform(lambda: self._sign_up(As(context=context)))

    @classmethod
    def log_in(cls, username: str, password: str) -> Self:
        """The user, with a new session. Raises ParseError 101."""
        return perform(lambda: cls._log_in(username, password))

    def _sign_up(self, who: As) -> Self:
        self._stored(current().sign_up(self.changes(), who))
        return self

    @classmethod
    def _log_in(cls, username: str, password: str) -> Self:
        user = cls.from_doc("_User", current().log_in(username, password))
        assert isinstance(user, cls)
        return user


class Role(Object, class_name="_Role"):
    """`Role(name="host", ACL=ACL())`, then add members to `users` and further roles to `roles`."""

    @property
    def name(self) -> str | None:
        found: str | None = self.get("name")
        return found

    @property
    def users(self) -> Relation:
        return self.relation("users")

    @property
    def roles(self) -> Relation:
        return self.relation("roles")

    @classmethod
    def named(cls, name: str, acl: ACL) -> Self:
        """A new role."""
        return cls(name=name, ACL=acl)


class Session(Object, class_name="_Session"):
    """A login. Readable by its user and the master key."""

    @property
    def session_token(self) -> str | None:
        found: str | None = self.get("sessionToken")
        return found


class Installation(Object, class_name="_Installation"):
    """A device."""


BUILT_IN.update({"_User": User, "_Role": Role, "_Session": Session, "_Installation": Installation})
