"""Every error of the server, and the numbers clients know them by.

Exception
├─ ParseError(code, message)        what a client may see: {"code": code, "error": message}
│  ├─ ObjectNotFound                101, HTTP 404
│  ├─ Denied(code, detail)          answered as "Permission denied" unless enableSanitizedErrorResponse is off
│  ├─ InvalidSession                209
│  ├─ DuplicateValue                137
│  ├─ ScriptFailed                  141, a hook raised
│  ├─ ValidationFailed              142
│  └─ InternalError                 1, HTTP 500, fixed text
├─ TransportError(status, message)  {"error": message} without a code: 403, 409, 413, 415, malformed JSON
└─ EngineError(original)            never leaves rest/
   ├─ DuplicateKey(field)           a unique index refused the write
   ├─ FieldConflict(field, ...)     the store already holds another type for the column
   ├─ Unavailable                   database down, locked or full: 503 for the client
   └─ Refused(text)                 the store refused the query or value (bad regex, index missing ...): 4xx for the client
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class Code(IntEnum):
    """Error codes of the Parse SDKs; source: contract/00, section 6.3."""

    OTHER_CAUSE = -1
    INTERNAL_SERVER_ERROR = 1
    CONNECTION_FAILED = 100
    OBJECT_NOT_FOUND = 101
    INVALID_QUERY = 102
    INVALID_CLASS_NAME = 103
    MISSING_OBJECT_ID = 104
    INVALID_KEY_NAME = 105
    INVALID_POINTER = 106
    INVALID_JSON = 107
    COMMAND_UNAVAILABLE = 108
    NOT_INITIALIZED = 109
    INCORRECT_TYPE = 111
    INVALID_CHANNEL_NAME = 112
    PUSH_MISCONFIGURED = 115
    OBJECT_TOO_LARGE = 116
    OPERATION_FORBIDDEN = 119
    CACHE_MISS = 120
    INVALID_NESTED_KEY = 121
    INVALID_FILE_NAME = 122
    INVALID_ACL = 123
    TIMEOUT = 124
    INVALID_EMAIL_ADDRESS = 125
    MISSING_CONTENT_TYPE = 126
    MISSING_CONTENT_LENGTH = 127
    INVALID_CONTENT_LENGTH = 128
    FILE_TOO_LARGE = 129
    FILE_SAVE_ERROR = 130
    INSTALLATION_AMBIGUOUS = 132
    MISSING_FIELD = 135
    IMMUTABLE_FIELD = 136
    DUPLICATE_VALUE = 137
    INVALID_ROLE_NAME = 139
    EXCEEDED_QUOTA = 140
    SCRIPT_FAILED = 141
    VALIDATION_ERROR = 142
    WEBHOOK_ERROR = 143
    INVALID_IMAGE_DATA = 150
    UNSAVED_FILE_ERROR = 151
    INVALID_PUSH_TIME = 152
    FILE_DELETE_ERROR = 153
    REQUEST_LIMIT_EXCEEDED = 155
    DUPLICATE_REQUEST = 159
    INVALID_EVENT_NAME = 160
    FILE_DELETE_UNNAMED = 161
    INVALID_VALUE = 162
    USERNAME_MISSING = 200
    PASSWORD_MISSING = 201
    USERNAME_TAKEN = 202
    EMAIL_TAKEN = 203
    EMAIL_MISSING = 204
    EMAIL_NOT_FOUND = 205
    SESSION_MISSING = 206
    MUST_CREATE_USER_THROUGH_SIGNUP = 207
    ACCOUNT_ALREADY_LINKED = 208
    INVALID_SESSION_TOKEN = 209
    MFA_ERROR = 210
    MFA_TOKEN_REQUIRED = 211
    LINKED_ID_MISSING = 250
    INVALID_LINKED_SESSION = 251
    UNSUPPORTED_SERVICE = 252
    SCHEMA_CONFLICT = 255
    INVALID_SCHEMA_OPERATION = 256
    AGGREGATE_ERROR = 600
    FILE_READ_ERROR = 601
    X_DOMAIN_REQUEST = 602


STATUS: dict[int, int] = {Code.INTERNAL_SERVER_ERROR: 500, Code.OBJECT_NOT_FOUND: 404}
"""HTTP status by code; every other code is 400 (contract/00, section 6.2)."""


class ParseError(Exception):
    """An answer that is an error. `message` is text for people; hooks may pass any JSON value, as the peer allows."""

    def __init__(self, code: int, message: Any = "", *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = int(code)
        self.message = message
        self.status = status if status is not None else STATUS.get(self.code, 400)

    def body(self) -> dict[str, Any]:
        """What the client gets."""
        return {"code": self.code, "error": self.message}


class ObjectNotFound(ParseError):
    """101: missing, or hidden from the caller; the two must look alike."""

    def __init__(self, message: str = "Object not found.") -> None:
        super().__init__(Code.OBJECT_NOT_FOUND, message)


class Denied(ParseError):
    """A refusal whose `detail` only servers with enableSanitizedErrorResponse off tell (contract/00, section 4.6)."""

    def __init__(self, detail: str, code: int = Code.OPERATION_FORBIDDEN, *, status: int | None = None) -> None:
        super().__init__(code, "Permission denied", status=status)
        self.detail = detail


class InvalidSession(ParseError):
    """209."""

    def __init__(self, message: str = "Invalid session token") -> None:
        super().__init__(Code.INVALID_SESSION_TOKEN, message)


class DuplicateValue(ParseError):
    """137."""

    def __init__(self, message: str = "A duplicate value for a field with unique values was provided") -> None:
        super().__init__(Code.DUPLICATE_VALUE, message)


class ScriptFailed(ParseError):
    """141: cloud code raised."""

    def __init__(self, message: Any = "Script failed. Unknown error.") -> None:
        super().__init__(Code.SCRIPT_FAILED, message)


class ValidationFailed(ParseError):
    """142."""

    def __init__(self, message: Any = "Validation failed.") -> None:
        super().__init__(Code.VALIDATION_ERROR, message)


class InternalError(ParseError):
    """1, HTTP 500 (503 when the store is away): a fault of ours, with a fixed text. The log has the rest."""

    def __init__(self, message: str = "Internal server error.", *, status: int = 500) -> None:
        super().__init__(Code.INTERNAL_SERVER_ERROR, message, status=status)


class TransportError(Exception):
    """`{"error": message}` without a code. `detail` replaces the text when answers are not sanitised."""

    def __init__(self, status: int, message: str, detail: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.detail = detail


class EngineError(Exception):
    """Base of what a storage engine may raise; rest/ turns it into a ParseError."""


class DuplicateKey(EngineError):
    """A unique index refused the write. `field` is the wire name (`username`, `objectId`), or "" when unknown."""

    def __init__(self, field: str = "") -> None:
        super().__init__(field)
        self.field = field


class FieldConflict(EngineError):
    """Another process gave the column another type first."""

    def __init__(self, class_name: str, field: str) -> None:
        super().__init__(f"{class_name}.{field}")
        self.class_name = class_name
        self.field = field


class Unavailable(EngineError):
    """The store cannot be reached, is locked, or is full. Nothing was written."""


class TransactionConflict(Unavailable):
    """Another transaction wrote the same object first. Nothing was written; trying the whole transaction again is safe."""


class Refused(EngineError):
    """The store understood and refused: malformed pattern, value out of an index's range, unknown hint. Nothing was written."""

    def __init__(self, text: str, code: int = Code.INVALID_QUERY) -> None:
        super().__init__(text)
        self.text = text
        self.code = code
