"""keys, excludeKeys and include: which fields an answer has, and which pointers in it are replaced by their objects.

Source: contract/02, section 8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from parse_shim.classes.model import ClassDef
from parse_shim.errors import Code, ParseError
from parse_shim.hooks.kinds import AFTER_FIND, BEFORE_FIND
from parse_shim.rest.core import Context
from parse_shim.rest.find_params import FindParams
from parse_shim.storage.arrange import copied
from parse_shim.values.types import Doc, Included, Pointer

ALWAYS = frozenset({"objectId", "createdAt", "updatedAt", "ACL"})

Fetched = tuple[dict[str, Doc], Mapping[str, str]]
"""Objects by id, and the relation columns of their class."""

Fetch = Callable[[Context, str, list[str], "Selection"], Fetched]
"""(ctx, class name, ids, selection) -> the objects that the caller may get."""


@dataclass(frozen=True, slots=True)
class Selection:
    """`fields`: top-level fields to return, None for all. `paths`: include paths, parents first. `keys` and `exclude` as sent:
    they also say what is left of included objects."""

    fields: frozenset[str] | None = None
    paths: tuple[tuple[str, ...], ...] = ()
    keys: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def apply(self, doc: Doc) -> Doc:
        return doc if self.fields is None else {k: v for k, v in doc.items() if k in self.fields}

    def below(self, path: tuple[str, ...], cls: ClassDef) -> Selection:
        """What is selected in objects included at `path`."""
        if not self.keys and not self.exclude:
            return WHOLE
        keys, exclude = _inside(self.keys, path), _inside(self.exclude, path)
        return Selection(_fields(cls, keys or None, exclude), (), keys, exclude)


WHOLE = Selection()


def select(ctx: Context, cls: ClassDef, params: FindParams) -> Selection:
    """What the parameters ask for. Raises ParseError 102 beyond requestComplexity's includeDepth and includeCount."""
    if params.keys is None and not (params.exclude_keys or params.include or params.include_all):
        return WHOLE
    keys = params.keys
    everything = params.include_all or "*" in params.include
    columns = [n for n, t in cls.fields.items() if t.kind in ("Pointer", "Array")] if everything else []
    if keys is not None and columns:
        keys = (*keys, *columns)
    asked = [*(path for path in params.include if path != "*"), *columns]
    _check_complexity(ctx, asked, len(columns))
    fields = _fields(cls, keys, params.exclude_keys)
    parents = [key.rpartition(".")[0] for key in (*(keys or ()), *params.exclude_keys) if "." in key]
    paths = _with_parents([*asked, *parents], fields)
    return Selection(fields, paths, keys or (), params.exclude_keys)


def expand(ctx: Context, docs: list[Doc], selection: Selection, fetch: Fetch) -> None:
    """Replace, in place, the pointers at the selection's paths by Included objects; those not found are removed.

    Paths of one depth are read together: two pointers to one class cost one query."""
    if not docs:
        return
    for _, paths in groupby(selection.paths, key=len):
        level = [_Place(ctx, docs, path, selection) for path in paths]
        wanted: dict[_Group, dict[str, None]] = {}
        for place in level:
            for group, ids in place.wanted.items():
                wanted.setdefault(group, {}).update(ids)
        found = {group: fetch(ctx, group.class_name, list(ids), group.selection) for group, ids in wanted.items()}
        placed: set[int] = set()
        for place in level:
            place.fill({group.class_name: found[group] for group in place.wanted}, placed)


@dataclass(frozen=True, slots=True)
class _Group:
    """Objects that one query may fetch. `path` keeps apart what hooks must see apart."""

    class_name: str
    selection: Selection
    path: tuple[str, ...] = ()


class _Place:
    """One include path in the results: where its pointers stand, and what they point to."""

    def __init__(self, ctx: Context, docs: list[Doc], path: tuple[str, ...], selection: Selection) -> None:
        self._holders = list(_holders(docs, path))
        self.wanted: dict[_Group, dict[str, None]] = {}
        hooks, classes = ctx.core.hooks, ctx.core.classes
        for class_name, ids in _pointed_at(self._holders).items():
            hooked = hooks.find(BEFORE_FIND, class_name) or hooks.find(AFTER_FIND, class_name)
            below = selection.below(path, classes.get_or_empty(class_name))
            self.wanted[_Group(class_name, below, path if hooked else ())] = ids

    def fill(self, found: Mapping[str, Fetched], placed: set[int]) -> None:
        if found:
            for holder, key in self._holders:
                _replace(holder, key, found, placed)


