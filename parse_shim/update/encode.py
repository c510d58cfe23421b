"""Update -> request body: what a client would have to send. For webhooks and logs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parse_shim.update.ops import Add, AddUnique, Increment, Op, Relate, Remove, Set, Unset, Update
from parse_shim.values.codec import encode
from parse_shim.values.types import Json, Pointer

FileUrl = Callable[[str], str]


def encode_update(update: Update, *, file_url: FileUrl | None = None) -> dict[str, Json]:
    """Plain values and `{"__op": ...}` by path; `parse_update` reads them back."""
    return {path: encode_op(op, file_url=file_url) for path, op in update.items()}


def encode_op(op: Op, *, file_url: FileUrl | None = None) -> Json:
    if isinstance(op, Set):
        return encode(op.value, file_url=file_url)
    if isinstance(op, Unset):
        return {"__op": "Delete"}
    if isinstance(op, Increment):
        return {"__op": "Increment", "amount": op.amount}
    if isinstance(op, Relate):
        return _encode_relate(op)
    return {"__op": NAMES[type(op)], "objects": [encode(item, file_url=file_url) for item in op.items]}


NAMES: dict[type, str] = {Add: "Add", AddUnique: "AddUnique", Remove: "Remove"}


def _encode_relate(op: Relate) -> dict[str, Any]:
    parts = [
        {"__op": name, "objects": [encode(Pointer(op.class_name, object_id)) for object_id in ids]}
        for name, ids in (("AddRelation", op.add), ("RemoveRelation", op.remove))
        if ids
    ]
    return parts[0] if len(parts) == 1 else {"__op": "Batch", "ops": parts}
