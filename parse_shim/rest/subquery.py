"""Conditions that need a query of their own first: $inQuery, $select, $relatedTo and conditions on Relation columns become In.

Inner queries run through the read path in the caller's name: its ACL, class permissions, protected fields and hooks hold, and
an inner query that is denied denies the whole. Source: contract/02, section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from parse_shim.classes.model import ClassDef
from parse_shim.classes.permissions import Protection
from parse_shim.classes.system import is_closed
from parse_shim.errors import Denied
from parse_shim.query.ast import NOTHING, And, Eq, In, InQuery, Node, Not, Or, RelatedTo, Select, both
from parse_shim.query.options import ONE
from parse_shim.rest.access import check_class, own_session, readable
from parse_shim.rest.core import Context
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.protected import protection_for
from parse_shim.values import paths
from parse_shim.values.types import MISSING, Doc, Pointer, Value

Search = Callable[[Context, str, Node, frozenset[str]], list[Doc]]
"""(ctx, class name, where, fields needed) -> every match the caller may see, protected fields hidden."""


def resolve(ctx: Context, cls: ClassDef, node: Node, search: Search) -> Node:
    """`node` without InQuery, Select, RelatedTo and without conditions on Relation columns; the same object if it had none."""
    match node:
        case And(parts) | Or(parts):
            done = tuple(resolve(ctx, cls, part, search) for part in parts)
            return node if all(a is b for a, b in zip(done, parts, strict=True)) else type(node)(done)
        case Not(part):
            inner = resolve(ctx, cls, part, search)
            return node if inner is part else Not(inner)
        case InQuery():
            return _in_query(ctx, cls, node, search)
        case Select():
            return _select(ctx, node, search)
        case RelatedTo():
            return _related_to(ctx, node)
        case _:
            return _on_relation(ctx, cls, node) if cls.relations else node


def _in_query(ctx: Context, cls: ClassDef, node: InQuery, search: Search) -> Node:
    target = _target(ctx, node)
    found = search(ctx, target, node.where, frozenset({"objectId"}))
    if node.path in cls.relations:
        return _owners(ctx, cls, node.path, (doc["objectId"] for doc in found))
    return In(node.path, tuple(Pointer(target, doc["objectId"]) for doc in found))


def _target(ctx: Context, node: InQuery | Select) -> str:
    """The class that is searched: with redirectClassNameForKey the one a Relation column leads to."""
    if node.redirect is None:
        return node.class_name
    return ctx.core.classes.get_or_empty(node.class_name).relations.get(node.redirect, node.class_name)


def _select(ctx: Context, node: Select, search: Search) -> Node:
    root = node.key.partition(".")[0]
    class_name = _target(ctx, node)
    target = ctx.core.classes.get_or_empty(class_name)
    protected = protection_for(ctx, target)
    needed = {root, *(field for field, _ in protected.by_owner)}
    values: list[Value] = []
    for doc in search(ctx, class_name, node.where, frozenset(needed)):
        found = _value_at(doc, node.key)
        # A hidden key must not look like a missing one, which rows lacking the field would match.
        if found is MISSING and _may_be_hidden(protected, root):
            continue
        # Of an array every element counts, as in the argument of $in.
        values += found if isinstance(found, list) else [None if found is MISSING else found]
    return In(node.path, tuple(values))


def _value_at(doc: Doc, key: str) -> Any:
    """As paths.get; the last step may lead into a pointer (`owner.objectId`)."""
    found = paths.get(doc, key)
    head, _, last = key.rpartition(".")
    if found is MISSING and last in ("objectId", "className"):
        pointer = paths.get(doc, head)
        if isinstance(pointer, Pointer):
            return pointer.object_id if last == "objectId" else pointer.class_name
    return found


def _may_be_hidden(protected: Protection, root: str) -> bool:
    return root in protected.queried or any(root in names for _, names in protected.by_owner)


def _related_to(ctx: Context, node: RelatedTo) -> Node:
    owner = node.owner
    cls = ctx.core.classes.get(owner.class_name)
    if cls is None or node.key not in cls.relations:
        return NOTHING
    if node.key in protection_for(ctx, cls).queried:
        raise Denied(f"This user is not allowed to query {node.key} on class {cls.name}")
    if not ctx.auth.unrestricted and not _may_read(ctx, cls, owner):
        return NOTHING
    with translated(cls.name):
        return In("objectId", tuple(ctx.core.engine.related_ids(cls.name, node.key, [owner.object_id])))


def _may_read(ctx: Context, cls: ClassDef, owner: Pointer) -> bool:
    """A relation of an object that the caller cannot get tells nothing, as if it were empty."""
    if is_closed(cls.name):
        return False
    try:
        limits = both(check_class(ctx.auth, cls, "get"), readable(ctx.auth))
        if cls.name == "_Session":
            limits = both(limits, own_session(ctx.auth))
    except Denied:
        return False
    with translated(cls.name):
        return bool(ctx.core.engine.find(cls, both(Eq("objectId", owner.object_id), limits), ONE))


def _on_relation(ctx: Context, cls: ClassDef, node: Node) -> Node:
    """Owners by what they are related to: equality with a pointer, or one of several. Any other condition matches nothing."""
    path: str = getattr(node, "path", "")
    if path not in cls.relations:
        return node
    match node:
        case Eq(_, Pointer(_, object_id)):
            return _owners(ctx, cls, path, (object_id,))
        case In(_, values):
            return _owners(ctx, cls, path, (value.object_id for value in values if isinstance(value, Pointer)))
        case _:
            return NOTHING


def _owners(ctx: Context, cls: ClassDef, path: str, related_ids: Iterable[str]) -> Node:
    wanted = list(related_ids)
    if not wanted:
        return NOTHING
    with translated(cls.name):
        return In("objectId", tuple(ctx.core.engine.owner_ids(cls.name, path, wanted)))
