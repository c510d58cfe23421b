"""Object: one object of a class in cloud code. What is done to it becomes an Update, so only touched fields are written.

post = Object("Post", title="Hello")
post["tags"] = ["new"]
post.increment("likes")
post.save(use_master_key=True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from parse_shim.errors import Code, ParseError, ScriptFailed
from parse_shim.sdk.acl import ACL
from parse_shim.sdk.changes import Changes
from parse_shim.sdk.convert import answered, handed, stored
from parse_shim.sdk.persist import Persistent
from parse_shim.sdk.relation import Relation
from parse_shim.sdk.session import subclass_of
from parse_shim.update.apply import apply, apply_create
from parse_shim.update.ops import Add, AddUnique, Increment, Op, Relate, Remove, Set, Unset, Update
from parse_shim.values import types
from parse_shim.values.codec import encode_doc
from parse_shim.values.compare import equal
from parse_shim.values.types import Doc

DATES = frozenset({"createdAt", "updatedAt"})
"""Set by the server alone; setting them is ignored."""

CONTAINERS = frozenset({dict, list})


class Object(Persistent):
    """`Object("Post", title="x")` is new; `Object("Post", objectId="abc")` stands for a stored one whose fields are not read.

    Subclasses are of one class: `class Post(Object, class_name="Post")`, made by `Post(title="x")`; once a module of the
    application's cloud code holds it, every Post that a hook or query meets is one.
    Dates come out with their zone (UTC); dates without one go in as UTC.
    """

    registered_name: ClassVar[str | None] = None

    class_name: str

    def __init_subclass__(cls, class_name: str | None = None, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if class_name is not None:
            cls.registered_name = class_name

    def __init__(self, class_name: str | None = None, /, **fields: Any) -> None:
        name = class_name or self.registered_name
        if not name:
            raise TypeError("an Object needs a class name")
        object_id = fields.pop("objectId", None)
        self._begin(name, {} if object_id is None else {"objectId": object_id}, existed=object_id is not None)
        for key, value in fields.items():
            self.set(key, value)

    def _begin(self, class_name: str, doc: Doc, *, existed: bool, update: Update | None = None) -> None:
        self.class_name = class_name
        self._existed = existed
        self._new = not existed and "createdAt" not in doc
        self._doc = doc
        self._changes = Changes(update)
        self._now: Doc | None = doc if not update else None
        self._live: dict[str, Any] = {}

    # -- made by the server -------------------------------------------------------------------------------------------

    @classmethod
    def from_doc(cls, class_name: str, doc: Doc, *, existed: bool = True, update: Update | None = None) -> Object:
        """An Object over a stored Doc (kept, never changed), with a client's `update` pending on it."""
        if "className" in doc and class_name != "_Hooks":
            doc = {name: value for name, value in doc.items() if name != "className"}  # an answer's, not a field
        made = object.__new__(subclass_of(class_name) or cls)
        made._begin(class_name, doc, existed=existed, update=update)
        return made

    @classmethod
    def reference(cls, class_name: str, object_id: str) -> Object:
        """An Object that only knows its id; `fetch` reads the rest."""
        return cls.from_doc(class_name, {"objectId": object_id})

    # -- reading ------------------------------------------------------------------------------------------------------

    @property
    def id(self) -> str | None:
        """objectId; None as long as the server gave none."""
        found = self._values().get("objectId")
        return found if isinstance(found, str) else None

    @id.setter
    def id(self, value: str) -> None:
        self.set("objectId", value)

    @property
    def created_at(self) -> datetime | None:
        found: datetime | None = handed(self._doc.get("createdAt"))
        return found

    @property
    def updated_at(self) -> datetime | None:
        found: datetime | None = handed(self._doc.get("updatedAt"))
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """The value with pending changes; `default` when the field is not there (a stored null is None)."""
        if name in self._live:
            return self._live[name]
        value = self._values().get(name, types.MISSING)
        if value is types.MISSING:
            return default
        if type(value) in CONTAINERS:
            self._live[name] = value = ACL(value) if name == "ACL" else handed(value)
            return value
        if isinstance(value, types.Relation):
            return self.relation(name)
        if isinstance(value, types.Included | types.Pointer):
            self._live[name] = handed(value)
            return self._live[name]
        return handed(value)

    def __getitem__(self, name: str) -> Any:
        value = self.get(name, types.MISSING)
        if value is types.MISSING:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._values()

    def has(self, name: str) -> bool:
        """The field is there and not null."""
        return self._values().get(name) is not None

    def keys(self) -> list[str]:
        return [name for name in self._values() if not name.startswith("_")]

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    @property
    def attributes(self) -> dict[str, Any]:
        """All fields with their values."""
        return {name: self.get(name) for name in self.keys()}

    @property
    def acl(self) -> ACL | None:
        found: ACL | None = self.get("ACL")
        return found

    @acl.setter
    def acl(self, value: ACL | Mapping[str, Mapping[str, bool]]) -> None:
        self.set("ACL", value)

    def get_acl(self) -> ACL | None:
        return self.acl

    def set_acl(self, value: ACL | Mapping[str, Mapping[str, bool]]) -> Self:
        return self.set("ACL", value)

    # -- changing -----------------------------------------------------------------------------------------------------

    def set(self, name: str | Mapping[str, Any], value: Any = None) -> Self:
        """Set one field, or all of a mapping. Setting createdAt or updatedAt is ignored."""
        if not isinstance(name, str):
            for key, item in name.items():
                self.set(key, item)
            return self
        if name not in DATES:
            if name == "ACL" and value is not None:
                value = value if isinstance(value, ACL) else ACL(value)
            self._do(name, Set(stored(value, strict=False)))
            if isinstance(value, Object):
                self._live[name] = value
        return self

    def __setitem__(self, name: str, value: Any) -> None:
        self.set(name, value)

    def unset(self, name: str) -> Self:
        self._do(name, Unset())
        return self

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        self.unset(name)

    def increment(self, name: str, amount: float = 1) -> Self:
        self._do(name, Increment(amount))
        return self

    def decrement(self, name: str, amount: float = 1) -> Self:
        return self.increment(name, -amount)

    def add(self, name: str, *items: Any) -> Self:
        """Append to an array."""
        self._do(name, Add(_items(items)))
        return self

    def add_all(self, name: str, items: Iterable[Any]) -> Self:
        return self.add(name, *items)

    def add_unique(self, name: str, *items: Any) -> Self:
        """Append those that the array does not hold yet."""
        self._do(name, AddUnique(_items(items)))
        return self

    def add_all_unique(self, name: str, items: Iterable[Any]) -> Self:
        return self.add_unique(name, *items)

    def remove(self, name: str, *items: Any) -> Self:
        """Take all equal elements out of an array."""
        self._do(name, Remove(_items(items)))
        return self

    def remove_all(self, name: str, items: Iterable[Any]) -> Self:
        return self.remove(name, *items)

    def relation(self, name: str) -> Relation:
        """The relation `name`: add, remove, query."""
        column = self._doc.get(name)
        return Relation(self, name, column.class_name if isinstance(column, types.Relation) else None)

    def revert(self, *names: str) -> Self:
        """Forget pending changes, of these fields or of all."""
        self._changes.forget(names)
        self._live = {n: v for n, v in self._live.items() if names and n not in names}
        self._now = None if self._changes.ops else self._doc
        return self

    # -- what is pending ----------------------------------------------------------------------------------------------

    def is_new(self) -> bool:
        """Not stored yet."""
        return self._new

    def existed(self) -> bool:
        """It was stored before this request (in after_save: the save was an update)."""
        return self._existed

    def dirty(self, name: str | None = None) -> bool:
        """Something, or this field, has changes that are not stored."""
        dirty = self.dirty_keys()
        return bool(dirty) if name is None else name in dirty

    def dirty_keys(self) -> list[str]:
        self._notice()
        return list(dict.fromkeys(path.partition(".")[0] for path in self._changes.ops))

    def op(self, name: str) -> Op | None:
        """The pending operation on a field; part of an Object field changed: its new whole as a Set."""
        self._notice()
        found = self._changes.ops.get(name)
        if found is None and any(path.startswith(name + ".") for path in self._changes.ops):
            return Set(self._values().get(name))
        return found

    def is_whole(self) -> bool:
        """Stored, read, and without pending changes: it can be shown as it is."""
        return self.id is not None and self.is_data_available() and not self.dirty()

    def is_data_available(self) -> bool:
        """False for one that only knows its id."""
        return len(self._doc) > 1 or self._new

    def changes(self) -> Update:
        """All pending operations, ready to store. Raises ScriptFailed (141) for a value that cannot be stored."""
        self._notice()
        return self._changes.finished()

    def to_doc(self) -> Doc:
        """The object as it is now, pending changes included."""
        self._notice()
        return {name: stored(value) for name, value in self._values().items()}

    def stored_doc(self) -> Doc:
        """The object without pending changes; not to be changed."""
        return self._doc

    def to_answer(self) -> Doc:
        """The object as a result for a client: as `to_doc`, but objects that were read along stay whole.

        Raises ScriptFailed (141) for a value that cannot be stored."""
        seen = {*self.dirty_keys(), *self._live}
        return {name: answered(self._live.get(name, value)) if name in seen else value for name, value in self._values().items()}

    def to_json(self) -> dict[str, Any]:
        """REST form, without className."""
        return encode_doc(self.to_doc(), file_url=self._file_url())

    def to_pointer(self) -> types.Pointer:
        """Raises ScriptFailed (141) for an object without id."""
        if self.id is None:
            raise ScriptFailed(f"Cannot point to an unsaved {self.class_name} object: save it first")
        return types.Pointer(self.class_name, self.id)

    def equals(self, other: object) -> bool:
        """The same stored object: class and id."""
        if isinstance(other, types.Pointer):
            return (self.class_name, self.id) == (other.class_name, other.object_id)
        return self is other or (
            isinstance(other, Object) and self.id is not None and (self.class_name, self.id) == (other.class_name, other.id)
        )

    def is_at(self, value: object) -> bool:
        """`value` is a stored pointer to this object."""
        return isinstance(value, types.Pointer) and self.equals(value)

    def clone(self) -> Self:
        """A new, unsaved object with the same fields, relations left out."""
        made = object.__new__(type(self))
        made._begin(self.class_name, {}, existed=False)
        for name in self.keys():
            if name not in ("objectId", *DATES) and not isinstance(self._values()[name], types.Relation):
                made.set(name, self.get(name))
        return made

    def __repr__(self) -> str:
        return f"<{self.class_name} {self.id or 'new'}>"

    # -- inside -------------------------------------------------------------------------------------------------------

    def _values(self) -> Doc:
        """The Doc as it is with pending changes; not to be changed."""
        if self._now is None:
            ops = self._changes.ops
            self._now = apply(ops, self._doc) if not self._new else {**self._doc, **apply_create(ops)}
        return self._now

    def _do(self, path: str, op: Op) -> None:
        if not path:
            raise ParseError(Code.INVALID_KEY_NAME, f"Invalid field name: {path}.")
        root = path.partition(".")[0]
        if root in self._live:
            self._notice()
            del self._live[root]
        before = self._values()
        after = before if isinstance(op, Relate) else apply({path: op}, before)
        self._now = after
        self._changes.note(path, op, after, whole=self._new)

    def _notice(self) -> None:
        """Turn what was done to a dict or list that `get` handed out into a Set."""
        for name, value in self._live.items():
            if isinstance(value, Object):
                continue
            now = stored(value, strict=False)
            if not equal(now, self._values().get(name)):
                self._now = {**self._values(), name: now}
                self._changes.note(name, Set(now), self._now)

    def _stored(self, result: Doc) -> None:
        """Take over what a save answered; Objects that were handed out stay the same ones."""
        doc = {**self.to_doc(), **result}
        doc.setdefault("updatedAt", doc.get("createdAt"))
        near = {name: value for name, value in self._live.items() if isinstance(value, Object) and value.is_at(doc.get(name))}
        self._begin(self.class_name, doc, existed=True)
        self._live.update(near)

    def _refresh(self, doc: Doc) -> None:
        """Take over what a fetch answered; pending changes stay."""
        self._doc = doc
        self._existed, self._new = True, False
        self._now = None if self._changes.ops else doc
        self._live = {}


def _items(items: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(stored(item, strict=False) for item in items)
