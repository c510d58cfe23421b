"""What the driver raises, as the errors of storage/base.py. No exception of pymongo or bson leaves the room."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from bson.errors import BSONError
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    DocumentTooLarge,
    DuplicateKeyError,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)

from parse_shim.errors import Code, DuplicateKey, ParseError, Refused, TransactionConflict, Unavailable

log = logging.getLogger(__name__)

NO_GEO_INDEX = 291
NO_SUCH_HINT = 2
"""Among other things; whoever asks with a hint may ask again without."""
NO_TEXT_INDEX = 27
_TOO_LONG = frozenset({50, 262})
_CONFLICT = frozenset({112, 244, 251})
_AWAY = frozenset({6, 7, 64, 89, 91, 100, 189, 9001, 10107, 11600, 11602, 13435, 13436, 14031})
"""Host unreachable, not primary, shutting down, write concern not reached, disk full."""
_OUR_FAULT = frozenset({13, 18, 8000})
"""The database does not let us in: an operator must act, the client cannot."""
_REGEX = frozenset({51091, 51108, 51156})
_POINT = frozenset({13022, 13023, 13024, 13026, 13027, 13068, 13654, 16755, 16804})
_BAD_OPERATION = frozenset({14, 28})
_BAD_KEY = frozenset({52, 55, 56, 57})
_CONFLICTING_PATHS = 40
_ARRAY_OPERATION = re.compile(r"must be an array|non-array")
_NAMES = {"_id": "objectId", "_created_at": "createdAt", "_updated_at": "updatedAt", "_session_token": "sessionToken"}


class translated:
    """`with translated(): collection...`; `pipeline=True` lets the database's own text through (aggregate, master key only)."""

    __slots__ = ("_pipeline",)

    def __init__(self, *, pipeline: bool = False) -> None:
        self._pipeline = pipeline

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None and isinstance(error, (PyMongoError, BSONError, OverflowError, UnicodeEncodeError)):
            raise translate(error, pipeline=self._pipeline) from error


def translate(error: Exception, *, pipeline: bool = False) -> Exception:
    """The error of storage/base.py that stands for `error`."""
    if isinstance(error, PyMongoError) and error.has_error_label("TransientTransactionError"):
        return TransactionConflict(str(error)) if isinstance(error, OperationFailure) else Unavailable(str(error))
    match error:
        case DuplicateKeyError():
            return DuplicateKey(duplicate_field(error.details or {}))
        case DocumentTooLarge():
            return Refused("The object is larger than the database's limit of 16 MB.", Code.OBJECT_TOO_LARGE)
        case WriteConcernError() | ConnectionFailure() | ConfigurationError() | InvalidOperation():
            return Unavailable(str(error))
        case OperationFailure():
            return _refusal(error, pipeline)
        case PyMongoError():
            return Unavailable(str(error))
    return Refused(f"The database cannot hold this value: {str(error)[:200]}", Code.INVALID_JSON)


def duplicate_field(details: Mapping[str, Any]) -> str:
    """Wire name of the field in a duplicate key error; from the key pattern, or from the text of old servers."""
    pattern = details.get("keyPattern")
    if isinstance(pattern, Mapping) and pattern:
        return wire_name(next(iter(pattern)))
    found = re.search(r"index: (\S+)", str(details.get("errmsg", "")))
    if not found:
        return ""
    name = re.sub(r"_-?1$", "", found.group(1))
    return wire_name("_id" if name == "_id_" else name)


def wire_name(path: str) -> str:
    """`_id` -> objectId, `_p_owner` -> owner, `_auth_data_x.id` -> authData.x.id."""
    if path.startswith("_auth_data_"):
        return "authData." + path.removeprefix("_auth_data_")
    return _NAMES.get(path, path.removeprefix("_p_"))


def _refusal(error: OperationFailure, pipeline: bool) -> Exception:
    code, text = error.code, _text(error)
    if code == 11000:
        return DuplicateKey(duplicate_field(error.details or {}))
    if code in _AWAY:
        return Unavailable(text)
    if code in _OUR_FAULT:
        log.error("the database refuses our credentials or rights: %s", text)
        return Unavailable(text)
    if code in _CONFLICT:
        return TransactionConflict(text)
    if code in _TOO_LONG:
        return Refused("The query takes too long.", Code.TIMEOUT)
    if code == 20 and "Transaction numbers" in text:
        return Refused("Transactions need a MongoDB replica set.")
    if pipeline:
        return Refused(text)
    return _client_fault(code, text)


def _client_fault(code: int | None, text: str) -> Exception:
    if code in _REGEX or "regular expression" in text.lower() or "regex" in text.lower():
        return Refused("The regular expression is invalid or too complex.")
    if code in _POINT:
        return Refused("The geo value is not one that the index of its column can hold.", Code.INCORRECT_TYPE)
    if code in _BAD_OPERATION or _ARRAY_OPERATION.search(text):
        return ParseError(Code.INVALID_JSON, "The operation does not fit the stored value.")
    if code == _CONFLICTING_PATHS:
        return Refused("Two operations write the same place.", Code.INVALID_JSON)
    if code in _BAD_KEY:
        return Refused("Nested keys should not contain the '$' or '.' characters", Code.INVALID_NESTED_KEY)
    if "hint" in text:
        return Refused("hint provided does not correspond to an existing index")
    log.info("the database refused a query (%s): %s", code, text)
    return Refused("The database refuses this query or value.")


def _text(error: OperationFailure) -> str:
    details = error.details or {}
    return str(details.get("errmsg") or error)
