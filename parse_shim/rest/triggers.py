"""Hooks around writes and logins: builds the request a hook gets, runs it, reads what it did (contract/10, sections 2 to 8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parse_shim.classes.model import ClassDef
from parse_shim.rest.core import Context
from parse_shim.update.ops import Update
from parse_shim.values.types import Doc, Value

if TYPE_CHECKING:
    from parse_shim.rest.write_state import Write


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an after_save hook did to the answer: fields to show besides, or a body of its own."""

    changed: dict[str, Value] = field(default_factory=dict)
    replaced: bool = False
    replacement: Any = None


UNCHANGED = Outcome()


def has_hook(ctx: Context, kind: str, class_name: str) -> bool:
    """Whether cloud code has a hook of this kind on the class: one look into a dict."""
    return ctx.core.hooks.find(kind, class_name) is not None


def before_save(write: Write) -> Update:
    raise NotImplementedError


def after_save(ctx: Context, class_name: str, after: Doc, original: Doc | None, cls: ClassDef | None = None) -> Outcome:
    return UNCHANGED


def before_delete(ctx: Context, cls: ClassDef, doc: Doc) -> None:
    return None


def after_delete(ctx: Context, cls: ClassDef, doc: Doc) -> None:
    return None


def before_login(ctx: Context, user: Doc) -> None:
    return None


def after_login(ctx: Context, user: Doc, session_token: str) -> None:
    return None


def after_logout(ctx: Context, session: Doc) -> None:
    return None


def before_password_reset(ctx: Context, user: Doc) -> None:
    return None
