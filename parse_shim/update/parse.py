"""Request body -> Update. Names and column types are not looked at here: classes/check.py does that, with the class
at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from parse_shim.errors import Code, ParseError
from parse_shim.update.acl import read_acl
from parse_shim.update.ops import Add, AddUnique, Increment, Op, Relate, Remove, Set, Unset, Update, is_number
from parse_shim.values.codec import decode_column, decode_nested, number
from parse_shim.values.jstext import js_text
from parse_shim.values.types import Json, Pointer, Value

NEED_LIST = "objects to add must be an array"
PLAIN = frozenset((str, bool, type(None)))


def parse_update(body: Mapping[str, Json], *, create: bool = False) -> Update:
    """One operation for each key of `body`.

    `create` chooses the peer's texts for a malformed operation, and takes dotted keys as plain names (contract/01,
    section 9). An `ACL` of null is left out.
    Raises ParseError 107, 108, 111, 123; 107 for two keys of which one is inside the other (`o` and `o.a`).
    """
    update: Update = {}
    dotted = False
    for key, value in body.items():
        kind = type(value)
        if key == "ACL":
            _put_acl(update, value)
        elif kind in PLAIN:
            update[key] = Set(value)
        elif kind is dict and "__op" in value:
            update[key] = parse_op(value, create=create)
        elif "." in key:
            update[key] = Set(decode_nested(value))
        elif kind is int or kind is float:
            update[key] = Set(number(value))
        else:
            update[key] = Set(decode_column(value))
        dotted = dotted or "." in key
    if dotted and not create:
        check_conflicts(update)
    return update


def parse_op(value: Mapping[str, Json], *, create: bool = False) -> Op:
    """`{"__op": name, ...}` -> Op. Raises ParseError 107 or 108."""
    name = value["__op"]
    reader = READERS.get(name) if isinstance(name, str) else None
    if reader is None:
        raise ParseError(Code.COMMAND_UNAVAILABLE, f"The {js_text(name)} operator is not supported yet.")
    return reader(value, create)


def check_conflicts(update: Iterable[str]) -> None:
    """Refuse `o` beside `o.a`: no store can carry out both. Raises ParseError 107."""
    names = set(update)
    for name in names:
        end = name.rfind(".")
        while end > 0:
            if name[:end] in names:
                raise ParseError(
                    Code.INVALID_JSON, f"Updating the path '{name}' would create a conflict at '{name[:end]}'"
                )
            end = name.rfind(".", 0, end)


def _put_acl(update: Update, value: Json) -> None:
    if isinstance(value, dict) and value.get("__op") == "Delete":
        update["ACL"] = Unset()
    elif value is not None:
        update["ACL"] = Set(dict(read_acl(value)))


def _delete(value: Mapping[str, Json], create: bool) -> Op:
    return Unset()


def _increment(value: Mapping[str, Json], create: bool) -> Op:
    amount = value.get("amount")
    exact = number(amount) if is_number(amount) else None
    if exact is None:
        raise ParseError(Code.INVALID_JSON, NEED_LIST if create else "incrementing must provide a number")
    return Increment(exact)


def _items(value: Mapping[str, Json], text: str = NEED_LIST) -> tuple[Value, ...]:
    objects = value.get("objects")
    if not isinstance(objects, list):
        raise ParseError(Code.INVALID_JSON, text)
    return tuple(decode_nested(item) for item in objects)


def _add(value: Mapping[str, Json], create: bool) -> Op:
    return Add(_items(value))


def _add_unique(value: Mapping[str, Json], create: bool) -> Op:
    return AddUnique(_items(value))


def _remove(value: Mapping[str, Json], create: bool) -> Op:
    return Remove(_items(value, NEED_LIST if create else "objects to remove must be an array"))


def _links(value: Mapping[str, Json]) -> tuple[str, tuple[str, ...]]:
    """Class of the first object (the only one the peer looks at) and the ids. A first one that is no object: class
    ""."""
    objects = value.get("objects")
    if not isinstance(objects, list) or not objects:
        raise ParseError(Code.INVALID_JSON, f"{value.get('__op')} must provide a list of pointers")
    pointers = [_pointer(item) for item in objects]
    return pointers[0].class_name, tuple(dict.fromkeys(p.object_id for p in pointers))


def _pointer(item: Any) -> Pointer:
    if isinstance(item, Pointer):
        return item
    if not isinstance(item, dict):
        return Pointer("", "")
    class_name, object_id = item.get("className"), item.get("objectId")
    return Pointer(
        class_name if isinstance(class_name, str) else "", object_id if isinstance(object_id, str) else str(object_id)
    )


def _add_relation(value: Mapping[str, Json], create: bool) -> Op:
    class_name, object_ids = _links(value)
    return Relate(class_name, add=object_ids)


def _remove_relation(value: Mapping[str, Json], create: bool) -> Op:
    class_name, object_ids = _links(value)
    return Relate(class_name, remove=object_ids)


def _batch(value: Mapping[str, Json], create: bool) -> Op:
    """Only relation operations can be batched; each adds to what the ones before it asked for."""
    ops = value.get("ops")
    if not isinstance(ops, list) or not ops or not all(_is_linking(op) for op in ops):
        raise ParseError(Code.COMMAND_UNAVAILABLE, "The Batch operator is not supported yet.")
    parts = [(op["__op"], *_links(op)) for op in ops]
    add = [i for name, _, object_ids in parts if name == "AddRelation" for i in object_ids]
    remove = [i for name, _, object_ids in parts if name == "RemoveRelation" for i in object_ids]
    return Relate(parts[0][1], tuple(dict.fromkeys(add)), tuple(dict.fromkeys(remove)))


def _is_linking(op: Json) -> bool:
    return isinstance(op, dict) and op.get("__op") in LINKING


LINKING = ("AddRelation", "RemoveRelation")
READERS: Mapping[str, Callable[[Mapping[str, Json], bool], Op]] = {
    "Delete": _delete,
    "Increment": _increment,
    "Add": _add,
    "AddUnique": _add_unique,
    "Remove": _remove,
    "AddRelation": _add_relation,
    "RemoveRelation": _remove_relation,
    "Batch": _batch,
}
"""The operations of contract/01, section 9."""
