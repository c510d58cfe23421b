"""Update -> update operators. MongoDB's own operators mean exactly what update/apply.py does (contract/01, section 9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parse_shim.storage.mongo.layout import AUTH_DATA, Layout, write_acl
from parse_shim.storage.mongo.values import to_bson
from parse_shim.update.ops import Add, AddUnique, Increment, Op, Relate, Remove, Set, Unset, Update
from parse_shim.values.types import Value

Operators = dict[str, dict[str, Any]]


def compile_update(update: Update, layout: Layout, stored: Mapping[str, Any] | None = None) -> Operators:
    """`{"$set": ..., "$inc": ...}`; {} when there is nothing to write.

    `stored`: the document before, needed only where `authData` is set as a whole, since its providers are fields of their own."""
    out: Operators = {}
    for path, op in update.items():
        if path == "ACL":
            _write_acl(op, out)
        elif path == "authData" and layout.is_user:
            _write_auth_data(op, stored or {}, out)
        elif not isinstance(op, Relate):
            _write(path, op, layout, out)
    return out


def sets_auth_data(update: Update, layout: Layout) -> bool:
    """Must the caller hand in the stored document?"""
    return layout.is_user and "authData" in update


def _put(out: Operators, operator: str, path: str, value: Any) -> None:
    out.setdefault(operator, {})[path] = value


def _write(path: str, op: Op, layout: Layout, out: Operators) -> None:
    stored = layout.path(path)
    match op:
        case Set(value):
            _set(path, value, layout, out)
        case Unset():
            for name in layout.paths(path) if "." not in path else (stored,):
                _put(out, "$unset", name, "")
        case Increment(amount):
            _put(out, "$inc", stored, to_bson(amount))
        case Add(items):
            _put(out, "$push", stored, {"$each": [layout.value(f"{path}.0", item) for item in items]})
        case AddUnique(items):
            _put(out, "$addToSet", stored, {"$each": [layout.value(f"{path}.0", item) for item in items]})
        case Remove(items):
            _put(out, "$pullAll", stored, [layout.value(f"{path}.0", item) for item in items])


def _set(path: str, value: Value, layout: Layout, out: Operators) -> None:
    top = "." not in path
    empties = value is None and top and (layout.cls.kind(path) == "Pointer" or layout.leaves_out(path, value))
    if empties:
        # parse-server takes the value away when a Pointer becomes null.
        for name in layout.paths(path):
            _put(out, "$unset", name, "")
    elif not (top and layout.leaves_out(path, value)):
        _put(out, "$set", layout.path(path), layout.value(path, value))


def _write_acl(op: Op, out: Operators) -> None:
    """A deleted ACL locks the object, as on parse-server: public it would be without the three fields."""
    value = {} if isinstance(op, Unset) else op.value if isinstance(op, Set) else None
    for name, stored in write_acl(value).items():
        _put(out, "$set", name, stored)


def _write_auth_data(op: Op, stored: Mapping[str, Any], out: Operators) -> None:
    value = op.value if isinstance(op, Set) else None
    providers = value if isinstance(value, Mapping) else {}
    kept = {AUTH_DATA + name: to_bson(data) for name, data in providers.items() if data is not None}
    for name, data in kept.items():
        _put(out, "$set", name, data)
    for name in stored:
        if name.startswith(AUTH_DATA) and name not in kept:
            _put(out, "$unset", name, "")
