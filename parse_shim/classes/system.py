"""The classes the server itself owns: default columns, what a write must have, who may reach them. Source:
contract/04, section 7."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from parse_shim.classes.model import ARRAY, BASE_FIELDS, BOOLEAN, DATE, NUMBER, OBJECT, STRING, ClassDef, FieldType

FILE = FieldType("File")
TO_USER = FieldType("Pointer", "_User")


def _text(*names: str) -> dict[str, FieldType]:
    return dict.fromkeys(names, STRING)


def _define(name: str, fields: Mapping[str, FieldType]) -> ClassDef:
    return ClassDef(name, {**BASE_FIELDS, **fields})


_COLUMNS: Mapping[str, Mapping[str, FieldType]] = {
    "_User": {**_text("username", "password", "email"), "emailVerified": BOOLEAN, "authData": OBJECT},
    "_Session": {
        "user": TO_USER,
        **_text("installationId", "sessionToken"),
        "expiresAt": DATE,
        "createdWith": OBJECT,
    },
    "_Role": {"name": STRING, "users": FieldType("Relation", "_User"), "roles": FieldType("Relation", "_Role")},
    "_Installation": {
        **_text("installationId", "deviceToken", "deviceType", "pushType", "GCMSenderId", "timeZone"),
        **_text("localeIdentifier", "appVersion", "appName", "appIdentifier", "parseVersion"),
        "channels": ARRAY,
        "badge": NUMBER,
    },
    "_Product": {
        **_text("productIdentifier", "downloadName", "title", "subtitle"),
        "download": FILE,
        "icon": FILE,
        "order": NUMBER,
    },
    "_PushStatus": {
        **_text("pushTime", "source", "query", "payload", "title", "status", "pushHash"),
        **dict.fromkeys(("expiry", "expiration_interval", "numSent", "numFailed", "count"), NUMBER),
        **dict.fromkeys(("errorMessage", "sentPerType", "failedPerType"), OBJECT),
        **dict.fromkeys(("sentPerUTCOffset", "failedPerUTCOffset"), OBJECT),
    },
    "_JobStatus": {**_text("jobName", "source", "status", "message"), "params": OBJECT, "finishedAt": DATE},
    "_JobSchedule": {
        **_text("jobName", "description", "params", "startAfter", "timeOfDay"),
        "daysOfWeek": ARRAY,
        "lastRun": NUMBER,
        "repeatMinutes": NUMBER,
    },
    "_Hooks": _text("functionName", "className", "triggerName", "url"),
    "_GlobalConfig": {"params": OBJECT, "masterKeyOnly": OBJECT},
    "_GraphQLConfig": {"config": OBJECT},
    "_Audience": {**_text("name", "query"), "lastUsed": DATE, "timesUsed": NUMBER},
    "_Idempotency": {"reqId": STRING, "expire": DATE},
}

SYSTEM: Mapping[str, ClassDef] = {name: _define(name, fields) for name, fields in _COLUMNS.items()}

CREATABLE = frozenset(
    {"_User", "_Installation", "_Role", "_Session", "_Product"} | {"_PushStatus", "_JobStatus", "_JobSchedule", "_Audience", "_Idempotency"}
)
"""System names that object writes and schema routes accept."""

VOLATILE = frozenset(
    {"_PushStatus", "_JobStatus", "_JobSchedule", "_Hooks", "_GlobalConfig", "_GraphQLConfig"} | {"_Audience", "_Idempotency"}
)
"""Classes whose schema always answers, with empty permissions, and is not listed until stored."""

CLOSED = VOLATILE
"""Classes that clients may not touch at all (119), as any `_Join:` class."""

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "_Role": ("name", "ACL"),
    "_Product": ("productIdentifier", "icon", "order", "title", "subtitle"),
}
"""Columns a write of the class must have; the refusal is `111 <name> is required.`"""

INTERNAL_USER_FIELDS = frozenset(
    {
        "_hashed_password",
        "_email_verify_token",
        "_email_verify_token_expires_at",
        "_perishable_token",
        "_perishable_token_expires_at",
        "_password_changed_at",
        "_password_history",
        "_failed_login_count",
        "_account_lockout_expires_at",
        "_tombstone",
    }
)
"""Keys of _User Docs that never reach a client."""

JOIN_FIELDS: Mapping[str, FieldType] = {"owningId": STRING, "relatedId": STRING}

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_JOIN = re.compile(r"_Join:[A-Za-z0-9_]+:[A-Za-z0-9_]+")


@lru_cache(maxsize=4096)
def is_plain_name(name: str) -> bool:
    """Letters, digits, underscores, a letter first; neither `length` nor `className`. Holds for fields and classes."""
    return bool(_NAME.match(name)) and name not in ("length", "className")


SERVER_INDEXES: dict[str, dict[str, dict[str, object]]] = {
    "_User": {
        "username_1": {"username": 1},
        "case_insensitive_username": {"username": 1},
        "email_1": {"email": 1},
        "case_insensitive_email": {"email": 1},
        "_email_verify_token": {"_email_verify_token": 1},
        "_perishable_token": {"_perishable_token": 1},
        "_auth_data_anonymous_id": {"_auth_data_anonymous.id": 1},
    },
    "_Role": {"name_1": {"name": 1}},
}
"""Indexes that the server makes by itself, as schema routes show them (contract/04, section 6)."""


def is_class_name(name: str) -> bool:
    """A name that writes and schema routes accept: plain, a creatable system class, or a join class."""
    if name in _OF_EVERY_OBJECT:
        return False
    return is_plain_name(name) or name in CREATABLE or is_join(name)


_OF_EVERY_OBJECT = frozenset(
    {"constructor", "toString", "toLocaleString", "valueOf", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable"}
)
"""parse-server answers 500 for classes of these names, so none can exist (contract/01, section 5)."""


def can_hold_objects(name: str) -> bool:
    """False for names that only a store itself uses (`_SCHEMA`, `fs.files`) or cannot have: no object of theirs is ever
    read, changed or deleted, with whatever rights."""
    return name in SYSTEM or is_class_name(name)


def is_join(name: str) -> bool:
    """`_Join:field:Class`."""
    return name.startswith("_Join:") and _JOIN.match(name) is not None


def is_closed(name: str) -> bool:
    """Clients get 119 whatever they try."""
    return name in CLOSED or is_join(name)


def complete(cls: ClassDef) -> ClassDef:
    """`cls` with the columns that every class, and this system class in particular, has; stored ones win."""
    wanted = JOIN_FIELDS if is_join(cls.name) else _COLUMNS.get(cls.name, {})
    missing = {n: t for n, t in {**BASE_FIELDS, **wanted}.items() if n not in cls.fields}
    return cls.with_fields(missing) if missing else cls


def default_columns(name: str) -> Mapping[str, FieldType]:
    """Columns of a class that nobody can add, change or drop."""
    return {**BASE_FIELDS, **_COLUMNS.get(name, {})}
