"""What must change in a store so that it has the declared classes: a list of steps to read, and the same as ClassDefs to carry out.

Nothing is lost unasked: columns, types and indexes that the declarations do not know stay, and are reported. A class is never dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from parse_shim.classes.model import ClassDef, FieldType
from parse_shim.classes.system import SERVER_INDEXES, complete, default_columns, is_join
from parse_shim.values.compare import equal
from parse_shim.values.types import MISSING

Kind = Literal["change", "loss", "conflict", "extra"]
"""A step that adds or alters; one that loses data; something that stays although it is declared otherwise, or not declared at all."""

SIGNS: Mapping[Kind, str] = {"change": "+", "loss": "!", "conflict": "?", "extra": "="}


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be lost: columns that are not declared, columns whose type is declared otherwise (made anew, empty), indexes that are
    not declared. `strict`: what stays undeclared is worth a warning."""

    drop_fields: bool = False
    recreate_fields: bool = False
    drop_indexes: bool = False
    strict: bool = False


KEEP = Policy()
DROP = Policy(drop_fields=True, recreate_fields=True, drop_indexes=True)


@dataclass(frozen=True, slots=True)
class Step:
    kind: Kind
    text: str

    def __str__(self) -> str:
        return f"{SIGNS[self.kind]} {self.text}"


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """One class. `wanted` is what to save, after the columns in `dropped` are gone; None: nothing to save."""

    name: str
    steps: tuple[Step, ...] = ()
    wanted: ClassDef | None = None
    dropped: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        return self.wanted is not None or bool(self.dropped)


@dataclass(frozen=True, slots=True)
class Plan:
    """`undeclared`: stored classes that no declaration names."""

    classes: tuple[ClassPlan, ...] = ()
    undeclared: tuple[str, ...] = field(default=())

    @property
    def changes(self) -> bool:
        """Something is to be done."""
        return any(each.changes for each in self.classes)

    @property
    def conflicts(self) -> list[Step]:
        """Columns that keep another type than the declared one."""
        return [step for step in self.steps if step.kind == "conflict"]

    @property
    def steps(self) -> list[Step]:
        found = [step for each in self.classes for step in each.steps]
        return found + [Step("extra", f"class {name} is stored but not declared") for name in self.undeclared]


def make_plan(stored: Mapping[str, ClassDef], declared: Iterable[ClassDef], policy: Policy = KEEP) -> Plan:
    """From `stored` to `declared`, class by class in the order of `declared`."""
    wanted = list(declared)
    names = {cls.name for cls in wanted}
    others = sorted(name for name in stored if name not in names and not name.startswith("_") and not is_join(name))
    return Plan(tuple(plan_class(stored.get(cls.name), cls, policy) for cls in wanted), tuple(others))


def plan_class(stored: ClassDef | None, declared: ClassDef, policy: Policy = KEEP) -> ClassPlan:
    """`stored` None: the class is made."""
    if stored is None:
        own = ", ".join(f"{name} {column.text}" for name, column in declared.fields.items() if name not in default_columns(declared.name))
        return ClassPlan(declared.name, (Step("change", f"create class {declared.name}" + (f" ({own})" if own else "")),), declared)
    return _Difference(complete(stored), declared, policy).plan()