def _fields(cls: ClassDef, keys: tuple[str, ...] | None, exclude: tuple[str, ...]) -> frozenset[str] | None:
    if keys is None and not any("." not in name for name in exclude):
        return None
    base = {key.partition(".")[0] for key in keys} if keys is not None else set(cls.fields)
    if "$score" in base:
        base.add("score")
    return frozenset(base - set(exclude)) | ALWAYS


def _inside(names: tuple[str, ...], path: tuple[str, ...]) -> tuple[str, ...]:
    prefix = ".".join(path) + "."
    return tuple(name[len(prefix) :] for name in names if name.startswith(prefix))


def _with_parents(paths: Iterable[str], fields: frozenset[str] | None) -> tuple[tuple[str, ...], ...]:
    """Each path and the paths above it, shortest first, as far as their root is selected."""
    found: set[tuple[str, ...]] = set()
    for path in paths:
        parts = tuple(path.split("."))
        if fields is None or parts[0] in fields:
            found |= {parts[:length] for length in range(1, len(parts) + 1)}
    return tuple(sorted(found, key=lambda parts: (len(parts), parts)))


def _check_complexity(ctx: Context, asked: list[str], columns: int) -> None:
    if ctx.auth.unrestricted or not asked:
        return
    limits = ctx.core.settings.request_complexity
    depth = max(path.count(".") + 1 for path in asked)
    if 0 < limits.include_depth < depth:
        text = f"Include depth of {depth} exceeds maximum allowed depth of {limits.include_depth}"
        raise ParseError(Code.INVALID_QUERY, text)
    # Columns that `*` stands for are the class's own number, not the client's.
    count = len(set(asked)) - columns
    if 0 < limits.include_count < count:
        text = f"Number of include fields ({count}) exceeds maximum allowed ({limits.include_count})"
        raise ParseError(Code.INVALID_QUERY, text)


def _holders(docs: list[Doc], path: tuple[str, ...]) -> Iterator[tuple[dict[str, Any], str]]:
    """(holder, key) of every value at `path`. Lists on the way are entered; a position (`arr.1`) acts like the whole list."""
    todo: list[tuple[Any, int]] = [(doc, 0) for doc in docs]
    last = len(path) - 1
    while last > 0 and path[last].isdecimal():
        last -= 1
    while todo:
        value, at = todo.pop()
        if type(value) is Included:
            value = value.doc
        if type(value) is list:
            rest = at + 1 if path[at].isdecimal() else at
            todo += [(item, rest) for item in value]
        elif type(value) is dict and path[at] in value:
            if at == last:
                yield value, path[at]
            else:
                todo.append((value[path[at]], at + 1))


def _pointed_at(holders: Iterable[tuple[dict[str, Any], str]]) -> dict[str, dict[str, None]]:
    """Ids by class, each once, in order of appearance."""
    ids: dict[str, dict[str, None]] = {}
    for holder, key in holders:
        value = holder[key]
        for item in value if type(value) is list else (value,):
            if type(item) is Pointer:
                ids.setdefault(item.class_name, {})[item.object_id] = None
    return ids


def _replace(holder: dict[str, Any], key: str, found: Mapping[str, Fetched], placed: set[int]) -> None:
    value = holder[key]
    if type(value) is list:
        holder[key] = [new for item in value if (new := _included(item, found, placed)) is not None or item is None]
    elif type(value) is Pointer:
        new = _included(value, found, placed)
        if new is None:
            del holder[key]
        else:
            holder[key] = new


def _included(value: Any, found: Mapping[str, Fetched], placed: set[int]) -> Any | None:
    """The object for a pointer, None when it is gone or hidden; any other value as it is."""
    if type(value) is not Pointer or value.class_name not in found:
        return value
    docs, relations = found[value.class_name]
    doc = docs.get(value.object_id)
    if doc is None:
        return None
    if id(doc) in placed:
        # An object in two places gets two copies: a deeper path may change one of them.
        doc = copied(doc)
    placed.add(id(doc))
    return Included(value.class_name, doc, relations)
