"""What `Engine.save_class` and `drop_fields` make of a stored class and a given one; the same for every engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from parse_shim.classes.model import BASE_FIELDS, ClassDef
from parse_shim.errors import FieldConflict


def merge_class(stored: ClassDef | None, cls: ClassDef) -> ClassDef:
    """Columns of both, everything else from `cls`. Raises FieldConflict where the two disagree on a column's type."""
    if stored is None:
        return replace(cls, fields={**BASE_FIELDS, **cls.fields})
    for name, column in cls.fields.items():
        known = stored.fields.get(name)
        if known is not None and not known.same_type(column):
            raise FieldConflict(cls.name, name)
    return replace(cls, fields={**stored.fields, **cls.fields})


def without_columns(stored: ClassDef, names: Iterable[str]) -> ClassDef:
    """The class without these columns and without the indexes that name them. The base columns stay."""
    gone = frozenset(names) - frozenset(BASE_FIELDS)
    kept = {name: columns for name, columns in stored.indexes.items() if not any(_column(path) in gone for path in columns)}
    return replace(stored.without_fields(gone), indexes=kept)


def _column(path: str) -> str:
    return path.removeprefix("_p_").partition(".")[0]
