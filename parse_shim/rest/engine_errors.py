"""The one place where what an engine raises becomes what a client may read."""

from __future__ import annotations

from types import TracebackType

from parse_shim.errors import (
    Code,
    DuplicateKey,
    DuplicateValue,
    EngineError,
    FieldConflict,
    InternalError,
    ParseError,
    Refused,
    Unavailable,
)

DATABASE_ERROR = "Database error"

_TAKEN: dict[tuple[str, str], tuple[Code, str]] = {
    ("_User", "username"): (Code.USERNAME_TAKEN, "Account already exists for this username."),
    ("_User", "email"): (Code.EMAIL_TAKEN, "Account already exists for this email address."),
    ("_Idempotency", "reqId"): (Code.DUPLICATE_REQUEST, "Duplicate request"),
}


class translated:
    """`with translated("Post"): engine...` turns every EngineError into a ParseError. A class: a tenth of a generator's cost."""

    __slots__ = ("_class_name",)

    def __init__(self, class_name: str = "") -> None:
        self._class_name = class_name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, EngineError):
            raise translate(error, self._class_name) from error


def translate(error: EngineError, class_name: str = "") -> ParseError:
    """The answer for an engine's error on `class_name`.

    202/203 for a taken user name or address, 208 for a taken login of a provider, 159 for a repeated request, 137 for any
    other unique index; 503 with the contract's `{"code": 1}` body while the store is away."""
    match error:
        case DuplicateKey():
            return _duplicate(class_name, error.field)
        case FieldConflict():
            return ParseError(Code.INCORRECT_TYPE, f"schema mismatch for {error.class_name}.{error.field}")
        case Refused():
            return ParseError(error.code, error.text)
        case Unavailable():
            return InternalError(DATABASE_ERROR, status=503)
        case _:
            return InternalError(DATABASE_ERROR)


def _duplicate(class_name: str, field: str) -> ParseError:
    if (class_name, field) in _TAKEN:
        return ParseError(*_TAKEN[class_name, field])
    if class_name == "_User" and field.startswith(("authData", "_auth_data_")):
        return ParseError(Code.ACCOUNT_ALREADY_LINKED, "this auth is already used")
    return DuplicateValue()
