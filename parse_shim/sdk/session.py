"""The door from cloud code to the server: what Object, Query and friends need, implemented in rest/session_impl.py.

The current session is a context variable, so `Query("Post").find()` works inside a hook without naming a server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any, Protocol

from parse_shim.query.ast import EVERYTHING, Node
from parse_shim.update.ops import Update
from parse_shim.values.types import Doc


@dataclass(frozen=True, slots=True)
class As:
    """In whose name a call runs. No ambient authority: the default is an anonymous client."""

    use_master_key: bool = False
    session_token: str | None = None
    context: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """What a Query asks for. `order`: field names, `-` prefix for descending. None: the server's default."""

    class_name: str
    where: Node
    limit: int | None = None
    skip: int | None = None
    order: tuple[str, ...] = ()
    keys: tuple[str, ...] | None = None
    exclude_keys: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    hint: Any = None
    comment: str | None = None
    read_preference: str | None = None
    redirect_key: str | None = None


class Session(Protocol):
    """Implemented over rest/: same checks, hooks and errors as a request, without HTTP. Docs go in and out; errors are ParseError.
    `subclasses`: class name -> the application's own subclass of Object."""

    @property
    def subclasses(self) -> Mapping[str, type[Any]]: ...

    def find(self, plan: QueryPlan, who: As) -> list[Doc]: ...
    def find_counted(self, plan: QueryPlan, who: As) -> tuple[list[Doc], int]:
        """As `find`, and how many match in all."""
        ...

    def count(self, plan: QueryPlan, who: As) -> int: ...
    def get(self, plan: QueryPlan, object_id: str, who: As) -> Doc: ...
    def aggregate(self, class_name: str, pipeline: list[Mapping[str, Any]], who: As, where: Node = EVERYTHING) -> list[Any]: ...
    def distinct(self, plan: QueryPlan, key: str, who: As) -> list[Any]: ...
    def create(self, class_name: str, update: Update, who: As) -> Doc:
        """Fields the server sets or changed: objectId, createdAt, operation results, hook changes."""
        ...

    def update(self, class_name: str, object_id: str, update: Update, who: As) -> Doc:
        """As `create`, with updatedAt."""
        ...

    def update_if(self, class_name: str, object_id: str, update: Update, condition: Node, who: As) -> Doc | None:
        """As `update`, if the stored object satisfies `condition`; None when it does not, or is gone. Master key only."""
        ...

    def destroy(self, class_name: str, object_id: str, who: As) -> None: ...
    def save_all(self, writes: list[tuple[str, str | None, Update]], who: As, *, transaction: bool = False) -> list[Doc | Exception]: ...
    def call(self, function: str, params: Mapping[str, Any], who: As) -> Any: ...
    def start_job(self, name: str, params: Mapping[str, Any]) -> str: ...
    def sign_up(self, update: Update, who: As) -> Doc: ...
    def log_in(self, username: str, password: str) -> Doc: ...
    def save_file(self, name: str, data: bytes, content_type: str | None, metadata: Mapping[str, Any] | None, who: As) -> tuple[str, str]:
        """(stored name, url)."""
        ...

    def read_file(self, name: str) -> bytes: ...
    def delete_file(self, name: str, who: As) -> None: ...
    def file_url(self, name: str) -> str: ...
    def read_config(self, who: As) -> dict[str, Any]: ...
    def write_config(self, params: Mapping[str, Any], master_key_only: Mapping[str, bool], who: As) -> None: ...
    def send_push(self, body: Mapping[str, Any]) -> str: ...
    def send_email(self, message: Mapping[str, Any]) -> None: ...
    def take_lock(self, class_name: str, key: str, owner: str, seconds: float) -> bool: ...
    def lock_owner(self, class_name: str, key: str) -> str | None: ...
    def drop_lock(self, class_name: str, key: str, owner: str) -> bool: ...
    def jobs_data(self) -> dict[str, list[str]]:
        """{"in_use": scheduled names, "jobs": registered names}."""
        ...


_current: ContextVar[Session | None] = ContextVar("parse_shim_session", default=None)


def current() -> Session:
    """The session of the running hook. Raises RuntimeError outside of one: there is no server to talk to."""
    session = _current.get()
    if session is None:
        raise RuntimeError("no Parse server here: Query and Object work inside cloud code or the `parse` fixture")
    return session


def current_or_none() -> Session | None:
    """The session of the running hook, if there is one."""
    return _current.get()


def subclass_of(class_name: str) -> type[Any] | None:
    """Which kind of Object stands for `class_name` here: the application's, else User, Role, Session, Installation."""
    session = _current.get()
    found = session.subclasses.get(class_name) if session is not None else None
    return found or BUILT_IN.get(class_name)


BUILT_IN: dict[str, type[Any]] = {}
"""Filled by sdk/user.py."""


def bind(session: Session) -> Token[Session | None]:
    """Make `session` current until `unbind`. Half the cost of `bound`, for the way of every hook."""
    return _current.set(session)


def unbind(token: Token[Session | None]) -> None:
    _current.reset(token)


@contextmanager
def bound(session: Session) -> Iterator[None]:
    """Make `session` current inside the block, in this thread or greenlet."""
    token = _current.set(session)
    try:
        yield
    finally:
        _current.reset(token)
