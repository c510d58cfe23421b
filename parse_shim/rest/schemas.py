"""The schema routes, for the master key (contract/04). Callers have checked that it was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from parse_shim.classes.model import ClassDef
from parse_shim.classes.names import bad_class_name, check_schema_class_name
from parse_shim.classes.permissions_check import check_permissions, permissions_json
from parse_shim.classes.system import CREATABLE, SYSTEM, VOLATILE, complete, is_class_name, is_join
from parse_shim.errors import Code, ParseError
from parse_shim.query.ast import EVERYTHING
from parse_shim.rest.core import Context
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.schema_fields import ID_INDEX, field_json, read_fields, read_indexes
from parse_shim.values.php import as_object
from parse_shim.values.types import Json

CACHED = frozenset({"_User", "_Session", "_Role"})


def list_schemas(ctx: Context) -> list[Json]:
    """Every class that exists; not the links of relations nor the server's own books."""
    classes = ctx.core.classes
    return [schema_json(classes.get_or_empty(name)) for name in classes.names() if name not in VOLATILE and not is_join(name)]


def get_schema(ctx: Context, name: str) -> Json:
    """Raises ParseError 103."""
    return schema_json(_existing(ctx, name))


def create_schema(ctx: Context, name: str | None, body: Mapping[str, Json]) -> Json:
    """POST /schemas[/C]. `name` from the path. Raises ParseError 102, 103, 105, 107, 111, 119, 135, 136."""
    _check_writer(ctx, "create a schema")
    name = _class_name(name, body)
    if not name:
        raise ParseError(Code.MISSING_FIELD, "POST /schemas needs a class name.")
    if _exists(ctx, name) and name not in VOLATILE:
        raise ParseError(Code.INVALID_CLASS_NAME, f"Class {name} already exists.")
    check_schema_class_name(name)
    saved = _change(ctx, complete(ClassDef(name)), body, create=True)
    return schema_json(saved, with_id_index=False)


def update_schema(ctx: Context, name: str, body: Mapping[str, Json]) -> Json:
    """PUT /schemas/C. Raises ParseError as create_schema, and 255."""
    _check_writer(ctx, "update a schema")
    name = _class_name(name, body)
    return schema_json(_change(ctx, _existing(ctx, name, system=True), body))


def delete_schema(ctx: Context, name: str) -> None:
    """DELETE /schemas/C: an empty class with its links. Unknown: nothing. Raises ParseError 103, 255."""
    _check_writer(ctx, "delete a schema")
    if not is_class_name(name) and name not in CREATABLE:  # never the config and the webhooks
        raise ParseError(Code.INVALID_CLASS_NAME, bad_class_name(name))
    cls = ctx.core.classes.get(name)
    if cls is None or not ctx.core.classes.is_stored(name):
        return
    with translated(name):
        count = ctx.core.engine.count(cls, EVERYTHING)
    if count:
        text = f"Class {name} is not empty, contains {count} objects, cannot drop schema."
        raise ParseError(Code.SCHEMA_CONFLICT, text)
    ctx.core.classes.drop(name)
    _forget(ctx, name)


def schema_json(cls: ClassDef, *, with_id_index: bool = True) -> dict[str, Json]:
    """`{"className", "fields", "classLevelPermissions", "indexes"?}`."""
    out: dict[str, Json] = {
        "className": cls.name,
        "fields": {name: field_json(column) for name, column in cls.fields.items()},
        "classLevelPermissions": {} if cls.name in VOLATILE else permissions_json(cls),
    }
    if cls.indexes:
        out["indexes"] = {**(ID_INDEX if with_id_index else {}), **cls.indexes}
    return out


def _change(ctx: Context, cls: ClassDef, body: Mapping[str, Json], *, create: bool = False) -> ClassDef:
    """Check everything, then drop columns, then add."""
    added, dropped = read_fields(cls, as_object(body.get("fields")))
    wanted = cls.without_fields(set(dropped)).with_fields(added)
    wanted = replace(wanted, indexes=read_indexes(wanted, as_object(body.get("indexes")), create=create))
    if "classLevelPermissions" in body:
        custom_ids = ctx.settings.allow_custom_object_id
        permissions = check_permissions(as_object(body["classLevelPermissions"]), wanted, custom_ids=custom_ids)
        wanted = replace(wanted, permissions=permissions)
    classes = ctx.core.classes
    if dropped:
        classes.drop_fields(cls.name, dropped)
    if wanted == cls and classes.is_stored(cls.name):
        return wanted
    return classes.save(wanted)


def _class_name(name: str | None, body: Mapping[str, Json]) -> str:
    sent = body.get("className")
    if sent is None or sent == "":
        return name or ""
    if not isinstance(sent, str):
        raise ParseError(Code.INVALID_JSON, "invalid JSON")
    if name and sent != name:
        raise ParseError(Code.INVALID_CLASS_NAME, f"Class name mismatch between {sent} and {name}.")
    return sent


def _existing(ctx: Context, name: str, *, system: bool = False) -> ClassDef:
    """The class; with `system` also one of the server's own that nothing was stored in yet."""
    cls = ctx.core.classes.get(name)
    if cls is None or not (_exists(ctx, name) or (system and name in SYSTEM)):
        raise ParseError(Code.INVALID_CLASS_NAME, f"Class {name} does not exist.")
    return cls


def _exists(ctx: Context, name: str) -> bool:
    return ctx.core.classes.is_stored(name) or name in VOLATILE


def _check_writer(ctx: Context, action: str) -> None:
    ctx.auth.require_writer(action)
    if ctx.settings.schema.lock_schemas:
        raise ParseError(Code.OPERATION_FORBIDDEN, "Cannot perform this operation when schemas options is used.")


def _forget(ctx: Context, name: str) -> None:
    if name in CACHED:
        ctx.core.cache.clear()
