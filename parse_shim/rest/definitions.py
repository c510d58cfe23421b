"""Classes declared as JSON, as parse-server's option `schema.definitions` has them, and back: the schema of a store as definitions.

[{"className": "GameScore", "fields": {"score": {"type": "Number", "required": true}}, "classLevelPermissions": {...}, "indexes": {}}]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from parse_shim.classes.model import ClassDef
from parse_shim.classes.permissions_check import check_permissions
from parse_shim.classes.plan import Policy
from parse_shim.classes.system import complete, default_columns, is_class_name
from parse_shim.errors import ParseError
from parse_shim.rest.schema_fields import field_json, read_fields, read_indexes
from parse_shim.settings import Settings
from parse_shim.values.types import Json

KEYS = frozenset({"className", "fields", "classLevelPermissions", "indexes"})


def read_definitions(definitions: Iterable[Mapping[str, Any]], *, custom_ids: bool = False) -> list[ClassDef]:
    """One ClassDef each. The server's own columns may be named, and are left alone. Raises ValueError naming class and column."""
    return [_read(dict(definition), custom_ids) for definition in definitions]


def definition_json(cls: ClassDef) -> dict[str, Json]:
    """The declaration that makes `cls`: own columns, permissions and indexes."""
    own = default_columns(cls.name)
    out: dict[str, Json] = {
        "className": cls.name,
        "fields": {name: field_json(column) for name, column in cls.fields.items() if name not in own},
    }
    if cls.permissions is not None:
        out["classLevelPermissions"] = dict(cls.permissions)
    indexes = {name: dict(keys) for name, keys in cls.indexes.items() if name != "_id_"}
    if indexes:
        out["indexes"] = indexes
    return out


def migration_policy(settings: Settings) -> Policy:
    """What the options allow the start to lose. Only definitions that are given take indexes away, as on parse-server."""
    schema = settings.schema
    return Policy(
        drop_fields=schema.delete_extra_fields,
        recreate_fields=schema.recreate_modified_fields,
        drop_indexes=bool(schema.definitions) and not schema.keep_unknown_indexes,
        strict=schema.strict,
    )


def _read(definition: dict[str, Any], custom_ids: bool) -> ClassDef:
    name = definition.get("className")
    try:
        if not isinstance(name, str) or not is_class_name(name):
            raise ValueError("className must be letters, digits and underscores, a letter first")
        unknown = sorted(definition.keys() - KEYS)
        if unknown:
            raise ValueError(f"unknown key {unknown[0]}; known are {', '.join(sorted(KEYS))}")
        return _definition(name, definition, custom_ids)
    except (ParseError, ValueError) as problem:
        text = problem.message if isinstance(problem, ParseError) else problem
        raise ValueError(f"schema.definitions, class {name}: {text}") from problem


def _definition(name: str, definition: Mapping[str, Any], custom_ids: bool) -> ClassDef:
    fields = definition.get("fields") or {}
    own = default_columns(name)
    cls = complete(ClassDef(name))
    added, _ = read_fields(cls, {key: value for key, value in fields.items() if key not in own})
    cls = cls.with_fields(added)
    indexes = read_indexes(cls, {key: keys for key, keys in (definition.get("indexes") or {}).items() if key != "_id_"})
    cls = replace(cls, indexes={key: keys for key, keys in indexes.items() if key != "_id_"})
    if definition.get("classLevelPermissions") is None:
        return cls
    return replace(cls, permissions=check_permissions(definition["classLevelPermissions"], cls, custom_ids=custom_ids))


__all__ = ["definition_json", "migration_policy", "read_definitions"]
