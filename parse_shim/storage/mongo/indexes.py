"""Indexes: the ones parse-server makes, the ones it lacks (session tokens, links, identities), geo, text, and the user's own.

Made by the process that first needs them. A failure is logged and lived with: the data of another program may
break a rule, and a query without its index is slow but right.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pymongo.collation import Collation
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from parse_shim.classes.model import ClassDef
from parse_shim.storage.mongo.connection import Connection
from parse_shim.storage.mongo.layout import AUTH_DATA, Layout

log = logging.getLogger(__name__)

CASELESS = Collation("en_US", strength=2)
LANGUAGE_FIELD = "__language"
"""Where a text index looks for an object's own language: nowhere, so that a column named `language` stays an ordinary one."""
DEMAND = "demand:"
"""Begins the names of indexes made on demand (demand.py)."""
_MOST_PROVIDERS = 30
_ABSENT_SECONDS = 30.0
_MOST_ABSENT = 1000
_TEXT: Mapping[str, Any] = {"default_language": "english", "language_override": LANGUAGE_FIELD}
_OTHER_OPTIONS = frozenset({85, 86})
_SPECIAL = ("_2d", "_2dsphere", "_text")
_ONE_TEXT_INDEX = frozenset({67, 85, 86})


@dataclass(frozen=True, slots=True)
class Index:
    """`keys`: stored names. `options` as create_index takes them."""

    name: str
    keys: tuple[tuple[str, Any], ...]
    options: Mapping[str, Any] = field(default_factory=dict)


def _unique(column: str) -> Index:
    return Index(f"{column}_1", ((column, 1),), {"unique": True, "sparse": True})


def _sparse(name: str, column: str) -> Index:
    return Index(name, ((column, 1),), {"sparse": True})


def _folded(column: str) -> tuple[Index, Index]:
    """parse-server's index for look-ups, and ours that keeps two users from one name however it is written."""
    texts = {column: {"$type": "string"}}
    unique = {"unique": True, "collation": CASELESS, "partialFilterExpression": texts}
    lookup = {"sparse": True, "collation": CASELESS}
    return (
        Index(f"case_insensitive_{column}", ((column, 1),), lookup),
        Index(f"unique_{column}_any_case", ((column, 1),), unique),
    )


def identity(provider: str) -> Index:
    """One user an identity of a login provider."""
    path = f"{AUTH_DATA}{provider}.id"
    return Index(f"{AUTH_DATA}{provider}_id", ((path, 1),), {"unique": True, "sparse": True})


def geo_index(column: str) -> Index:
    return Index(f"{column}_2d", ((column, "2d"),))


SYSTEM_INDEXES: Mapping[str, tuple[Index, ...]] = {
    "_User": (
        _unique("username"),
        _unique("email"),
        *_folded("username"),
        *_folded("email"),
        _sparse("_email_verify_token", "_email_verify_token"),
        _sparse("_perishable_token", "_perishable_token"),
        identity("anonymous"),
    ),
    "_Role": (_unique("name"),),
    "_Session": (_sparse("_session_token_1", "_session_token"), _sparse("_p_user_1", "_p_user")),
    "_Installation": (_unique("installationId"), _sparse("deviceToken_1", "deviceToken")),
    "_PushStatus": (_sparse("status_1", "status"),),
    "_Idempotency": (
        _unique("reqId"),
        Index("ttl", (("expire", 1),), {"sparse": True, "expireAfterSeconds": 0}),
    ),
}
LISTED: Mapping[str, tuple[str, ...]] = {
    "_User": (
        "username_1", "case_insensitive_username", "case_insensitive_email", "email_1",
        "_email_verify_token", "_perishable_token", f"{AUTH_DATA}anonymous_id",
    ),
    "_Role": ("name_1",),
}  # fmt: skip
"""System indexes that `_SCHEMA` names, as parse-server has it."""

