"""What a write must fulfil: who may do it, what things are called, which types columns have (contract/01, section 13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from parse_shim.classes import check
from parse_shim.classes.model import FieldType
from parse_shim.classes.system import INTERNAL_USER_FIELDS
from parse_shim.errors import Code, ParseError
from parse_shim.query.ast import Eq, both
from parse_shim.rest.access import check_class, check_class_exists, check_system_class
from parse_shim.rest.core import Context, Core
from parse_shim.rest.write_state import Write
from parse_shim.update.ops import Set, Update


def check_class_access(ctx: Context, class_name: str, operation: str) -> None:
    """Rules that hold before anything is read of the body. Raises 107, 119."""
    check_system_class(ctx.auth, operation, class_name)
    check_class_exists(ctx, class_name)
    check.check_class_name(class_name)


def check_body(ctx: Context, body: object) -> Mapping[str, Any]:
    """A JSON object without prohibited keywords and foreign file addresses. Raises 105, 107, 130."""
    if not isinstance(body, dict):
        raise ParseError(Code.INVALID_JSON, "the body of a write must be a JSON object")
    denylist(ctx.core).check(body)
    _check_file_urls(ctx, body)
    return body


def check_values_of(ctx: Context, update: Update) -> None:
    """The same for what cloud code sets. Raises 105."""
    denylist(ctx.core).check({name: op.value for name, op in update.items() if isinstance(op, Set)})


def check_names(ctx: Context, names: Iterable[str], write: Write) -> None:
    """Raises 105. The maintenance key may name the internal fields of users."""
    internal = write.internal or (ctx.auth.is_maintenance and write.class_name == "_User")
    if internal and not write.internal:
        check.check_names([name for name in names if name not in INTERNAL_USER_FIELDS], write.cls, write.class_name)
    else:
        check.check_names(names, write.cls, write.class_name, internal=internal)


def denylist(core: Core) -> check.Denylist:
    """requestKeywordDenylist, compiled once."""
    found = core.extras.get("denylist")
    if not isinstance(found, check.Denylist):
        found = core.extras["denylist"] = check.Denylist(core.settings.request_keyword_denylist)
    return found


def check_and_grow(write: Write) -> None:
    """Types, required columns and defaults, class permissions; then the class gets its new columns.

    Raises 111, 119, 121, 142. The columns stay even if the write fails later, as with parse-server."""
    creating = write.creating
    new = check.new_fields(write.update, write.cls)
    cls = write.cls.with_fields(new) if new else write.cls
    if write.class_name[:1] == "_":
        check.check_system_required(write.update, write.class_name, create=creating)
    update = write.update = check.fit(write.update, cls, create=creating)
    check.check_nested_keys(update)
    check.check_values(update, cls)
    if creating and cls.defaults:
        write.given = check.fill_defaults(update, cls)
        update |= {name: Set(value) for name, value in write.given.items()}
    if cls.required:
        check.check_required(update, cls, create=creating)
    _check_permissions(write, new)
    write.cls = write.ctx.core.classes.ensure(write.class_name, new)


def _check_permissions(write: Write, new: Mapping[str, FieldType]) -> None:
    auth, cls = write.ctx.auth, write.cls
    if write.creating:
        check_class(auth, cls, "create")
        if new:
            check_class(auth, cls, "addField", creating=True)
        return
    write.where = both(Eq("objectId", write.object_id), write.permitted())
    if new:
        write.where = both(write.where, check_class(auth, cls, "addField"))


def _check_file_urls(ctx: Context, body: Mapping[str, Any]) -> None:
    """The url of a sent File is never stored, but a server may want to hear of none of other hosts."""
    if "*" in ctx.core.settings.file_upload.allowed_file_url_domains:
        return
    from parse_shim.rest.files import check_file_url  # the whole file service, for servers that guard these URLs only

    todo: list[Any] = list(body.values())
    while todo:
        match todo.pop():
            case {"__type": "File", "url": url}:
                check_file_url(ctx, url)
            case dict() as inner:
                todo += inner.values()
            case list() as inner:
                todo += inner