class _Difference:
    """The steps from one stored class to its declaration, gathered topic by topic."""

    def __init__(self, stored: ClassDef, declared: ClassDef, policy: Policy) -> None:
        self.name = declared.name
        self.stored = stored
        self.declared = declared
        self.policy = policy
        self.steps: list[Step] = []
        self.dropped: list[str] = []
        self.wanted = replace(stored, validators=declared.validators)

    def plan(self) -> ClassPlan:
        self._columns()
        self._extra_columns()
        self._permissions()
        self._indexes()
        changed = self.wanted != self.stored.without_fields(set(self.dropped))
        return ClassPlan(self.name, tuple(self.steps), self.wanted if changed else None, tuple(self.dropped))

    def _columns(self) -> None:
        for name, column in self.declared.fields.items():
            known = self.stored.fields.get(name)
            if known is None:
                self._put(name, column, "change", f"add field {self.name}.{name} {described(column)}")
            elif not known.same_type(column):
                self._other_type(name, known, column)
            elif not _same_options(known, column):
                self._put(name, column, "change", f"change field {self.name}.{name} from {described(known)} to {described(column)}")

    def _other_type(self, name: str, known: FieldType, column: FieldType) -> None:
        if self.policy.recreate_fields and name not in default_columns(self.name):
            self.dropped.append(name)
            self._put(name, column, "loss", f"drop field {self.name}.{name} {known.text} with its data, and make it anew as {column.text}")
        else:
            self._say("conflict", f"field {self.name}.{name} is declared as {column.text} but stored as {known.text}")

    def _extra_columns(self) -> None:
        for name, column in self.stored.fields.items():
            if name in self.declared.fields or name in default_columns(self.name):
                continue
            if self.policy.drop_fields:
                self.dropped.append(name)
                self.wanted = self.wanted.without_fields({name})
                self._say("loss", f"drop field {self.name}.{name} {column.text} with its data")
            else:
                self._say("extra", f"field {self.name}.{name} {column.text} is stored but not declared")

    def _permissions(self) -> None:
        wanted = self.declared.permissions
        if wanted is not None and wanted != self.stored.permissions:
            changed = sorted(key for key in {*wanted, *(self.stored.permissions or {})} if wanted.get(key) != _rule(self.stored, key))
            self.wanted = replace(self.wanted, permissions=wanted)
            self._say("change", f"change permissions of {self.name}: {', '.join(changed) or 'as declared'}")

    def _indexes(self) -> None:
        indexes = {name: keys for name, keys in self.stored.indexes.items() if not set(_roots(keys)) & set(self.dropped)}
        for name, keys in self.declared.indexes.items():
            known = indexes.get(name)
            if known is None or dict(known) != dict(keys):
                self._say("change", f"{'add' if known is None else 'change'} index {self.name}.{name} {_keys(keys)}")
                indexes[name] = keys
        own = {"_id_", *SERVER_INDEXES.get(self.name, {})}
        for name in [name for name in indexes if name not in self.declared.indexes and name not in own]:
            if self.policy.drop_indexes:
                self._say("change", f"drop index {self.name}.{name} {_keys(indexes.pop(name))}")
            else:
                self._say("extra", f"index {self.name}.{name} {_keys(indexes[name])} is stored but not declared")
        if indexes != self.stored.indexes:
            self.wanted = replace(self.wanted, indexes=indexes)

    def _put(self, name: str, column: FieldType, kind: Kind, text: str) -> None:
        self.wanted = self.wanted.with_fields({name: column})
        self._say(kind, text)

    def _say(self, kind: Kind, text: str) -> None:
        self.steps.append(Step(kind, text))


def described(column: FieldType) -> str:
    """`Number required, default 0`."""
    words = [column.text + (" required" if column.required else "")]
    if column.default is not MISSING:
        words.append(f"default {column.default!r}")
    return ", ".join(words)


def _same_options(one: FieldType, other: FieldType) -> bool:
    if one.required != other.required or (one.default is MISSING) != (other.default is MISSING):
        return False
    return one.default is MISSING or equal(one.default, other.default)


def _rule(cls: ClassDef, key: str) -> object:
    return (cls.permissions or {}).get(key)


def _keys(keys: Mapping[str, object]) -> str:
    return "(" + ", ".join(f"{name} {kind}" for name, kind in keys.items()) + ")"


def _roots(keys: Mapping[str, object]) -> list[str]:
    return [path.removeprefix("_p_").partition(".")[0] for path in keys]


__all__ = ["DROP", "KEEP", "ClassPlan", "Plan", "Policy", "Step", "described", "make_plan", "plan_class"]
