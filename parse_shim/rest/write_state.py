"""One create or update on its way through the steps of write.py, and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from parse_shim.classes.model import ClassDef
from parse_shim.errors import ParseError
from parse_shim.query.ast import EVERYTHING, Node, both
from parse_shim.rest.access import check_class, writable
from parse_shim.rest.core import Context
from parse_shim.rest.triggers import has_hook
from parse_shim.update.ops import Update
from parse_shim.values.types import Doc, Value


@dataclass(frozen=True, slots=True)
class Written:
    """What a write answers. `body` holds Values under wire names, ready for `codec.encode_doc`.

    `status` 201, and `located` (a login by POST /users), come with a Location made of `class_name` and `object_id`. `replaced` is
    set when an after_save hook gave a body of its own (JSON, as it is) in `replacement`."""

    class_name: str
    object_id: str
    body: dict[str, Value]
    status: int = 200
    replaced: bool = False
    replacement: Any = None
    located: bool = False


@dataclass(slots=True)
class Write:
    """`update` holds the operations: the client's, then also the hook's; `sent` stays the client's.

    `object_id` None: a new object whose id is not chosen yet. `original`: the stored object, read when somebody needs it.
    `given` are fields that the server filled in (defaults, default ACL), `extra` further fields of the answer (sessionToken)."""

    ctx: Context
    class_name: str
    cls: ClassDef
    update: Update
    creating: bool
    object_id: str | None = None
    sent: Update = field(default_factory=dict)
    original: Doc | None = None
    after: Doc = field(default_factory=dict)
    where: Node = EVERYTHING
    condition: Node = EVERYTHING
    """What the stored object must satisfy besides: single-use tokens, own sessions."""
    internal: bool = False
    """The server's own write: keys that begin with `_` are allowed."""
    provider: str = ""
    """Names of the authData providers that a new user signed up with."""
    given: dict[str, Value] = field(default_factory=dict)
    extra: dict[str, Value] = field(default_factory=dict)
    refusal: ParseError | None = None
    """Raised when all is done: the object stays (a sign-up that waits for its address to be verified)."""
    undo: list[Callable[[], None]] = field(default_factory=list)
    with_store: list[Callable[[], None]] = field(default_factory=list)
    """Further writes that belong to this one (rows an installation replaces); same transaction, before the object itself."""
    changed_by_hook: frozenset[str] = frozenset()
    stored: list[Callable[[], None]] = field(default_factory=list)
    """To do once the object is stored: sessions, caches, mails."""

    @property
    def hooked(self) -> bool:
        """Whether cloud code looks at this write, before or after it."""
        return has_hook(self.ctx, "before_save", self.class_name) or has_hook(self.ctx, "after_save", self.class_name)

    def permitted(self) -> Node:
        """Which stored objects the caller may update: class permission, ACL, the write's own condition. Raises Denied 119."""
        allowed = both(check_class(self.ctx.auth, self.cls, "update"), writable(self.ctx.auth))
        return both(allowed, self.condition)
