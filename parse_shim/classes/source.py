"""Stored classes as Python source for schemas/: what `parse-shim schema export --format python` writes. load_schemas reads it back."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping
from typing import Any

from parse_shim.classes.model import ClassDef, FieldType
from parse_shim.classes.system import default_columns
from parse_shim.values.codec import encode
from parse_shim.values.types import MISSING

HEAD = '''"""The application's classes, as they were stored."""

from parse_shim import ParseClass
from parse_shim.classes import fields
'''


def module_text(classes: Iterable[ClassDef]) -> str:
    """A module with a ParseClass for each."""
    return "\n\n".join([HEAD, *(class_text(cls) for cls in classes)])


def class_text(cls: ClassDef) -> str:
    """One ParseClass."""
    name = cls.name.removeprefix("_")
    lines = [f"class {name}(ParseClass):"]
    if name != cls.name:
        lines.append(f"    class_name = {cls.name!r}")
    own = {key: column for key, column in cls.fields.items() if key not in default_columns(cls.name)}
    lines += [f"    {key} = {_column(column)}" for key, column in own.items() if _can_be_written(key)]
    strangers = [key for key in own if not _can_be_written(key)]
    lines += [f"    # {key!r}: {own[key].text}, which Python cannot name" for key in strangers]
    if cls.permissions is not None:
        lines.append(f"    permissions = {_plain(cls.permissions)!r}")
    indexes = {key: dict(keys) for key, keys in cls.indexes.items() if key != "_id_"}
    if indexes:
        lines.append(f"    indexes = {indexes!r}")
    return "\n".join(lines if len(lines) > 1 else [*lines, "    pass"]) + "\n"


def _can_be_written(key: str) -> bool:
    """Names that a class of marshmallow has itself cannot be columns there."""
    return key.isidentifier() and not keyword.iskeyword(key) and key not in TAKEN


def _column(column: FieldType) -> str:
    arguments = [repr(column.target)] if column.target else []
    if column.required:
        arguments.append("required=True")
    if column.default is not MISSING:
        arguments.append(f"default={encode(column.default)!r}")
    return f"fields.{column.kind}({', '.join(arguments)})"


def _plain(value: Any) -> Any:
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, Mapping) else value


TAKEN = frozenset({"permissions", "indexes", "class_name", "fields", "dump", "load", "dumps", "loads", "validate", "opts", "context"})
