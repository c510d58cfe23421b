"""One subscription: what it asks for, in whose name, and what it may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from parse_shim.classes.bind import bind
from parse_shim.classes.model import ClassDef
from parse_shim.classes.permissions import Operation, Protection
from parse_shim.errors import Code, Denied, InvalidSession, ParseError
from parse_shim.ids import now
from parse_shim.query.ast import And, Eq, InQuery, Node, Not, Or, RelatedTo, Select, both
from parse_shim.query.canonical import canonical
from parse_shim.rest.access import check_class, check_system_class, own_session, readable
from parse_shim.rest.auth import auth_for_token
from parse_shim.rest.core import MASTER, Auth, Context, Core
from parse_shim.rest.protected import check_query, protection_for
from parse_shim.values.compare import equal
from parse_shim.values.types import Doc, Json

Frame = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Client:
    """A client after its `connect`. `send` puts a frame on its way and does not wait. `master`: it sent the master key."""

    core: Core
    client_id: str
    send: Callable[[Frame], None]
    installation_id: str | None = None
    session_token: str | None = None
    master: bool = False
    ip: str | None = None
    headers: Mapping[str, str] | None = None
    base_url: str = ""

    def auth(self, token: str | None = None) -> Auth:
        """Who it is now, by the subscription's token, else by its own. A token that is not or no more good: nobody."""
        token = token or self.session_token
        if self.master:
            return Auth(MASTER.kind, None, token, self.installation_id)
        if token:
            try:
                return auth_for_token(self.core, token, self.installation_id)
            except InvalidSession:
                pass
        return Auth("client", None, token, self.installation_id)

    def context(self, token: str | None = None, cloud: dict[str, Any] | None = None) -> Context:
        return Context(self.core, self.auth(token), self.ip, self.headers, dict(cloud or {}), base_url=self.base_url)

    def frame(self, op: str, request_id: Json = None, **more: Any) -> Frame:
        """A frame to this client."""
        frame: Frame = {"op": op, "clientId": self.client_id}
        if self.installation_id is not None:
            frame["installationId"] = self.installation_id
        if request_id is not None:
            frame["requestId"] = request_id
        return {**frame, **more}


@dataclass(eq=False, slots=True)
class Subscription:
    """`since`: the number of the last change before it; older ones are none of its business. `live` False: ended."""

    client: Client
    request_id: int | float
    class_name: str
    where: Node
    keys: tuple[str, ...] | None = None
    watch: tuple[str, ...] | None = None
    session_token: str | None = None
    since: int = 0
    live: bool = True

    @property
    def operation(self) -> Operation:
        """The permission it needs: to ask for one object by its id is a get."""
        match self.where:
            case Eq("objectId", str()):
                return "get"
        return "find"

    @property
    def group(self) -> tuple[str, str]:
        """The same for subscriptions that the same objects match."""
        return self.class_name, canonical(self.where)

    def context(self, cloud: dict[str, Any] | None = None) -> Context:
        return self.client.context(self.session_token, cloud)

    def rights(self, ctx: Context, cls: ClassDef) -> tuple[Node, Protection]:
        """What objects must satisfy to be seen, and which of their fields are not. Raises Denied: they see none."""
        check_system_class(ctx.auth, self.operation, self.class_name)
        node = check_class(ctx.auth, cls, self.operation)
        if self.class_name == "_Session":
            node = both(node, own_session(ctx.auth))
        protected = protection_for(ctx, cls)
        check_query(cls, protected, self.where, ())
        for name in self.watch or ():
            if name.partition(".")[0] in protected.queried:
                raise Denied(f"This user is not allowed to watch {name} on class {cls.name}")
        return both(node, readable(ctx.auth)), protected


def check_where(where: Any) -> None:
    """What this protocol refuses in words of its own. Raises ParseError 102."""
    todo: list[Any] = [where]
    while todo:
        item = todo.pop()
        if isinstance(item, list):
            todo += item
        elif isinstance(item, dict):
            for key, value in item.items():
                if key in ("$or", "$and", "$nor") and not isinstance(value, list):
                    raise ParseError(Code.INVALID_QUERY, f"{key} must be an array")
                if key == "$regex" and not isinstance(value, str):
                    raise ParseError(Code.INVALID_QUERY, "Invalid regular expression: $regex must be a string or RegExp")
                todo.append(value)


def check_node(node: Node) -> None:
    """Conditions that need a query of their own cannot be judged on one object. Raises ParseError 102."""
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                check_node(part)
        case Not(part):
            check_node(part)
        case InQuery() | Select() | RelatedTo():
            word = {InQuery: "$inQuery", Select: "$select", RelatedTo: "$relatedTo"}[type(node)]
            raise ParseError(Code.INVALID_QUERY, f"{word} is not supported in live queries")


def bound(node: Node, cls: ClassDef) -> Node:
    """The conditions with values of the columns' types, and `$relativeTime` as of now. Raises ParseError 102."""
    try:
        return bind(node, cls, now())
    except ParseError as error:
        raise ParseError(Code.INVALID_QUERY, error.message) from error


def differs(names: tuple[str, ...], before: Doc | None, after: Doc) -> bool:
    """Has one of these fields another value than before (for a new object: a value at all)?"""
    old = before or {}
    return any((name in old) != (name in after) or (name in old and not equal(old[name], after[name])) for name in names)
