"""A core over the memory engine, with objects put straight into the store, for tests of the reading half of rest."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from parse_shim.classes.infer import infer
from parse_shim.classes.model import ClassDef, FieldType
from parse_shim.errors import ParseError
from parse_shim.ids import new_object_id, now
from parse_shim.rest import read
from parse_shim.rest.auth import auth_for_user
from parse_shim.rest.core import MASTER, NOBODY, Auth, Context, Core, build_core
from parse_shim.rest.find_params import find_params
from parse_shim.settings import Settings
from parse_shim.storage.memory import MemoryEngine
from parse_shim.update.ops import Set
from parse_shim.values.codec import decode_column, encode_doc
from parse_shim.values.types import Pointer


class NoHooks:
    """A registry without hooks."""

    def find(self, kind: object, target: object = None) -> None:
        return None


@dataclass
class World:
    options: dict[str, Any] = field(default_factory=dict)
    schemas: tuple[ClassDef, ...] = ()
    hooks: Any = field(default_factory=NoHooks)

    def __post_init__(self) -> None:
        options = {"app_id": "app", "master_key": "key", "allow_client_class_creation": True, **self.options}
        self.core: Core = build_core(Settings(**options), engine=MemoryEngine(), hooks=self.hooks, schemas=self.schemas)
        self.master = Context(self.core, MASTER)
        self.nobody = Context(self.core, NOBODY)

    def put(self, class_name: str, object_id: str | None = None, **fields: Any) -> Pointer:
        """Store an object; values are JSON or Values. Columns are made as a write would make them."""
        values = {name: decode_column(value) if name != "ACL" else value for name, value in fields.items()}
        known = {n: t for n, v in values.items() if n != "ACL" and n[:1] != "_" and (t := infer(Set(v))) is not None}
        cls = self.core.classes.ensure(class_name, known)
        object_id = object_id or new_object_id()
        moment = now()
        doc = {"objectId": object_id, **values, "createdAt": moment, "updatedAt": moment}
        self.core.engine.insert(cls, doc)
        return Pointer(class_name, object_id)

    def user(self, name: str, **fields: Any) -> Context:
        """A signed-in user with id `name`, as a caller."""
        private = {name: {"read": True, "write": True}}
        self.put("_User", name, **{"username": name, "ACL": private, **fields})
        return self.caller(name)

    def caller(self, name: str) -> Context:
        doc = read.get_doc(self.master, "_User", name)
        assert doc is not None
        return Context(self.core, auth_for_user(self.core, doc))

    def role(self, name: str, users: tuple[str, ...] = (), roles: tuple[str, ...] = ()) -> Pointer:
        """`roles`: ids of roles whose members hold this one too. The role's id is its name."""
        role = self.put("_Role", name, name=name, ACL={})
        self.core.engine.link("_Role", "users", name, users)
        self.core.engine.link("_Role", "roles", name, roles)
        self.core.cache.forget_roles()
        return role

    def relate(self, owner: Pointer, name: str, *related: Pointer) -> None:
        self.core.classes.ensure(owner.class_name, {name: FieldType("Relation", related[0].class_name)})
        self.core.engine.link(owner.class_name, name, owner.object_id, [pointer.object_id for pointer in related])

    def permit(self, class_name: str, **permissions: Any) -> None:
        """Set class-level permissions; operations not named are open to all."""
        cls = self.core.classes.ensure(class_name)
        every = {name: {"*": True} for name in ("find", "get", "count", "create", "update", "delete", "addField")}
        self.core.classes.save(replace(cls, permissions={**every, **permissions}))


def ids(ctx: Context, class_name: str, **raw: Any) -> list[str]:
    """Ids found, in order."""
    return [doc["objectId"] for doc in read.find(ctx, class_name, find_params(raw)).results]


def rows(ctx: Context, class_name: str, **raw: Any) -> list[dict[str, Any]]:
    """Results as an answer would show them, without dates."""
    found = read.find(ctx, class_name, find_params(raw))
    shown = [encode_doc(doc, relations=found.relations, internal=found.internal) for doc in found.results]
    return [{k: v for k, v in row.items() if k not in ("createdAt", "updatedAt")} for row in shown]


def answer(action: Any, *args: Any, **kwargs: Any) -> tuple[int, int, str]:
    """(status, code, text) of the error that a call raises."""
    try:
        value = action(*args, **kwargs)
    except ParseError as error:
        return error.status, error.code, error.message
    raise AssertionError(f"no error, but {value!r}")


def pointer(class_name: str, object_id: str) -> dict[str, str]:
    return {"__type": "Pointer", "className": class_name, "objectId": object_id}


__all__ = ["Auth", "NoHooks", "World", "answer", "ids", "pointer", "rows"]
