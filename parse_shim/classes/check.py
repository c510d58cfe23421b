"""What a write must fulfil besides names and types: required columns, defaults, values that fit, validators of
schemas/.

The other checks stand in names.py and infer.py; they are named here too, so that writers import one file.
"""

from __future__ import annotations

from copy import deepcopy

from parse_shim.classes.infer import check_types, infer, infer_value, mismatch, new_fields
from parse_shim.classes.model import ClassDef
from parse_shim.classes.names import (
    DEFAULT_DENYLIST,
    Denylist,
    check_class_name,
    check_field_name,
    check_keywords,
    check_names,
    check_nested_keys,
    is_field_name,
)
from parse_shim.classes.system import REQUIRED
from parse_shim.errors import Code, ParseError, ValidationFailed
from parse_shim.update.ops import Set, Unset, Update
from parse_shim.values.types import Value

__all__ = [
    "DEFAULT_DENYLIST",
    "Denylist",
    "check_class_name",
    "check_field_name",
    "check_keywords",
    "check_names",
    "check_nested_keys",
    "check_required",
    "check_system_required",
    "check_types",
    "check_values",
    "fill_defaults",
    "fit",
    "infer",
    "infer_value",
    "is_field_name",
    "mismatch",
    "new_fields",
]


def fit(update: Update, cls: ClassDef, *, create: bool) -> Update:
    """`update` as a store must carry it out; every writer calls this last. The same dict when nothing changes.

    Values of Relation columns go (Relate operations stay), null on a Pointer column becomes Unset, a deleted ACL {}
    (nobody).
    """
    out = update
    for name, op in update.items():
        kind = cls.kind(name) if isinstance(op, Set | Unset) else None
        if kind == "ACL" and isinstance(op, Unset) and not create:
            out = {**out, name: Set({})}
        elif kind == "Relation":
            out = {n: o for n, o in out.items() if n != name}
        elif kind == "Pointer" and not create and isinstance(op, Set) and op.value is None:
            out = {**out, name: Unset()}
    return out


def fill_defaults(update: Update, cls: ClassDef) -> dict[str, Value]:
    """For a create: defaults of columns that the update leaves out or deletes; the answer carries them.

    Raises ParseError 142 for null on such a column (the peer crashes on it).
    """
    out: dict[str, Value] = {}
    for name, default in cls.defaults.items():
        op = update.get(name)
        if op is None or isinstance(op, Unset):
            out[name] = deepcopy(default)
        elif isinstance(op, Set) and op.value is None:
            raise ValidationFailed(f"{name} has a default value and cannot be null")
    return out


def check_required(update: Update, cls: ClassDef, *, create: bool) -> None:
    """Columns with `required`: neither left out (create only) nor null, "" or deleted. Raises ParseError 142."""
    for name in cls.required:
        op = update.get(name)
        if op is None:
            if create:
                raise ValidationFailed(f"{name} is required")
        elif isinstance(op, Unset) or (isinstance(op, Set) and (op.value is None or op.value == "")):
            raise ValidationFailed(f"{name} is required")


def check_system_required(update: Update, class_name: str, *, create: bool) -> None:
    """What _Role and _Product must have. Raises ParseError 111 naming the first one missing."""
    for name in REQUIRED.get(class_name, ()):
        op = update.get(name)
        if op is None and not create:
            continue
        if op is None or isinstance(op, Unset) or (isinstance(op, Set) and op.value in (None, "")):
            raise ParseError(Code.INCORRECT_TYPE, f"{name} is required.")


def check_values(update: Update, cls: ClassDef) -> None:
    """Run the `validate=` functions of schemas/ on values being set; null is not judged. Raises ParseError 142."""
    if not cls.validators:
        return
    from marshmallow import ValidationError  # 25 ms of a start; who has validators has it

    for name, validators in cls.validators.items():
        op = update.get(name)
        if isinstance(op, Set) and op.value is not None:
            for validate in validators:
                try:
                    validate(op.value)
                except ValidationError as problem:
                    raise ValidationFailed(f"{name}: {_first_text(problem.messages)}")


def _first_text(messages: object) -> str:
    while isinstance(messages, dict | list) and messages:
        messages = next(iter(messages.values())) if isinstance(messages, dict) else messages[0]
    return str(messages)
