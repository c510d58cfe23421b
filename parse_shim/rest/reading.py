"""One find or get on its way through the steps of read.py, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parse_shim.classes.model import ClassDef
from parse_shim.classes.permissions import Operation
from parse_shim.query.ast import Eq, Node
from parse_shim.rest.core import Context
from parse_shim.rest.find_params import FindParams
from parse_shim.values.types import Doc


@dataclass(slots=True)
class Found:
    """What a find answers. Docs hold Values, ready for `codec.encode_doc(doc, relations=..., internal=...)`; they carry a
    `className` where the answer must.

    `count` None: not asked for. `plan`: the store's plan, which stands in place of the results. `internal`: the caller
    sees underscore fields (maintenance key). `json`: the objects ready for an answer, in place of `results` (rest/passing.py).
    """

    results: list[Doc]
    class_name: str
    relations: Mapping[str, str] = field(default_factory=dict)
    count: int | None = None
    plan: dict[str, Any] | None = None
    internal: bool = False
    json: list[Any] | None = None


@dataclass(slots=True)
class Reading:
    """`where` is the query so far: the client's, then also the hook's. `is_get`: hooks are told that one object is wanted.
    `included`: the class permission asked for is `get`, however many ids are fetched. `results` is set when a before_find
    hook gave objects; then the store is not asked. `named`: results carry their class name. `as_json`: the asker can take `Found.json`.
    """

    ctx: Context
    class_name: str
    cls: ClassDef
    where: Node
    params: FindParams
    is_get: bool = False
    included: bool = False
    results: list[Doc] | None = None
    named: bool = False
    as_json: bool = False

    @property
    def operation(self) -> Operation:
        """A query for exactly one id counts as `get` (contract/02, section 10)."""
        where = self.where
        by_id = type(where) is Eq and where.path == "objectId" and type(where.value) is str
        return "get" if by_id or self.is_get or self.included else "find"
