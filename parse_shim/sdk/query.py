"""Query: find objects in cloud code.

    Query("Post").equal_to("author", user).descending("createdAt").limit(10).find(use_master_key=True)

Runs as an anonymous client unless told otherwise. In an `async def` hook the results are awaited.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from parse_shim.errors import ObjectNotFound
from parse_shim.query.ast import And as AndNode
from parse_shim.query.ast import Eq, Node, Or
from parse_shim.query.ast import Not as NotNode
from parse_shim.sdk.constraints import Constraints
from parse_shim.sdk.convert import handed
from parse_shim.sdk.object import Object
from parse_shim.sdk.pending import perform
from parse_shim.sdk.query_json import query_json
from parse_shim.sdk.session import As, QueryPlan, current
from parse_shim.sdk.walk import Walk
from parse_shim.values.types import Doc

T = TypeVar("T", bound=Object)

LARGEST = 2**31 - 1
"""What stores take as a limit; larger ones mean the same."""


@dataclass(frozen=True, slots=True)
class Counted(Generic[T]):
    """What `find` answers after `with_count`: `count` is the number of all matches, whatever `limit` and `skip` say."""

    results: list[T]
    count: int


class Query(Constraints, Walk[T]):
    """Of a class name or a subclass of Object. Conditions: sdk/constraints.py; one match after the other: sdk/walk.py."""

    @overload
    def __init__(self: Query[Object], of: str) -> None: ...
    @overload
    def __init__(self, of: type[T]) -> None: ...
    def __init__(self, of: str | type[T]) -> None:
        super().__init__()
        name = of if isinstance(of, str) else of.registered_name
        if not name:
            raise TypeError("a Query needs a class name, or a subclass of Object that has one")
        self.class_name: str = name
        self.order: tuple[str, ...] = ()
        self.included: tuple[str, ...] = ()
        self.selected: tuple[str, ...] | None = None
        self.excluded: tuple[str, ...] = ()
        self.limited: int | None = None
        self.skipped: int | None = None
        self.hinted: Any = None
        self.commented: str | None = None
        self.preferred: str | None = None
        self.redirect_key: str | None = None
        self.counted = False

    @classmethod
    def from_plan(cls, plan: QueryPlan) -> Self:
        """The query that a client's request describes."""
        query = cls(plan.class_name)
        query.node = plan.where
        query.order, query.included, query.selected, query.excluded = plan.order, plan.include, plan.keys, plan.exclude_keys
        query.limited, query.skipped, query.hinted, query.commented = plan.limit, plan.skip, plan.hint, plan.comment
        query.preferred, query.redirect_key = plan.read_preference, plan.redirect_key
        return query

    def plan(self) -> QueryPlan:
        """What it asks for."""
        return QueryPlan(
            self.class_name,
            self.node,
            self.limited,
            self.skipped,
            self.order,
            self.selected,
            self.excluded,
            self.included,
            self.hinted,
            self.commented,
            self.preferred,
            self.redirect_key,
        )

    # -- several queries ----------------------------------------------------------------------------------------------

    @classmethod
    def any_of(cls, *queries: Query[T]) -> Query[T]:
        """Objects that one of the queries, all of one class, finds."""
        return cls._combined(queries, Or(tuple(query.node for query in queries)))

    @classmethod
    def all_of(cls, *queries: Query[T]) -> Query[T]:
        return cls._combined(queries, AndNode(tuple(query.node for query in queries)))

    @classmethod
    def none_of(cls, *queries: Query[T]) -> Query[T]:
        return cls._combined(queries, NotNode(Or(tuple(query.node for query in queries))))

    @classmethod
    def _combined(cls, queries: tuple[Query[T], ...], node: Node) -> Query[T]:
        names = {query.class_name for query in queries}
        if len(names) != 1:
            raise TypeError("queries to combine must be of one class")
        return queries[0].from_plan(QueryPlan(queries[0].class_name, node))

    # -- how many, in which order, with what ----------------------------------------------------------------------------

    def limit(self, count: float) -> Self:
        """At most so many; below zero: as many as the server gives by itself."""
        number = _whole(count, "limit")
        self.limited = None if number < 0 else number
        return self

    def skip(self, count: float) -> Self:
        number = _whole(count, "skip")
        if number < 0:
            raise ValueError(f"skip needs a number of objects, not {count!r}")
        self.skipped = number
        return self

    def with_count(self, wanted: bool = True) -> CountedQuery[T]:
        """`find` answers a Counted from now on."""
        if not isinstance(wanted, bool):
            raise TypeError(f"with_count needs True or False, not {wanted!r}")
        self.counted = wanted
        return self  # type: ignore[return-value]

    def ascending(self, *names: str) -> Self:
        """Order by these fields, whatever was asked before."""
        self.order = _names(names)
        return self

    def descending(self, *names: str) -> Self:
        self.order = tuple("-" + name for name in _names(names))
        return self

    def add_ascending(self, *names: str) -> Self:
        self.order = (*self.order, *_names(names))
        return self

    def add_descending(self, *names: str) -> Self:
        self.order = (*self.order, *("-" + name for name in _names(names)))
        return self

    def include(self, *names: str) -> Self:
        """Read the objects that these pointers lead to as well; `author.team` for two steps."""
        self.included = tuple(dict.fromkeys((*self.included, *_names(names))))
        return self

    def include_all(self) -> Self:
        return self.include("*")

    def select(self, *names: str) -> Self:
        """Read only these fields."""
        self.selected = tuple(dict.fromkeys((*(self.selected or ()), *_names(names))))
        return self

    def exclude(self, *names: str) -> Self:
        """Read all but these fields."""
        self.excluded = tuple(dict.fromkeys((*self.excluded, *_names(names))))
        return self

    def hint(self, index: str | Mapping[str, Any]) -> Self:
        self.hinted = index
        return self

    def comment(self, text: str) -> Self:
        self.commented = text
        return self

    def read_preference(self, name: str) -> Self:
        """PRIMARY, PRIMARY_PREFERRED, SECONDARY, SECONDARY_PREFERRED or NEAREST."""
        self.preferred = name
        return self

    # -- for hooks that look at a client's query ------------------------------------------------------------------------

    def mentions(self, name: str) -> bool:
        """A condition, however deep, or the order is about the field or a part of it."""
        if any(_about(path.removeprefix("-"), name) for path in self.order):
            return True
        return any(_about(path, name) for path in paths_of(self.node))

    def equals(self, name: str) -> Any:
        """The value that every match has in the field, by a condition of its own; None when there is no such condition."""
        for part in self.parts:
            if isinstance(part, Eq) and part.path == name:
                return handed(part.value)
        return None

    def reads(self, name: str) -> bool:
        """The field is among what is read."""
        chosen = self.selected is None or any(path.partition(".")[0] == name for path in self.selected)
        return chosen and name not in self.excluded

    def also(self, query: Query[Any]) -> Self:
        """Only what `query`, of the same class, finds too. Never replaces a condition."""
        if query.class_name != self.class_name:
            raise TypeError("queries to combine must be of one class")
        self.parts = [*self.parts, query.node]
        return self

    # -- running ------------------------------------------------------------------------------------------------------

    def find(self, *, use_master_key: bool = False, session_token: str | None = None, context: Mapping[str, Any] | None = None) -> list[T]:
        """What matches: 100 objects unless `limit` says otherwise. A Counted after `with_count`."""
        plan, who = self.plan(), As(use_master_key, session_token, context)
        if self.counted:
            counted: Any = perform(lambda: self._find_counted(plan, who))
            return counted  # type: ignore[no-any-return]
        return perform(lambda: self._find(plan, who))

    def first(
        self, *, use_master_key: bool = False, session_token: str | None = None, context: Mapping[str, Any] | None = None
    ) -> T | None:
        """The first match, or None."""
        plan, who = replace(self.plan(), limit=1), As(use_master_key, session_token, context)
        return perform(lambda: next(iter(self._find(plan, who)), None))

    def get(
        self, object_id: str, *, use_master_key: bool = False, session_token: str | None = None, context: Mapping[str, Any] | None = None
    ) -> T:
        """The object of this id. Raises ObjectNotFound (101)."""
        self.equal_to("objectId", object_id)
        plan, who = replace(self.plan(), limit=1), As(use_master_key, session_token, context)
        return perform(lambda: self._get(plan, who))

    def count(self, *, use_master_key: bool = False, session_token: str | None = None, context: Mapping[str, Any] | None = None) -> int:
        plan, who = self.plan(), As(use_master_key, session_token, context)
        return perform(lambda: current().count(plan, who))

    def distinct(self, name: str, *, use_master_key: bool = True) -> list[Any]:
        """Different values of a field; needs the master key."""
        plan, who = self.plan(), As(use_master_key)
        return perform(lambda: _listed(current().distinct(plan, name, who)))

    def aggregate(self, pipeline: Iterable[Mapping[str, Any]] | Mapping[str, Any], *, use_master_key: bool = True) -> list[Any]:
        """Run a pipeline over what the conditions leave; needs the master key."""
        stages = [pipeline] if isinstance(pipeline, Mapping) else list(pipeline)
        plan, who = self.plan(), As(use_master_key)
        return perform(lambda: _listed(current().aggregate(self.class_name, stages, who, plan.where)))

    def to_json(self) -> dict[str, Any]:
        """REST parameters: `where`, `limit`, `order` ..."""
        return query_json(self.plan()) | ({"count": 1} if self.counted else {})

    # -- inside -------------------------------------------------------------------------------------------------------

    def _find(self, plan: QueryPlan, who: As) -> list[T]:
        return [self._made(doc) for doc in current().find(plan, who)]

    def _find_counted(self, plan: QueryPlan, who: As) -> Counted[T]:
        docs, count = current().find_counted(plan, who)
        return Counted([self._made(doc) for doc in docs], count)

    def _get(self, plan: QueryPlan, who: As) -> T:
        found = self._find(plan, who)
        if not found:
            raise ObjectNotFound()
        return found[0]

    def _made(self, doc: Doc) -> T:
        name = doc.get("className", self.class_name) if self.redirect_key else self.class_name
        made: Any = Object.from_doc(name, doc)
        return made  # type: ignore[no-any-return]

    def _walk(self, batch_size: int, who: As) -> Iterator[T]:
        if self.order or self.skipped or self.limited is not None:
            raise ValueError("each and find_all go through all matches by id: no order, skip or limit")
        steps = Query[T].from_plan(self.plan()).ascending("objectId").limit(batch_size)
        if steps.selected is not None:
            steps.select("objectId")
        while True:
            plan = steps.plan()
            found = perform(lambda plan=plan: steps._find(plan, who))  # type: ignore[misc]
            yield from found
            if len(found) < batch_size:
                return
            steps.greater_than("objectId", found[-1].id)


