"""Words of the suite: classes, docs, ids."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from parse_shim.classes.model import BASE_FIELDS, ClassDef, FieldType
from parse_shim.query.ast import EVERYTHING, Node
from parse_shim.query.options import FindOptions
from parse_shim.storage.base import Engine
from parse_shim.values.types import Doc

START = datetime(2026, 1, 2, 3, 4, 5, 678000)


def column(text: str) -> FieldType:
    """`Pointer<B>` -> FieldType("Pointer", "B")."""
    kind, _, target = text.partition("<")
    return FieldType(kind, target.rstrip(">") or None)  # type: ignore[arg-type]


def a_class(name: str = "Thing", /, **columns: str) -> ClassDef:
    """a_class("Post", title="String", owner="Pointer<_User>")."""
    return ClassDef(name, {**BASE_FIELDS, **{key: column(text) for key, text in columns.items()}})


def a_doc(object_id: str, /, **fields: Any) -> Doc:
    """A whole object; its dates grow with the length of nothing: all the same, unless given."""
    return {"objectId": object_id, "createdAt": START, "updatedAt": START, **fields}


def fill(engine: Engine, cls: ClassDef, docs: Iterable[Doc]) -> ClassDef:
    """Store class and docs; createdAt a second apart."""
    saved = engine.save_class(cls)
    for number, doc in enumerate(docs):
        engine.insert(saved, {**doc, "createdAt": START + timedelta(seconds=number)})
    return saved


def found(engine: Engine, cls: ClassDef, where: Node = EVERYTHING, **options: Any) -> list[str]:
    """Ids of what a find gives, in order."""
    return [doc["objectId"] for doc in engine.find(cls, where, FindOptions(**options))]
