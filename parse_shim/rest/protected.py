"""Fields a caller must not see: taken out of results, refused in where and order. Source: contract/03, section 8.2."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from parse_shim.classes.model import ClassDef
from parse_shim.classes.permissions import UNPROTECTED, Protection, protection
from parse_shim.errors import Denied
from parse_shim.query.ast import And, Node, Not, Or, Readable, RelatedTo, Writable
from parse_shim.rest import authdata
from parse_shim.rest.core import Context
from parse_shim.values.types import Doc

_HIDDEN_USER_FIELDS = ("password", "sessionToken", "_hashed_password")
"""From everybody; the maintenance key sees the other internals."""


def protection_for(ctx: Context, cls: ClassDef) -> Protection:
    """What is protected from the caller in `cls`; UNPROTECTED for the master key and for most classes."""
    if ctx.auth.unrestricted:
        return UNPROTECTED
    option = ctx.core.settings.protected_fields.get(cls.name)
    if option is None and not (cls.permissions and cls.permissions.get("protectedFields")):
        return UNPROTECTED
    return protection(cls, ctx.auth.subjects(), ctx.auth.user_id, option)


def check_query(cls: ClassDef, protected: Protection, where: Node, order: Iterable[tuple[str, bool]]) -> None:
    """Refuse a query that could find out protected values, at any depth of its conditions. Raises Denied 119."""
    closed = protected.queried
    if not closed:
        return
    for path in paths(where):
        if path.partition(".")[0] in closed:
            raise Denied(f"This user is not allowed to query {path} on class {cls.name}")
    for path, _ in order:
        if path.partition(".")[0] in closed:
            raise Denied(f"This user is not allowed to sort by {path} on class {cls.name}")


def paths(node: Node) -> Iterator[str]:
    """Every field that conditions of this class name; inner queries guard themselves."""
    todo = [node]
    while todo:
        match todo.pop():
            case And(parts) | Or(parts):
                todo += parts
            case Not(part):
                todo.append(part)
            case Readable() | Writable() | RelatedTo():
                pass
            case other:
                yield other.path


def hide(ctx: Context, cls: ClassDef, protected: Protection, docs: list[Doc]) -> None:
    """Take out of `docs`, in place, what the caller must not see."""
    if cls.name == "_User":
        for doc in docs:
            _hide_in_user(ctx, protected, doc)
    elif protected:
        user_id = ctx.auth.user_id
        for doc in docs:
            _drop(doc, protected.hidden(doc, user_id))


def _hide_in_user(ctx: Context, protected: Protection, doc: Doc) -> None:
    auth = ctx.auth
    for name in _HIDDEN_USER_FIELDS:
        doc.pop(name, None)
    if not auth.is_maintenance:
        for name in [name for name in doc if name[:1] == "_"]:
            del doc[name]
    _tidy_auth_data(ctx, doc)
    if auth.unrestricted:
        return
    own = doc.get("objectId") == auth.user_id
    if not own:
        doc.pop("authData", None)
    if protected and not (own and ctx.core.settings.protected_fields_owner_exempt):
        _drop(doc, protected.hidden(doc, auth.user_id))


def _tidy_auth_data(ctx: Context, doc: Doc) -> None:
    """Providers that were unlinked are stored as null and never shown; some rewrite what is."""
    data = doc.get("authData")
    shown = authdata.shown(ctx.core, data) if isinstance(data, dict) else None
    if shown:
        doc["authData"] = shown
    else:
        doc.pop("authData", None)


def _drop(doc: Doc, names: Iterable[str]) -> None:
    for name in names:
        doc.pop(name, None)