_JOIN = (
    Index("owningId_1_relatedId_1", (("owningId", 1), ("relatedId", 1)), {"unique": True}),
    Index("relatedId_1", (("relatedId", 1),)),
)


class Indexes:
    """What this process knows to exist. Forgets when told to; the database is asked again then."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._made: set[tuple[str, str]] = set()
        self._prepared: set[str] = set()
        self._absent_until: dict[str, float] = {}

    def forget(self, collection: str | None = None) -> None:
        """Of one collection, or of all."""
        self._made = {key for key in self._made if collection is not None and key[0] != collection}
        self._prepared = {name for name in self._prepared if collection is not None and name != collection}

    def knows(self, collection: str, index: str) -> bool:
        return (collection, index) in self._made

    def prepare(self, name: str) -> None:
        """The indexes that a system class must have before it is written or read for the first time."""
        if name in self._prepared or self._connection.session is not None:
            return
        if name.startswith("_Join:"):
            self._prepare_read_links(name)
            return
        self._make_all(name, SYSTEM_INDEXES.get(name, ()))
        self._prepared.add(name)

    def prepare_links(self, name: str) -> None:
        """Before the first link is written."""
        if name not in self._prepared and self._connection.session is None:
            self._make_all(name, _JOIN)
            self._prepared.add(name)

    def _prepare_read_links(self, name: str) -> None:
        """Reading links of a relation that nobody used makes no collection, and asks only now and then whether there is one."""
        now = time.monotonic()
        if now < self._absent_until.get(name, 0.0):
            return
        if self._connection.exists(name):
            self.prepare_links(name)
        elif len(self._absent_until) < _MOST_ABSENT:
            self._absent_until[name] = now + _ABSENT_SECONDS

    def identities(self, stored_names: Iterable[str]) -> None:
        """Uniqueness of identities, for each login provider that is written."""
        for stored in stored_names:
            if stored.startswith(AUTH_DATA):
                provider = stored.removeprefix(AUTH_DATA).partition(".")[0]
                known = sum(1 for name, index in self._made if name == "_User" and index.startswith(AUTH_DATA))
                if known < _MOST_PROVIDERS:
                    self.ensure("_User", identity(provider))

    def geo(self, name: str, column: str, *, again: bool = False) -> bool:
        """The `2d` index of a GeoPoint column. False when there is none: no collection yet, or data it cannot hold."""
        key = (name, f"{column}_2d")
        if again:
            self._made.discard(key)
        if key in self._made:
            return True
        if self._connection.session is not None or not self._connection.exists(name):
            return False
        return self.ensure(name, geo_index(column))

    def columns(self, cls: ClassDef) -> None:
        """Polygon indexes of a class that is saved; makes its collection. That of a point comes with the first query by nearness:
        it refuses points beyond the sphere, which are stored until then (contract/01, section 7)."""
        for name, column in cls.fields.items():
            if column.kind == "Polygon":
                self.ensure(cls.name, Index(f"{name}_2dsphere", ((name, "2dsphere"),)))

    def text(self, layout: Layout, column: str, listed: Mapping[str, Any]) -> bool:
        """A text index for `$text`. One of another column that the schema names stays and serves; a forgotten one goes."""
        index = Index(f"{column}_text", ((layout.path(column), "text"),), _TEXT)
        if self.ensure(layout.cls.name, index, quiet=True):
            return True
        old = self._text_index(layout.cls.name)
        if old is None:
            return False
        if old in listed:
            self._made.add((layout.cls.name, index.name))
            return True
        self.drop(layout.cls.name, old)
        return self.ensure(layout.cls.name, index)

    def drop_special(self, collections: Iterable[str]) -> None:
        """The geo and text indexes that this process made on them; 0.2 ms each."""
        for collection in collections:
            names = [index for name, index in self._made if name == collection]
            for index in names:
                if index.endswith(_SPECIAL):
                    self.drop(collection, index)

    def apply(self, layout: Layout, before: Mapping[str, Any], wanted: Mapping[str, Mapping[str, Any]]) -> None:
        """Make the user's indexes `wanted`, drop those of `before` that are wanted no more."""
        name = layout.cls.name
        system = {index.name for index in SYSTEM_INDEXES.get(name, ())} | {"_id_"}
        for old in before.keys() - wanted.keys() - system:
            self.drop(name, old)
        for new, columns in wanted.items():
            if new not in system:
                self._replace(name, user_index(layout, new, columns))

    def ensure(self, collection: str, index: Index, *, quiet: bool = False) -> bool:
        """Make the index unless it is known to exist. False when the database refuses; `quiet`: without a warning."""
        key = (collection, index.name)
        if key in self._made:
            return True
        if self._connection.session is not None:
            self._connection.outside(lambda: self._later(collection, index))
            return False
        return self._try(collection, index, quiet)

    def drop(self, collection: str, name: str) -> None:
        """Unknown: nothing."""
        self._made.discard((collection, name))
        try:
            self._connection.collection(collection).drop_index(name)
        except OperationFailure as error:
            log.debug("index %s of %s was not there: %s", name, collection, error)

    # -- private ------------------------------------------------------------------------------------------------------

    def _make_all(self, collection: str, indexes: Iterable[Index]) -> None:
        for index in indexes:
            made = self.ensure(collection, index, quiet=bool(index.options.get("unique")))
            if not made and (collection.startswith("_Join:") or collection == "_Installation"):
                # Links and devices that parse-server wrote may stand twice; an ordinary index still spares the scan.
                self.ensure(collection, Index(index.name, index.keys))

    def _later(self, collection: str, index: Index) -> None:
        self._try(collection, index, quiet=False)

    def _try(self, collection: str, index: Index, quiet: bool) -> bool:
        try:
            self._create(collection, index)
        except ConnectionFailure:
            raise
        except (PyMongoError, NotImplementedError) as error:
            log.log(logging.INFO if quiet else logging.WARNING, "no index %s on %s: %s", index.name, collection, error)
            if isinstance(error, OperationFailure) and error.code in _OTHER_OPTIONS and not index.options.get("default_language"):
                # The same index under another name or with other options: it serves.
                self._made.add((collection, index.name))
                return True
            return False
        return True

    def _create(self, collection: str, index: Index) -> None:
        self._connection.collection(collection).create_index(list(index.keys), name=index.name, **index.options)
        self._made.add((collection, index.name))

    def _replace(self, collection: str, index: Index) -> None:
        """A user's index is exactly what was asked for: one of the same name with other keys gives way."""
        if (collection, index.name) in self._made:
            return
        try:
            self._create(collection, index)
        except OperationFailure as error:
            if error.code not in _OTHER_OPTIONS | _ONE_TEXT_INDEX:
                raise
            known = self._connection.collection(collection).index_information()
            same_name = index.name if index.name in known else _on_demand(known, index) or self._text_index(collection)
            is_theirs = same_name is not None and same_name != index.name and not same_name.startswith(DEMAND)
            if same_name is None or (is_theirs and not any(kind == "text" for _, kind in index.keys)):
                log.info("index %s on %s exists under another name", index.name, collection)
                return
            self.drop(collection, same_name)
            self._create(collection, index)

    def _text_index(self, collection: str) -> str | None:
        known = self._connection.collection(collection).index_information()
        return next((name for name, one in known.items() if ("_fts", "text") in one["key"]), None)


def _on_demand(known: Mapping[str, Any], index: Index) -> str | None:
    """One that we made ourselves with the same keys: the user's takes its place."""
    return next((name for name, one in known.items() if name.startswith(DEMAND) and one["key"] == list(index.keys)), None)


def user_index(layout: Layout, name: str, columns: Mapping[str, Any]) -> Index:
    """An index as schemas write it; pointer columns may be named `p` or `_p_p`."""
    keys = tuple((layout.path(column), kind) for column, kind in columns.items())
    return Index(name, keys, _TEXT if any(kind == "text" for _, kind in keys) else {})
