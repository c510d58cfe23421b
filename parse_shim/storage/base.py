"""The contract of a storage engine. The suite in parse_shim/testing/contract is its executable form.

Every method may raise Unavailable (store away, locked or full; nothing written) and Refused (the store refuses the query or value);
no other exception of a driver leaves an engine. Engines are used by many threads or greenlets at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from parse_shim.classes.model import ClassDef
from parse_shim.query.ast import Node
from parse_shim.query.options import ALL, FindOptions
from parse_shim.update.ops import Update
from parse_shim.values.types import Doc, Value


class Engine(Protocol):
    """Nodes reach an engine bound (classes/bind.py) and without InQuery, Select, RelatedTo. Docs hold Python values under wire names.

    A Doc handed in or out belongs to the receiver: engines keep no reference to it.
    Relation columns never appear in Docs; rest/ adds them to answers.
    """

    scheme: str
    """`memory`, `sqlite` or `mongodb`."""

    # -- classes ------------------------------------------------------------------------------------------------------

    def load_classes(self) -> dict[str, ClassDef]:
        """Every stored class by name. System classes appear only once they are stored; callers merge classes/system.py."""
        ...

    def schema_version(self) -> Any:
        """A cheap token (microseconds) that changes whenever any process or thread changed a class. Compared with !=.

        Across machines it may lag by some seconds where the store cannot do better; the engine's docstring says how much."""
        ...

    def save_class(self, cls: ClassDef) -> ClassDef:
        """Create the class or merge into the stored one: adds missing columns, replaces options, permissions and indexes by `cls`'s.

        Atomic against other processes: columns another one added meanwhile are kept and returned. Creates and drops database indexes
        so that they equal `cls.indexes`, and the ones the server wants by itself (unique names, tokens, joins, geo).
        Raises FieldConflict when a column is stored with another type. Returns what is stored now."""
        ...

    def drop_fields(self, cls: ClassDef, names: Iterable[str]) -> ClassDef:
        """Remove columns and their data from all objects (links too for relations). Returns what is stored now."""
        ...

    def drop_class(self, name: str) -> None:
        """Remove the class, its objects and the links of its relations. Unknown: nothing."""
        ...

    # -- objects ------------------------------------------------------------------------------------------------------

    def find(self, cls: ClassDef, where: Node, options: FindOptions = ALL) -> list[Doc]:
        """Matching objects, ordered by options.order, else by distance for Near, else as stored (insertion). Unknown class: []."""
        ...

    def count(self, cls: ClassDef, where: Node) -> int:
        """How many match; Near counts as WithinSphere."""
        ...

    def distinct(self, cls: ClassDef, path: str, where: Node) -> list[Value]:
        """Different values at `path`, arrays by element, null and missing left out."""
        ...

    def aggregate(self, cls: ClassDef, pipeline: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> list[Doc]:
        """Run a MongoDB pipeline (REST names, contract/02 section 9). Raises Refused for stages the engine does not know."""
        ...

    def explain(self, cls: ClassDef, where: Node, options: FindOptions, verbosity: str) -> dict[str, Any]:
        """The store's plan, as a JSON object of the store's own shape."""
        ...

    def insert(self, cls: ClassDef, doc: Doc) -> None:
        """Store a new object; `doc` holds objectId, createdAt, updatedAt. Raises DuplicateKey(field)."""
        ...

    def update(self, cls: ClassDef, where: Node, update: Update) -> Doc | None:
        """Apply `update` atomically to ONE matching object and return it as it is afterwards; None when nothing matches.

        Raises DuplicateKey(field), ParseError 107 when an operation does not fit the stored value (Increment on text)."""
        ...

    def update_many(self, cls: ClassDef, where: Node, update: Update) -> int:
        """Apply to all matching objects (each atomically); how many."""
        ...

    def delete(self, cls: ClassDef, where: Node) -> int:
        """Remove all matching objects; how many."""
        ...

    # -- links of relation columns ------------------------------------------------------------------------------------------

    def link(self, class_name: str, field: str, owner_id: str, related_ids: Iterable[str]) -> None:
        """Add links; repeats are ignored."""
        ...

    def unlink(self, class_name: str, field: str, owner_id: str, related_ids: Iterable[str]) -> None:
        """Remove links; absent ones are ignored."""
        ...

    def related_ids(self, class_name: str, field: str, owner_ids: Iterable[str]) -> list[str]:
        """Ids linked from any of the owners, in order of linking."""
        ...

    def owner_ids(self, class_name: str, field: str, related_ids: Iterable[str]) -> list[str]:
        """Owners that link to any of these ids."""
        ...

    # -- the rest --------------------------------------------------------------------------------------------------------

    def transaction(self) -> AbstractContextManager[None]:
        """All calls of this thread or greenlet inside the block take effect together or, when it raises, not at all.

        SQLite holds its write lock meanwhile: never wait for anything else inside. MongoDB needs a replica set, else Refused."""
        ...

    def ping(self) -> None:
        """Return if a write would work now; raise Unavailable within a second otherwise."""
        ...

    def clear(self, *, indexes: bool = False) -> None:
        """Everything away, as a fresh start (the emulator's reset): objects, classes, links; with `indexes` user-made indexes too."""
        ...

    def snapshot(self) -> Any:
        """The present state, for `restore` of the same engine (the emulator's control port). Milliseconds."""
        ...

    def restore(self, state: Any) -> None:
        """The state of a `snapshot` comes back with its classes; `schema_version` changes."""
        ...

    def close(self) -> None:
        """Release connections; the engine is not used afterwards."""
        ...
