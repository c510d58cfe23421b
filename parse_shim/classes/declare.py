"""Classes declared in schemas/: read once at start into ClassDefs.

    class ActiveUsers(ParseClass):
        userID = fields.String(required=True)
        permissions = Permissions(find=PUBLIC, create=USERS, update=USERS, delete=USERS)
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import marshmallow

from parse_shim.classes.fields import Column
from parse_shim.classes.loading import import_spec, with_submodules
from parse_shim.classes.model import ClassDef, FieldType
from parse_shim.classes.names import is_field_name
from parse_shim.classes.permissions_check import check_permissions
from parse_shim.classes.rights import NOBODY, PUBLIC, USERS, Permissions, named_in
from parse_shim.classes.system import complete, default_columns, is_class_name
from parse_shim.errors import ParseError


class ParseClass(marshmallow.Schema):
    """Base of declared classes. The Python name is the class name unless `class_name` says otherwise (`_User`).

    `indexes`: {name: {column: 1 | -1 | "text" | "2dsphere"}}, for those over several columns.
    """

    class_name: ClassVar[str] = ""
    permissions: ClassVar[Mapping[str, Any] | None] = None
    indexes: ClassVar[Mapping[str, Mapping[str, Any]]] = {}


def definition(declared: type[ParseClass]) -> ClassDef:
    """The ClassDef of one declared class. Raises ValueError with the class, its file and what is wrong."""
    name = declared.class_name or declared.__name__
    try:
        return _definition(declared, name)
    except (ParseError, TypeError, ValueError) as problem:
        text = problem.message if isinstance(problem, ParseError) else problem
        raise ValueError(f"class {name} in {where(declared)}: {text}") from problem


def load_schemas(spec: str) -> list[ClassDef]:
    """Every ParseClass in the module or package `spec` (dotted name or path), its submodules included, by name.

    Raises ValueError for a class declared twice (naming both files) or wrongly, ModuleNotFoundError, or what a module
    raises.
    """
    found: dict[str, type[ParseClass]] = {}
    for module in with_submodules(import_spec(spec)):
        for declared in vars(module).values():
            if _is_declared_in(declared, module.__name__):
                name = declared.class_name or declared.__name__
                if name in found:
                    raise ValueError(f"class {name} is declared twice: {where(found[name])} and {where(declared)}")
                found[name] = declared
    return [definition(found[name]) for name in sorted(found)]


def where(declared: type[ParseClass]) -> str:
    """`file:line` of a declared class."""
    try:
        return f"{inspect.getsourcefile(declared)}:{inspect.getsourcelines(declared)[1]}"
    except (OSError, TypeError):
        return declared.__module__


def _is_declared_in(thing: Any, module: str) -> bool:
    return isinstance(thing, type) and issubclass(thing, ParseClass) and thing.__module__ == module


def _definition(declared: type[ParseClass], name: str) -> ClassDef:
    if not is_class_name(name):
        raise ValueError("the name must be letters, digits and underscores, a letter first")
    columns = _columns(declared, name)
    cls = complete(ClassDef(name, columns))
    if declared.permissions is not None:
        cls = replace(cls, permissions=check_permissions(dict(declared.permissions), cls, custom_ids=True))
    return replace(cls, indexes=_indexes(declared, columns), validators=_validators(declared))


def _declared_fields(declared: type[ParseClass]) -> dict[str, Column]:
    fields = declared._declared_fields
    strangers = [name for name, field in fields.items() if not isinstance(field, Column)]
    if strangers:
        raise TypeError(f"{strangers[0]} is not one of parse_shim.classes.fields")
    return {name: field for name, field in fields.items() if isinstance(field, Column)}


def _columns(declared: type[ParseClass], name: str) -> dict[str, FieldType]:
    columns = {}
    for key, field in _declared_fields(declared).items():
        own = default_columns(name).get(key)
        column = field.column()
        if not is_field_name(key, name):
            raise ValueError(f"{key} is no valid name for a column")
        if own is not None and not own.same_type(column):
            raise ValueError(f"{key} is the server's own column, of type {own.text}")
        columns[key] = column
    if sum(column.kind == "GeoPoint" for column in columns.values()) > 1:
        raise ValueError("only one GeoPoint column may exist in a class")
    return columns


def _indexes(declared: type[ParseClass], columns: Mapping[str, FieldType]) -> dict[str, Mapping[str, Any]]:
    """GeoPoint columns get theirs from the engine, so `index=True` on one asks for nothing more."""
    out: dict[str, Mapping[str, Any]] = {}
    for key, field in _declared_fields(declared).items():
        if field.index is not None and columns[key].kind != "GeoPoint":
            out[f"{key}_{field.index}"] = {key: field.index}
    return {**out, **declared.indexes}


def _validators(declared: type[ParseClass]) -> dict[str, tuple[Any, ...]]:
    return {key: tuple(field.validators) for key, field in _declared_fields(declared).items() if field.validators}


__all__ = ["NOBODY", "PUBLIC", "USERS", "ParseClass", "Permissions", "definition", "load_schemas", "named_in", "where"]