if TYPE_CHECKING:

    class CountedQuery(Query[T]):
        """A Query after `with_count`, for type checkers."""

        def find(  # type: ignore[override]
            self, *, use_master_key: bool = False, session_token: str | None = None, context: Mapping[str, Any] | None = None
        ) -> Counted[T]: ...


def _whole(count: object, what: str) -> int:
    """Fractions are cut off, as a request's are. Raises TypeError, whose text a client gets with code 141."""
    if isinstance(count, bool) or not isinstance(count, int | float) or count != count:
        raise TypeError(f"{what} needs a number of objects, not {count!r}")
    return int(max(-1, min(count, LARGEST)))


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    """`"a", "b"` or `"a,b"`."""
    return tuple(part.strip() for name in names for part in name.split(",") if part.strip())


def paths_of(node: Node) -> Iterator[str]:
    """Every field that a condition of this class is about; inner queries are of other objects."""
    if isinstance(node, AndNode | Or):
        for part in node.parts:
            yield from paths_of(part)
    elif isinstance(node, NotNode):
        yield from paths_of(node.part)
    else:
        path = getattr(node, "path", None)
        if isinstance(path, str):
            yield path


def _about(path: str, name: str) -> bool:
    return path == name or path.startswith(name + ".")


def _listed(values: list[Any]) -> list[Any]:
    return [handed(value) for value in values]
