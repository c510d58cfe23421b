"""ClassDef: the schema of one class, as every room below and above sees it. Immutable: a change makes a new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from parse_shim.values.codec import encode
from parse_shim.values.types import MISSING, Json, Value

Kind = Literal[
    "String", "Number", "Boolean", "Date", "Object", "Array", "GeoPoint", "File", "Bytes", "Polygon",
    "Pointer", "Relation", "ACL",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldType:
    """A column. `default` is MISSING when there is none. `optional`: it was declared with `required: false`, which schemas show.
    `text` is the name that error messages use: `Pointer<B>`."""

    kind: Kind
    target: str | None = None
    required: bool = False
    default: Value | Any = MISSING
    sent_default: Json = field(default=MISSING, compare=False)
    optional: bool = False

    @property
    def default_json(self) -> Json:
        """The default as schemas show it: as it was sent, with its URL and open ring, where a client sent it."""
        return encode(self.default) if self.sent_default is MISSING else self.sent_default

    @property
    def text(self) -> str:
        return f"{self.kind}<{self.target}>" if self.target else self.kind

    def same_type(self, other: FieldType) -> bool:
        """Same type and target, whatever the options."""
        return self.kind == other.kind and self.target == other.target

    def json(self) -> dict[str, Any]:
        """REST form without the default's encoding (rest/schemas adds it): {"type": ..., "targetClass": ...}."""
        return {"type": self.kind, "targetClass": self.target} if self.target else {"type": self.kind}


STRING = FieldType("String")
NUMBER = FieldType("Number")
BOOLEAN = FieldType("Boolean")
DATE = FieldType("Date")
OBJECT = FieldType("Object")
ARRAY = FieldType("Array")

BASE_FIELDS: Mapping[str, FieldType] = {
    "objectId": STRING,
    "createdAt": DATE,
    "updatedAt": DATE,
    "ACL": FieldType("ACL"),
}


@dataclass(frozen=True)
class ClassDef:
    """`fields` always holds BASE_FIELDS. `permissions` is the class-level permissions map in REST form, None when
    never set (= everything public). `indexes` is {index name: {column: 1 | -1 | "text" | "2dsphere"}}, empty when
    none is known.
    `validators` come from schemas/ and are never stored: `checked_as` puts them back on what a store returns."""

    name: str
    fields: Mapping[str, FieldType] = field(default_factory=lambda: dict(BASE_FIELDS))
    permissions: Mapping[str, Any] | None = None
    indexes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    validators: Mapping[str, tuple[Callable[[Any], Any], ...]] = field(default_factory=dict, compare=False, repr=False)

    def with_fields(self, more: Mapping[str, FieldType]) -> ClassDef:
        """The class with further (or replaced) columns."""
        return replace(self, fields={**self.fields, **more})

    def without_fields(self, names: set[str] | frozenset[str]) -> ClassDef:
        return replace(self, fields={n: t for n, t in self.fields.items() if n not in names})

    def checked_as(self, declared: ClassDef) -> ClassDef:
        """What a store returned, with the validators that only schemas/ knows."""
        return replace(self, validators=declared.validators) if declared.validators else self

    def kind(self, name: str) -> str | None:
        """Type name of a column, None for an unknown one."""
        found = self.fields.get(name)
        return found.kind if found else None

    @cached_property
    def relations(self) -> dict[str, str]:
        """Relation column -> target class."""
        return {n: t.target or "" for n, t in self.fields.items() if t.kind == "Relation"}

    @cached_property
    def geo_points(self) -> tuple[str, ...]:
        return tuple(n for n, t in self.fields.items() if t.kind == "GeoPoint")

    @cached_property
    def files(self) -> tuple[str, ...]:
        return tuple(n for n, t in self.fields.items() if t.kind == "File")

    @cached_property
    def required(self) -> tuple[str, ...]:
        return tuple(n for n, t in self.fields.items() if t.required)

    @cached_property
    def defaults(self) -> dict[str, Value]:
        return {n: t.default for n, t in self.fields.items() if t.default is not MISSING}


def join_name(field_name: str, class_name: str) -> str:
    """`_Join:field:Class`, the collection that holds a relation's links."""
    return f"_Join:{field_name}:{class_name}"
