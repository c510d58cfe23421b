"""A relation of an Object: `post.relation("likes").add(user)`, `post.relation("likes").query().find()`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parse_shim.errors import ScriptFailed
from parse_shim.query.ast import RelatedTo
from parse_shim.update.ops import Relate

if TYPE_CHECKING:
    from parse_shim.sdk.object import Object
    from parse_shim.sdk.query import Query


class Relation:
    """Changes wait for the owner's save. `target_class` is None as long as nobody knows it."""

    def __init__(self, owner: Object, name: str, target_class: str | None) -> None:
        self._owner = owner
        self._name = name
        self.target_class = target_class

    def add(self, *objects: Object) -> None:
        """Link saved objects, all of one class."""
        self._relate(objects, adding=True)

    def remove(self, *objects: Object) -> None:
        self._relate(objects, adding=False)

    def query(self) -> Query[Object]:
        """The linked objects. Raises ScriptFailed (141) when the owner is not saved."""
        from parse_shim.sdk.query import Query  # a Query gives Objects, which have relations

        target = Query[Any](self.target_class or self._owner.class_name)
        if self.target_class is None:
            target.redirect_key = self._name
            target.class_name = self._owner.class_name
        return target._where(RelatedTo(self._owner.to_pointer(), self._name))

    def to_json(self) -> dict[str, Any]:
        return {"__type": "Relation", "className": self.target_class}

    def _relate(self, objects: tuple[Object, ...], *, adding: bool) -> None:
        pointers = [item.to_pointer() for item in objects]
        if not pointers:
            return
        classes = {p.class_name for p in pointers} | ({self.target_class} if self.target_class else set())
        if len(classes) > 1:
            raise ScriptFailed(f"The relation {self._name} cannot hold objects of several classes: {', '.join(sorted(classes))}")
        self.target_class = pointers[0].class_name
        ids = tuple(dict.fromkeys(p.object_id for p in pointers))
        self._owner._do(self._name, Relate(self.target_class, add=ids) if adding else Relate(self.target_class, remove=ids))
